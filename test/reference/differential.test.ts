import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tierOf } from "../../src/cli/tier-key.js";
import { computeMargin, MAX_FACTOR } from "../../src/risk/margin.js";
import { buildCase, planArbitrary, type World } from "../fuzz/differential/cases.js";
import { compareCase, riskCore, type Expectation } from "../fuzz/differential/compare.js";
import { randomWorlds, searchDifferences, teachWorlds } from "../fuzz/differential/search.js";
import { readVector, vectorNames, VECTORS } from "../fuzz/differential/vectors.js";
import { loadTier, type TierCircuit } from "../fuzz/differential/circuit.js";
import { startReference, type Reference } from "./reference.js";

const loaded = new Map<string, Promise<TierCircuit>>();
/** Compiled at most once. */
function circuitOf(tier: string): Promise<TierCircuit> {
  const circuit = loaded.get(tier) ?? loadTier(tier);
  loaded.set(tier, circuit);
  return circuit;
}

describe("a case that was found once, or made to be remembered", () => {
  const names = vectorNames(VECTORS);
  it("is there", () => {
    expect(names.length).toBeGreaterThan(5);
  });
  it.each(names)("agrees in risk core, circuit and the recorded figures of the reference: %s", async (name) => {
    const { drawn, figures } = readVector(VECTORS, name);
    expect(await compareCase(drawn, await circuitOf(drawn.tier.name), riskCore, Promise.resolve(figures))).toEqual([]);
  }, 600_000);
});

describe("a search of random cases", () => {
  const seed = 20_261_121;
  let reference: Reference;
  let worlds: World[];
  beforeAll(async () => {
    reference = startReference();
    // The larger ones are for the long search.
    worlds = randomWorlds(seed).filter(({ payload }) => payload.buckets.every(({ instruments }) => instruments.length < 100));
    await teachWorlds(reference, worlds, () => true);
  });
  afterAll(() => reference.close());

  it("finds no difference between risk core, circuit and reference in 100 of them", async () => {
    let seen = 0;
    const found = await searchDifferences({ worlds, circuit: await circuitOf("S"), runs: 100, seed, folder: VECTORS, reference, onRun: () => seen++ });
    expect(found?.message).toBeUndefined();
    expect(seen).toBe(100);
  });

  it("draws empty books and full tiers, one and several buckets and slots, both healths, every disclosure, ties at the threshold and T on the boundary", () => {
    const tier = tierOf("S");
    const plans = fc.sample(planArbitrary(worlds.length, tier), { numRuns: 200, seed });
    const seen = new Map<string, number>();
    const count = (what: string, holds: boolean) => seen.set(what, (seen.get(what) ?? 0) + Number(holds));
    for (const plan of plans) {
      const { payload, portfolio, statement } = buildCase(plan, worlds, tier);
      const { losses, shortfall, equity, requirement, healthy } = computeMargin(payload, portfolio, statement);
      const weight = (holds: (loss: bigint) => boolean) => losses.reduce((sum, loss, s) => sum + (holds(loss) ? BigInt(payload.weights[s]!) : 0n), 0n);
      const worse = weight((loss) => loss > shortfall.threshold);
      const tied = weight((loss) => loss === shortfall.threshold);
      const slots = portfolio.holdings.length;
      count("empty", slots === 0);
      count("full tier", slots === tier.positions);
      count("several buckets", new Set(portfolio.holdings.map(({ location }) => location.bucket.index)).size > 1);
      count("all short", slots > 0 && portfolio.holdings.every(({ quantity }) => quantity < 0n));
      count("a position of several slots", new Set(portfolio.holdings.map(({ location }) => location.instrument.id)).size < slots);
      count("healthy", healthy);
      count("unhealthy", !healthy);
      count("equity is the requirement", equity === requirement);
      count("one unit short", equity === requirement - 1n);
      count("negative cash", portfolio.cash < 0n);
      for (const disclosed of [0, 1, 2, 3]) count(`discloses ${disclosed}`, Number(statement.disclose.requirement) + 2 * Number(statement.disclose.equity) === disclosed);
      count("T ends inside a tie", slots > 0 && payload.tail > worse && payload.tail < worse + tied);
      count("T ends with a tie", slots > 0 && payload.tail === worse + tied);
      count("a negative expected shortfall", shortfall.es < 0n);
      count("largest factor", statement.factor === MAX_FACTOR);
    }
    expect([...seen].filter(([, times]) => times < 2)).toEqual([]);
  });

  it("finds a margin that is one unit wrong for books of two shorts, shrinks it to two lots, and saves a vector that replays", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zkmargin-fuzz-"));
    const wrong: Expectation = (drawn) => {
      const right = riskCore(drawn);
      const shorts = drawn.portfolio.holdings.filter(({ quantity }) => quantity < 0n).length;
      return shorts < 2 ? right : { ...right, margin: { ...right.margin, maintenance: right.margin.maintenance + 1n } };
    };
    try {
      const found = await searchDifferences({ worlds, circuit: await circuitOf("S"), runs: 100, seed, folder, reference, expectation: wrong });
      expect(found?.differences.map(({ figure, from }) => `${figure}, ${from}`)).toEqual(["maintenance, circuit", "maintenance, reference"]);
      expect(found!.drawn.portfolio.holdings.map(({ quantity }) => quantity)).toEqual([-1n, -1n]);
      expect(existsSync(found!.path) && readdirSync(folder)).toEqual([`${found!.name}.json`]);

      const { drawn, figures, about } = readVector(folder, found!.name);
      expect(about).toContain(`Found by seed ${seed}: maintenance`);
      const recorded = Promise.resolve(figures);
      expect((await compareCase(drawn, await circuitOf("S"), wrong, recorded)).map(({ figure }) => figure)).toEqual(["maintenance", "maintenance"]);
      expect(await compareCase(drawn, await circuitOf("S"), riskCore, recorded)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
