import { beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../support/random.js";
import { type ChainName, type GapMarket, type Hot, climb, described, exactSearch, gapMarkets, presentChains, singleGaps, structuredBook } from "./gap-search.js";

const CHAINS: readonly ChainName[] = [
  { name: "calm", file: "deribit_options_snapshot_20251230T173115Z.csv" },
  { name: "crash", file: "deribit_options_snapshot_20260205T155132Z.csv" },
  { name: "crash, 10 minutes to an expiry", file: "deribit_options_snapshot_20260205T155132Z.csv", secondsLeft: 600 },
];
const random = seededRandom(20_261_121);

describe.each(presentChains(CHAINS))("gap charges: $name", (chain) => {
  let searched: { readonly market: GapMarket; readonly hot: readonly Hot[] }[] = [];
  beforeAll(() => {
    searched = gapMarkets(chain).map((market) => ({ market, hot: singleGaps(market) }));
  });

  it("no instrument is beyond its charge at any point, and the nearest is close to it", () => {
    expect(searched.length).toBe(2);
    for (const { market, hot } of searched) {
      expect(market.instruments.length).toBeGreaterThan(100);
      const nearest = hot[0]!;
      expect(nearest.ratio, `${market.instruments[nearest.instrument]!.listed.name} ${nearest.side}`).toBeLessThanOrEqual(1);
      expect(nearest.ratio).toBeGreaterThan(0.9);
    }
  });

  it("no book that linear programming, traders' structures or climbing come to is beyond its charges", () => {
    for (const { market, hot } of searched) {
      const exact = exactSearch(random, market, hot, 60);
      if (exact !== undefined) expect(exact.excess.excess, described(market, exact)).toBeLessThanOrEqual(0);
      for (let k = 0; k < 12; k++) {
        const { book, found } = climb(random, market, structuredBook(random, market), 25);
        expect(found.excess, described(market, { book, excess: found })).toBeLessThanOrEqual(0);
      }
    }
  });

  it("charges cut by a tenth are beaten by linear programming, and none at all by climbing too", () => {
    for (const { market, hot } of searched) {
      const cut = exactSearch(random, market, hot, 20, 0.9)!;
      expect(cut.excess.excess, described(market, cut)).toBeGreaterThan(0);
      const free = Array.from({ length: 12 }, () => climb(random, market, structuredBook(random, market), 25, 0).found.excess);
      expect(Math.max(...free)).toBeGreaterThan(0);
    }
  });
});
