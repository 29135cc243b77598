import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { zKey } from "snarkjs";
import { zkeyVerificationKey } from "./keys.js";
import { checkVerificationKey, isDevelopmentKey, keyHash, verificationKeyJson } from "./verification-key.js";

// Phase 2 by snarkjs, one step a function, each refusing to overwrite. A transcript of who did what is kept by people: docs/ceremony.md.

const MINIMUM_ENTROPY_CHARACTERS = 32;
const BEACON_ITERATIONS_POWER = 10;

/** The first key of a circuit, from checked powers of tau. It has gamma = delta: nobody has contributed, and loadKey refuses it. */
export async function startCeremony(r1cs: string, ptau: string, zkey: string): Promise<string> {
  refuseExisting(zkey);
  const circuitHash = await zKey.newZKey(r1cs, ptau, zkey);
  if (circuitHash === -1) {
    // What snarkjs leaves is a file without content.
    rmSync(zkey, { force: true });
    throw new CeremonyError("the powers of tau are too small for the circuit, or not prepared for phase 2");
  }
  return hexadecimal(circuitHash);
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
  return hexadecimal(await zKey.contribute(before, after, name, entropy));
}

/** @param beacon hexadecimal, of a public source that was named before its value was known */
export async function applyBeacon(before: string, after: string, name: string, beacon: string): Promise<string> {
  refuseExisting(after);
  if (!/^([0-9a-f]{2}){16,255}$/i.test(beacon)) throw new CeremonyError("the beacon must be 16 to 255 bytes in hexadecimal");
  const hash = await zKey.beacon(before, after, name, beacon, BEACON_ITERATIONS_POWER);
  if (hash === false) throw new CeremonyError("snarkjs refused the beacon");
  return hexadecimal(hash);
}

/** Recomputes the first key and checks the whole chain of contributions from it to this one. */
export async function verifyCeremony(r1cs: string, ptau: string, zkey: string): Promise<boolean> {
  return zKey.verifyFromR1cs(r1cs, ptau, zkey);
}

/** Writes the verification key of a finished ceremony, checked, and returns its hash. */
export async function exportVerificationKey(
  zkey: string,
  vkey: string,
  publicSignals: number,
): Promise<{ keyHash: string; development: boolean }> {
  refuseExisting(vkey);
  const bare = await zkeyVerificationKey(readFileSync(zkey), zkey);
  await checkVerificationKey(bare, publicSignals);
  const development = await isDevelopmentKey(bare);
  writeFileSync(vkey, `${JSON.stringify(verificationKeyJson({ ...bare, development }), undefined, 2)}\n`);
  return { keyHash: keyHash(bare), development };
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
