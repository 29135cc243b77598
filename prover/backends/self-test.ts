/**
 * Whether an arithmetic of the native engine computes on this processor what it must: answers known without it.
 */
import { P } from "../../src/math/field.js";
import { BASE_MODULUS } from "../curve.js";
import { readUint256, uint256 } from "../bin-file.js";
import { isEngineFault, type NativeEngine } from "./native-engine.js";

/** Enough points for several buckets of several of them, and for all lanes of the widest arithmetic. */
const POINTS = 80;
const R = 1n << 256n;

// EIP-196 and EIP-197: (1, 2), and the generator of G2 with each coordinate as (real, imaginary).
const G1_GENERATOR = [1n, 2n];
const G2_GENERATOR = [
  10857046999023057135944570762232829481370756359578518086990519993285655852781n,
  11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  8495653923123431417604973247489272438418190587263600148770280649306958101930n,
  4082367875863433681332203403145435568316851327593401208105741076214120093531n,
];

/** A small part of a second. @returns undefined, or what is wrong */
export function selfTest({ primitives }: Pick<NativeEngine, "primitives">, arithmetic: string): string | undefined {
  try {
    if (!multiplies(primitives, arithmetic)) return "a product of field elements is wrong";
    const scalars = testScalars();
    for (const [group, generator, multiplyBase, multiply] of [
      ["G1", G1_GENERATOR, primitives.multiplyBaseG1, primitives.multiplyG1],
      ["G2", G2_GENERATOR, primitives.multiplyBaseG2, primitives.multiplyG2],
    ] as const) {
      const base = Buffer.concat(generator.map(montgomery));
      const points = multiplyBase(arithmetic, base, Buffer.concat(scalars.map((_, index) => uint256(BigInt(index + 1)))), 1);
      if (!Buffer.from(points.subarray(0, base.length)).equals(base)) return `the first multiple of ${group}'s generator is another point`;
      if (!Buffer.from(multiply(arithmetic, points, Buffer.concat(scalars.map(uint256)), 1)).equals(base)) return `a sum of multiples in ${group} is wrong`;
    }
    return undefined;
  } catch (error) {
    if (isEngineFault(error)) return error.message;
    throw error;
  }
}

function multiplies({ fpOperation }: NativeEngine["primitives"], arithmetic: string): boolean {
  const a = Array.from({ length: POINTS }, (_, index) => (P * BigInt(index + 1)) % BASE_MODULUS);
  const b = [...a].reverse();
  const product = fpOperation(arithmetic, "multiply", Buffer.concat(a.map(montgomery)), Buffer.concat(b.map(montgomery)));
  return a.every((value, index) => readUint256(product, 32 * index) === readUint256(montgomery((value * b[index]!) % BASE_MODULUS)));
}

/** Full-sized ones such that the sum of scalar k times k is 1: the multiples 1, 2, ... of a generator then sum to itself. */
function testScalars(): readonly bigint[] {
  const scalars = Array.from({ length: POINTS }, (_, index) => (BASE_MODULUS * BigInt(index + 1) ** 3n) % P);
  const rest = scalars.slice(1).reduce((sum, scalar, index) => sum + scalar * BigInt(index + 2), 0n);
  scalars[0] = (((1n - rest) % P) + P) % P;
  return scalars;
}

/** As points lie in a .zkey: times 2^256, modulo the base field's. */
function montgomery(value: bigint): Uint8Array {
  return uint256((value * R) % BASE_MODULUS);
}
