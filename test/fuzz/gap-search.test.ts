import { expect, it } from "vitest";
import { priceInstruments } from "../../src/risk/scenario-prices.js";
import { type ChainName, climb, described, exactSearch, gapMarkets, presentChains, singleGaps, structuredBook } from "../adversarial/gap-search.js";
import { fineGaps, oddModel, oddOption } from "../adversarial/odd-gaps.js";
import { snapshotOf } from "../risk/synthetic-market.js";
import { seededRandom } from "../support/random.js";
import { fuzzRuns, fuzzSeed, startProgress } from "./session.js";

const DATES = ["20251230T173115Z", "20260131T153300Z", "20260205T155132Z", "20260308T153245Z", "20260808T094856Z"];
const CLOCKS = [undefined, 60, 600, 3 * 3_600];
const CHAINS = DATES.flatMap((date) => CLOCKS.map((secondsLeft): ChainName => ({
  name: secondsLeft === undefined ? date : `${date}, ${secondsLeft} s to an expiry`,
  file: `deribit_options_snapshot_${date}.csv`, ...(secondsLeft === undefined ? {} : { secondsLeft }),
})));
/** 13 x 40 + 1 = 521 spots, 13 mixes of each two regimes. */
const FINER = { mixes: 12, steps: 40 };

it("finds no book of a real chain that loses more between nodes than its gap charges", () => {
  const seed = fuzzSeed();
  const random = seededRandom(seed);
  const chains = presentChains(CHAINS);
  const climbs = fuzzRuns(60);
  const progress = startProgress("gaps of books", seed, chains.length * 2 * (climbs + 1));
  let nearest = 0;
  for (const chain of chains) {
    for (const market of gapMarkets(chain, FINER)) {
      const hot = singleGaps(market);
      nearest = Math.max(nearest, hot[0]!.ratio);
      expect(hot[0]!.ratio, `seed ${seed}: ${market.name}, ${market.instruments[hot[0]!.instrument]!.listed.name}`).toBeLessThanOrEqual(1);
      const exact = exactSearch(random, market, hot, 10 * climbs);
      if (exact !== undefined) expect(exact.excess.excess, `seed ${seed}: ${described(market, exact)}`).toBeLessThanOrEqual(0);
      progress.step();
      for (let k = 0; k < climbs; k++) {
        const { book, found } = climb(random, market, structuredBook(random, market), 200);
        expect(found.excess, `seed ${seed}: ${described(market, { book, excess: found })}`).toBeLessThanOrEqual(0);
        progress.step();
      }
    }
  }
  process.stderr.write(`gaps of books: the nearest option has a gap of ${nearest.toFixed(4)} of its charge\n`);
});

it("finds no option under odd regimes whose gap is above its charge", () => {
  const seed = fuzzSeed();
  const random = seededRandom(seed);
  const total = fuzzRuns(20_000);
  const progress = startProgress("gaps of odd options", seed, total);
  for (let run = 0; run < total; run++) {
    const model = oddModel(random);
    const instrument = oddOption(random, model);
    const [priced] = priceInstruments(snapshotOf(instrument), model);
    const gaps = fineGaps(instrument, model);
    const name = `seed ${seed}, run ${run}: ${JSON.stringify(instrument)}`;
    expect(Number(priced!.longCharge), name).toBeGreaterThanOrEqual(gaps.long - 0.3);
    expect(Number(priced!.shortCharge), name).toBeGreaterThanOrEqual(gaps.short - 0.3);
    progress.step();
  }
});
