import { P } from "../src/math/field.js";
import { BASE_MODULUS, isInG2, sharedCurve } from "./curve.js";
import type { G2Point, VerificationKey } from "./verification-key.js";

/** A Groth16 proof over BN254: affine coordinates, in b each (real, imaginary). */
export interface Groth16Proof {
  readonly a: readonly [bigint, bigint];
  readonly b: readonly [readonly [bigint, bigint], readonly [bigint, bigint]];
  readonly c: readonly [bigint, bigint];
}

/** The form of snarkjs files: decimals, projective. */
export interface SnarkjsProof {
  readonly pi_a: readonly string[];
  readonly pi_b: readonly (readonly string[])[];
  readonly pi_c: readonly string[];
  readonly protocol: string;
  readonly curve: string;
}

/**
 * Checks a proof. Anything malformed is false rather than an error: coordinates outside the base field, points off the curve, A or C
 * at infinity, a public signal that isn't a canonical field element (it would also be valid as itself plus the modulus), a wrong number of them.
 */
export async function verifyProof(
  key: VerificationKey,
  proof: Groth16Proof,
  publicSignals: readonly bigint[],
): Promise<boolean> {
  if (publicSignals.length !== key.publicSignals) return false;
  if (!publicSignals.every((signal) => signal >= 0n && signal < P)) return false;
  const coordinates = [...proof.a, ...proof.b.flat(), ...proof.c];
  if (!coordinates.every((coordinate) => coordinate >= 0n && coordinate < BASE_MODULUS)) return false;
  if (!(await isInG2(proof.b))) return false;

  // On the single-threaded curve: that of snarkjs starts threads, which keep a process from ending.
  const { G1, G2, pairingEq } = await sharedCurve();
  const g1 = ([x, y]: readonly [bigint, bigint]): Uint8Array => G1.fromObject([x, y, 1n]);
  const g2 = ([x, y]: G2Point): Uint8Array => G2.fromObject([x, y, [1n, 0n]]);
  const [a, c] = [g1(proof.a), g1(proof.c)];
  if (!G1.isValid(a) || !G1.isValid(c)) return false;
  // As the contract: a proof has no such point but by a chance of 1 in 2^253.
  if (G1.isZero(a) || G1.isZero(c)) return false;
  const inputs = publicSignals.reduce((sum, signal, index) => G1.add(sum, G1.timesScalar(g1(key.ic[index + 1]!), signal)), g1(key.ic[0]!));
  // e(A, B) = e(alpha, beta) e(inputs, gamma) e(C, delta): Groth, "On the Size of Pairing-based Non-interactive Arguments" (2016), section 3.2.
  return pairingEq(G1.neg(a), g2(proof.b), g1(key.alpha), g2(key.beta), inputs, g2(key.gamma), c, g2(key.delta));
}

export function toSnarkjsProof(proof: Groth16Proof): SnarkjsProof {
  return {
    pi_a: [...proof.a.map(String), "1"],
    pi_b: [proof.b[0].map(String), proof.b[1].map(String), ["1", "0"]],
    pi_c: [...proof.c.map(String), "1"],
    protocol: "groth16",
    curve: "bn128",
  };
}

/** @throws ProofFormatError when a coordinate is missing, one too many or no decimal, or a point is not affine */
export function fromSnarkjsProof(proof: Pick<SnarkjsProof, "pi_a" | "pi_b" | "pi_c">): Groth16Proof {
  // Parsed JSON as a rule, whatever its type says.
  const list = (name: string, value: unknown, length: number): readonly unknown[] => {
    if (!Array.isArray(value) || value.length !== length) throw new ProofFormatError(name);
    return value as readonly unknown[];
  };
  const integer = (name: string, word: unknown): bigint => {
    if (typeof word !== "string" || !/^\d+$/.test(word)) throw new ProofFormatError(name);
    return BigInt(word);
  };
  const pair = (name: string, words: readonly unknown[]): readonly [bigint, bigint] => [integer(name, words[0]), integer(name, words[1])];
  const g1 = (name: string, point: unknown): readonly [bigint, bigint] => {
    const words = list(name, point, 3);
    if (words[2] !== "1") throw new ProofFormatError(name);
    return pair(name, words);
  };
  const [x, y, z] = list("pi_b", proof.pi_b, 3).map((words) => list("pi_b", words, 2)) as [readonly unknown[], readonly unknown[], readonly unknown[]];
  if (z[0] !== "1" || z[1] !== "0") throw new ProofFormatError("pi_b");
  return { a: g1("pi_a", proof.pi_a), b: [pair("pi_b", x), pair("pi_b", y)], c: g1("pi_c", proof.pi_c) };
}

export class ProofFormatError extends Error {
  constructor(name: string) {
    super(`proof: ${name} is not an affine point in decimals`);
    this.name = "ProofFormatError";
  }
}
