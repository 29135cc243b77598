/**
 * Field elements and points as bytes of the files, from bigints and from ffjavascript's curve: the oracle of the engine's primitives.
 */
import type { Curve } from "ffjavascript";
import { readUint256, uint256 } from "../../../prover/bin-file.js";
import type { Arithmetic } from "../../../prover/backends/native-engine.js";
import { loadNativeEngine } from "../../../prover/backends/native-engine.js";

const R = 1n << 256n;

export const toMontgomery = (values: readonly bigint[], modulus: bigint): Buffer => Buffer.concat(values.map((value) => uint256((value * R) % modulus)));

export function fromMontgomery(bytes: Uint8Array, modulus: bigint): bigint[] {
  const inverse = power(R % modulus, modulus - 2n, modulus);
  return integersIn(bytes).map((value) => (value * inverse) % modulus);
}

export const integersIn = (bytes: Uint8Array): bigint[] => Array.from({ length: bytes.length / 32 }, (_, index) => readUint256(bytes, 32 * index));

export const toIntegers = (values: readonly bigint[]): Buffer => Buffer.concat(values.map(uint256));

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base % modulus, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % modulus) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
  }
  return result;
}

/** scalar x generator, affine, as in a .zkey; all zeros for infinity. */
export function multiple(curve: Curve, group: "G1" | "G2", scalar: bigint): Buffer {
  const { g, timesScalar, toAffine } = curve[group];
  return Buffer.from(toAffine.call(curve[group], timesScalar.call(curve[group], g, scalar)));
}

/** Those that this processor can run: always one, portable. */
export function availableArithmetics(): readonly Arithmetic[] {
  return loadNativeEngine().info().backends.filter(({ available }) => available).map(({ name }) => name as Arithmetic);
}
