import { beforeAll, describe, expect, it } from "vitest";
import { tierCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { declaredTiers } from "../../prover/circuits-config.js";
import { BUCKETS, indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { hashPayload, type RiskTree } from "../../src/risk/instrument-tree.js";
import { canonicalPortfolio, MAX_SLOT_LOTS, MAX_SLOTS, type Portfolio, PortfolioError } from "../../src/risk/portfolio.js";
import { NODES } from "../../src/policy/risk-model.js";
import { prepareProof, type PreparedProof, type Statement } from "../../src/witness/circuit-input.js";
import { listPublicSignals, namePublicSignals } from "../../src/witness/public-signals.js";
import { circuitSignals } from "../support/circuit-signals.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const [S, M] = ["S", "M"].map((name) => declaredTiers().find((tier) => tier.name === name)!);
const STATEMENT: Statement = { context: 123_456_789n, factor: 85_197n, disclose: { requirement: true, equity: true }, collateral: 1n << 40n };
const SALT = 0x1234_5678_9abc_def0n;
const LANE = (1n << 28n) - 1n;

const circuits = new Map<string, CompiledCircuit>();
beforeAll(async () => {
  for (const { name } of [S!, M!]) circuits.set(name, await tierCircuit(name));
}, 600_000);

async function expectEqual(payload: RiskPayload, tree: RiskTree, portfolio: Portfolio, tier = M!): Promise<PreparedProof> {
  const prepared = prepareProof(payload, tree, portfolio, SALT, STATEMENT, tier);
  expect(namePublicSignals(await circuitSignals(circuits.get(tier.name)!, prepared.input))).toEqual(prepared.expected);
  return prepared;
}

describe("the tiers of circuits.json", () => {
  it("grow in rows, positions and buckets, and stay within what lanes, sums and the bucket tree have room for", () => {
    const tiers = declaredTiers();
    expect(tiers.map(({ name }) => name).slice(0, 2)).toEqual(["S", "M"]);
    tiers.slice(1).forEach((tier, at) => {
      for (const size of ["domainPower", "positions", "buckets"] as const) expect(tier[size]).toBeGreaterThan(tiers[at]![size]);
    });
    const largest = tiers.at(-1)!;
    expect(largest.positions).toBeLessThanOrEqual(Number(MAX_SLOTS));
    // Thirty-two terms of the liquidity sum.
    expect(2 * largest.buckets).toBeLessThanOrEqual(32);
    expect(largest.buckets).toBeLessThanOrEqual(BUCKETS);
  });
});

describe("tier M and the risk core", () => {
  it("agree on every output for 24 random portfolios over random payloads", async () => {
    const random = seededRandom(20_261_122);
    const healthy = new Set<boolean>();
    const used = new Set<number>();
    for (let p = 0; p < 4; p++) {
      const payload = randomPayload(random, { assets: random.pick([[6], [2, 1, 3], [1, 1, 1, 1, 1, 1, 1], [3, 4]]), instrumentsPerBucket: 12, size: random.pick([1000n, 1n << 20n, LANE]) });
      const tree = hashPayload(payload);
      for (let run = 0; run < 6; run++) {
        const portfolio = randomPortfolio(random, payload, { ...M!, lots: random.pick([3n, 1000n, MAX_SLOT_LOTS]) });
        healthy.add((await expectEqual(payload, tree, portfolio)).margin.healthy);
        used.add(new Set(portfolio.holdings.map(({ location }) => location.bucket.index)).size);
      }
    }
    expect(healthy).toEqual(new Set([true, false]));
    expect(Math.max(...used)).toBe(6);
  }, 300_000);

  describe("agree at the corners:", () => {
    const random = seededRandom(6);
    const payload = randomPayload(random, { assets: [2, 1, 3], instrumentsPerBucket: 9 });
    const extreme: RiskPayload = {
      ...payload,
      buckets: payload.buckets.map((bucket) => ({
        ...bucket, lambdaDelta: 1n << 20n, lambdaVega: 1n << 20n,
        instruments: bucket.instruments.map((instrument) => ({
          ...instrument, scenarioDeltas: instrument.scenarioDeltas.map(() => new Array<bigint>(NODES).fill(-LANE)), mark: -LANE, dollarDelta: LANE, vega: -LANE, longCharge: LANE, shortCharge: LANE,
        })),
      })),
    };
    const spread = (count: number) => [...indexInstruments(payload).byId.keys()].sort((a, b) => (a % 9) - (b % 9) || a - b).slice(0, count);

    it("an empty book", async () => {
      await expectEqual(payload, hashPayload(payload), canonicalPortfolio(0n, []));
    });
    it("all slots in all buckets with the largest quantities and the largest values, long and short", async () => {
      const tree = hashPayload(extreme);
      const { byId } = indexInstruments(extreme);
      for (const sign of [1n, -1n]) {
        const book = canonicalPortfolio(0n, spread(M!.positions).map((id) => ({ location: byId.get(id)!, quantity: sign * MAX_SLOT_LOTS })));
        const { input } = await expectEqual(extreme, tree, book);
        expect(input["used"]).toEqual(new Array(M!.positions).fill(1n));
        expect(new Set(book.holdings.map(({ location }) => location.bucket.index)).size).toBe(M!.buckets);
      }
    });
    it("books that end before, at and after a block of the slots hash", async () => {
      const { byId } = indexInstruments(payload);
      for (const count of [14, 15, 16, 30, 31]) {
        await expectEqual(payload, hashPayload(payload), canonicalPortfolio(7n, spread(count).map((id) => ({ location: byId.get(id)!, quantity: BigInt(id) - 20n || 5n }))));
      }
    });
    it("one slot or one bucket too many is an error that names the limit", () => {
      const tree = hashPayload(payload);
      const { byId } = indexInstruments(payload);
      const book = (ids: readonly number[]) => canonicalPortfolio(0n, ids.map((id) => ({ location: byId.get(id)!, quantity: 1n })));
      expect(() => prepareProof(payload, tree, book(spread(M!.positions + 1)), SALT, STATEMENT, M!)).toThrow(PortfolioError);
      expect(() => prepareProof(payload, tree, book(spread(M!.positions + 1)), SALT, STATEMENT, M!)).toThrow(`tier M holds at most ${M!.positions}`);
      expect(() => prepareProof(payload, tree, book(spread(3)), SALT, STATEMENT, S!)).toThrow("tier S opens at most 2");
    });
  });
});

describe("the same book in tiers S and M", () => {
  it("gives the same public signals, commitment and riskRoot included", async () => {
    const random = seededRandom(77);
    const commitments = new Set<bigint>();
    for (let run = 0; run < 8; run++) {
      const payload = randomPayload(random, { assets: random.pick([[2], [1, 1], [1, 2, 1]]), instrumentsPerBucket: 15 });
      const tree = hashPayload(payload);
      const portfolio = randomPortfolio(random, payload, S!);
      const [small, large] = [await expectEqual(payload, tree, portfolio, S!), await expectEqual(payload, tree, portfolio, M!)];
      // Both were compared with their circuits' witnesses above.
      expect(listPublicSignals(large.expected)).toEqual(listPublicSignals(small.expected));
      commitments.add(small.expected.portfolioCommitment);
    }
    expect(commitments.size).toBe(8);
  }, 120_000);
});
