import { inspect } from "node:util";
import { AbiCoder, type Contract, JsonRpcProvider, keccak256 } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { P } from "../../src/math/field.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { bookHash } from "../../src/risk/book-hash.js";
import { canonicalPortfolio, MAX_CASH, MAX_SLOT_LOTS, PortfolioError, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { deployHarness } from "../support/contract-harness.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const [, anyLocation] = [...indexInstruments(randomPayload(seededRandom(3), { assets: [1], instrumentsPerBucket: 6 })).byId.entries()][0]!;
const holding = (id: number, quantity: bigint) => ({ location: { ...anyLocation, instrument: { ...anyLocation.instrument, id } }, quantity });

const quantities = fc.oneof(fc.bigInt(-MAX_SLOT_LOTS, MAX_SLOT_LOTS), fc.bigInt(-20n, 20n)).filter((lots) => lots !== 0n);
const books = fc.record({
  salt: fc.oneof(fc.bigInt(0n, P - 1n), fc.constantFrom(0n, 1n, P - 1n)),
  cash: fc.oneof(fc.bigInt(-MAX_CASH, MAX_CASH - 1n), fc.constantFrom(-MAX_CASH, -1n, 0n, MAX_CASH - 1n)),
  slots: fc.array(fc.tuple(fc.oneof(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.constantFrom(1, 2 ** 31, 2 ** 32 - 1)), quantities), { maxLength: 12 }),
}).map(({ salt, cash, slots }) => ({ salt, portfolio: { cash, holdings: slots.map(([id, lots]) => holding(id, lots)) } satisfies Portfolio }));

const slotsOf = ({ holdings }: Portfolio) => holdings.map(({ location, quantity }) => [location.instrument.id, quantity] as const);

function encoded(portfolio: Portfolio, salt: bigint): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "int256", "tuple(uint32 instrument,int32 quantity)[]"], [salt, portfolio.cash, slotsOf(portfolio)]));
}

describe("bookHash", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let contract: Contract;

  beforeAll(async () => {
    anvil = await startAnvil();
    provider = new JsonRpcProvider(anvil.url, undefined, { staticNetwork: true, cacheTimeout: -1 });
    contract = await deployHarness("test/BookHashHarness.sol", anvilWallet(0, provider));
  });
  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  const onChain = (portfolio: Portfolio, salt: bigint): Promise<string> => contract.getFunction("hash")(salt, portfolio.cash, slotsOf(portfolio)) as Promise<string>;

  it("is what the contracts compute, and the hash of the ABI encoding, for any book", async () => {
    await fc.assert(
      fc.asyncProperty(books, async ({ portfolio, salt }) => {
        const hash = bookHash(portfolio, salt);
        expect(hash).toBe(encoded(portfolio, salt));
        expect(hash).toBe(await onChain(portfolio, salt));
      }),
      { seed: 20_261_121, numRuns: 150 },
    );
  });
  it("is what the contracts compute for the empty book and for 450 full slots", async () => {
    const empty: Portfolio = { cash: 0n, holdings: [] };
    expect(bookHash(empty, 0n)).toBe(await onChain(empty, 0n));
    const full: Portfolio = { cash: -MAX_CASH, holdings: Array.from({ length: 450 }, (_, k) => holding(2 ** 32 - 450 + k, k % 2 === 0 ? -MAX_SLOT_LOTS : MAX_SLOT_LOTS)) };
    expect(bookHash(full, P - 1n)).toBe(await onChain(full, P - 1n));
  });
  it("has the slots of the commitment: ascending ids, a large position in several", () => {
    const portfolio = canonicalPortfolio(5n, [holding(9, -1n), holding(2, 2n * MAX_SLOT_LOTS + 3n)]);
    const { location } = holding(0, 1n);
    expect(location.instrument.id).toBe(0);
    expect(slotsOf(portfolio)).toEqual([[2, MAX_SLOT_LOTS], [2, MAX_SLOT_LOTS], [2, 3n], [9, -1n]]);
    expect(bookHash(portfolio, 7n)).toBe(encoded(portfolio, 7n));
    expect(bookHash({ ...portfolio, holdings: [...portfolio.holdings].reverse() }, 7n)).not.toBe(bookHash(portfolio, 7n));
  });

  const secret = 987_654_321_987_654_321_987_654_321n;
  for (const [what, portfolio, salt, field] of [
    ["a salt outside the field", { cash: secret, holdings: [] }, P, "salt"],
    ["a negative salt", { cash: secret, holdings: [] }, -1n, "salt"],
    ["cash of 2^71", { cash: MAX_CASH, holdings: [] }, secret, "cash"],
    ["cash below -2^71", { cash: -MAX_CASH - 1n, holdings: [] }, secret, "cash"],
    ["a quantity that no slot holds", { cash: 1n, holdings: [holding(1, 1n), holding(2, MAX_SLOT_LOTS + 1n)] }, secret, "holdings.1.quantity"],
    ["a short one that no slot holds", { cash: 1n, holdings: [holding(2, -MAX_SLOT_LOTS - 1n)] }, secret, "holdings.0.quantity"],
    ["a quantity of zero", { cash: 1n, holdings: [holding(1, 0n)] }, secret, "holdings.0.quantity"],
    ["an id of zero", { cash: 1n, holdings: [holding(0, 5n)] }, secret, "holdings.0.instrument"],
    ["an id beyond 32 bits", { cash: 1n, holdings: [holding(2 ** 32, 5n)] }, secret, "holdings.0.instrument"],
  ] as const) {
    it(`refuses ${what}, and shows none of the book`, () => {
      let refused: unknown;
      try {
        bookHash(portfolio, salt);
      } catch (error) {
        refused = error;
      }
      expect(refused).toBeInstanceOf(PortfolioError);
      const error = refused as PortfolioError;
      expect([error.field, error.value]).toEqual([field, ""]);
      const shown = inspect(error).replace(/\n\s+at .*/g, "");
      for (const hidden of [salt, portfolio.cash, MAX_SLOT_LOTS + 1n, 2n ** 32n]) {
        if (hidden > 9n || hidden < -9n) expect(shown).not.toContain(hidden.toString());
      }
    });
  }
});
