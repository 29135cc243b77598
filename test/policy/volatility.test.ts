import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Bar } from "../../src/market/market-snapshot.js";
import { defaultPolicy, parsePolicy } from "../../src/policy/policy.js";
import { BarError, NoVolatilityError, dailyVariances, estimateVolatility, ewma, horizonSigma, impliedVolatility } from "../../src/policy/volatility.js";
import { DAY, TIME, asset, option, snapshot, syntheticBars, toFloat } from "./synthetic-snapshot.js";

const PRICES = "../shared/data/prices/BTCUSDT_1d.csv";

/** The same estimators in plain floats. */
function floatVolatility(bars: readonly Bar[], lambda: number): number {
  const squares = bars.slice(1).map((bar, i) => {
    const r = Math.log(+bar.close / +bars[i]!.close);
    return Math.max(r * r, Math.log(+bar.high / +bar.low) ** 2 / (4 * Math.LN2));
  });
  let v = squares.slice(0, 20).reduce((a, b) => a + b, 0) / Math.min(20, squares.length);
  for (const x of squares) v = lambda * v + (1 - lambda) * x;
  return Math.sqrt(365 * v);
}

function checkAgainstFloats(bars: Bar[], time: number): void {
  const estimate = estimateVolatility({ ...snapshot([]), time }, asset("BTC", bars), defaultPolicy);
  const [fast, slow] = [floatVolatility(bars, 0.85), floatVolatility(bars, 0.97)];
  expect(toFloat(estimate.fast!)).toBeCloseTo(fast, 6);
  expect(toFloat(estimate.slow!)).toBeCloseTo(slow, 6);
  expect(toFloat(estimate.historical!)).toBeCloseTo(Math.max(slow, (fast + slow) / 2), 6);
}

describe("estimateVolatility", () => {
  it("agrees with floating point on synthetic bars", () => checkAgainstFloats(syntheticBars(300), TIME));

  it.skipIf(!existsSync(PRICES))(`agrees with floating point on real bars through March 2020 (${PRICES})`, () => {
    const rows = readFileSync(PRICES, "utf8").trim().split("\n").slice(1).map((row) => row.split(","));
    const bars = rows.map(([time, open, high, low, close, , , quoteVolume]): Bar => ({
      time: Date.parse(time!.replace(" ", "T")) / 1000, open: open!, high: high!, low: low!, close: close!, quoteVolume: (+quoteVolume!).toFixed(2),
    }));
    const until = Date.UTC(2020, 2, 14) / 1000;
    const past = bars.filter((bar) => bar.time + DAY <= until).slice(-700);
    checkAgainstFloats(past, until);
    // The day after Black Thursday the fast estimator leads.
    const estimate = estimateVolatility({ ...snapshot([]), time: until }, asset("BTC", past), defaultPolicy);
    expect(toFloat(estimate.fast!)).toBeGreaterThan(3);
    expect(estimate.fast!).toBeGreaterThan(estimate.slow!);
  });

  it("sees a wick that the close hides: a 20 % range is Parkinson's 0.2 / sqrt(4 ln 2)", () => {
    const flat = { open: "100", close: "100", quoteVolume: "1" };
    const [variance] = dailyVariances([{ ...flat, time: 0, high: "100", low: "100" }, { ...flat, time: DAY, high: "122.1402758", low: "100" }]);
    expect(Math.sqrt(Number(variance) / 2 ** 64)).toBeCloseTo(0.2 / Math.sqrt(4 * Math.LN2), 6);
  });

  it("goes up at once and comes down slowly", () => {
    const calm = syntheticBars(200, { move: 100n });
    const last = calm.at(-1)!;
    const crash = { ...last, low: (+last.close * 0.7).toFixed(2), close: (+last.close * 0.75).toFixed(2) };
    const before = estimateVolatility(snapshot([]), asset("BTC", calm), defaultPolicy);
    const after = estimateVolatility(snapshot([]), asset("BTC", [...calm.slice(0, -1), crash]), defaultPolicy);
    expect(after.historical!).toBeGreaterThan(3n * before.historical!);
    expect(after.historical!).toBeGreaterThan(after.slow!);
    const quiet = Array.from({ length: 20 }, (_, i) => ({ ...crash, time: crash.time + (i + 1) * DAY, open: crash.close, high: crash.close, low: crash.close }));
    const later = estimateVolatility({ ...snapshot([]), time: TIME + 20 * DAY }, asset("BTC", [...calm.slice(0, -1), crash, ...quiet]), defaultPolicy);
    expect(later.historical!).toBe(later.slow!);
    expect(later.fast!).toBeLessThan((2n * later.slow!) / 3n);
  });

  it("gives the stressed volatility a weight of a quarter and never goes below the floor", () => {
    const calm = estimateVolatility(snapshot([]), asset("BTC", syntheticBars(200, { move: 100n })), defaultPolicy);
    expect(toFloat(calm.blended)).toBeCloseTo(0.75 * toFloat(calm.historical!) + 0.25 * 0.9, 6);
    const unbuffered = parsePolicy({ ...defaultPolicy, volatility: { ...defaultPolicy.volatility, stressedWeight: "0" } });
    const floored = estimateVolatility(snapshot([]), asset("BTC", syntheticBars(200, { move: 10n })), unbuffered);
    expect(floored.floored).toBe(true);
    expect(toFloat(floored.blended)).toBeCloseTo(0.3, 9);
  });

  it("takes the implied volatility where there is no history, and the larger of both where there is", () => {
    const chain = [option(1, "BTC", 30, "50000", "1.5")];
    const alone = estimateVolatility(snapshot([], chain), asset("BTC"), defaultPolicy);
    expect([alone.source, alone.returns, alone.fast]).toEqual(["implied", 0, undefined]);
    expect(toFloat(alone.blended)).toBeCloseTo(1.5, 9);
    const both = estimateVolatility(snapshot([], chain), asset("BTC", syntheticBars(200)), defaultPolicy);
    expect([both.source, both.blended]).toEqual(["implied", alone.blended]);
  });

  it("takes no history that ended days ago for today's, only for stress", () => {
    const chain = [option(1, "BTC", 30, "50000", "0.5")];
    const bars = syntheticBars(300, { move: 900n });
    // The last bar closed at midnight, 12 hours ago; three days is the limit.
    const after = (days: number) => estimateVolatility({ ...snapshot([], chain), time: TIME + days * DAY }, asset("BTC", bars), defaultPolicy);
    expect(after(0).source).toBe("history");
    expect([after(2).source, after(2).fast === undefined]).toEqual(["history", false]);
    expect([after(3).source, after(3).fast, after(3).historical]).toEqual(["implied", undefined, undefined]);
    expect(after(3).stressed).toBe(after(0).stressed);
    const stale = { ...snapshot([]), time: TIME + 3 * DAY };
    expect(() => estimateVolatility(stale, asset("BTC", bars), defaultPolicy)).toThrow("0 current daily returns");
  });

  it("refuses an asset with neither, by name", () => {
    expect(() => estimateVolatility(snapshot([]), asset("DOGE", syntheticBars(20)), defaultPolicy)).toThrow(NoVolatilityError);
    expect(() => estimateVolatility(snapshot([]), asset("DOGE"), defaultPolicy)).toThrow("asset DOGE has no volatility: 0 current daily returns, 60 needed");
  });

  it.each([
    ["a bar that has not closed", { time: TIME - DAY + 1 }, "time"],
    ["a high below the low", { high: "1" }, "high"],
    ["a price of zero", { close: "0" }, "close"],
  ])("refuses %s", (_, edit, field) => {
    const bars = syntheticBars(100);
    bars[99] = { ...bars[99]!, ...edit };
    const refused = () => estimateVolatility(snapshot([]), asset("BTC", bars), defaultPolicy);
    expect(refused).toThrow(BarError);
    expect(refused).toThrow(new RegExp(`bar 99: ${field}`));
  });
});

describe("impliedVolatility", () => {
  it("interpolates total variance between expiries and uses the strike nearest to the forward", () => {
    const chain = [
      option(1, "BTC", 20, "50000", "0.4"),
      option(2, "BTC", 20, "51000", "0.9"),
      option(3, "BTC", 60, "50000", "0.6"),
      option(4, "BTC", 60, "50000", "0.8", { optionType: "put" }),
      option(5, "BTC", 1, "50000", "3"),
      option(6, "BTC", 30, "50000", "3", { status: "stale" }),
      option(7, "ETH", 30, "50000", "3"),
    ];
    // 20 d: 0.4; 60 d: 0.7; w(30) = 0.75 x 0.16 x 20 + 0.25 x 0.49 x 60
    const expected = Math.sqrt((0.75 * 0.16 * 20 + 0.25 * 0.49 * 60) / 30);
    expect(toFloat(impliedVolatility(snapshot([], chain), "BTC", defaultPolicy)!)).toBeCloseTo(expected, 8);
  });

  it("is flat outside the expiries and absent where no strike is near the money", () => {
    expect(toFloat(impliedVolatility(snapshot([], [option(1, "BTC", 60, "50000", "0.6")]), "BTC", defaultPolicy)!)).toBeCloseTo(0.6, 9);
    expect(impliedVolatility(snapshot([], [option(1, "BTC", 30, "60000", "0.6")]), "BTC", defaultPolicy)).toBeUndefined();
  });
});

describe("building blocks", () => {
  it("starts an EWMA at the mean of its first inputs and decays", () => {
    // mean 67; (67 + 100) / 2, halves up; (84 + 100) / 2; 92 / 2
    expect(ewma([100n, 100n, 0n], 1n << 31n)).toEqual([84n, 92n, 46n]);
  });

  it("scales with the root of time: 73 % a year is 3.82 % a day", () => {
    expect(toFloat(horizonSigma(73n * (1n << 32n) / 100n, 86_400))).toBeCloseTo(0.73 / Math.sqrt(365), 9);
  });
});
