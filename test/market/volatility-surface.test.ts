import { describe, expect, it } from "vitest";
import { SurfaceError, buildSurface, surfaceForward, surfaceVolatility } from "../../src/market/volatility-surface.js";

const unit = 100_000_000n;
const day = 86_400;
const quote = (tenor: number, strike: bigint, volatility: bigint, optionType: "call" | "put" = "call", forward = 100n * unit) => ({
  tenor, strike: strike * unit, optionType, forward, volatility,
});

describe("volatility surface", () => {
  it("gives a quoted strike its own volatility, to the last digit", () => {
    const surface = buildSurface(100n * unit, [quote(day, 90n, 61_234_567n, "put"), quote(day, 110n, 3_000_001n)]);
    expect(surfaceVolatility(surface, day, 90n * unit, 100n * unit)).toBe(61_234_567n);
    expect(surfaceVolatility(surface, day, 110n * unit, 100n * unit)).toBe(3_000_001n);
  });

  it("is linear in total variance between strikes and constant beyond them", () => {
    // Strikes at F and 4 F, volatility 30 % and 50 %; 2 F is half way in logarithms: sqrt((0.09 + 0.25) / 2) = 0.41231056.
    const surface = buildSurface(100n * unit, [quote(day, 100n, 30_000_000n), quote(day, 400n, 50_000_000n)]);
    expect(surfaceVolatility(surface, day, 200n * unit, 100n * unit)).toBe(41_231_056n);
    expect(surfaceVolatility(surface, day, 10n * unit, 100n * unit)).toBe(30_000_000n);
    expect(surfaceVolatility(surface, day, 900n * unit, 100n * unit)).toBe(50_000_000n);
  });

  it("is linear in total variance over time, constant before the first and after the last expiry", () => {
    // 40 % over 10 days and 60 % over 30: total variance 1.6 and 10.8 (x day); at 20 days 6.2, volatility sqrt(0.31) = 0.55677644.
    const surface = buildSurface(100n * unit, [quote(10 * day, 100n, 40_000_000n), quote(30 * day, 100n, 60_000_000n)]);
    const at = (tenor: number) => surfaceVolatility(surface, tenor, 100n * unit, 100n * unit);
    expect([5, 10, 20, 30, 300].map((days) => at(days * day))).toEqual([40_000_000n, 40_000_000n, 55_677_644n, 60_000_000n, 60_000_000n]);
  });

  it("compares expiries at equal ln(strike / forward), not at equal strikes", () => {
    // Forwards 100 and 200: a strike at 4 x its forward meets 50 % in both, though the strikes are 400 and 800.
    const surface = buildSurface(100n * unit, [
      quote(10 * day, 100n, 30_000_000n), quote(10 * day, 400n, 50_000_000n),
      quote(30 * day, 200n, 30_000_000n, "call", 200n * unit), quote(30 * day, 800n, 50_000_000n, "call", 200n * unit),
    ]);
    expect(surfaceVolatility(surface, 20 * day, 600n * unit, 150n * unit)).toBe(50_000_000n);
  });

  it("takes the out-of-the-money option where call and put differ", () => {
    const surface = buildSurface(100n * unit, [
      quote(day, 90n, 77_000_000n), quote(day, 90n, 60_000_000n, "put"), quote(day, 110n, 50_000_000n), quote(day, 110n, 88_000_000n, "put"),
    ]);
    expect(surfaceVolatility(surface, day, 90n * unit, 100n * unit)).toBe(60_000_000n);
    expect(surfaceVolatility(surface, day, 110n * unit, 100n * unit)).toBe(50_000_000n);
  });

  it("takes an expiry's forward from its rows, and between expiries interpolates ln(forward / index) over time", () => {
    // Index 100, forward 104 at 20 days (median of three) and 108.16 = 100 x 1.04^2 at 40: at 30 days 100 x 1.04^1.5
    const surface = buildSurface(100n * unit, [
      quote(20 * day, 100n, 40_000_000n, "call", 103n * unit), quote(20 * day, 110n, 40_000_000n, "call", 104n * unit), quote(20 * day, 120n, 40_000_000n, "call", 109n * unit),
    ], [{ tenor: 40 * day, forward: 10_816_000_000n }]);
    expect(surfaceForward(surface, 20 * day)).toBe(104n * unit);
    // 1.04^0.5 = 1.0198039027, from the index (carry 0 now); 1.04^1.5 = 1.0605960588; beyond the last 1.04^3 = 1.124864.
    for (const [days, expected] of [[10, 10_198_039_027n], [30, 10_605_960_588n], [60, 11_248_640_000n]] as const) {
      const difference = surfaceForward(surface, days * day) - expected;
      expect(difference > -10n && difference < 10n).toBe(true);
    }
  });

  it("says so where nothing is quoted", () => {
    expect(() => surfaceForward(buildSurface(unit, []), day)).toThrow(SurfaceError);
    expect(() => surfaceVolatility(buildSurface(unit, []), day, unit, unit)).toThrow("no implied volatility is quoted");
  });
});
