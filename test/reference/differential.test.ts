import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareCase, riskCore, type Expectation } from "../fuzz/differential/compare.js";
import { randomWorlds, searchDifferences, teachWorlds } from "../fuzz/differential/search.js";
import { readVector, vectorNames, VECTORS } from "../fuzz/differential/vectors.js";
import type { World } from "../fuzz/differential/cases.js";
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
