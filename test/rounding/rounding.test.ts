import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import { NODES } from "../../src/policy/risk-model.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import { computeMargin } from "../../src/risk/margin.js";
import { canonicalPortfolio } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { chainMarket, oddMarket, realChains, type PricedMarket } from "../reference/markets.js";
import { startReference, type Reference } from "../reference/reference.js";
import { assetRisk, listed, riskModel, snapshotOf } from "../risk/synthetic-market.js";
import { seededRandom } from "../support/random.js";
import { measureRounding, quantiles, type RoundingResult } from "./bounds.js";
import { BOOK_KINDS, drawBook } from "./books.js";

const BOOKS_PER_KIND = 25;

/**
 * The exact value is the specification's with every floor and ceiling taken out: unrounded d, means, products and charges, over the Q56
 * prices, which define the model (SPEC.md sections 3 and 4), in rationals by test/oracle/reference.
 */
describe("rounding", () => {
  const random = seededRandom(1_126);
  let reference: Reference;
  let markets: PricedMarket[];
  const results: RoundingResult[] = [];

  beforeAll(async () => {
    reference = startReference();
    const chains = [undefined, ...realChains.slice(0, 1)];
    markets = [...chains.map((chain) => chainMarket(chain)), ...[1, 2, 3].map((seed) => oddMarket(seededRandom(seed), `odd market ${seed}`))];
    for (const { name, payload, snapshot, model } of markets) {
      await reference.payload(name, payload, { hash: false });
      await reference.prices(name, snapshot, model);
    }
  });
  afterAll(() => reference.close());

  for (const kind of Object.keys(BOOK_KINDS)) {
    it(`is never to the account's advantage, and small, in books that are ${kind}`, async () => {
      for (const market of markets) {
        for (let run = 0; run < BOOKS_PER_KIND; run++) {
          const result = await measureRounding(reference, market, drawBook(random, kind, market.payload));
          expect(result.broken, `${market.name}, run ${run}`).toEqual([]);
          results.push(result);
        }
      }
    });
  }

  it("would be to the account's advantage without the unit a short lot: these books tell", async () => {
    const broken = new Set<string>();
    for (let run = 0; run < BOOKS_PER_KIND; run++) {
      const market = random.pick(markets);
      const result = await measureRounding(reference, market, drawBook(random, "short only", market.payload), (...book) => {
        const margin = computeMargin(...book);
        // What the margin takes for them at least: one unit each.
        return { ...margin, maintenance: margin.maintenance - margin.shortLots, equity: margin.equity + margin.shortLots };
      });
      result.broken.forEach((rule) => broken.add(rule));
    }
    expect([...broken]).toEqual(expect.arrayContaining(["maintenance margin is never below the exact one", "equity is never above the exact one"]));
  });

  it("is less than two parts in a million of the gross notional in all but a few of a thousand books, and less than four in each", () => {
    expect(results.length).toBeGreaterThanOrEqual(225 * markets.length);
    const relative = quantiles(results.map(({ relativeExcess }) => relativeExcess), [0.98, 1]);
    expect(relative[0]).toBeLessThan(2e-6);
    // A book of a single lot: 7 units of rounding on 2^21.
    expect(relative[1]).toBeLessThan(4e-6);
  });
});

describe("a long book whose P&L needs no rounding", () => {
  it("pays the haircut on the whole index, not on its whole ticks", async () => {
    // 2^21 + 1/2 ticks, and a fall of 1,466,368 whole ticks: then d is exact, and no floor hides what the charge lacks.
    const exactFall = -716n * ((1n << 22n) - 1n);
    const levels = Array.from({ length: NODES }, (_, j) => (j === 0 ? exactFall : BigInt(j) * (Q32 / 16n)));
    const model = riskModel({ assets: [assetRisk({ spotLevels: [levels, levels, levels, levels], spotHaircut: Q32 / 32n })] });
    const snapshot = snapshotOf(listed({ id: 1, name: "BTC", forward: "20971.525" }));
    const market: PricedMarket = { name: "exact fall", snapshot, model, ...buildPayload(snapshot, model) };
    const reference = startReference();
    try {
      await reference.payload(market.name, market.payload, { hash: false });
      await reference.prices(market.name, snapshot, model);
      const location = indexInstruments(market.payload).byId.get(1)!;
      expect(location.instrument.scenarioDeltas[0]![0]).toBe(-1_466_368n);
      const book = { portfolio: canonicalPortfolio(0n, [{ location, quantity: 1_000n }]), parameters: {}, factor: 1n << 16n, collateral: 0n };
      expect((await measureRounding(reference, market, book)).broken).toEqual([]);
      // 2,097,152.5 / 32 = 65,536.02, rounded up.
      expect(location.instrument.longCharge).toBe(65_537n);
    } finally {
      reference.close();
    }
  });
});
