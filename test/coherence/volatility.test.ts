import { beforeAll, describe, expect, it } from "vitest";
import { defaultPolicy } from "../../src/policy/policy.js";
import type { Margin } from "../../src/risk/margin.js";
import type { RiskPayload } from "../../src/risk/risk-payload.js";
import { randomBook, type BookClass } from "../quality/books.js";
import { optionMarkets } from "../quality/markets.js";
import { seededRandom } from "../support/random.js";
import { type Book, chainsOf, lotsOf, marginOf, payloadOf, policyAt, smallMarket, withoutHistory } from "./payloads.js";

/**
 * Volatility here is the model's: it moves spot levels, scenario weights, charges and depth; quotes stay. Below 76 % the absolute range of
 * 16 % sets the levels, above it four sigmas do.
 */
const market = withoutHistory(smallMarket(optionMarkets(["20251230T173115Z"])[0]!.market));
const chains = chainsOf(market);

interface Sized {
  readonly name: string;
  readonly book: Book;
  readonly assets: ReadonlySet<string>;
}

function books(kind: BookClass, count: number, seed: number): Sized[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const legs = randomBook(random, chains, kind);
    return { name: legs.map(({ instrument, quantity }) => `${quantity.toFixed(3)} ${instrument.name}`).join(", "), book: lotsOf(legs), assets: new Set(legs.map(({ instrument }) => instrument.asset)) };
  });
}

const outright = books("linear", 60, 1);
const pairs = books("spread", 60, 2);
const shorts = books("short options", 120, 3);
const shortsOfOne = shorts.filter(({ assets }) => assets.size === 1);

type Volatilities = { readonly BTC: number; readonly ETH: number };
interface Ladder {
  readonly rungs: readonly (readonly [name: string, at: Volatilities])[];
  readonly paths: number;
}

const steps = (from: number, ratio: number, count: number) => Array.from({ length: count }, (_, k) => from * ratio ** k);
const ladder = (values: readonly number[], paths: number) => (at: (volatility: number) => Volatilities): Ladder =>
  ({ rungs: values.map((v) => [`${(100 * v).toFixed(1)} %`, at(v)]), paths });
const together = (volatility: number): Volatilities => ({ BTC: volatility, ETH: volatility });
const wilderEth = (volatility: number): Volatilities => ({ BTC: volatility, ETH: 1.35 * volatility });
const btcAlone = (volatility: number): Volatilities => ({ BTC: volatility, ETH: 0.65 });
const ethAlone = (volatility: number): Volatilities => ({ BTC: 0.5, ETH: volatility });

const small = ladder([...steps(0.36, 1.01, 4), ...steps(0.72, 1.01, 12), ...steps(1.2, 1.01, 3)], defaultPolicy.scenarios.pathsPerBlock);
const medium = ladder(steps(0.32, 1.1, 16), 1024);
const large = ladder([0.3, 0.5, 0.9, 1.6, 3], 1024);

const payloads = new Map<string, RiskPayload>();

/** Steps of 1 % are measured with the policy's own paths, others with a quarter of them. */
function payloadAt(at: Volatilities, paths: number): RiskPayload {
  const key = `${at.BTC} ${at.ETH} ${paths}`;
  const known = payloads.get(key) ?? payloadOf(market, policyAt(at, paths));
  payloads.set(key, known);
  return known;
}

/** Largest relative fall of a figure between neighbours of a ladder, over the books. */
function largestFall(ladder: Ladder, books: readonly Sized[], figure: (margin: Margin) => bigint): { fall: number; where: string } {
  let worst = NONE;
  let before: bigint[] = [];
  ladder.rungs.forEach(([name, at], rung) => {
    const now = books.map(({ book }) => figure(marginOf(payloadAt(at, ladder.paths), book)));
    if (rung > 0) now.forEach((value, i) => {
      const fall = Number(before[i]! - value) / Number(before[i]!);
      if (fall > worst.fall) worst = { fall, where: `${name}: ${books[i]!.name}` };
    });
    before = now;
  });
  return worst;
}

const maintenance = (margin: Margin) => margin.maintenance;
const riskPart = ({ shortfall, worst }: Margin) => (shortfall.es > worst.worst ? shortfall.es : worst.worst);
const NONE = { fall: 0, where: "" };

describe("a rise of volatility", () => {
  beforeAll(() => expect(shortsOfOne.length).toBeGreaterThan(20));

  it.each([
    ["1 percent", small(together)], ["10 percent", medium(together)], ["10 percent, ETH wilder", medium(wilderEth)], ["50 percent and more", large(together)],
  ])("of all assets by %s never lowers the margin of a linear book, outright or spread", (_, ladder) => {
    expect(largestFall(ladder, [...outright, ...pairs], maintenance)).toEqual(NONE);
  });

  it.each([["BTC", medium(btcAlone)], ["ETH", medium(ethAlone)]])("of %s alone never lowers the margin of an outright linear book", (_, ladder) => {
    expect(largestFall(ladder, outright, maintenance)).toEqual(NONE);
  });

  it.each([["1 percent", small(together)], ["10 percent", medium(together)], ["50 percent and more", large(together)]])(
    "of all assets by %s never lowers expected shortfall and worst loss of short options, and their margin by less than a thousandth, through the gap charge", (_, ladder) => {
      expect(largestFall(ladder, shorts, riskPart)).toEqual(NONE);
      expect(largestFall(ladder, shorts, maintenance).fall).toBeLessThan(0.001);
    },
  );

  it("of one asset alone hardly lowers the margin of short options on that asset", () => {
    expect(largestFall(medium(btcAlone), shortsOfOne, maintenance).fall).toBeLessThan(0.001);
  });

  it("of one asset alone may lower the margin of a spread, because it makes the hedge a better one", () => {
    // Long the calm asset against little of the wild one: the short leg hedges more of the long one as it moves more.
    expect(largestFall(medium(btcAlone), pairs, maintenance).fall).toBeGreaterThan(0.001);
  });
});
