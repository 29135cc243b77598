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
 * Checks a proof. Anything malformed is false rather than an error: coordinates outside the base field, points off the curve, a public
 * signal that isn't a canonical field element (it would also be valid as itself plus the modulus), a wrong number of them.
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

/** @throws ProofFormatError when a coordinate is missing or no decimal, or a point is not affine */
export function fromSnarkjsProof(proof: Pick<SnarkjsProof, "pi_a" | "pi_b" | "pi_c">): Groth16Proof {
  const pair = (name: string, words: readonly string[] | undefined): readonly [bigint, bigint] => {
    const [x, y] = words ?? [];
    if (x === undefined || y === undefined || !/^\d+$/.test(x) || !/^\d+$/.test(y)) throw new ProofFormatError(name);
    return [BigInt(x), BigInt(y)];
  };
  if (proof.pi_a[2] !== "1") throw new ProofFormatError("pi_a");
  if (proof.pi_b[2]?.[0] !== "1" || proof.pi_b[2][1] !== "0") throw new ProofFormatError("pi_b");
  if (proof.pi_c[2] !== "1") throw new ProofFormatError("pi_c");
  return {
    a: pair("pi_a", proof.pi_a),
    b: [pair("pi_b", proof.pi_b[0]), pair("pi_b", proof.pi_b[1])],
    c: pair("pi_c", proof.pi_c),
  };
}

export class ProofFormatError extends Error {
  constructor(name: string) {
    super(`proof: ${name} is not an affine point in decimals`);
    this.name = "ProofFormatError";
  }
}
