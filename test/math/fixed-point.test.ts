import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DecimalError,
  FixedPointError,
  Q16,
  Q32,
  Q40,
  Q56,
  abs,
  bitLength,
  ceilDiv,
  clamp,
  floorDiv,
  formatDecimal,
  formatDecimalTrimmed,
  isqrt,
  max,
  min,
  mulDivDown,
  mulDivUp,
  parseDecimal,
  roundDiv,
} from "../../src/math/fixed-point.js";

const any = fc.bigInt({ min: -(1n << 200n), max: 1n << 200n });
const nonZero = any.filter((b) => b !== 0n);
const small = fc.integer({ min: -60, max: 60 }).map(BigInt);
const divisor = fc.oneof(nonZero, small.filter((b) => b !== 0n));
const dividend = fc.oneof(any, small);

/** a/b <= q as rationals, without dividing. */
function atMost(a: bigint, b: bigint, q: bigint): boolean {
  return b > 0n ? a <= q * b : a >= q * b;
}

describe("scales", () => {
  it("are powers of two", () => {
    expect([Q16, Q32, Q40, Q56]).toEqual([65_536n, 4_294_967_296n, 1_099_511_627_776n, 72_057_594_037_927_936n]);
  });
});

describe("division", () => {
  it("rounds small fractions as a table says", () => {
    const table: [bigint, bigint, bigint, bigint, bigint][] = [
      [7n, 2n, 3n, 4n, 4n],
      [-7n, 2n, -4n, -3n, -3n],
      [7n, -2n, -4n, -3n, -3n],
      [-7n, -2n, 3n, 4n, 4n],
      [6n, 2n, 3n, 3n, 3n],
      [-6n, 2n, -3n, -3n, -3n],
      [1n, 3n, 0n, 1n, 0n],
      [-1n, 3n, -1n, 0n, 0n],
      [-2n, 3n, -1n, 0n, -1n],
      [0n, -5n, 0n, 0n, 0n],
    ];
    for (const [a, b, floor, ceil, nearest] of table) {
      expect([a, b, floorDiv(a, b), ceilDiv(a, b), roundDiv(a, b)]).toEqual([a, b, floor, ceil, nearest]);
    }
  });

  it("floor is the largest integer not above the fraction, ceil the smallest not below", () => {
    fc.assert(
      fc.property(dividend, divisor, (a, b) => {
        const floor = floorDiv(a, b);
        expect(atMost(-a, b, -floor)).toBe(true);
        expect(atMost(-a, b, -(floor + 1n))).toBe(false);
        const ceil = ceilDiv(a, b);
        expect(atMost(a, b, ceil)).toBe(true);
        expect(atMost(a, b, ceil - 1n)).toBe(false);
      }),
    );
  });

  it("nearest is within a half, and a half goes up", () => {
    fc.assert(
      fc.property(dividend, divisor, (a, b) => {
        // q - 1/2 <= a/b < q + 1/2
        const q = roundDiv(a, b);
        expect(atMost(-2n * a, b, -(2n * q - 1n))).toBe(true);
        expect(atMost(-2n * a, b, -(2n * q + 1n))).toBe(false);
      }),
    );
  });

  it("mulDiv rounds the exact product, negative ones too", () => {
    expect(mulDivDown(-7n, 3n, 2n)).toBe(-11n);
    expect(mulDivUp(-7n, 3n, 2n)).toBe(-10n);
    expect(mulDivDown(7n, 3n, 2n)).toBe(10n);
    expect(mulDivUp(7n, 3n, 2n)).toBe(11n);
    expect(mulDivUp(-1n, 1n, 1n << 80n)).toBe(0n);
    expect(mulDivDown(-1n, 1n, 1n << 80n)).toBe(-1n);
  });

  it("by zero throws", () => {
    for (const divide of [floorDiv, ceilDiv, roundDiv]) expect(() => divide(1n, 0n)).toThrow(RangeError);
  });
});

describe("isqrt", () => {
  it("is the floor of the root around every square up to 2^512", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1n << 256n }), (root) => {
        expect(isqrt(root * root)).toBe(root);
        expect(isqrt(root * root - 1n)).toBe(root - 1n);
        expect(isqrt(root * root + 2n * root)).toBe(root);
      }),
    );
  });

  it("is right for 0 to 99", () => {
    for (let n = 0; n < 100; n++) expect(isqrt(BigInt(n))).toBe(BigInt(Math.floor(Math.sqrt(n))));
  });

  it("refuses a negative argument", () => {
    expect(() => isqrt(-1n)).toThrow(FixedPointError);
  });
});

describe("order", () => {
  it("min, max, clamp, abs and bitLength", () => {
    expect([min(-3n, 2n), max(-3n, 2n), min(2n, -3n), max(2n, -3n)]).toEqual([-3n, 2n, -3n, 2n]);
    expect([clamp(-9n, -5n, 5n), clamp(9n, -5n, 5n), clamp(4n, -5n, 5n)]).toEqual([-5n, 5n, 4n]);
    expect([abs(-4n), abs(4n), abs(0n)]).toEqual([4n, 4n, 0n]);
    expect([bitLength(0n), bitLength(1n), bitLength(-8n), bitLength((1n << 70n) - 1n)]).toEqual([0, 1, 4, 70]);
  });
});

describe("decimals", () => {
  it("are read exactly", () => {
    expect(parseDecimal("88728.95", 8)).toBe(8_872_895_000_000n);
    expect(parseDecimal("-0.00000001", 8)).toBe(-1n);
    expect(parseDecimal("0", 8)).toBe(0n);
    expect(parseDecimal("-0.0", 2)).toBe(0n);
    expect(parseDecimal("12", 0)).toBe(12n);
    expect(parseDecimal("123456789012345678901234567890.12345678", 8)).toBe(12345678901234567890123456789012345678n);
  });

  it("refuse digits beyond the scale, even zeros", () => {
    expect(() => parseDecimal("1.005", 2)).toThrow(new DecimalError("1.005", "must have at most 2 digits after the point"));
    expect(() => parseDecimal("1.000", 2)).toThrow(DecimalError);
    expect(() => parseDecimal("1.0", 0)).toThrow(DecimalError);
  });

  it("refuse every other form", () => {
    for (const text of ["", " 1", "1 ", "+1", "1e5", "1E-3", ".5", "5.", "--1", "1,5", "0x10", "NaN", "Infinity", "01", "1_000", "١"]) {
      expect(() => parseDecimal(text, 8), text).toThrow(new DecimalError(text, "must be a plain decimal such as -12.5"));
    }
    expect(() => parseDecimal(1.5 as unknown as string, 8)).toThrow(DecimalError);
  });

  it("refuse texts above 40 characters without repeating them", () => {
    expect(() => parseDecimal("9".repeat(40), 8)).not.toThrow();
    expect(() => parseDecimal("9".repeat(41), 8)).toThrow("must have at most 40 characters");
    try {
      parseDecimal("9".repeat(5_000), 8);
    } catch (error) {
      expect((error as DecimalError).text.length).toBe(43);
      expect((error as DecimalError).rule).toBe("must have at most 40 characters");
    }
  });

  it("are written with or without trailing zeros", () => {
    expect(formatDecimal(1500n, 3)).toBe("1.500");
    expect(formatDecimal(-5n, 3)).toBe("-0.005");
    expect(formatDecimal(12n, 0)).toBe("12");
    expect(formatDecimalTrimmed(1500n, 3)).toBe("1.5");
    expect(formatDecimalTrimmed(-1000n, 3)).toBe("-1");
    expect(formatDecimalTrimmed(0n, 3)).toBe("0");
    expect(formatDecimalTrimmed(100n, 0)).toBe("100");
    expect(formatDecimalTrimmed(100_000n, 3)).toBe("100");
  });

  it("come back unchanged from text", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 100n), max: 1n << 100n }), fc.integer({ min: 0, max: 8 }), (value, decimals) => {
        expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value);
        expect(parseDecimal(formatDecimalTrimmed(value, decimals), decimals)).toBe(value);
      }),
    );
  });
});
