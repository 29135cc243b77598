import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { World } from "./differential/cases.js";
import { realChains } from "../reference/markets.js";
import { startReference } from "../reference/reference.js";
import { loadTier, tierNames } from "./differential/circuit.js";
import { marketWorlds, randomWorlds, searchDifferences, teachWorlds } from "./differential/search.js";
import { VECTORS } from "./differential/vectors.js";
import { fuzzRuns, fuzzSeed, startProgress } from "./session.js";

/** Cases of a tier: the small one's take some 50 ms each. */
const RUNS: Readonly<Record<string, number>> = { S: 5_000 };
const RUNS_OF_OTHERS = 400;

describe("risk core, circuit and reference", () => {
  const seed = fuzzSeed();
  const reference = startReference();
  let worlds: World[];
  beforeAll(async () => {
    process.stderr.write("differential: payloads of random and real markets, about a minute\n");
    worlds = [...randomWorlds(seed), ...marketWorlds(seed)];
    // The reference takes ten seconds for the root over a whole chain: the generated one's.
    await teachWorlds(reference, worlds, ({ name }) => !realChains.includes(name));
  });
  afterAll(() => reference.close());

  for (const tier of tierNames()) {
    it(`agree on every figure of tier ${tier}`, async () => {
      const circuit = await loadTier(tier);
      const runs = fuzzRuns(RUNS[tier] ?? RUNS_OF_OTHERS);
      const progress = startProgress(`differential, tier ${tier}`, seed, runs);
      const found = await searchDifferences({ worlds, circuit, runs, seed, folder: VECTORS, reference, onRun: () => progress.step() });
      expect(found?.message).toBeUndefined();
    });
  }
});
