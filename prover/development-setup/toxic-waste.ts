import { P } from "../../src/math/field.js";
import { createHash } from "node:crypto";

const DOMAIN = "zkmargin development setup, every secret public, never for production";

/** The secrets of the development powers of tau. Anyone who knows them forges proofs: that is why such a key is marked. */
export interface TauSecrets {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
}

/** The same for every power, so that a longer file continues a shorter one. */
export function tauSecrets(): TauSecrets {
  return { tau: publicScalar("tau"), alpha: publicScalar("alpha"), beta: publicScalar("beta") };
}

/** Phase-2 secret of a circuit; gamma is 1 and delta is not. */
export function deltaSecret(r1csSha256: string): bigint {
  return publicScalar(`delta ${r1csSha256}`);
}

/** A scalar that anyone can derive again: SHA-512 of the fixed text and a label, reduced into [2, r). */
export function publicScalar(label: string): bigint {
  const digest = createHash("sha512").update(`${DOMAIN}: ${label}`).digest("hex");
  return (BigInt(`0x${digest}`) % (P - 2n)) + 2n;
}
