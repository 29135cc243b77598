import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRiskModel } from "../../src/policy/build-risk-model.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import type { Holding } from "../../src/risk/portfolio.js";
import { computeMargin, FACTOR_ONE } from "../../src/risk/margin.js";
import type { RiskPayload } from "../../src/risk/risk-payload.js";
import { BOOK_CLASSES, randomBook } from "../quality/books.js";
import { optionMarkets } from "../quality/markets.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import { asset, snapshot, syntheticBars } from "../policy/synthetic-snapshot.js";
import { chainsOf, lotsOf, marginOf, payloadOf, policyAt, smallMarket, withoutHistory } from "./payloads.js";

const market = withoutHistory(smallMarket(optionMarkets(["20260205T155132Z"])[0]!.market));
const policy = policyAt({ BTC: 0.7, ETH: 0.9 });
const payload = payloadOf(market, policy);
const random = seededRandom(11);
const chains = chainsOf(market);
const books = Array.from({ length: 180 }, (_, i) => lotsOf(randomBook(random, chains, BOOK_CLASSES[i % BOOK_CLASSES.length]!)));

const margin = (of: RiskPayload, holdings: readonly Holding[]) => computeMargin(of, { cash: 0n, holdings }, { factor: FACTOR_ONE, collateral: 0n }).maintenance;

describe("a larger size", () => {
  it("never lowers the margin of a book of any class, and raises it at least in proportion, up to rounding", () => {
    for (const book of books) {
      const once = marginOf(payload, book).maintenance;
      for (const k of [2n, 3n, 10n]) {
        const scaled = marginOf(payload, new Map([...book].map(([id, lots]) => [id, k * lots]))).maintenance;
        // Each of four roundings up gains less than one value unit at size 1, 1.1 of them through the buffer.
        expect(scaled).toBeGreaterThanOrEqual(k * once - 5n * k);
        expect(scaled).toBeGreaterThanOrEqual(once);
      }
      const more = marginOf(payload, new Map([...book].map(([id, lots]) => [id, (lots * 101n) / 100n]))).maintenance;
      // A fraction of lots is cut off each leg: at most a lot, of at most 2^28 value units.
      expect(Number(more)).toBeGreaterThan(Number(once) * 0.9999);
    }
  });

  it("never lowers the margin under any payload in range", () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 2, max: 50 }), (seed, k) => {
      const draw = seededRandom(seed);
      const any = randomPayload(draw, { assets: [1, 2], instrumentsPerBucket: 3, size: 1n << 24n });
      const { holdings } = randomPortfolio(draw, any, { positions: 8, buckets: 3, lots: 1n << 16n });
      expect(margin(any, holdings.map((holding) => ({ ...holding, quantity: holding.quantity * BigInt(k) })))).toBeGreaterThanOrEqual(margin(any, holdings));
    }), { numRuns: 150 });
  });
});

describe("less depth", () => {
  const thinner = (share: string, openInterest: string) => payloadOf(market, { ...policy, liquidity: { ...policy.liquidity, depthShare: share, openInterestShare: openInterest } });

  it("never lowers the margin of a book of any class, and changes nothing but the liquidity add-on", () => {
    const ladder = [payload, thinner("0.9", "0.02"), thinner("0.9", "0.018"), thinner("0.3", "0.005"), thinner("0.01", "0.0001")];
    for (const book of books) {
      const margins = ladder.map((of) => marginOf(of, book));
      margins.slice(1).forEach(({ maintenance, liquidity }, i) => {
        const before = margins[i]!;
        expect(maintenance).toBeGreaterThanOrEqual(before.maintenance);
        expect(maintenance - before.maintenance).toBe(liquidity - before.liquidity);
      });
      expect(margins.at(-1)!.maintenance).toBeGreaterThan(margins[0]!.maintenance);
    }
  });

  it("is also less volume in the history, and it doesn't touch the scenarios", () => {
    const model = (volume: string) => buildRiskModel(snapshot([asset("BTC", syntheticBars(200, { volume })), asset("ETH", syntheticBars(200, { seed: 2, volume }))]), defaultPolicy);
    const [deep, thin] = [model("1000000000"), model("990000000")];
    thin.assets.forEach(({ lambdaDelta }, i) => expect(lambdaDelta).toBeGreaterThan(deep.assets[i]!.lambdaDelta));
    expect([thin.weights, thin.assets.map(({ column, spotLevels }) => [column, spotLevels])]).toEqual([deep.weights, deep.assets.map(({ column, spotLevels }) => [column, spotLevels])]);
  });
});
