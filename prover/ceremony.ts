import { existsSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { onExit } from "signal-exit";
import { zKey } from "snarkjs";
import writeFileAtomic from "write-file-atomic";
import { isEngineFault } from "./backends/native-engine.js";
import { setupEngine, type SetupEngine } from "./backends/setup-engine.js";
import { readSections, requireSection } from "./bin-file.js";
import { sharedCurve } from "./curve.js";
import { blake2b512 } from "./development-setup/transcript.js";
import { zkeyVerificationKey } from "./keys.js";
import { checkVerificationKey, isDevelopmentKey, keyHash, verificationKeyJson, type VerificationKey } from "./verification-key.js";

// Phase 2 by snarkjs, its first and longest step by the native engine where that serves; one step a function, each refusing to overwrite. A transcript of who did what is kept by people: docs/ceremony.md.

const MINIMUM_ENTROPY_CHARACTERS = 32;
const BEACON_ITERATIONS_POWER = 10;
/** What a contribution adds to a key is less. */
const MINIMUM_ROOM = 2 ** 20;

const HASH_SIZE = 64;
const G1_SIZE = 64;
const G2_SIZE = 128;
const BEACON_TYPE = 1;
const NAME_PARAMETER = 1;

/**
 * The first key of a circuit, from checked powers of tau. It has gamma = delta: nobody has contributed, and loadKey refuses it. The engine's
 * key and that of snarkjs are the same, byte for byte.
 * @param onProgress gets rising fractions in [0, 1], from the engine only
 * @returns the circuit hash, which every contribution is signed under
 */
export async function startCeremony(r1cs: string, ptau: string, zkey: string, onProgress?: (fraction: number) => void): Promise<string> {
  refuseExisting(zkey);
  const native = setupEngine();
  return native === undefined ? startWithSnarkjs(r1cs, ptau, zkey) : startWithEngine(native, r1cs, ptau, zkey, onProgress);
}

async function startWithSnarkjs(r1cs: string, ptau: string, zkey: string): Promise<string> {
  return wholeFile(zkey, async (partial) => {
    const circuitHash = await zKey.newZKey(r1cs, ptau, partial);
    if (circuitHash === -1) throw new CeremonyError("the powers of tau are too small for the circuit, or not prepared for phase 2");
    return hexadecimal(circuitHash);
  });
}

async function startWithEngine(
  { engine, arithmetic, threads }: SetupEngine, r1cs: string, ptau: string, zkey: string, onProgress: ((fraction: number) => void) | undefined,
): Promise<string> {
  try {
    return hexadecimal(await engine.writeInitialKey(r1cs, ptau, zkey, { arithmetic, threads, onProgress }).result);
  } catch (error) {
    throw isEngineFault(error) ? new CeremonyError(error.message) : error;
  }
}

/**
 * Multiplies a new secret in, made from the system's randomness and the contributor's own text, and forgets it.
 * @returns the contribution's hash, for the contributor to publish
 */
export async function contribute(before: string, after: string, name: string, entropy: string): Promise<string> {
  refuseExisting(after);
  if (entropy.length < MINIMUM_ENTROPY_CHARACTERS) {
    throw new CeremonyError(`the entropy has ${entropy.length} characters, must have at least ${MINIMUM_ENTROPY_CHARACTERS}`);
  }
  return nextKey(before, after, async (partial) => hexadecimal(await zKey.contribute(before, partial, name, entropy)));
}

/** @param beacon hexadecimal, of a public source that was named before its value was known */
export async function applyBeacon(before: string, after: string, name: string, beacon: string): Promise<string> {
  refuseExisting(after);
  if (!/^([0-9a-f]{2}){16,255}$/i.test(beacon)) throw new CeremonyError("the beacon must be 16 to 255 bytes in hexadecimal");
  return nextKey(before, after, async (partial) => {
    const hash = await zKey.beacon(before, partial, name, beacon, BEACON_ITERATIONS_POWER);
    if (hash === false) throw new CeremonyError("snarkjs refused the beacon");
    return hexadecimal(hash);
  });
}

/**
 * Recomputes the first key and checks the whole chain of contributions from it to this one.
 * @throws CeremonyError, KeyError when the file is no whole key
 */
export async function verifyCeremony(r1cs: string, ptau: string, zkey: string): Promise<boolean> {
  await readCeremonyKey(zkey);
  return zKey.verifyFromR1cs(r1cs, ptau, zkey);
}

/** A step of the transcript inside a key. `hash` is what the contributor published. */
export interface ContributionRecord {
  readonly name: string;
  readonly beacon: boolean;
  readonly hash: string;
}

/**
 * The contributions that a key records, first to last. They are only claims until verifyCeremony holds.
 * @throws CeremonyError when the record is broken off
 */
export async function readContributions(zkey: string): Promise<readonly ContributionRecord[]> {
  const file = readFileSync(zkey);
  const sections = readSections("zkey", file.length, (offset, length) => file.subarray(offset, offset + length));
  const { offset, size } = requireSection(sections, 10);
  const section = file.subarray(offset, offset + size);
  const { G1, G2 } = await sharedCurve();
  const count = section.readUInt32LE(HASH_SIZE);
  const records: ContributionRecord[] = [];
  let at = HASH_SIZE + 4;
  const take = (length: number): Buffer => {
    if (at + length > section.length) throw new CeremonyError(`${zkey}: contribution number ${records.length + 1} is broken off`);
    at += length;
    return section.subarray(at - length, at);
  };
  while (records.length < count) {
    const g1 = [take(G1_SIZE), take(G1_SIZE), take(G1_SIZE)].map((point) => G1.toUncompressed(point));
    const g2 = G2.toUncompressed(take(G2_SIZE));
    const hash = blake2b512(...g1, g2, take(HASH_SIZE));
    const beacon = take(4).readUInt32LE() === BEACON_TYPE;
    const parameters = take(take(4).readUInt32LE());
    const named = parameters[0] === NAME_PARAMETER;
    const name = named ? parameters.toString("utf8", 2, 2 + (parameters[1] ?? 0)) : "";
    records.push({ name, beacon, hash: hexadecimal(hash) });
  }
  return records;
}

/** Writes the verification key of a finished ceremony, checked, and returns its hash. */
export async function exportVerificationKey(
  zkey: string,
  vkey: string,
  publicSignals: number,
): Promise<{ keyHash: string; development: boolean }> {
  refuseExisting(vkey);
  const bare = await readCeremonyKey(zkey);
  await checkVerificationKey(bare, publicSignals);
  const development = await isDevelopmentKey(bare);
  writeFileAtomic.sync(vkey, `${JSON.stringify(verificationKeyJson({ ...bare, development }), undefined, 2)}\n`);
  return { keyHash: keyHash(bare), development };
}

/**
 * The verification key inside a proving key, whose sections are all there: snarkjs would end in a stack trace.
 * @throws CeremonyError when the file cannot be read, KeyError when it is no whole key
 */
export async function readCeremonyKey(path: string): Promise<VerificationKey> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new CeremonyError(`${path} ${(cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read"}`);
  }
  return zkeyVerificationKey(bytes, path);
}

/** A step from one key to the next. */
async function nextKey<T>(before: string, after: string, step: (partial: string) => Promise<T>): Promise<T> {
  await readCeremonyKey(before);
  requireRoom(after, statSync(before).size);
  return wholeFile(after, step);
}

/** snarkjs repeats a write that fails for ever. */
function requireRoom(path: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(resolve(path)));
  if (bavail * bsize < bytes + MINIMUM_ROOM) throw new CeremonyError(`${path} needs ${Math.ceil((bytes + MINIMUM_ROOM) / 2 ** 20)} MiB, its disk has ${Math.floor((bavail * bsize) / 2 ** 20)}`);
}

/** Runs a step that writes a file, under a name beside the final one: what has the final name is whole, whatever ends the process. */
async function wholeFile<T>(path: string, step: (partial: string) => Promise<T>): Promise<T> {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}`);
  const remove = (): void => rmSync(partial, { force: true });
  const stopWatching = onExit(remove);
  try {
    const result = await step(partial);
    renameSync(partial, path);
    return result;
  } finally {
    stopWatching();
    remove();
  }
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw new CeremonyError(`${path} exists already; it is not overwritten`);
}

function hexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export class CeremonyError extends Error {
  constructor(reason: string) {
    super(`ceremony: ${reason}`);
    this.name = "CeremonyError";
  }
}
