import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Margin } from "../../src/risk/margin.js";
import type { RiskPayload } from "../../src/risk/risk-payload.js";
import { BOOK_CLASSES, randomBook } from "../quality/books.js";
import { optionMarkets } from "../quality/markets.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import { type Book, chainsOf, lotsOf, marginOf, payloadOf, policyAt, smallMarket, withoutHistory } from "./payloads.js";

function together(a: Book, b: Book): Book {
  const sum = new Map(a);
  for (const [id, lots] of b) sum.set(id, (sum.get(id) ?? 0n) + lots);
  return sum;
}

/** All are integers rounded up once, and ceil(x + y) <= ceil(x) + ceil(y): no unit of rounding is given away. */
function expectSubadditive(payload: RiskPayload, a: Book, b: Book): void {
  const [first, second, both] = [marginOf(payload, a), marginOf(payload, b), marginOf(payload, together(a, b))];
  const check = (figure: (margin: Margin) => bigint) => expect(figure(both)).toBeLessThanOrEqual(figure(first) + figure(second));
  check(({ shortfall }) => shortfall.es);
  check(({ worst }) => worst.worst);
  check(({ charges }) => charges);
  // Only the size penalty may exceed the sum: it grows with the square.
  check(({ maintenance, liquidity }) => maintenance - liquidity);
}

describe("two books together", () => {
  it.each(["20251230T173115Z", "20260205T155132Z"])("need at most the sum of theirs, the size penalty aside: chain of %s", (stamp) => {
    const market = withoutHistory(smallMarket(optionMarkets([stamp])[0]!.market));
    const payload = payloadOf(market, policyAt({ BTC: 0.5, ETH: 0.75 }));
    const random = seededRandom(21);
    const chains = chainsOf(market);
    const book = () => lotsOf(randomBook(random, chains, random.pick(BOOK_CLASSES)));
    for (let i = 0; i < 400; i++) expectSubadditive(payload, book(), book());
  });

  it("need at most the sum of theirs under any payload in range", () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed);
      const payload = randomPayload(random, { assets: [2, 1], instrumentsPerBucket: 3 });
      const book = (): Book => {
        const lots = new Map<number, bigint>();
        for (const { location, quantity } of randomPortfolio(random, payload, { positions: 9, buckets: 3 }).holdings) lots.set(location.instrument.id, quantity);
        return lots;
      };
      expectSubadditive(payload, book(), book());
    }), { numRuns: 200 });
  });

  it("can need more by the size penalty, by design", () => {
    const market = withoutHistory(smallMarket(optionMarkets(["20251230T173115Z"])[0]!.market));
    const payload = payloadOf(market, policyAt({ BTC: 0.5, ETH: 0.75 }, 1024));
    const perpetual = market.instruments.find(({ kind }) => kind === "perpetual" || kind === "future")!;
    const book = lotsOf([{ instrument: perpetual, quantity: 500 }]);
    expect(marginOf(payload, together(book, book)).liquidity).toBeGreaterThan(2n * marginOf(payload, book).liquidity);
  });
});
