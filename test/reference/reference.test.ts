import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CDF_COEFFICIENTS } from "../../src/math/normal-cdf.js";
import { hashPayload } from "../../src/risk/instrument-tree.js";
import { computeMargin } from "../../src/risk/margin.js";
import { canonicalPortfolio, portfolioCommitment, type Portfolio } from "../../src/risk/portfolio.js";
import { formatRiskFiles, writeRiskFiles } from "../../src/risk/risk-files.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { expectedSignals, type Statement } from "../../src/witness/circuit-input.js";
import { BOOK_KINDS, drawBook } from "../rounding/books.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom, type Random } from "../support/random.js";
import { specPayload } from "../support/spec-payload.js";
import { ROOT } from "../support/template.js";
import { chainMarket, oddMarket, realChains, type PricedMarket } from "./markets.js";
import { figures, startReference, type Parameters, type Reference } from "./reference.js";

let reference: Reference;
beforeAll(() => {
  reference = startReference();
});
afterAll(() => reference.close());

describe("the reference", () => {
  const vectors = JSON.parse(/```json\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "SPEC.md"), "utf8"))![1]!) as Record<string, string>;
  const vector = (start: string) => BigInt(Object.entries(vectors).find(([name]) => name.startsWith(start))![1]);
  const statement: Statement = { context: 0n, factor: 85_197n, collateral: 1_000_000_000n, disclose: { requirement: true, equity: true } };

  it("gives SPEC.md's vectors: Poseidon from its definition, the normal distribution, root, commitments and terms", async () => {
    expect(await reference.hash([1n, 2n])).toBe(vector("H(1, 2)"));
    expect(await reference.hash(new Array<bigint>(16).fill(0n))).toBe(vector("empty leaf"));
    expect(await reference.cdf(1n << 30n)).toBe(vector("N(0.25)"));
    expect(await reference.cdf(-3n << 32n)).toBe(vector("N(-3)"));
    const payload = specPayload();
    expect(await reference.payload("spec", payload)).toMatchObject({ riskRoot: String(vector("riskRoot")) });
    const { byId } = indexInstruments(payload);
    const empty = await reference.evaluate("spec", canonicalPortfolio(0n, []), 1n, statement);
    expect(empty).toMatchObject({ portfolioCommitment: String(vector("commitment of an empty")), terms: String(vector("terms")) });
    const book = canonicalPortfolio(-12_500_000n, [{ location: byId.get(7)!, quantity: -25_000n }, { location: byId.get(9)!, quantity: 3n }]);
    expect(await reference.evaluate("spec", book, 12_345n, statement)).toMatchObject({ portfolioCommitment: String(vector("commitment of -25000")) });
  });

  it("takes the integers of the normal distribution from a file that holds the specified ones", () => {
    const text = readFileSync(join(ROOT, "test/oracle/reference/normal-cdf.json"), "utf8");
    expect([...text.matchAll(/-?\d+/g)].map(([digits]) => BigInt(digits))).toEqual(CDF_COEFFICIENTS.flat());
  });

  it("reads the folder that risk build writes", async () => {
    const payload = randomPayload(seededRandom(3), { assets: [2, 1], instrumentsPerBucket: 4 });
    const tree = hashPayload(payload);
    const folder = mkdtempSync(join(tmpdir(), "zkmargin-reference-"));
    try {
      writeRiskFiles(join(folder, "risk"), formatRiskFiles({ payload, tree }));
      const answer = await reference.payload("folder", join(folder, "risk"));
      expect(answer).toEqual({ riskRoot: String(tree.riskRoot), bucketHashes: tree.bucketHashes.map(String) });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("risk core and reference agree", () => {
  async function expectEqual(name: string, payload: RiskPayload, parameters: Parameters, portfolio: Portfolio, salt: bigint, statement: Statement): Promise<boolean> {
    const own = { ...payload, ...parameters };
    const margin = computeMargin(own, portfolio, statement);
    const answer = await reference.evaluate(name, portfolio, salt, statement, parameters);
    const tree = { riskRoot: BigInt((answer["riskRoot"] as string | undefined) ?? "0"), buckets: new Map(), bucketHashes: [], nodes: [] };
    const expected = expectedSignals(margin, own, tree, portfolioCommitment(portfolio, salt), statement);
    expect({ riskRoot: "0", ...answer }).toEqual(figures(margin, expected, statement));
    return margin.healthy;
  }
  const randomStatement = (random: Random): Statement => ({
    context: 0n, factor: random.pick([1n << 16n, 85_197n, 0n, (1n << 24n) - 1n, random.big(1n, (1n << 24n) - 1n)]),
    collateral: random.pick([0n, random.big(0n, 1n << 50n), (1n << 72n) - 1n]), disclose: { requirement: random.chance(0.5), equity: random.chance(0.5) },
  });

  it("on root and all figures of 150 random books over random payloads, up to the largest quantities", async () => {
    const random = seededRandom(77);
    let healthy = 0;
    for (let p = 0; p < 6; p++) {
      // A full bucket first.
      const shape = p === 0 ? { assets: [1], instrumentsPerBucket: 255 } : { assets: random.pick([[1], [2, 1], [1, 2, 2]]), instrumentsPerBucket: 12 };
      const payload = randomPayload(random, { ...shape, size: random.pick([3n, 1000n, (1n << 28n) - 1n]) });
      const { riskRoot } = hashPayload(payload);
      expect(await reference.payload(`random ${p}`, payload)).toMatchObject({ riskRoot: String(riskRoot) });
      for (let run = 0; run < 25; run++) {
        const portfolio = randomPortfolio(random, payload, { positions: 40, buckets: 5 });
        healthy += Number(await expectEqual(`random ${p}`, payload, {}, portfolio, random.big(0n, 1n << 60n), randomStatement(random)));
      }
    }
    expect(healthy).toBeGreaterThan(10);
    expect(healthy).toBeLessThan(140);
  });

  const markets: Readonly<Record<string, () => PricedMarket>> = {
    "the generated example chain": () => chainMarket(),
    "a market of fractions and short expiries": () => oddMarket(seededRandom(5), "odd"),
    // The third is of a crash.
    ...Object.fromEntries(realChains.slice(2, 3).map((chain) => [chain, () => chainMarket(chain)])),
  };
  it.each(Object.entries(markets))("on every price of %s, and on all figures of 90 books there", async (name, make) => {
    const { payload, tree, snapshot, model } = make();
    // A root over a whole chain takes the reference ten seconds: test/fuzz does that.
    const hash = payload.buckets.length < 8;
    const answer = await reference.payload(name, payload, { hash });
    if (hash) expect(answer).toEqual({ riskRoot: String(tree.riskRoot), bucketHashes: tree.bucketHashes.map(String) });

    const priced = new Map(payload.buckets.flatMap(({ instruments }) => instruments).map((instrument) => [String(instrument.id), instrument]));
    const prices = await reference.prices(name, snapshot, model);
    expect(prices.length).toBe(priced.size);
    for (const price of prices) {
      const { scenarioDeltas, mark, dollarDelta, vega } = priced.get(price.id)!;
      expect({ id: price.id, d: scenarioDeltas.map((row) => row.map(String)), mark: String(mark), dollarDelta: String(dollarDelta), vega: String(vega) }).toEqual(price);
    }

    const random = seededRandom(payload.time);
    for (const kind of Object.keys(BOOK_KINDS)) {
      for (let run = 0; run < 10; run++) {
        const { portfolio, parameters, factor, collateral } = drawBook(random, kind, payload);
        await expectEqual(name, payload, parameters, portfolio, random.big(0n, 1n << 60n), { ...randomStatement(random), factor, collateral });
      }
    }
  });
});
