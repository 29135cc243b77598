import { describe, expect, it } from "vitest";
import {
  ExchangeDecimalError, divideHalfEven, median, parseExchangeAmount, parseExchangeDecimal, parseExchangePrice, snapshotDecimal,
} from "../../src/market/exchange-decimal.js";

describe("decimals as exchanges write them", () => {
  it.each([
    ["0.43229999999999996", 43_230_000n],
    ["88728.94666666667", 8_872_894_666_667n],
    ["1e-05", 1_000n],
    ["9.999999999999983e-05", 10_000n],
    ["2e-08", 2n],
    ["1.5E3", 150_000_000_000n],
    ["82000.0", 8_200_000_000_000n],
    ["7.", 700_000_000n],
    ["-0.5", -50_000_000n],
    // More digits than a double holds: 123456789012345678.12345678 is exact.
    ["123456789012345678.12345678", 12_345_678_901_234_567_812_345_678n],
  ])("%s is read by its digits", (text, units) => {
    expect(parseExchangeDecimal(text, "field")).toBe(units);
  });

  it.each([
    ["0.000000005", 0n],
    ["0.000000015", 2n],
    ["0.000000025", 2n],
    ["0.0000000250000000000000000001", 3n],
    ["5e-9", 0n],
    ["-0.000000015", -2n],
  ])("%s is rounded to the nearest 1e-8, a tie to even", (text, units) => {
    expect(parseExchangeDecimal(text, "field")).toBe(units);
  });

  it("percent is moved to a ratio before the rounding", () => {
    expect(parseExchangeDecimal("43.229999999", "mark_iv", -2)).toBe(43_230_000n);
    expect(parseExchangeDecimal("0.0000015", "mark_iv", -2)).toBe(2n);
  });

  it.each(["", "NaN", "nan", "inf", "-Infinity", "1,000", "0x10", ".5", " 1", "1e", "1e9999", "--1", "9".repeat(65)])("%j is no decimal", (text) => {
    expect(() => parseExchangeDecimal(text, "mark_price")).toThrow(ExchangeDecimalError);
  });

  it("a price is above zero after rounding, an amount not negative", () => {
    expect(() => parseExchangePrice("0.000000004", "price")).toThrow('price: "0.000000004" must be above zero');
    expect(() => parseExchangeAmount("-1", "volume")).toThrow('volume: "-1" must not be negative');
    expect(parseExchangeAmount("0.0", "volume")).toBe(0n);
  });

  it("a snapshot has one text of a number", () => {
    expect([8_872_894_666_667n, 8_200_000_000_000n, 10n, 0n].map(snapshotDecimal)).toEqual(["88728.94666667", "82000", "0.0000001", "0"]);
  });

  it("a median of an even count is the mean of the middle two, a tie to even", () => {
    expect(median([9n, 1n, 5n])).toBe(5n);
    expect(median([4n, 1n, 2n, 100n])).toBe(3n);
    expect(median([1n, 2n])).toBe(2n);
    expect(median([2n, 3n])).toBe(2n);
    expect([5n, 15n, 25n, 26n].map((value) => divideHalfEven(value, 10n))).toEqual([0n, 2n, 2n, 3n]);
  });
});
