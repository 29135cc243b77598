import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CompiledCircuit, fileSha256, tierCircuit } from "../artifacts.js";
import { buildFileOnce, buildOnce, cacheRoot } from "../cache.js";
import { checkAgainstLock, KeyError, type KeyHandle, type LockedKey, loadKey, readKeysLock, zkeyVerificationKey } from "../keys.js";
import type { ProgressListener } from "../progress.js";
import { readR1cs } from "../r1cs.js";
import { keyHash, verificationKeyJson } from "../verification-key.js";
import { writeDevelopmentPtau } from "./powers-of-tau-file.js";
import { writeDevelopmentZkey } from "./zkey-file.js";

// These go up when the same input would give another file, so that a cached one is not taken for it.
const KEY_VERSION = 2;
const PTAU_VERSION = 1;

/** A development key in the cache: its secrets are public, so its proofs convince nobody. */
export interface DevelopmentKey {
  readonly name: string;
  readonly development: true;
  readonly zkey: string;
  readonly vkey: string;
  readonly hashes: LockedKey;
}

/** The Groth16 key of known secrets for a circuit, made at first use. The same bytes for the same circuit on every machine. */
export async function developmentKey(circuit: CompiledCircuit, onProgress?: ProgressListener): Promise<DevelopmentKey> {
  const directory = keyDirectory(circuit);
  await buildOnce(directory, async (temporary) => {
    const { zkey, vkey, manifest } = keyFiles(temporary);
    await writeDevelopmentZkey(zkey, readR1cs(circuit.r1cs), circuit.r1csSha256, onProgress);
    const verificationKey = { ...(await zkeyVerificationKey(readFileSync(zkey), zkey)), development: true };
    writeJson(vkey, verificationKeyJson(verificationKey));
    const hashes: LockedKey = {
      circuit: circuit.hash,
      r1cs: circuit.r1csSha256,
      zkey: fileSha256(zkey),
      vkey: fileSha256(vkey),
      keyHash: keyHash(verificationKey),
    };
    writeJson(manifest, { development: true, name: circuit.name, hashes });
  });
  return readDevelopmentKey(circuit);
}

/** The key if it is in the cache; nothing is built. */
export function findDevelopmentKey(circuit: CompiledCircuit): DevelopmentKey | undefined {
  return existsSync(keyDirectory(circuit)) ? readDevelopmentKey(circuit) : undefined;
}

function readDevelopmentKey(circuit: CompiledCircuit): DevelopmentKey {
  const { zkey, vkey, manifest } = keyFiles(keyDirectory(circuit));
  const { hashes } = JSON.parse(readFileSync(manifest, "utf8")) as { hashes: LockedKey };
  return { name: circuit.name, development: true, zkey, vkey, hashes };
}

function keyDirectory(circuit: CompiledCircuit): string {
  return join(circuit.directory, `development-key-${KEY_VERSION}`);
}

function keyFiles(folder: string): { readonly zkey: string; readonly vkey: string; readonly manifest: string } {
  return { zkey: join(folder, "development.zkey"), vkey: join(folder, "development.vkey.json"), manifest: join(folder, "key.json") };
}

/** Prepared powers of tau of the same known secrets, up to domains of 2^power: what `snarkjs zkey verify` wants beside the key. */
export async function developmentPtau(power: number, onProgress?: ProgressListener): Promise<string> {
  const file = join(cacheRoot(), `development-${PTAU_VERSION}-${String(power).padStart(2, "0")}.ptau`);
  mkdirSync(cacheRoot(), { recursive: true });
  await buildFileOnce(file, (temporary) => writeDevelopmentPtau(temporary, power, onProgress));
  return file;
}

/**
 * Circuit and development key of a tier of circuits.json, built if needed, checked, against the lock file too when that covers the circuit.
 */
export async function tierDevelopmentKey(
  tier: string,
  onProgress?: ProgressListener,
): Promise<{ circuit: CompiledCircuit; files: DevelopmentKey; key: KeyHandle; locked: boolean }> {
  const circuit = await tierCircuit(tier, onProgress);
  const files = await developmentKey(circuit, onProgress);
  const locked = checkAgainstLock(tier, files.hashes, readKeysLock());
  const key = await openDevelopmentKey(circuit, files);
  return { circuit, files, key, locked };
}

/**
 * Loads a development key.
 * @throws KeyError when the file isn't any more what was built
 */
export async function openDevelopmentKey(circuit: CompiledCircuit, files: DevelopmentKey): Promise<KeyHandle> {
  const key = await loadKey(files.zkey, files.vkey, circuit.statistics.publicSignals);
  if (key.zkeySha256 !== files.hashes.zkey) {
    throw new KeyError(files.zkey, `its SHA-256 is ${key.zkeySha256}, it was built with ${files.hashes.zkey}; delete its folder to build it again`);
  }
  return key;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
