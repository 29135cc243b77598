/**
 * Proofs and verification keys as the contracts read them, from snarkjs's JSON.
 *
 * snarkjs writes an element of Fq2 as (c0, c1), the precompiles read (c1, c0).
 */

import { keccak256, solidityPacked } from "ethers";
import { BASE_MODULUS } from "../../prover/curve.js";
import { P } from "../math/field.js";
import type { SnarkjsProof } from "../../prover/proof.js";
import type { G1Point, G2Point, VerificationKey, VerificationKeyJson } from "../../prover/verification-key.js";

/** `Groth16.Proof` of the contracts. */
export interface SolidityProof {
  readonly a: readonly [bigint, bigint];
  /** x_c1, x_c0, y_c1, y_c0. */
  readonly b: readonly [bigint, bigint, bigint, bigint];
  readonly c: readonly [bigint, bigint];
}

/**
 * A proof as the contracts read it.
 * @throws ProofEncodingError if it is not Groth16 over BN254 in affine coordinates below the field's order.
 */
export function encodeProof(proof: SnarkjsProof): SolidityProof {
  checkScheme("proof", proof);
  return { a: g1Words("pi_a", proof.pi_a), b: g2Words("pi_b", proof.pi_b), c: g1Words("pi_c", proof.pi_c) };
}

/**
 * Public signals as field elements.
 * @throws ProofEncodingError for one that is no decimal below the order of the scalar field, of which it would be another name.
 */
export function readPublicSignals(signals: readonly string[]): readonly bigint[] {
  return signals.map((signal, i) => {
    const value = decimal(`publicSignals[${i}]`, signal);
    if (value >= P) throw new ProofEncodingError(`publicSignals[${i}]`, signal, "must be below the order of the scalar field");
    return value;
  });
}

/**
 * The words of a verification key in the order of `Groth16`: alpha, beta, gamma, delta, IC.
 * @throws ProofEncodingError if it is not Groth16 over BN254, IC has not nPublic + 1 points, or gamma = +-delta: a key nobody
 * contributed to, under which anything is provable.
 */
export function verificationKeyWords(key: VerificationKeyJson): readonly bigint[] {
  checkScheme("verification key", key);
  const ic = listOf("IC", key.IC);
  if (ic.length !== key.nPublic + 1) {
    throw new ProofEncodingError("IC", `${ic.length} points`, `must have nPublic + 1 = ${key.nPublic + 1} points`);
  }
  const gamma = g2Words("vk_gamma_2", key.vk_gamma_2);
  const delta = g2Words("vk_delta_2", key.vk_delta_2);
  // Equal x: the points are equal or opposite.
  if (gamma[0] === delta[0] && gamma[1] === delta[1]) {
    throw new ProofEncodingError("vk_delta_2", "the x of vk_gamma_2", "must differ from gamma: nobody has contributed to this key");
  }
  return [
    ...g1Words("vk_alpha_1", key.vk_alpha_1),
    ...g2Words("vk_beta_2", key.vk_beta_2),
    ...gamma,
    ...delta,
    ...ic.flatMap((point, i) => g1Words(`IC[${i}]`, point)),
  ];
}

/** keccak256 of the key's words: `MarginVerifier.keyHash`. Throws as `verificationKeyWords` does. */
export function verificationKeyHash(key: VerificationKeyJson): string {
  const words = verificationKeyWords(key);
  return keccak256(solidityPacked(["uint256[]"], [words]));
}

/** The key with these words, which it does not check. */
export function verificationKeyOf(words: readonly bigint[]): VerificationKey {
  const at = (index: number): bigint => words[index] ?? 0n;
  const g1 = (start: number): G1Point => [at(start), at(start + 1)];
  const g2 = (start: number): G2Point => [[at(start + 1), at(start)], [at(start + 3), at(start + 2)]];
  const ic = Array.from({ length: Math.max(0, Math.floor((words.length - 14) / 2)) }, (_, i) => g1(14 + 2 * i));
  return { publicSignals: ic.length - 1, alpha: g1(0), beta: g2(2), gamma: g2(6), delta: g2(10), ic, development: false };
}

function checkScheme(what: string, value: { readonly protocol: string; readonly curve: string }): void {
  if (value.protocol !== "groth16") throw new ProofEncodingError(`${what}.protocol`, value.protocol, "must be groth16");
  if (value.curve !== "bn128") throw new ProofEncodingError(`${what}.curve`, value.curve, "must be bn128");
}

/** Parsed JSON as a rule, whatever its type says. */
function listOf(field: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ProofEncodingError(field, value === undefined ? "missing" : typeof value, "must be a list");
  return value as readonly unknown[];
}

function g1Words(field: string, point: unknown): [bigint, bigint] {
  const [x, y, z, ...more] = listOf(field, point);
  if (z === undefined || more.length > 0) throw new ProofEncodingError(field, `${(point as unknown[]).length} coordinates`, "must have 3 coordinates");
  if (z !== "1") throw new ProofEncodingError(`${field}[2]`, String(z), "must be 1: a finite point in affine coordinates");
  return [coordinate(`${field}[0]`, x), coordinate(`${field}[1]`, y)];
}

function g2Words(field: string, point: unknown): [bigint, bigint, bigint, bigint] {
  const elements = listOf(field, point).map((element, i) => listOf(`${field}[${i}]`, element));
  if (elements.length !== 3 || elements.some((element) => element.length !== 2)) {
    throw new ProofEncodingError(field, `${elements.length} coordinates`, "must have 3 coordinates of 2 coefficients");
  }
  const [x, y, z] = elements as [readonly unknown[], readonly unknown[], readonly unknown[]];
  if (z[0] !== "1" || z[1] !== "0") {
    throw new ProofEncodingError(`${field}[2]`, z.join(","), "must be 1,0: a finite point in affine coordinates");
  }
  return [
    coordinate(`${field}[0][1]`, x[1]),
    coordinate(`${field}[0][0]`, x[0]),
    coordinate(`${field}[1][1]`, y[1]),
    coordinate(`${field}[1][0]`, y[0]),
  ];
}

function coordinate(field: string, text: unknown): bigint {
  const value = decimal(field, text);
  if (value >= BASE_MODULUS) throw new ProofEncodingError(field, String(text), "must be below the order of the base field");
  return value;
}

function decimal(field: string, text: unknown): bigint {
  if (typeof text !== "string" || !/^(0|[1-9][0-9]*)$/.test(text)) throw new ProofEncodingError(field, String(text), "must be a decimal integer");
  return BigInt(text);
}

export class ProofEncodingError extends Error {
  override readonly name = "ProofEncodingError";
  constructor(
    readonly field: string,
    readonly value: string,
    rule: string,
  ) {
    super(`${field} is ${value} and ${rule}`);
  }
}
