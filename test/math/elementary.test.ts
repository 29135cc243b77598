import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_EXP_Q32, expQ32, lnQ32, powQ32, sqrtQ32 } from "../../src/math/elementary.js";
import { FixedPointError, Q32 } from "../../src/math/fixed-point.js";
import { mpmathPython, runOracle, scaledDecimal } from "./mpmath-oracle.js";

interface Vectors {
  readonly seed: number;
  readonly ln: [string, string][];
  readonly exp: [string, string][];
  readonly pow: [string, string, string][];
}

const MILLION = 1_000_000n;

/** |result - exact| in millionths of an ulp. */
function error(result: bigint, exact: string): bigint {
  const difference = result * MILLION - scaledDecimal(exact, 6);
  return difference < 0n ? -difference : difference;
}

function check(vectors: Vectors): void {
  for (const [x, exact] of vectors.ln) {
    expect(error(lnQ32(BigInt(x)), exact), `ln ${x}, seed ${vectors.seed}`).toBeLessThanOrEqual(510_000n);
  }
  for (const [x, exact] of vectors.exp) {
    const relative = scaledDecimal(exact, 6) >> 80n;
    expect(error(expQ32(BigInt(x)), exact), `exp ${x}, seed ${vectors.seed}`).toBeLessThanOrEqual(510_000n + relative);
  }
  for (const [base, exponent, exact] of vectors.pow) {
    const relative = scaledDecimal(exact, 6) >> 50n;
    const name = `pow ${base} ${exponent}, seed ${vectors.seed}`;
    expect(error(powQ32(BigInt(base), BigInt(exponent)), exact), name).toBeLessThanOrEqual(510_000n + relative);
  }
}

describe("elementary functions", () => {
  it("are within 0.51 ulp of the committed reference values", () => {
    const vectors = JSON.parse(readFileSync(new URL("../vectors/elementary.json", import.meta.url), "utf8")) as Vectors;
    expect(vectors.ln.length + vectors.exp.length + vectors.pow.length).toBeGreaterThan(1_200);
    check(vectors);
  });

  it.runIf(mpmathPython !== undefined)("are within 0.51 ulp of reference values made now from a new seed", () => {
    check(runOracle("elementary.py", [String(Date.now() % 1_000_000_007), "150"]) as Vectors);
  });

  it("have their exact points", () => {
    expect(lnQ32(Q32)).toBe(0n);
    expect(expQ32(0n)).toBe(Q32);
    expect(sqrtQ32(4n * Q32)).toBe(2n * Q32);
    expect(powQ32(3n * Q32, 2n * Q32)).toBe(9n * Q32);
    expect(powQ32(4n * Q32, Q32 / 2n)).toBe(2n * Q32);
    expect(powQ32(5n * Q32, 0n)).toBe(Q32);
    expect(powQ32(0n, 0n)).toBe(Q32);
    expect(powQ32(0n, Q32)).toBe(0n);
    expect(expQ32(-(1n << 60n))).toBe(0n);
  });

  it("sqrtQ32 is the largest Q32 whose square is not above the argument", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 90n }), (x) => {
        const root = sqrtQ32(x);
        expect(root * root <= x << 32n && (root + 1n) * (root + 1n) > x << 32n).toBe(true);
      }),
    );
  });

  it("ln and exp never fall as the argument grows", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1n << 60n }), fc.bigInt({ min: 0n, max: 1n << 20n }), (x, step) => {
        expect(lnQ32(x + step)).toBeGreaterThanOrEqual(lnQ32(x));
        const y = x % (100n * Q32) - 50n * Q32;
        expect(expQ32(y + step)).toBeGreaterThanOrEqual(expQ32(y));
      }),
    );
  });

  it("refuse arguments outside their domain", () => {
    expect(() => lnQ32(0n)).toThrow(FixedPointError);
    expect(() => lnQ32(-1n)).toThrow("lnQ32: argument -1 must be positive");
    expect(() => sqrtQ32(-1n)).toThrow(FixedPointError);
    expect(() => powQ32(-1n, Q32)).toThrow(FixedPointError);
    expect(() => powQ32(0n, -1n)).toThrow(FixedPointError);
    expect(() => expQ32(MAX_EXP_Q32 + 1n)).toThrow(FixedPointError);
    expect(() => powQ32(1n << 62n, 100n * Q32)).toThrow(FixedPointError);
  });
});
