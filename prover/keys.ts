import { P } from "../src/math/field.js";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { BinFileError, readSections, readUint256, requireSection } from "./bin-file.js";
import { isEngineFault, loadNativeEngine, type NativeEngine, NativeEngineError, type NativeKey } from "./backends/native-engine.js";
import { BASE_MODULUS, sharedCurve } from "./curve.js";
import { projectRoot } from "./project-root.js";
import {
  checkVerificationKey,
  type G1Point,
  type G2Point,
  isDevelopmentKey,
  keyHash,
  parseVerificationKey,
  type VerificationKey,
  verificationKeyJson,
} from "./verification-key.js";

/** A proving key, checked, with the verification key that belongs to it. Its file may be replaced by renaming, not be written to. */
export interface KeyHandle {
  readonly name: string;
  readonly zkeyPath: string;
  /** The file's bytes: the native engine's mapping of it where there is one, which nothing may write to. */
  readonly zkey: Uint8Array;
  readonly zkeySha256: string;
  /** Of the circuit it is for, the constant one included. */
  readonly wires: number;
  readonly verificationKey: VerificationKey;
  /** Identity of the verification key, which a proof names: see keyHash. */
  readonly hash: string;
  readonly development: boolean;
  /** The engine's handle of the same mapping, so that what was hashed is what proves; undefined where there is no engine. */
  readonly native: NativeKey | undefined;
}

/** What the lock file pins for the development key of a tier; all SHA-256 except keyHash. */
export interface LockedKey {
  readonly circuit: string;
  readonly r1cs: string;
  readonly zkey: string;
  readonly vkey: string;
  readonly keyHash: string;
}

export type KeysLock = Readonly<Record<string, LockedKey>>;

const HASH_SLICE = 2 ** 30;
const G1_SIZE = 64;
const G2_SIZE = 128;
const ZKEY_VERSION = 1;
const ZKEY_GROTH16 = 1;
const ELEMENT_SIZE = 32;
const ZKEY_HEADER_SIZE = 84 + 3 * G1_SIZE + 3 * G2_SIZE;
const COEFFICIENT_RECORD = 44;

/**
 * Reads and checks a key.
 * @param publicSignals what circuits.json declares for the circuit
 * @throws KeyError when the file is truncated, of another protocol or curve, or doesn't belong to the verification key;
 * VerificationKeyError from checkVerificationKey
 */
export async function loadKey(zkeyPath: string, vkeyPath: string, publicSignals: number): Promise<KeyHandle> {
  const { zkey, native } = openZkey(zkeyPath);
  const { wires, verificationKey: embedded } = await readZkeyHeader(zkey, zkeyPath);
  const verificationKey = parseVerificationKey(parseJson(vkeyPath));
  await checkVerificationKey(verificationKey, publicSignals);
  const plain = (key: VerificationKey): string => JSON.stringify(verificationKeyJson({ ...key, development: false }));
  if (plain(embedded) !== plain(verificationKey)) {
    throw new KeyError(zkeyPath, `it does not belong to the verification key ${basename(vkeyPath)}`);
  }
  return {
    name: basename(zkeyPath, ".zkey"),
    zkeyPath,
    zkey,
    zkeySha256: sha256(zkey),
    wires,
    verificationKey,
    hash: keyHash(verificationKey),
    development: await isDevelopmentKey(verificationKey),
    native,
  };
}

/** In slices: Node hashes less than 2 GiB at once. */
function sha256(bytes: Uint8Array): string {
  const hash = createHash("sha256");
  for (let offset = 0; offset < bytes.length; offset += HASH_SLICE) hash.update(bytes.subarray(offset, offset + HASH_SLICE));
  return hash.digest("hex");
}

/** Maps the file by the native engine, which checks all of its structure; or reads it. */
function openZkey(path: string): { readonly zkey: Uint8Array; readonly native: NativeKey | undefined } {
  const engine = nativeEngineIfAny();
  if (engine === undefined) return { zkey: readFileSync(path), native: undefined };
  try {
    const native = engine.openKey(path);
    return { zkey: new Uint8Array(native.bytes), native };
  } catch (error) {
    if (isEngineFault(error) && error.code === "ZKMARGIN_FILE") throw new KeyError(path, error.rule, error.section);
    throw error;
  }
}

function nativeEngineIfAny(): NativeEngine | undefined {
  // A machine on which the engine does harm can do without it.
  if (process.env["ZKMARGIN_BACKEND"] === "snarkjs") return undefined;
  try {
    return loadNativeEngine();
  } catch (error) {
    if (error instanceof NativeEngineError) return undefined;
    throw error;
  }
}

/**
 * The verification key inside a proving key, after checking that every section is there in full.
 * @throws KeyError
 */
export async function zkeyVerificationKey(zkey: Uint8Array, path: string): Promise<VerificationKey> {
  return (await readZkeyHeader(zkey, path)).verificationKey;
}

async function readZkeyHeader(zkey: Uint8Array, path: string): Promise<{ readonly wires: number; readonly verificationKey: VerificationKey }> {
  const file = Buffer.from(zkey.buffer, zkey.byteOffset, zkey.byteLength);
  try {
    const sections = readSections("zkey", file.length, (offset, length) => file.subarray(offset, offset + length));
    const version = file.readUInt32LE(4);
    if (version !== ZKEY_VERSION) throw new KeyError(path, `version ${version} of the format, must be ${ZKEY_VERSION}`);
    const first = (id: number): number => {
      const { offset, size } = requireSection(sections, id);
      if (size < 4) throw new KeyError(path, `section ${id} has ${size} bytes, must have at least 4`);
      return file.readUInt32LE(offset);
    };
    const protocol = first(1);
    if (protocol !== ZKEY_GROTH16) throw new KeyError(path, `protocol ${protocol} is not Groth16`);
    const header = requireSection(sections, 2);
    if (header.size !== ZKEY_HEADER_SIZE) throw new KeyError(path, `header of ${header.size} bytes, must be ${ZKEY_HEADER_SIZE}`);
    for (const at of [0, 36]) {
      const size = file.readUInt32LE(header.offset + at);
      if (size !== ELEMENT_SIZE) throw new KeyError(path, `header: field elements of ${size} bytes, must have ${ELEMENT_SIZE}`);
    }
    if (readUint256(file, header.offset + 4) !== BASE_MODULUS || readUint256(file, header.offset + 40) !== P) {
      throw new KeyError(path, "the curve is not BN254");
    }
    const wires = file.readUInt32LE(header.offset + 72);
    const publicSignals = file.readUInt32LE(header.offset + 76);
    const domain = file.readUInt32LE(header.offset + 80);
    const coefficients = first(4);
    const sizes: readonly (readonly [id: number, size: number])[] = [
      [3, G1_SIZE * (publicSignals + 1)],
      [4, 4 + COEFFICIENT_RECORD * coefficients],
      [5, G1_SIZE * wires],
      [6, G1_SIZE * wires],
      [7, G2_SIZE * wires],
      [8, G1_SIZE * (wires - publicSignals - 1)],
      [9, G1_SIZE * domain],
    ];
    for (const [id, size] of sizes) {
      const found = requireSection(sections, id).size;
      if (found !== size) throw new KeyError(path, `section ${id} has ${found} bytes, must have ${size}`);
    }

    const curve = await sharedCurve();
    const g1 = (offset: number): G1Point => {
      const [x, y] = curve.G1.toObject(file.subarray(offset, offset + G1_SIZE)) as [bigint, bigint];
      return [x, y];
    };
    const g2 = (offset: number): G2Point => {
      const [x, y] = curve.G2.toObject(file.subarray(offset, offset + G2_SIZE)) as [[bigint, bigint], [bigint, bigint]];
      return [x, y];
    };
    const at = header.offset + 84;
    const ic = requireSection(sections, 3).offset;
    const verificationKey = {
      publicSignals,
      alpha: g1(at),
      beta: g2(at + 2 * G1_SIZE),
      gamma: g2(at + 2 * G1_SIZE + G2_SIZE),
      delta: g2(at + 3 * G1_SIZE + 2 * G2_SIZE),
      ic: Array.from({ length: publicSignals + 1 }, (_, index) => g1(ic + G1_SIZE * index)),
      development: false,
    };
    return { wires, verificationKey };
  } catch (error) {
    if (error instanceof BinFileError) throw new KeyError(path, error.message);
    throw error;
  }
}

/** artifacts.lock.json, beside the development key of every tier under `keys` it pins the contracts' bytecode. */
export function keysLockPath(): string {
  return join(projectRoot(), "artifacts.lock.json");
}

export function readKeysLock(path: string = keysLockPath()): KeysLock {
  return (parseJson(path) as { keys: KeysLock }).keys;
}

/** Pins the key of a tier; the lock file then differs, and the difference is reviewed. */
export function updateKeysLock(tier: string, key: LockedKey, path: string = keysLockPath()): void {
  const lock = parseJson(path) as { keys: KeysLock };
  const keys = Object.fromEntries(Object.entries({ ...lock.keys, [tier]: key }).sort(([left], [right]) => (left < right ? -1 : 1)));
  writeFileAtomic.sync(path, `${JSON.stringify({ ...lock, keys }, undefined, 2)}\n`);
}

/**
 * Compares a key with the lock file. Another circuit than the locked one is not an error here: the lock is updated when the circuit is
 * settled, not at each edit of it.
 * @returns whether the lock covers this circuit
 * @throws KeyError when the circuit is the locked one and anything about its key differs
 */
export function checkAgainstLock(tier: string, actual: LockedKey, lock: KeysLock): boolean {
  const locked = lock[tier];
  if (locked === undefined || locked.circuit !== actual.circuit) return false;
  for (const field of ["r1cs", "zkey", "vkey", "keyHash"] as const) {
    if (locked[field] !== actual[field]) {
      throw new KeyError(`tier ${tier}`, `${field} is ${actual[field]}, the lock file has ${locked[field]}`);
    }
  }
  return true;
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new KeyError(path, "it is not JSON");
    throw error;
  }
}

export class KeyError extends Error {
  /** @param section of the file, where one part of it is wrong */
  constructor(readonly key: string, readonly rule: string, readonly section?: string) {
    super(`key ${key} refused: ${section === undefined ? "" : `${section}: `}${rule}`);
    this.name = "KeyError";
  }
}
