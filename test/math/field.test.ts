import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { P, fromField, packLanes, toField, unpackLanes } from "../../src/math/field.js";
import { FixedPointError } from "../../src/math/fixed-point.js";

const LIMIT = 1n << 62n;
const lane = fc.bigInt({ min: -LIMIT, max: LIMIT - 1n });

describe("field elements", () => {
  it("represent signed integers", () => {
    expect(toField(-1n)).toBe(P - 1n);
    expect(toField(P)).toBe(0n);
    expect(toField(-3n * P - 5n)).toBe(P - 5n);
    expect(fromField(P - 5n)).toBe(-5n);
    expect(fromField((P - 1n) / 2n)).toBe((P - 1n) / 2n);
    expect(fromField((P + 1n) / 2n)).toBe(-(P - 1n) / 2n);
  });

  it("P is the order of the group of BN254", () => {
    const t = 4965661367192848881n;
    expect(P).toBe(36n * t ** 4n + 36n * t ** 3n + 18n * t ** 2n + 6n * t + 1n);
  });
});

describe("lanes", () => {
  it("follow the formula of the specification", () => {
    expect(packLanes([1n, 2n, 3n, 4n])).toBe(1n + 2n * 2n ** 63n + 3n * 2n ** 126n + 4n * 2n ** 189n);
    expect(packLanes([-1n, 0n, 0n, 0n])).toBe(P - 1n);
    expect(packLanes([0n, -1n, 0n, 1n])).toBe(2n ** 189n - 2n ** 63n);
  });

  it("come back from an element, and add lane by lane", () => {
    const four = fc.tuple(lane, lane, lane, lane);
    fc.assert(fc.property(four, (lanes) => void expect(unpackLanes(packLanes(lanes))).toEqual(lanes)));
    const price = fc.bigInt({ min: -(1n << 28n), max: 1n << 28n });
    fc.assert(
      fc.property(fc.array(fc.tuple(price, price, price, price, fc.bigInt({ min: -(1n << 25n), max: 1n << 25n })), { maxLength: 20 }), (rows) => {
        let packed = 0n;
        const sums = [0n, 0n, 0n, 0n];
        for (const [a, b, c, d, q] of rows) {
          packed = toField(packed + q * packLanes([a, b, c, d]));
          [a, b, c, d].forEach((value, i) => (sums[i] = sums[i]! + q * value));
        }
        expect(unpackLanes(packed)).toEqual(sums);
      }),
    );
  });

  it("refuse what does not fit", () => {
    expect(unpackLanes(packLanes([-LIMIT, LIMIT - 1n, -LIMIT, LIMIT - 1n]))).toEqual([-LIMIT, LIMIT - 1n, -LIMIT, LIMIT - 1n]);
    expect(() => packLanes([0n, LIMIT, 0n, 0n])).toThrow(FixedPointError);
    expect(() => packLanes([0n, 0n, 0n, -LIMIT - 1n])).toThrow("packLanes: lane 3");
    expect(() => packLanes([1n, 2n, 3n])).toThrow(FixedPointError);
    expect(() => unpackLanes(P / 2n)).toThrow(FixedPointError);
  });
});
