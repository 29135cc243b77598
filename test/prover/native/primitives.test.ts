import type { Curve } from "ffjavascript";
import { beforeAll, describe, expect, it } from "vitest";
import { type FieldOperation, isEngineFault, loadNativeEngine } from "../../../prover/backends/native-engine.js";
import { BASE_MODULUS, sharedCurve } from "../../../prover/curve.js";
import { P } from "../../../src/math/field.js";
import { availableArithmetics, fromMontgomery, integersIn, multiple, power, toIntegers, toMontgomery } from "./bn254-bytes.js";

const { info, primitives } = loadNativeEngine();

/** Edges, and full-sized values; a length that is no multiple of any number of lanes. */
function values(modulus: bigint, count = 61): bigint[] {
  const edges = [0n, 1n, 2n, modulus - 1n, modulus - 2n, 1n << 253n, (1n << 64n) - 1n, 1n << 64n, (1n << 52n) - 1n];
  const full = Array.from({ length: count - edges.length }, (_, index) => power(7n, BigInt(1000 + index), modulus));
  return [...edges, ...full];
}

function faultOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    if (isEngineFault(error)) return { ...error };
    throw error;
  }
  return undefined;
}

describe("the engine", () => {
  it("lists its arithmetics, fastest first, plain C++ last and always available", () => {
    const { backends, fastest } = info();
    expect(backends.at(-1)).toEqual({ name: "portable", available: true });
    expect(backends.find(({ available }) => available)!.name).toBe(fastest);
  });
});

describe.each(availableArithmetics())("%s arithmetic", (arithmetic) => {
  let curve: Curve;
  beforeAll(async () => {
    curve = await sharedCurve();
  });

  const expected: Readonly<Record<FieldOperation, (a: bigint, b: bigint, p: bigint) => bigint>> = {
    add: (a, b, p) => (a + b) % p,
    subtract: (a, b, p) => (a + p - b) % p,
    multiply: (a, b, p) => (a * b) % p,
    square: (a, _, p) => (a * a) % p,
    negate: (a, _, p) => (p - a) % p,
    inverse: (a, _, p) => power(a, p - 2n, p),
  };

  it.each([["fpOperation", BASE_MODULUS], ["frOperation", P]] as const)("computes %s as integers modulo the prime do", (name, modulus) => {
    const a = values(modulus);
    const b = [...a].reverse();
    for (const [operation, compute] of Object.entries(expected)) {
      const result = primitives[name](arithmetic, operation as FieldOperation, toMontgomery(a, modulus), toMontgomery(b, modulus));
      expect(fromMontgomery(result, modulus), operation).toEqual(a.map((value, index) => compute(value, b[index]!, modulus)));
      // Canonical, so that equal elements are equal bytes.
      expect(integersIn(result).every((word) => word < modulus), operation).toBe(true);
    }
  });

  it("evaluates a polynomial at the roots of unity, and takes that back", () => {
    for (const power_ of [0n, 1n, 3n, 6n]) {
      const n = 1 << Number(power_);
      const root = power(5n, (P - 1n) >> power_, P);
      const coefficients = values(P, 64).slice(0, n);
      const evaluations = coefficients.map((_, at) => coefficients.reduce((sum, value, index) => (sum + value * power(root, BigInt(at * index), P)) % P, 0n));
      const bytes = toMontgomery(coefficients, P);
      const transformed = primitives.transform(arithmetic, bytes, false);
      expect(fromMontgomery(transformed, P), `2^${power_}`).toEqual(evaluations);
      expect(Buffer.from(primitives.transform(arithmetic, transformed, true)).equals(bytes), `2^${power_}`).toBe(true);
    }
  });

  it.each(["G1", "G2"] as const)("sums multiples of points of %s, infinity, opposites and repetitions among them", (group) => {
    const multiply = group === "G1" ? primitives.multiplyG1 : primitives.multiplyG2;
    const logarithms = [0n, 1n, 1n, P - 1n, 2n, 5n, 5n, P - 5n, ...Array.from({ length: 60 }, (_, index) => power(3n, BigInt(200 + index), P))];
    const scalars = [7n, P - 1n, 1n, 0n, 1n, 2n, 2n, 2n, ...values(P, 60)];
    const points = Buffer.concat(logarithms.map((logarithm) => multiple(curve, group, logarithm)));
    const sum = logarithms.reduce((total, logarithm, index) => (total + logarithm * scalars[index]!) % P, 0n);
    for (const threads of [1, 2]) {
      expect(Buffer.from(multiply(arithmetic, points, toIntegers(scalars), threads)).equals(multiple(curve, group, sum)), `${threads} threads`).toBe(true);
    }
    const size = points.length / logarithms.length;
    expect(Buffer.from(multiply(arithmetic, points.subarray(0, 0), new Uint8Array(), 1))).toEqual(Buffer.alloc(size));
    // 5 and -5, taken equally often.
    expect(Buffer.from(multiply(arithmetic, points.subarray(6 * size, 8 * size), toIntegers([9n, 9n]), 1))).toEqual(Buffer.alloc(size));
  });

  it.each(["G1", "G2"] as const)("makes multiples of one point of %s", (group) => {
    const multiplyBase = group === "G1" ? primitives.multiplyBaseG1 : primitives.multiplyBaseG2;
    const scalars = values(P, 20);
    const products = multiplyBase(arithmetic, multiple(curve, group, 3n), toIntegers(scalars), 2);
    expect(Buffer.from(products).equals(Buffer.concat(scalars.map((scalar) => multiple(curve, group, (3n * scalar) % P))))).toBe(true);
  });
});

describe("a primitive", () => {
  const one = toIntegers([1n]);
  const point = Buffer.concat([one, one]);
  it.each([
    ["an unknown operation", () => primitives.fpOperation("portable", "divide" as FieldOperation, one, one), "operation", /must be add, subtract/],
    ["an operand that is no Uint8Array", () => primitives.fpOperation("portable", "negate", [1] as never), "a", /must be a Uint8Array/],
    ["a missing operand", () => primitives.fpOperation("portable", "add", one), "b", /must be a Uint8Array/],
    ["an operand of another length", () => primitives.fpOperation("portable", "add", one, point), "b", /as many elements as a/],
    ["a part of an element", () => primitives.frOperation("portable", "negate", one.subarray(1)), "a", /multiple of 32/],
    ["an element that is not below the modulus", () => primitives.frOperation("portable", "negate", toIntegers([1n, P])), "a", /below the modulus \(number 1\)/],
    ["a coordinate that is not below the modulus", () => primitives.multiplyG1("portable", toIntegers([1n, BASE_MODULUS]), one, 1), "points", /below the modulus \(number 0\)/],
    ["a scalar that is not below the order", () => primitives.multiplyG1("portable", point, toIntegers([P]), 1), "scalars", /below the modulus/],
    ["a number of scalars that is not that of the points", () => primitives.multiplyG2("portable", Buffer.concat([point, point]), point, 1), "scalars", /as many as the points/],
    ["a base of two points", () => primitives.multiplyBaseG1("portable", Buffer.concat([point, point]), one, 1), "base", /one point/],
    ["a length that is no power of two", () => primitives.transform("portable", toIntegers([1n, 2n, 3n]), false), "values", /2\^n/],
    ["a direction that is no boolean", () => primitives.transform("portable", one, 1 as never), "inverse", /must be a boolean/],
    ["a number of threads that is none", () => primitives.multiplyG1("portable", point, one, 1.5), "threads", /whole number in 1..256/],
    ["a number of threads that is too large", () => primitives.multiplyG1("portable", point, one, 257), "threads", /whole number in 1..256/],
  ])("refuses %s, with field and rule", (_, call, field, rule) => {
    expect(faultOf(call)).toEqual({ code: "ZKMARGIN_ARGUMENT", field, rule: expect.stringMatching(rule) as string });
  });

  it("refuses an arithmetic that there is not", () => {
    expect(faultOf(() => primitives.fpOperation("sse", "negate", one))).toEqual({ code: "ZKMARGIN_ENGINE" });
    expect(() => primitives.fpOperation("sse", "negate", one)).toThrow(/sse: must be one of .*portable/);
  });
});
