import { describe, expect, it } from "vitest";
import { NODES, REGIME_BLOCK, SCENARIOS } from "../../src/policy/risk-model.js";
import { nodeGroups, reportView, spotMoves, type ReportView } from "../../src/report/view.js";
import { computeMargin, FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio, MAX_SLOT_LOTS, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type RiskBucket, type RiskPayload } from "../../src/risk/risk-payload.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const TERMS = { factor: (FACTOR_ONE * 5n) / 4n, collateral: 1_000_000n };

function viewOf(payload: RiskPayload, portfolio: Portfolio): ReportView {
  return reportView({ payload, riskRoot: 1n, portfolio, margin: computeMargin(payload, portfolio, TERMS), terms: TERMS });
}

const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);

describe("the view of a margin", () => {
  const random = seededRandom(4);
  const books = Array.from({ length: 40 }, () => {
    const payload = randomPayload(random, { assets: [2, 1, 1], instrumentsPerBucket: 5, size: random.pick([100n, 1n << 20n, (1n << 28n) - 1n]) });
    return viewOf(payload, randomPortfolio(random, payload, { positions: 12, buckets: 3 }));
  });
  // A book that cannot lose has no worst row.
  books.push(viewOf(books[0]!.payload, canonicalPortfolio(0n, [])));
  const held = books.filter(({ positions }) => positions.length > 0);

  it("has books with and without a worst stress row, and with either part binding", () => {
    expect(held.length).toBeGreaterThan(25);
    expect(new Set(books.map(({ worst }) => worst === undefined))).toEqual(new Set([true, false]));
    expect(new Set(held.map(({ binding }) => binding))).toEqual(new Set(["shortfall", "stress"]));
  });

  it("has parts that add up to the maintenance margin", () => {
    for (const { loss, buffer, margin } of books) {
      expect(loss).toBe(margin.shortfall.es > margin.worst.worst ? margin.shortfall.es : margin.worst.worst);
      expect(loss + margin.shortLots + buffer + margin.liquidity + margin.charges).toBe(margin.maintenance);
      expect(buffer).toBeGreaterThanOrEqual(0n);
    }
  });

  it("has as much weight in the tail as T, and its mean is the expected shortfall, rounded up", () => {
    for (const { tail, payload, margin } of books) {
      expect(total(tail.map(({ counted }) => counted))).toBe(payload.tail);
      const weighted = total(tail.map(({ counted, loss }) => counted * loss));
      expect(margin.shortfall.es * payload.tail - weighted).toBeGreaterThanOrEqual(0n);
      expect(margin.shortfall.es * payload.tail - weighted).toBeLessThan(payload.tail);
      expect(tail.at(-1)).toMatchObject({ boundary: true, loss: margin.shortfall.threshold });
      tail.forEach(({ loss }, at) => expect(at === 0 || tail[at - 1]!.loss >= loss).toBe(true));
    }
  });

  it("splits the worst row's loss over buckets and over positions exactly", () => {
    for (const { worst, buckets, positions, margin } of held) {
      const loss = worst?.loss ?? 0n;
      expect(total(buckets.map(({ worstLoss }) => worstLoss))).toBe(loss);
      expect(total(positions.map(({ worstPnl }) => -worstPnl))).toBe(loss);
      expect(worst?.damped ?? 0n).toBe(margin.worst.worst);
    }
  });

  it("splits ES over buckets and positions but for less than a unit each, and charges and short lots exactly", () => {
    for (const { buckets, positions, margin } of held) {
      for (const parts of [buckets, positions]) {
        const rest = margin.shortfall.es - total(parts.map(({ shortfall }) => shortfall));
        expect(rest).toBeGreaterThan(-BigInt(parts.length + 1));
        expect(rest).toBeLessThan(BigInt(parts.length + 1));
      }
      expect(total(positions.map(({ charges }) => charges))).toBe(margin.charges);
      expect(total(positions.map(({ shortLots }) => shortLots))).toBe(margin.shortLots);
    }
  });

  it("shows a stress row's damping in 1024ths and the scenario it is", () => {
    for (const { stress, margin } of books) {
      stress.forEach(({ row, scenario, damping, damped, loss }) => {
        expect(scenario).toBe(REGIME_BLOCK * Math.floor(row / 14) + 34 + (row % 14));
        expect(loss).toBe(margin.losses[scenario]);
        expect(1024n * damped - BigInt(damping) * loss).toBeGreaterThanOrEqual(0n);
        expect(1024n * damped - BigInt(damping) * loss).toBeLessThan(1024n);
      });
    }
  });

  it("joins the slots of a position that is too large for one", () => {
    const payload = randomPayload(random, { assets: [1], instrumentsPerBucket: 2 });
    const location = indexInstruments(payload).byId.get(1)!;
    const portfolio = canonicalPortfolio(0n, [{ location, quantity: -(2n * MAX_SLOT_LOTS + 5n) }]);
    expect(portfolio.holdings).toHaveLength(3);
    // 67,108,867 lots of 0.0001.
    expect(viewOf(payload, portfolio).positions).toMatchObject([{ instrument: "I1", lots: -67_108_867n, quantity: "-6710.8867", shortLots: 67_108_867n }]);
  });

  it("names nodes where the payload has no spot levels, and the unmoved one", () => {
    const payload = randomPayload(random, { assets: [1], instrumentsPerBucket: 1 });
    const location = indexInstruments(payload).byId.get(1)!;
    const view = viewOf(payload, canonicalPortfolio(0n, [{ location, quantity: 1n }]));
    expect(spotMoves(view, 0, [3])).toBe("A1 node 3");
    expect(spotMoves(view, 0, [NODES])).toBe("A1 unmoved");
    expect(view.scenarios).toHaveLength(SCENARIOS);
  });

  it("shows the nodes of an asset once where its buckets share them", () => {
    const payload = randomPayload(random, { assets: [2, 1], instrumentsPerBucket: 1 });
    const [first, second, third] = payload.buckets as [RiskBucket, RiskBucket, RiskBucket];
    const book = (buckets: readonly RiskBucket[]) => {
      const changed = { ...payload, buckets };
      return viewOf(changed, canonicalPortfolio(0n, [...indexInstruments(changed).byId.values()].map((location) => ({ location, quantity: 1n }))));
    };
    expect(nodeGroups(book([first, { ...second, column: first.column }, third]))).toEqual([{ name: "A1", at: 0 }, { name: "A2", at: 2 }]);
    const apart = nodeGroups(book([first, second, third])).map(({ name }) => name);
    expect(apart).toEqual([`A1, band 0 (bucket ${first.index})`, `A1, band 1 (bucket ${second.index})`, "A2"]);
  });

  it("tells regimes apart that a publisher gave one name or none", () => {
    const payload = randomPayload(random, { assets: [1], instrumentsPerBucket: 1 });
    const names = (regimes: readonly string[]) => viewOf({ ...payload, regimes }, canonicalPortfolio(0n, [])).regimes;
    expect(names(["a", "b", "c", "d"])).toEqual(["a", "b", "c", "d"]);
    expect(names(["a", "a", "c"])).toEqual(["regime 0 (a)", "regime 1 (a)", "regime 2 (c)", "regime 3"]);
  });
});
