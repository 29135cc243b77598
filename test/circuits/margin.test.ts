import { beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, tierCircuit, tierSource, type CompiledCircuit } from "../../prover/artifacts.js";
import { NODES, SCENARIOS } from "../../src/policy/risk-model.js";
import { hashPayload, type RiskTree } from "../../src/risk/instrument-tree.js";
import { canonicalPortfolio, MAX_CASH, MAX_SLOT_LOTS, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { prepareProof, type PreparedProof, type Statement } from "../../src/witness/circuit-input.js";
import { namePublicSignals } from "../../src/witness/public-signals.js";
import { circuitSignals } from "../support/circuit-signals.js";
import { randomPayload, randomPortfolio } from "../support/random-payload.js";
import { seededRandom, type Random } from "../support/random.js";

const TIER = { name: "S", positions: 14, buckets: 2 };
const STATEMENT: Statement = { context: 123_456_789n, factor: 1n << 16n, disclose: { requirement: true, equity: true }, collateral: 0n };
const SALT = 0x1234_5678_9abc_def0n;

let circuit: CompiledCircuit;
beforeAll(async () => {
  circuit = await tierCircuit("S");
}, 300_000);

async function expectEqual(payload: RiskPayload, tree: RiskTree, portfolio: Portfolio, statement: Statement = STATEMENT): Promise<PreparedProof> {
  const prepared = prepareProof(payload, tree, portfolio, SALT, statement, TIER);
  const signals = await circuitSignals(circuit, prepared.input);
  expect(namePublicSignals(signals)).toEqual(prepared.expected);
  return prepared;
}

function randomStatement(random: Random): Statement {
  return {
    context: random.big(0n, 1n << 60n),
    factor: random.pick([1n << 16n, 85_197n, 0n, (1n << 24n) - 1n, random.big(1n, (1n << 24n) - 1n)]),
    disclose: { requirement: random.chance(0.7), equity: random.chance(0.7) },
    collateral: random.pick([0n, random.big(0n, 1n << 50n), (1n << 72n) - 1n]),
  };
}

describe("the margin circuit and the risk core", () => {
  it("agree on every output for 120 random portfolios over random payloads", async () => {
    const random = seededRandom(20_261_121);
    let healthy = 0;
    for (let p = 0; p < 6; p++) {
      const payload = randomPayload(random, { assets: random.pick([[1], [2, 1], [1, 2, 2]]), instrumentsPerBucket: 10, size: random.pick([1000n, 1n << 20n, (1n << 28n) - 1n]) });
      const tree = hashPayload(payload);
      for (let run = 0; run < 20; run++) {
        const portfolio = randomPortfolio(random, payload, { ...TIER, lots: random.pick([3n, 1000n, MAX_SLOT_LOTS]) });
        const { margin } = await expectEqual(payload, tree, portfolio, randomStatement(random));
        healthy += Number(margin.healthy);
      }
    }
    // Both outcomes are seen.
    expect(healthy).toBeGreaterThan(10);
    expect(healthy).toBeLessThan(110);
  }, 600_000);

  describe("agree at the corners:", () => {
    const random = seededRandom(4);
    const payload = randomPayload(random, { assets: [1, 1], instrumentsPerBucket: 20 });
    const tree = hashPayload(payload);
    const locations = [...indexInstruments(payload).byId.values()];

    it("an empty book", async () => {
      const { margin } = await expectEqual(payload, tree, canonicalPortfolio(0n, []));
      expect(margin).toMatchObject({ maintenance: 0n, equity: 0n, healthy: true });
    });
    it("an empty book that owes one unit", async () => {
      expect((await expectEqual(payload, tree, canonicalPortfolio(-1n, []))).margin.healthy).toBe(false);
    });
    it("one position, long and short", async () => {
      for (const quantity of [1n, -1n]) await expectEqual(payload, tree, canonicalPortfolio(0n, [{ location: locations[0]!, quantity }]));
    });
    it("a full tier with the largest quantities, all long and all short", async () => {
      for (const sign of [1n, -1n]) {
        const holdings = locations.slice(10, 24).map((location) => ({ location, quantity: sign * MAX_SLOT_LOTS }));
        expect((await expectEqual(payload, tree, canonicalPortfolio(0n, holdings))).input["used"]).toEqual(new Array(14).fill(1n));
      }
    });
    it("a position of several slots", async () => {
      const { input } = await expectEqual(payload, tree, canonicalPortfolio(0n, [{ location: locations[3]!, quantity: -3n * MAX_SLOT_LOTS - 5n }]));
      expect(input["count"]).toBe(4n);
    });
    it("cash at both ends and the largest collateral", async () => {
      for (const cash of [-MAX_CASH, MAX_CASH - 1n]) {
        await expectEqual(payload, tree, canonicalPortfolio(cash, []), { ...STATEMENT, collateral: (1n << 72n) - 1n });
      }
    });
    it("equity of exactly the requirement, and one unit below", async () => {
      const holdings = [{ location: locations[1]!, quantity: -7n }];
      const { margin } = await expectEqual(payload, tree, canonicalPortfolio(0n, holdings));
      const missing = margin.requirement - margin.equity;
      expect((await expectEqual(payload, tree, canonicalPortfolio(missing, holdings))).margin.healthy).toBe(true);
      expect((await expectEqual(payload, tree, canonicalPortfolio(missing - 1n, holdings))).margin.healthy).toBe(false);
    });
    it("all losses tied", async () => {
      const flat = Array.from({ length: 4 }, () => new Array<bigint>(NODES).fill(-500n));
      const column = payload.buckets[0]!.column.map((node) => Math.min(node, NODES - 1));
      const tied: RiskPayload = {
        ...payload,
        buckets: [{ ...payload.buckets[0]!, column, instruments: payload.buckets[0]!.instruments.map((instrument) => ({ ...instrument, scenarioDeltas: flat })) }],
      };
      const location = indexInstruments(tied).byId.get(1)!;
      const { margin } = await expectEqual(tied, hashPayload(tied), canonicalPortfolio(0n, [{ location, quantity: 3n }]));
      expect(new Set(margin.losses)).toEqual(new Set([1500n]));
      expect(margin.shortfall.es).toBe(1500n);
    });
    it("T of the whole weight, and T = 1", async () => {
      const total = BigInt(payload.weights.reduce((sum, weight) => sum + weight, 0));
      for (const tail of [total, 1n]) {
        const other = { ...payload, tail };
        await expectEqual(other, hashPayload(other), canonicalPortfolio(0n, [{ location: locations[5]!, quantity: 99n }]));
      }
    });
    it("weights of zero everywhere but in one scenario", async () => {
      const other = { ...payload, weights: Array.from({ length: SCENARIOS }, (_, s) => (s === 77 ? 1000 : 0)), tail: 10n };
      const { margin } = await expectEqual(other, hashPayload(other), canonicalPortfolio(0n, [{ location: locations[5]!, quantity: -99n }]));
      expect(margin.shortfall.es).toBe(margin.losses[77]);
    });
  });

  it("agree for three buckets, over runs of one asset and unoccupied buckets between assets", async () => {
    const source = tierSource("S");
    const three = await compileCircuit({ ...source, name: "margin-3x3", main: source.main.replace("Margin(14, 2,", "Margin(3, 3,") });
    const tier = { name: "3x3", positions: 3, buckets: 3 };
    const random = seededRandom(33);
    for (let run = 0; run < 15; run++) {
      const payload = randomPayload(random, { assets: random.pick([[3], [2, 1], [1, 2], [1, 1, 1], [1]]), instrumentsPerBucket: 2 });
      const tree = hashPayload(payload);
      const prepared = prepareProof(payload, tree, randomPortfolio(random, payload, tier), SALT, randomStatement(random), tier);
      expect(namePublicSignals(await circuitSignals(three, prepared.input))).toEqual(prepared.expected);
    }
  }, 300_000);

  it("gives the same commitment for the same book under another payload, and another one for another salt", async () => {
    const random = seededRandom(8);
    const payload = randomPayload(random, { assets: [1], instrumentsPerBucket: 3 });
    const tree = hashPayload(payload);
    const book = canonicalPortfolio(5n, [{ location: indexInstruments(payload).byId.get(2)!, quantity: 5n }]);
    const first = prepareProof(payload, tree, book, 1n, STATEMENT, TIER).expected.portfolioCommitment;
    const later = { ...payload, epoch: payload.epoch + 1 };
    expect(prepareProof(later, hashPayload(later), book, 1n, STATEMENT, TIER).expected.portfolioCommitment).toBe(first);
    expect(prepareProof(payload, tree, book, 2n, STATEMENT, TIER).expected.portfolioCommitment).not.toBe(first);
  });
});
