import { describe, expect, it } from "vitest";
import { loadNativeEngine } from "../../prover/backends/native-engine.js";
import { BASE_MODULUS } from "../../prover/curve.js";
import { multiplicationsOf, reportLimit, rowProducts } from "../../src/bench/limits.js";
import { availableArithmetics, fromMontgomery, power, toIntegers, toMontgomery } from "../prover/native/bn254-bytes.js";

/** A container of one section. */
function file(magic: string, id: number, body: Uint8Array): Uint8Array {
  const head = Buffer.alloc(24);
  head.write(magic, "latin1");
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(id, 12);
  head.writeBigUInt64LE(BigInt(body.length), 16);
  // Not at the start of its buffer, as a view of a larger one.
  return Buffer.concat([Buffer.from([7]), head, body]).subarray(1);
}

function coefficients(wires: readonly number[]): Uint8Array {
  const body = Buffer.alloc(4 + 44 * wires.length, 255);
  body.writeUInt32LE(wires.length, 0);
  wires.forEach((wire, record) => body.writeUInt32LE(wire, 4 + 44 * record + 8));
  return file("zkey", 4, body);
}

describe("the multiplications of a proof", () => {
  it("are six for a sum in G1, seventeen in G2, six transforms and six passes for the quotient", () => {
    // A transform of 8 values: 3 stages of 4 multiplications.
    expect(multiplicationsOf({ sums: { g1: 10, g2: 2 }, domainPower: 3, rowProducts: 5 })).toEqual({ g1: 60, g2: 34, quotient: 6 * 12 + 6 * 8, rows: 5 });
  });

  it("are of the coefficients whose wires are neither zero nor one", () => {
    const witness = file("wtns", 2, toIntegers([1n, 0n, 2n, 1n, 1n << 32n, (1n << 253n) + 1n, 3n]));
    expect(rowProducts(coefficients([0, 1, 3, 1, 0]), witness)).toBe(0);
    expect(rowProducts(coefficients([2, 4, 5, 6]), witness)).toBe(4);
    expect(rowProducts(coefficients([0, 2, 1, 2, 5, 3]), witness)).toBe(3);
  });

  it("are a part of the measured time, by part and as a whole", () => {
    const phases: Readonly<Record<string, number>> = { rows: 1, quotient: 2, h: 30, a: 20, b1: 6, b2: 17, c: 4, assemble: 1, verify: 1, ms: 100 };
    const size = { sums: { g1: 1_000_000, g2: 100_000 }, domainPower: 10, rowProducts: 2000 };
    // 2 threads of 100 million a second: 200,000 a millisecond.
    const samples = (contender: string, value: string) => (value === "perSecond" ? [100e6] : contender === "prove, zkmargin" ? [phases[value]!] : []);
    const { tables } = reportLimit({ arithmetic: "ifma", threads: 2, program: "" }, size, samples);
    expect(tables[0]!.rows).toEqual([
      ["1,000,000 sums in G1", "6,000,000", "30.0 ms", "60.0 ms", "2.00"],
      ["100,000 sums in G2", "1,700,000", "8.50 ms", "17.0 ms", "2.00"],
      ["quotient, domain 2^10", "36,864", "184 µs", "2.00 ms", "10.85"],
      ["rows, wires that are neither 0 nor 1", "2,000", "10 µs", "1.00 ms", "100.00"],
      ["prove, as a whole", "7,738,864", "38.7 ms", "100 ms", "2.58"],
    ]);
  });
});

describe.each(availableArithmetics())("multiplying again and again with %s arithmetic", (arithmetic) => {
  const { multiplyRepeatedly } = loadNativeEngine().primitives;
  const values = Array.from({ length: 45 }, (_, at) => power(5n, BigInt(300 + at), BASE_MODULUS));
  const factor = power(3n, 400n, BASE_MODULUS);

  it.each([0, 1, 1000])("gives each value times the factor's power, %i times", (times) => {
    const result = multiplyRepeatedly(arithmetic, toMontgomery(values, BASE_MODULUS), toMontgomery([factor], BASE_MODULUS), times);
    const all = power(factor, BigInt(times), BASE_MODULUS);
    expect(fromMontgomery(result, BASE_MODULUS)).toEqual(values.map((value) => (value * all) % BASE_MODULUS));
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("refuses %d times", (times) => {
    expect(() => multiplyRepeatedly(arithmetic, toIntegers([1n]), toIntegers([1n]), times)).toThrow(/times must be a whole number in 0..2\^32-1/);
  });

  it("refuses other than one factor", () => {
    expect(() => multiplyRepeatedly(arithmetic, toIntegers([1n]), toIntegers([1n, 2n]), 1)).toThrow(/factor must be one element/);
  });
});
