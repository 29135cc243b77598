import { it, expect } from "vitest";
import { chainMarket, oddMarket, realChains } from "../reference/markets.js";
import { startReference } from "../reference/reference.js";
import { measureRounding, quantiles, type RoundingResult } from "../rounding/bounds.js";
import { BOOK_KINDS, drawBook } from "../rounding/books.js";
import { seededRandom } from "../support/random.js";
import { fuzzRuns, fuzzSeed, startProgress } from "./session.js";

const ODD_MARKETS = 6;

it("finds no book whose margin is below its exact value, or whose equity is above", async () => {
  const seed = fuzzSeed();
  const random = seededRandom(seed);
  const reference = startReference();
  const markets = [
    chainMarket(), ...realChains.slice(-2).map((chain) => chainMarket(chain)),
    ...Array.from({ length: ODD_MARKETS }, (_, at) => oddMarket(random, `odd market ${at}`)),
  ];
  try {
    for (const { name, payload, snapshot, model } of markets) {
      await reference.payload(name, payload, { hash: false });
      await reference.prices(name, snapshot, model);
    }
    const total = fuzzRuns(10_000);
    const progress = startProgress("rounding", seed, total);
    const results: RoundingResult[] = [];
    for (let run = 0; run < total; run++) {
      const market = random.pick(markets);
      const kind = random.pick(Object.keys(BOOK_KINDS));
      const result = await measureRounding(reference, market, drawBook(random, kind, market.payload));
      expect(result.broken, `run ${run} of seed ${seed}: ${kind}, ${market.name}`).toEqual([]);
      results.push(result);
      progress.step();
    }
    const [middle, high, most] = quantiles(results.map(({ relativeExcess }) => relativeExcess), [0.5, 0.99, 1]);
    const [equity] = quantiles(results.map(({ equityGap }) => equityGap), [1]);
    const show = (value: number) => value.toExponential(2);
    process.stderr.write(`rounding, of the gross notional: margin above its exact value by ${show(middle!)} (median), ${show(high!)} (99 %), ${show(most!)} (most); ` +
      `equity below by ${show(equity!)} (most)\n`);
  } finally {
    reference.close();
  }
});
