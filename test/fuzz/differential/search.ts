/** The search: random plans until one differs, then its smallest form as a file. */
import fc from "fast-check";
import type { Reference } from "../../reference/reference.js";
import { chainMarket, oddMarket, realChains } from "../../reference/markets.js";
import { hashPayload } from "../../../src/risk/instrument-tree.js";
import { randomPayload, type PayloadShape } from "../../support/random-payload.js";
import { seededRandom } from "../../support/random.js";
import { specPayload } from "../../support/spec-payload.js";
import { buildCase, planArbitrary, type DifferentialCase, type World } from "./cases.js";
import type { TierCircuit } from "./circuit.js";
import { compareCase, describeDifferences, riskCore, type Difference, type Expectation } from "./compare.js";
import { saveVector, smallCase } from "./vectors.js";

export interface Search {
  readonly worlds: readonly World[];
  readonly circuit: TierCircuit;
  readonly runs: number;
  readonly seed: number;
  /** Where a case that differs is saved. */
  readonly folder: string;
  /** Knows the worlds by name. */
  readonly reference: Reference;
  readonly expectation?: Expectation;
  readonly onRun?: () => void;
}

export interface Found {
  /** Of the saved vector. */
  readonly path: string;
  readonly name: string;
  readonly drawn: DifferentialCase;
  readonly differences: readonly Difference[];
  /** Ready to be read: seed, path and figures. */
  readonly message: string;
}

/** Nothing if all runs agree. */
export async function searchDifferences(search: Search): Promise<Found | undefined> {
  const { worlds, circuit, runs, seed, reference, onRun = () => {} } = search;
  const compare = async (drawn: DifferentialCase, world: World): Promise<Difference[]> => {
    const { tail, buffer, granularity, weights, damping } = drawn.payload;
    const figures = reference.evaluate(world.name, drawn.portfolio, drawn.salt, drawn.statement, { tail, buffer, granularity, weights, damping });
    return compareCase(drawn, circuit, search.expectation, figures);
  };
  const property = fc.asyncProperty(planArbitrary(worlds.length, circuit.tier), async (plan) => {
    const agrees = (await compare(buildCase(plan, worlds, circuit.tier), worlds[plan.world]!)).length === 0;
    onRun();
    return agrees;
  });
  const details = await fc.check(property, { seed, numRuns: runs });
  if (!details.failed) return undefined;
  const plan = details.counterexample![0];
  return save(search, buildCase(plan, worlds, circuit.tier));
}

async function save({ circuit, seed, folder, reference, expectation = riskCore }: Search, drawn: DifferentialCase): Promise<Found> {
  const examine = async (kept: DifferentialCase) => {
    await reference.payload("found", kept.payload);
    const figures = await reference.evaluate("found", kept.portfolio, kept.salt, kept.statement);
    return { kept, figures, differences: await compareCase(kept, circuit, expectation, Promise.resolve(figures)) };
  };
  // Without the instruments that the book doesn't hold, if it differs then too.
  const small = await examine(smallCase(drawn));
  const { kept, figures, differences } = small.differences.length > 0 ? small : await examine(drawn);
  const name = `found-${circuit.tier.name}-${seed}`;
  const path = saveVector(folder, name, `Found by seed ${seed}: ${describeDifferences(differences)}`, kept, figures);
  return { path, name, drawn: kept, differences, message: `seed ${seed}, saved as ${path}: ${describeDifferences(differences)}` };
}

const SHAPES: readonly PayloadShape[] = [
  { assets: [1], instrumentsPerBucket: 3, size: 1_000n },
  { assets: [2, 1], instrumentsPerBucket: 20 },
  { assets: [1, 2, 2], instrumentsPerBucket: 16, size: 1n << 20n },
  { assets: [3], instrumentsPerBucket: 255, size: 10n },
  { assets: [1, 1, 1, 1], instrumentsPerBucket: 5, size: 1n },
  { assets: [4, 4], instrumentsPerBucket: 9 },
];

/** Payloads of any values in range, simplest first. */
export function randomWorlds(seed: number): World[] {
  const random = seededRandom(seed);
  const payloads = [specPayload(), ...SHAPES.map((shape) => randomPayload(random, shape))];
  return payloads.map((payload, at) => ({ name: `random ${at}`, payload, tree: hashPayload(payload) }));
}

/** Payloads that markets give: generated ones, and every second real chain where ../shared/data is. */
export function marketWorlds(seed: number): World[] {
  const chains = realChains.filter((_, at) => at % 2 === 0);
  return [oddMarket(seededRandom(seed), "odd market"), chainMarket(), ...chains.map((chain) => chainMarket(chain))];
}

/** Roots of whole chains are hashed where `hash` asks for it: seconds each. */
export async function teachWorlds(reference: Reference, worlds: readonly World[], hash: (world: World) => boolean): Promise<void> {
  for (const world of worlds) await reference.payload(world.name, world.payload, { hash: hash(world) });
}
