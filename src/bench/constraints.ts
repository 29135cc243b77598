/**
 * Constraint counts: of each template and tier, and what a further position, bucket or scenario costs.
 */
import { startProgress } from "../cli/progress.js";
import { COSTS_FILE, marginCost, readCosts, recordedTiers, templateCost, templateInstances, tierCost, writeCosts, type CostRow, type MarginSize } from "./circuit-costs.js";
import { count, type ReportTable, type Section } from "./report.js";

/** Small, so that they compile in seconds; a scenario block is a quarter, of which stressRows / 4 are stress rows. */
const BASE: MarginSize = { positions: 2, buckets: 1, scenarios: 16, stressRows: 8 };

/** Seconds that compiling takes, about, where the cache has nothing: weights of the progress. */
const TIER_SECONDS = 40;
const TEMPLATE_SECONDS = 1.5;
const VARIANT_SECONDS = 10;

/** Second differences are there because a position costs more in a circuit of more buckets. */
const VARIANTS = {
  position: { ...BASE, positions: 3 },
  bucket: { ...BASE, buckets: 2 },
  both: { ...BASE, positions: 3, buckets: 2 },
  scenarios: { ...BASE, scenarios: 20 },
  scenariosOfTwo: { ...BASE, buckets: 2, scenarios: 20 },
  stressRows: { ...BASE, scenarios: 20, stressRows: 12 },
} as const;

export interface MarginalCosts {
  /** In a circuit of one bucket. */
  readonly position: number;
  readonly positionPerBucket: number;
  /** Without its share in positions and scenarios. */
  readonly bucket: number;
  /** Without its share in buckets. */
  readonly scenario: number;
  readonly scenarioPerBucket: number;
  readonly stressRow: number;
}

/** Every row of the file, in its order: tiers first. */
export async function measureCosts(onProgress: (fraction: number, detail: string) => void = () => {}): Promise<readonly CostRow[]> {
  const measures = [
    ...recordedTiers().map((tier) => ({ name: `tier ${tier}`, seconds: TIER_SECONDS, run: () => tierCost(tier) })),
    ...templateInstances().map((instance) => ({ name: instance.name, seconds: TEMPLATE_SECONDS, run: () => templateCost(instance) })),
  ];
  const total = measures.reduce((sum, { seconds }) => sum + seconds, 0);
  let done = 0;
  const rows: CostRow[] = [];
  for (const { name, seconds, run } of measures) {
    onProgress(done / total, name);
    rows.push(await run());
    done += seconds;
  }
  return rows;
}

/** By finite differences of compiled circuits. */
export async function measureMarginalCosts(onProgress: (fraction: number, detail: string) => void = () => {}): Promise<MarginalCosts> {
  const sizes = Object.entries<MarginSize>({ base: BASE, ...VARIANTS });
  const found: Record<string, number> = {};
  for (const [at, [name, size]] of sizes.entries()) {
    onProgress(at / sizes.length, name);
    found[name] = (await marginCost(size)).constraints;
  }
  const { base, position, bucket, both, scenarios, scenariosOfTwo, stressRows } = found as Record<keyof typeof VARIANTS | "base", number>;
  const positionPerBucket = both - bucket - (position - base);
  const scenarioPerBucket = (scenariosOfTwo - bucket - (scenarios - base)) / 4;
  return {
    position: position - base,
    positionPerBucket,
    bucket: bucket - base - BASE.positions * positionPerBucket - BASE.scenarios * scenarioPerBucket,
    scenario: (scenarios - base) / 4 - BASE.buckets * scenarioPerBucket,
    scenarioPerBucket,
    stressRow: (stressRows - scenarios) / 4,
  };
}

/** @param update writes circuits/constraints.csv, whose difference is then reviewed */
export async function reportConstraints(update: boolean): Promise<Section> {
  const variantSeconds = VARIANT_SECONDS * (1 + Object.keys(VARIANTS).length);
  const rowSeconds = TIER_SECONDS * recordedTiers().length + TEMPLATE_SECONDS * templateInstances().length;
  const share = rowSeconds / (rowSeconds + variantSeconds);
  const progress = startProgress("circuits", rowSeconds + variantSeconds);
  const rows = await measureCosts((fraction, detail) => progress.update(share * fraction, detail));
  const marginal = await measureMarginalCosts((fraction, detail) => progress.update(share + (1 - share) * fraction, detail));
  progress.finish();
  if (update) writeCosts(rows);
  const differing = differences(rows, readCosts());
  return {
    title: "Constraints: compiled with the flags of circuits.json, each template alone",
    tables: [
      { head: ["circuit", "constraints", "wires", "non-zeros"], rows: rows.map((row) => [row.name, count(row.constraints), count(row.wires), count(row.nonzeros)]) },
      marginalTable(marginal),
    ],
    notes: [
      "Hashes grow in steps beside this: at every 15 positions, 12 scenarios and 19 stress rows.",
      differing.length > 0 ? `${COSTS_FILE} differs in ${differing.join("; ")}: --update writes it` : `${COSTS_FILE} agrees`,
    ],
    data: { rows, marginal },
  };
}

function differences(measured: readonly CostRow[], recorded: readonly CostRow[]): readonly string[] {
  const text = (row: CostRow | undefined) => (row === undefined ? "" : [row.constraints, row.wires, row.nonzeros].join());
  const names = new Set([...measured, ...recorded].map(({ name }) => name));
  const find = (rows: readonly CostRow[], wanted: string) => text(rows.find(({ name }) => name === wanted));
  return [...names].filter((name) => find(measured, name) !== find(recorded, name));
}

function marginalTable(marginal: MarginalCosts): ReportTable {
  return {
    head: ["one more", "constraints", "for each bucket"],
    rows: [
      ["position", count(marginal.position - marginal.positionPerBucket), count(marginal.positionPerBucket)],
      ["bucket", count(marginal.bucket), ""],
      ["scenario", count(marginal.scenario), count(marginal.scenarioPerBucket)],
      ["stress row (a scenario already)", count(marginal.stressRow), ""],
    ],
  };
}
