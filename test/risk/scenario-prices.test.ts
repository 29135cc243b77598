import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import type { ListedInstrument } from "../../src/market/market-snapshot.js";
import { NODES, REGIMES, REGIME_BLOCK, type RiskModel, SCENARIOS, STRESS_ROWS } from "../../src/policy/risk-model.js";
import { ScenarioPriceError, priceInstruments } from "../../src/risk/scenario-prices.js";
import { ShockError } from "../../src/risk/shocked-market.js";
import { basePrice, shockedPrice, volMultiplier } from "./float-pricing.js";
import { DAY, TIME, assetRisk, flatRegimes, listed, option, ratio, riskModel, snapshotOf, stressOnlyColumn } from "./synthetic-market.js";

function priced(instrument: ListedInstrument, model = riskModel()) {
  return priceInstruments(snapshotOf(instrument), model)[0]!;
}

const ZERO_GRID = Array.from({ length: REGIMES }, () => new Array<bigint>(NODES).fill(0n));

describe("linear instruments", () => {
  it("floor the exact change once: a fall of half an odd number of ticks goes down, a rise of half goes down too", () => {
    const levels = Array.from({ length: NODES }, (_, j) => ((BigInt(j) - 6n) * Q32) / 8n);
    const model = riskModel({ regimes: flatRegimes(), assets: [assetRisk({ spotLevels: [levels, levels, levels, levels] })] });
    // 30,000.01 in ticks of 0.01: 3,000,001; its eighth is 375,000.125.
    const spot = priced(listed({ forward: "30000.01" }), model);
    expect(spot.scenarioDeltas[2]).toEqual([
      -2_250_001n, -1_875_001n, -1_500_001n, -1_125_001n, -750_001n, -375_001n, 0n,
      375_000n, 750_000n, 1_125_000n, 1_500_000n, 1_875_000n, 2_250_000n, 2_625_000n,
    ]);
    expect([spot.mark, spot.dollarDelta, spot.vega]).toEqual([3_000_001n, 3_000_001n, 0n]);
  });

  it("move a future by the carry shock x years as well, spot and perpetual not", () => {
    const year = { expiry: TIME + 365 * DAY };
    const future = priced(listed({ kind: "future", forward: "50000.00", ...year }));
    // Regime 3: -5 % a year over one year, node 6 unmoved: 5,000,000 x 0.95, less the Q32 rounding of -0.05.
    expect(future.scenarioDeltas[3]![6]).toBe(-250_000n);
    expect(future.scenarioDeltas[2]![6]).toBe(0n);
    for (const kind of ["spot", "perpetual"] as const) expect(priced(listed({ kind })).scenarioDeltas[3]![6]).toBe(0n);
  });

  it("carry charges rounded up: haircut on long spot, its own on short spot, one on both sides of futures", () => {
    const spot = priced(listed({ forward: "30000.01" }));
    // 3,000,001 x 0.02 = 60,000.02 and x 0.03 = 90,000.03, ratios cut to Q32.
    expect([spot.longCharge, spot.shortCharge]).toEqual([60_001n, 90_001n]);
    const perpetual = priced(listed({ kind: "perpetual", forward: "30000.01" }));
    // 3,000,001 x 0.001 = 3,000.001
    expect([perpetual.longCharge, perpetual.shortCharge]).toEqual([3_001n, 3_001n]);
    const future = priced(listed({ kind: "future", forward: "30000.99", expiry: TIME + DAY }));
    // 3,000,099 x 0.001 = 3,000.099
    expect([future.mark, future.longCharge, future.shortCharge]).toEqual([3_000_099n, 3_001n, 3_001n]);
  });

  it("round a forward with a fraction of a tick to the nearest 2^-16, and the mark down", () => {
    // 30,000.0199 is 3,000,001.99 ticks.
    expect(priced(listed({ forward: "30000.0199" })).mark).toBe(3_000_001n);
  });
});

describe("instruments that expire within the horizon", () => {
  const levels = Array.from({ length: NODES }, (_, j) => ((BigInt(j) - 6n) * Q32) / 8n);
  const ends = flatRegimes().map((regime, r) => ({ ...regime, endsAtExpiry: r === 1 }));
  const model = riskModel({ regimes: ends, assets: [assetRisk({ spotLevels: [levels, levels, levels, levels] })] });
  const future = (seconds: number) => priced(listed({ kind: "future", forward: "30000.00", expiry: TIME + seconds }), model).scenarioDeltas;

  it("see the share sqrt(T / horizon) of the move in regimes that end at expiry, all of it in the others", () => {
    // A quarter of the day: half the move. Nodes are eighths of 3,000,000 ticks.
    expect(future(DAY / 4)[1]!.slice(4, 9)).toEqual([-375_000n, -187_500n, 0n, 187_500n, 375_000n]);
    expect(future(DAY / 4)[0]!.slice(4, 9)).toEqual([-750_000n, -375_000n, 0n, 375_000n, 750_000n]);
  });
  it("see all of it from the horizon on", () => {
    expect(future(DAY)[1]).toEqual(future(DAY)[0]);
    expect(future(DAY - 1)[1]![0]! > future(DAY)[1]![0]!).toBe(true);
  });
  it("leave the hedged move open: a short perpetual against a future of five minutes loses nearly a naked one's", () => {
    const perpetual = priced(listed({ kind: "perpetual", forward: "30000.00" }), model).scenarioDeltas;
    // sqrt(300 / 86,400) = 0.0589; at +7/8 the perpetual loses 2,625,000, the future gives 154,681 back.
    const loss = perpetual[1]![13]! - future(300)[1]![13]!;
    expect(loss).toBe(2_625_000n - 154_679n);
    expect(perpetual[0]![13]! - future(300)[0]![13]!).toBe(0n);
  });
});

describe("options", () => {
  const strikes = ["20000", "40000", "47500", "50000", "52500", "60000", "90000", "200000"];
  const tenors = [600, 6 * 3_600, DAY + 60, 3 * DAY, 30 * DAY, 200 * DAY, 700 * DAY];

  it("move by the Black-76 difference of a floating-point reference at every node, to one unit and 6e-9 of the prices", () => {
    const model = riskModel();
    let compared = 0;
    for (const seconds of tenors) {
      for (const strike of strikes) {
        for (const optionType of ["call", "put"] as const) {
          const instrument = option({ strike, optionType, expiry: TIME + seconds, volatility: "0.55", forward: "50123.456" });
          const result = priced(instrument, model);
          const base = basePrice(instrument, model);
          for (let r = 0; r < REGIMES; r++) {
            for (let j = 0; j < NODES; j++) {
              const exact = shockedPrice(instrument, model, r, j, 0, 0) - base;
              const size = 100 * (50_000 * (1 + Number(model.assets[0]!.spotLevels[r]![j]) / 2 ** 32) + 50_000 + 2 * Number(strike));
              const d = Number(result.scenarioDeltas[r]![j]);
              const tolerance = 6e-9 * size + 0.001;
              if (d > exact + tolerance || d < exact - 1 - tolerance) {
                expect.fail(`${seconds} s, strike ${strike} ${optionType}, node ${r},${j}: ${d}, reference ${exact}`);
              }
              compared++;
            }
          }
          expect(Number(result.mark)).toBeGreaterThan(base - 1.1);
          expect(Number(result.mark)).toBeLessThanOrEqual(base + 0.1);
        }
      }
    }
    expect(compared).toBe(7 * 8 * 2 * 56);
  });

  it("have the delta and vega of a difference quotient of the reference", () => {
    const model = riskModel();
    const at = (changes: object) => basePrice(option({ strike: "52000", expiry: TIME + 90 * DAY, ...changes }), model);
    const result = priced(option({ strike: "52000", expiry: TIME + 90 * DAY }));
    const delta = ((at({ forward: "50001" }) - at({ forward: "49999" })) / 200) * 5_000_000;
    const vega = (at({ volatility: "0.6001" }) - at({ volatility: "0.5999" })) / 0.0002;
    expect(Math.abs(Number(result.dollarDelta) - delta)).toBeLessThan(5);
    expect(Math.abs(Number(result.vega) - vega)).toBeLessThan(5);
    const put = priced(option({ strike: "52000", expiry: TIME + 90 * DAY, optionType: "put" }));
    expect(put.dollarDelta + 5_000_000n - result.dollarDelta).toBeLessThanOrEqual(1n);
    expect(put.vega).toBe(result.vega);
  });

  it("keep put-call parity in the changes: call less put moves like the forward, up to one unit of flooring", () => {
    const call = priced(option({ strike: "45000" }));
    const put = priced(option({ strike: "45000", optionType: "put" }));
    const future = priced(listed({ kind: "future", expiry: TIME + 30 * DAY }));
    for (let r = 0; r < REGIMES; r++) {
      for (let j = 0; j < NODES; j++) {
        const gap = call.scenarioDeltas[r]![j]! - put.scenarioDeltas[r]![j]! - future.scenarioDeltas[r]![j]!;
        expect(gap === 0n || gap === 1n).toBe(true);
      }
    }
  });

  it("are worth their payoff where the horizon passes the expiry", () => {
    const model = riskModel({ regimes: flatRegimes(), horizon: 2 * DAY });
    const call = priced(option({ strike: "48000", expiry: TIME + DAY }), model);
    // Node 7 is +5 %: 52,500 - 48,000 = 450,000 ticks (less a Q16 tick of the level); node 3 is -15 %: nothing.
    expect(call.scenarioDeltas[0]![7]! + call.mark - 450_000n).toBeGreaterThanOrEqual(-1n);
    expect(call.scenarioDeltas[0]![7]! + call.mark - 450_000n).toBeLessThanOrEqual(0n);
    expect(call.scenarioDeltas[0]![3]! + call.mark).toBeLessThanOrEqual(0n);
    expect(call.scenarioDeltas[0]![3]! + call.mark).toBeGreaterThanOrEqual(-1n);
  });

  it("floor the volatility multiplier", () => {
    const [regime] = riskModel().regimes;
    expect(volMultiplier({ ...regime!, volShock: ratio(-900_000) }, 600, 1)).toBeCloseTo(0.3, 8);
    const model = riskModel({ regimes: flatRegimes().map((flat) => ({ ...flat, elapsed: 0n, volShock: ratio(-900_000) })) });
    const instrument = option({ expiry: TIME + 2 * DAY });
    const exact = shockedPrice(instrument, model, 0, 6, 0, 0) - basePrice(instrument, model);
    expect(exact).toBeLessThan(-50_000);
    expect(Math.abs(Number(priced(instrument, model).scenarioDeltas[0]![6]) - exact)).toBeLessThan(2);
  });
});

describe("gap charge", () => {
  /** Regimes alike, horizon beyond the expiry: every price between nodes is a payoff, so the gap is known by hand. */
  function payoffModel(damping: number, weight: number) {
    const quarters = Array.from({ length: NODES }, (_, j) => (BigInt(j - 2) * Q32) / 4n);
    return riskModel({
      regimes: flatRegimes(),
      horizon: 2 * DAY,
      assets: [assetRisk({ spotLevels: [quarters, quarters, quarters, quarters], shortOptionMinimum: 0n })],
      damping: new Array<number>(STRESS_ROWS).fill(damping),
      weights: new Array<number>(SCENARIOS).fill(weight),
      gapSafety: (5n * Q32) / 4n,
    });
  }
  // Nodes at 50,000 and 62,500, kink half-way: interpolation shows 3,125.00 = 312,500 ticks where the payoff is 0; x 1.25 = 390,625.
  const middle = option({ strike: "56250", expiry: TIME + DAY });

  it("is half the payoff's rise across half an interval, for the long side only, times the safety factor", () => {
    const charges = priced(middle, payoffModel(1023, 1));
    expect([charges.longCharge, charges.shortCharge]).toEqual([390_625n, 0n]);
    const put = priced({ ...middle, optionType: "put" }, payoffModel(1023, 1));
    expect([put.longCharge, put.shortCharge]).toEqual([390_625n, 0n]);
  });

  it("finds the kink where no quarter of the interval is", () => {
    // K = 52,500 is at x = 1/5: interpolation shows 4/5 of 0.. = (1/5) x 10,000.00 = 200,000 ticks; x 1.25.
    expect(priced({ ...middle, strike: "52500" }, payoffModel(1023, 1)).longCharge).toBeGreaterThanOrEqual(249_999n);
    expect(priced({ ...middle, strike: "52500" }, payoffModel(1023, 1)).longCharge).toBeLessThanOrEqual(250_001n);
    // A strike on a node has no gap.
    expect(priced({ ...middle, strike: "62500" }, payoffModel(1023, 1)).longCharge).toBe(0n);
  });

  it("is damped where only stress rows go: 512 / 1024 halves it, a scenario of positive weight undoes that", () => {
    expect(priced(middle, payoffModel(511, 0)).longCharge).toBe(195_313n);
    expect(priced(middle, payoffModel(511, 1)).longCharge).toBe(390_625n);
  });

  it("damps an interval by its more damped node and the less damped of two regimes", () => {
    const model = payoffModel(1023, 0);
    // Node 3 is the upper end of the interval, in every regime.
    const outer = model.damping.map((field, row) => (row % NODES === 3 ? 255 : field));
    expect(priced(middle, { ...model, damping: outer }).longCharge).toBe(97_657n);
    const oneRegime = model.damping.map((field, row) => (row === 3 ? 255 : field));
    expect(priced(middle, { ...model, damping: oneRegime }).longCharge).toBe(390_625n);
    // One regime that is not damped, the first or the last, undoes the damping of its pair.
    for (const open of [0, 3]) {
      const others = model.damping.map((_, row) => (row >= NODES * open && row < NODES * (open + 1) ? 1023 : 255));
      expect(priced(middle, { ...model, damping: others }).longCharge).toBe(390_625n);
    }
  });

  it("takes the larger factor of a node that two stress rows of a regime hold, and 1 for a node that none holds", () => {
    const model = payoffModel(255, 0);
    const column = stressOnlyColumn();
    for (let r = 0; r < REGIMES; r++) column[REGIME_BLOCK * r + REGIME_BLOCK - NODES + 13] = 3;
    const damping = model.damping.map((field, row) => (row % NODES === 13 ? 1023 : row % NODES === 2 ? 511 : field));
    const assets = [assetRisk({ ...model.assets[0]!, column })];
    // Node 2 counts 512, node 3 1024 through its second row; the smaller is 512.
    expect(priced(middle, { ...model, assets, damping }).longCharge).toBe(195_313n);
    const firstLarger = model.damping.map((field, row) => (row % NODES === 3 ? 1023 : row % NODES === 2 ? 511 : field));
    expect(priced(middle, { ...model, assets, damping: firstLarger }).longCharge).toBe(195_313n);
    // Node 13 has lost its row: undamped, but its interval has node 12's 256.
    const far = option({ strike: "181250", expiry: TIME + DAY });
    expect(priced(far, { ...model, assets, damping }).longCharge).toBe(97_657n);
  });

  it("adds the short-option minimum to the short side, rounded up", () => {
    const model = payoffModel(1023, 1);
    const assets = [assetRisk({ ...model.assets[0]!, shortOptionMinimum: Q32 / 1024n })];
    // 5,000,000 / 1024 = 4,882.8
    expect(priced(middle, { ...model, assets }).shortCharge).toBe(4_883n);
  });

  it("covers what a portfolio can lose between nodes beyond the worst of the four around, on a fine grid", () => {
    const model = riskModel({ gapSafety: Q32, assets: [assetRisk({ shortOptionMinimum: 0n })] });
    const leg = fc.record({
      strike: fc.integer({ min: 60, max: 160 }).map((k) => String(k * 500)),
      optionType: fc.constantFrom("call" as const, "put" as const),
      quantity: fc.integer({ min: -20, max: 20 }).filter((q) => q !== 0),
    });
    const seconds = fc.constantFrom(1_800, 6 * 3_600, DAY, DAY + 3_600, 3 * DAY, 10 * DAY, 90 * DAY);
    let closest = 0;
    fc.assert(
      fc.property(seconds, fc.array(leg, { minLength: 1, maxLength: 4 }), fc.integer({ min: 30, max: 150 }), (tenor, legs, vol) => {
        const book = legs.map(({ strike, optionType, quantity }) => {
          const instrument = option({ strike, optionType, expiry: TIME + tenor, volatility: (vol / 100).toFixed(2) });
          return { instrument, quantity, ...priced(instrument, model) };
        });
        const charges = book.reduce((sum, p) => sum + Math.abs(p.quantity) * Number(p.quantity > 0 ? p.longCharge : p.shortCharge), 0);
        const excess = worstExcess((r, j, mu, x) => book.reduce((sum, p) => sum - p.quantity * shockedPrice(p.instrument, model, r, j, mu, x), 0));
        // The reference is exact to far less than one unit a lot.
        const lots = legs.reduce((sum, { quantity }) => sum + Math.abs(quantity), 0);
        if (charges > 1_000) closest = Math.max(closest, excess / charges);
        expect(excess).toBeLessThanOrEqual(charges + lots);
      }),
      { seed: 20_261_121, numRuns: 40 },
    );
    // And some book of the run needs a good part of them, so the property is not empty.
    expect(closest).toBeGreaterThan(0.25);
  });

  it("is, for one option, at least the largest distance to the interpolated value on a fine grid, and little more", () => {
    const day = [1_800, 6 * 3_600, DAY, DAY + 3_600, 3 * DAY, 30 * DAY, 400 * DAY].map((tenor) => [DAY, tenor] as const);
    // Half an hour left of half an hour: a time value much narrower than an interval.
    for (const [horizon, tenor] of [...day, [1_800, 1_800] as const]) {
      const model = riskModel({ horizon, gapSafety: Q32, assets: [assetRisk({ shortOptionMinimum: 0n })] });
      for (const strike of ["35000", "49000", "51000", "51500", "80000"]) {
        const instrument = option({ strike, expiry: TIME + tenor, optionType: strike < "50000" ? "put" : "call" });
        const { longCharge, shortCharge } = priced(instrument, model);
        const gap = interpolationGap(instrument, model);
        const name = `${horizon} and ${tenor} s, strike ${strike}: charges ${longCharge} ${shortCharge}, gaps ${gap.long} ${gap.short}`;
        expect(Number(longCharge), name).toBeGreaterThanOrEqual(gap.long - 0.1);
        expect(Number(shortCharge), name).toBeGreaterThanOrEqual(gap.short - 0.1);
        // Within 1/16 or a share of the strike; the grid itself misses some.
        const size = 100 * Math.min(50_000, Number(strike));
        expect(Number(longCharge), name).toBeLessThanOrEqual(1.0625 * 1.02 * gap.long + size / 2 ** 18 + 1);
        expect(Number(shortCharge), name).toBeLessThanOrEqual(1.0625 * 1.02 * gap.short + size / 2 ** 13 + 1);
      }
    }
  });

  it("covers a short butterfly near expiry, whose loss the nodes do not show", () => {
    const model = riskModel({ gapSafety: Q32, assets: [assetRisk({ shortOptionMinimum: 0n })] });
    const leg = (strike: string, quantity: number) => {
      const instrument = option({ strike, expiry: TIME + 3_600, volatility: "0.6" });
      return { instrument, quantity, ...priced(instrument, model) };
    };
    const fly = [leg("52000", -1), leg("53500", 2), leg("55000", -1)];
    const loss = (r: number, j: number, mu: number, x: number) => fly.reduce((sum, p) => sum - p.quantity * shockedPrice(p.instrument, model, r, j, mu, x), 0);
    const excess = worstExcess(loss);
    expect(excess).toBeGreaterThan(80_000);
    const charges = fly.reduce((sum, p) => sum + Math.abs(p.quantity) * Number(p.quantity > 0 ? p.longCharge : p.shortCharge), 0);
    expect(excess).toBeLessThanOrEqual(charges);
  });
});

/** Largest loss between grid nodes less the worst of the four nodes around: 5 mixes of regimes x 33 points an interval. */
function worstExcess(loss: (r: number, j: number, mu: number, x: number) => number): number {
  let excess = 0;
  for (let r = 0; r < REGIMES - 1; r++) {
    for (let j = 0; j < NODES - 1; j++) {
      const shown = Math.max(loss(r, j, 0, 0), loss(r, j, 0, 1), loss(r, j, 1, 0), loss(r, j, 1, 1));
      for (let step = 0; step <= 32; step++) {
        for (const mu of [0, 0.25, 0.5, 0.75, 1]) excess = Math.max(excess, loss(r, j, mu, step / 32) - shown);
      }
    }
  }
  return excess;
}

/** Largest interpolated less true value, and the reverse, of an option: 9 mixes of regimes x 65 points an interval. */
function interpolationGap(instrument: ListedInstrument, model: RiskModel): { long: number; short: number } {
  const gap = { long: 0, short: 0 };
  for (let r = 0; r < REGIMES - 1; r++) {
    for (let j = 0; j < NODES - 1; j++) {
      const at = (mu: number, x: number) => shockedPrice(instrument, model, r, j, mu, x);
      const corners = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)] as const;
      for (let m = 0; m <= 8; m++) {
        for (let step = 0; step <= 64; step++) {
          const [mu, x] = [m / 8, step / 64];
          const line = (1 - mu) * ((1 - x) * corners[0] + x * corners[1]) + mu * ((1 - x) * corners[2] + x * corners[3]);
          const difference = line - at(mu, x);
          gap.long = Math.max(gap.long, difference);
          gap.short = Math.max(gap.short, -difference);
        }
      }
    }
  }
  return gap;
}

describe("status", () => {
  it("expired: the settlement value, rounded down, and nothing that moves or charges", () => {
    const expired = listed({
      kind: "option", optionType: "call", strike: "50000", expiry: TIME - DAY, status: "expired", settlementValue: "1234.5678",
    });
    const { forward, ...terms } = expired;
    expect(forward).toBe("50000.00");
    expect(priced(terms)).toEqual({
      id: expired.id, name: expired.name, lot: "0.0001", stale: false, scenarioDeltas: ZERO_GRID,
      mark: 123_456n, dollarDelta: 0n, vega: 0n, longCharge: 0n, shortCharge: 0n,
    });
  });

  it("stale: priced like a live one, and flagged", () => {
    const live = option({ id: 9_001 });
    expect(priced({ ...live, status: "stale" })).toEqual({ ...priced(live), stale: true });
    expect(priced(live).stale).toBe(false);
  });

  it("settled: gone; the others keep their order", () => {
    const instruments = [option({ id: 9_101 }), { ...listed({ id: 9_102 }), status: "settled" as const }, listed({ id: 9_103 }), option({ id: 9_104 })];
    const seen: [number, number][] = [];
    const result = priceInstruments(snapshotOf(...instruments), riskModel(), (done, total) => seen.push([done, total]));
    expect(result.map(({ id }) => id)).toEqual([9_101, 9_103, 9_104]);
    expect(seen).toEqual([[1, 3], [2, 3], [3, 3]]);
  });

  it("same input, same payload, whatever stands beside an instrument", () => {
    const a = option({ id: 9_201, strike: "51000" });
    const b = option({ id: 9_202, strike: "49000", expiry: TIME + 3 * DAY });
    const together = priceInstruments(snapshotOf(a, b), riskModel());
    expect(together).toEqual([priced(a), priced(b)]);
  });
});

describe("refusals name instrument, field, value and rule", () => {
  const cases: [string, ListedInstrument, string, string, string][] = [
    ["a forward below one tick", listed({ forward: "0.001" }), "forward", "0.001", "must be in [1, 2^28) ticks"],
    ["a forward of 2^28 ticks", listed({ forward: "2684354.56" }), "forward", "2684354.56", "must be in [1, 2^28) ticks"],
    ["a forward that is no decimal", listed({ forward: "5e4" }), "forward", "5e4", "must be a decimal with at most 8 digits after the point"],
    ["a strike between ticks", option({ strike: "50000.005" }), "strike", "50000.005", "must be a whole number of ticks of 0.01"],
    ["a strike of 0", option({ strike: "0" }), "strike", "0", "must be in [1, 2^32) ticks"],
    ["a volatility of 0", option({ volatility: "0" }), "volatility", "0", "must be in (0, 100]"],
    ["a volatility above 100", option({ volatility: "100.1" }), "volatility", "100.1", "must be in (0, 100]"],
    ["a tick of 0", listed({ tick: "0" }), "tick", "0", "must be positive"],
    ["a live option at its expiry", option({ expiry: TIME }), "expiry", String(TIME), `must be after the valuation time ${TIME} of a live or stale instrument`],
    ["an asset without risk", listed({ asset: "DOGE" }), "asset", "DOGE", "must be one of the risk model's assets"],
    [
      "an expired one with a negative value", listed({ status: "expired", settlementValue: "-1" }), "settlementValue", "-1", "must not be negative",
    ],
  ];
  for (const [what, instrument, field, value, rule] of cases) {
    it(what, () => {
      expect(() => priced(instrument)).toThrow(ScenarioPriceError);
      expect(() => priced(instrument)).toThrow(`instrument ${instrument.name}: ${field} ${value} ${rule}`);
    });
  }

  it("a missing field", () => {
    const { forward, ...noForward } = listed({ id: 9_301 });
    expect(forward).toBeDefined();
    expect(() => priced(noForward)).toThrow("instrument I-9301: forward absent must be present: live spot");
    const { settlementValue, ...noValue } = listed({ id: 9_302, status: "expired", settlementValue: "1" });
    expect(settlementValue).toBeDefined();
    expect(() => priced(noValue)).toThrow("instrument I-9302: settlementValue absent must be present: expired spot");
  });

  it("a price change, a mark or a charge of 2^28 and more a lot", () => {
    // 1.5e8 ticks: node 13 (+200 % and more) moves it by 3e8 > 2^28.
    expect(() => priced(listed({ id: 9_401, forward: "1500000" }))).toThrow(
      /^instrument I-9401: scenarioDeltas\.0\.13 \d{9} must be below 2\^28 in size, per lot/,
    );
    expect(() => priced(listed({ id: 9_402, status: "expired", settlementValue: "2684354.56" }))).toThrow("instrument I-9402: mark 268435456 must be below 2^28");
    expect(priced(listed({ status: "expired", settlementValue: "2684354.55" })).mark).toBe(268_435_455n);
    const assets = [assetRisk({ shortOptionMinimum: 100n * Q32 })];
    expect(() => priced(option({ id: 9_403 }), riskModel({ assets }))).toThrow("instrument I-9403: shortCharge 500");
  });

  it("levels at or below -1, or out of order, and a carry shock that eats the forward", () => {
    const levels = assetRisk().spotLevels;
    const at = (j: number, level: bigint) => [assetRisk({ spotLevels: levels.map((row) => row.map((own, node) => (node === j ? level : own))) })];
    expect(() => priced(listed({}), riskModel({ assets: at(0, -Q32) }))).toThrow(ShockError);
    expect(() => priced(listed({}), riskModel({ assets: at(5, 0n) }))).toThrow("BTC.spotLevels.0.6 0 must be above the node below it");
    const regimes = flatRegimes().map((regime) => ({ ...regime, rateShock: -Q32 }));
    const future = listed({ kind: "future", expiry: TIME + 400 * DAY });
    expect(() => priced(future, riskModel({ regimes }))).toThrow("carry factor of regime 0 at 34560000 seconds");
  });
});
