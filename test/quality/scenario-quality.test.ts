import { describe, expect, it } from "vitest";
import type { MarketSnapshot } from "../../src/market/market-snapshot.js";
import { traceRiskModel } from "../../src/policy/build-risk-model.js";
import { defaultPolicy, type Policy } from "../../src/policy/policy.js";
import { policyAt } from "../coherence/payloads.js";
import { seededRandom } from "../support/random.js";
import { chainOf } from "./books.js";
import { correlatedBy, correlatedMarket, linearMarket, optionMarkets } from "./markets.js";
import { linearRatio, measureBooks, measureLinear, sampleLinear, table, understated } from "./measure.js";
import { profitAt, tabulated, valueInstruments } from "./unreduced.js";

/** Four blocks of this many: 102,400 paths of another seed than the policy's. */
const PATHS_PER_BLOCK = 25_600;
const sampled = (market: MarketSnapshot, policy: Policy, seed: number) => sampleLinear(market, policy, { seed, pathsPerBlock: PATHS_PER_BLOCK });
const markets = optionMarkets(["20251230T173115Z", "20260205T155132Z"]);

describe("the weighted scenarios against 102,400 unreduced paths", () => {
  it("tabulates profits with an error below 0.01 % of the forward", () => {
    const { market } = markets[0]!;
    const { model } = traceRiskModel(market, defaultPolicy);
    const random = seededRandom(5);
    const instruments = chainOf(market, "BTC").options;
    const valued = valueInstruments(market, model, instruments);
    for (let i = 0; i < 2000; i++) {
      const instrument = random.pick(instruments);
      const move = Math.expm1(random.integer(-9000, 9000) / 10_000) * random.pick([0.1, 0.3, 1]);
      const regime = random.integer(0, 3);
      const error = tabulated(valued.get(instrument.id)!, regime, move) - profitAt(instrument, model, regime, move);
      expect(Math.abs(error) / Number(instrument.forward)).toBeLessThan(1e-4);
    }
  });

  it("understates the expected shortfall by more than 5 % on less than 1 % of BTC and ETH books", () => {
    const ratios = markets.flatMap(({ name, market }, i) => {
      const own = measureBooks(market, defaultPolicy, { seed: 1000 + i, books: 600 / markets.length, pathsPerBlock: PATHS_PER_BLOCK });
      console.log(`${name}\n${table(own)}`);
      return own;
    });
    console.log(`together\n${table(ratios)}`);
    expect(ratios.length).toBeGreaterThanOrEqual(500);
    expect(understated(ratios)).toBeLessThan(0.01);
  });

  it.each([3, 5])("does no worse for linear books of %i assets", (assets) => {
    const ratios = measureLinear(sampled(linearMarket(assets), defaultPolicy, assets), { seed: assets, books: 150 });
    console.log(table(ratios));
    expect(understated(ratios)).toBeLessThan(0.01);
  });

  it.each([[0.3, 1.2], [0.3, 1.2, 1.2, 1.2], [0.4, 0.8, 1.6], [0.2, 0.43, 0.93, 2]])("does no worse for assets correlated by 0.925 of volatilities %d, %d, ...", (...volatilities) => {
    const market = linearMarket(volatilities.length);
    const policy = correlatedBy("0.925", policyAt(Object.fromEntries(market.assets.map(({ symbol }, i) => [symbol, volatilities[i]!]))));
    const ratios = measureLinear(sampled(market, policy, 5), { seed: 5, books: 150 });
    expect(understated(ratios)).toBeLessThan(0.01);
  });

  it.each([[2, 1.6], [5, 0.8], [5, 1.2]])("does no worse for %i correlated assets at a volatility of %d, long and short of all among them", (assets, volatility) => {
    const market = correlatedMarket(assets);
    const policy = policyAt(Object.fromEntries(market.assets.map(({ symbol }) => [symbol, volatility])));
    const linear = sampled(market, policy, 5);
    expect(understated(measureLinear(linear, { seed: assets, books: 60 }))).toBeLessThan(0.01);
    for (const side of [1, -1]) expect(linearRatio(linear, market.assets.map(() => side))).toBeGreaterThan(0.95);
  });
});
