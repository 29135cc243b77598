/**
 * What each template and tier costs the prover: circuits/constraints.csv and its measurement.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import writeFileAtomic from "write-file-atomic";
import { compileCircuit, tierCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { declaredTiers, readCircuitsConfig, tierMain, type CircuitsConfig, type MainConfig } from "../../prover/circuits-config.js";
import { projectRoot } from "../../prover/project-root.js";
import { readR1cs, type R1cs } from "../../prover/r1cs.js";

/** Sizes of a constraint system; the prover's time grows with all three. */
export interface CircuitCost {
  readonly constraints: number;
  readonly wires: number;
  /** Non-zero coefficients of A, B and C together. */
  readonly nonzeros: number;
}

/** A template with parameters, as circom writes it. */
export interface TemplateInstance {
  /** Below circuits/. */
  readonly file: string;
  readonly name: string;
}

export interface CostRow extends CircuitCost {
  readonly name: string;
}

/** Words of a 256-bit coefficient and of the wire before it. */
const TERM_WORDS = 9;
const COLUMNS = ["name", "constraints", "wires", "nonzeros"] as const;

export const COSTS_FILE = "circuits/constraints.csv";

/** Tiers that tests and the benchmark may compile, smallest first. */
export function recordedTiers(): readonly string[] {
  return declaredTiers().filter(({ onDemand }) => onDemand === undefined).map(({ name }) => name);
}

/** Every template as tier S uses it, and the generic ones at each size in use. */
export function templateInstances(config: CircuitsConfig = readCircuitsConfig()): readonly TemplateInstance[] {
  const { positions, buckets } = config.tiers["S"]!;
  const { scenarios, stressRows } = config.grid as Readonly<Record<string, number>>;
  return [
    { file: "portfolio-commitment.circom", name: `PortfolioCommitment(${positions})` },
    { file: "instrument-tree.circom", name: `InstrumentOpening(${buckets})` },
    { file: "instrument-tree.circom", name: "BucketOpening()" },
    { file: "instrument-tree.circom", name: `StrictlyIncreasing(${buckets})` },
    { file: "scenario-pnl.circom", name: "UnpackLanes()" },
    { file: "scenario-pnl.circom", name: `GridPnl(${positions}, ${buckets})` },
    { file: "scenario-pnl.circom", name: `ScenarioColumn(${scenarios})` },
    { file: "risk-root.circom", name: `RiskRoot(${scenarios}, ${stressRows})` },
    { file: "expected-shortfall.circom", name: `ExpectedShortfall(${scenarios})` },
    { file: "worst-loss.circom", name: `WorstLoss(${stressRows})` },
    { file: "liquidity.circom", name: `Liquidity(${buckets})` },
    { file: "requirement.circom", name: "MaintenanceMargin()" },
    { file: "requirement.circom", name: "Terms()" },
    { file: "requirement.circom", name: "Disclosure()" },
    { file: "lib/poseidon.circom", name: "Poseidon(5)" },
    { file: "lib/poseidon.circom", name: "Poseidon(8)" },
    { file: "lib/poseidon.circom", name: "Poseidon(11)" },
    { file: "lib/poseidon.circom", name: "Poseidon(16)" },
    { file: "lib/division.circom", name: "CeilDiv(28, 64)" },
    { file: "lib/division.circom", name: "CeilDiv(40, 92)" },
    { file: "lib/division.circom", name: "CeilDivPow2(10, 63)" },
    { file: "lib/division.circom", name: "CeilDivPow2(16, 66)" },
    { file: "lib/division.circom", name: "CeilDivPow2(16, 90)" },
    { file: "lib/division.circom", name: "CeilDivPow2(80, 80)" },
    { file: "lib/select.circom", name: "Select(3)" },
    { file: "lib/select.circom", name: "Select(4)" },
    { file: "lib/select.circom", name: "Booleans(4)" },
  ];
}

/** Compiled alone, with the flags of circuits.json: inputs private, outputs public. */
export async function templateCost({ file, name }: TemplateInstance): Promise<CostRow> {
  const circuit = await compileCircuit({
    name: `cost-${fileName(name)}`,
    main: `pragma circom 2.2.0;\ninclude "${file}";\ncomponent main = ${name};\n`,
    includePaths: [join(projectRoot(), "circuits")],
    flags: readCircuitsConfig().compiler.flags,
  });
  return { name, ...circuitCost(circuit) };
}

export async function tierCost(tier: string): Promise<CostRow> {
  return { name: tierInstance(tier), ...circuitCost(await tierCircuit(tier)) };
}

/** "Margin(14, 2, 192, 56)" */
export function tierInstance(tier: string, config: MainConfig = readCircuitsConfig()): string {
  return /= (.+);\s*$/.exec(tierMain(config, tier))![1]!;
}

/** The whole circuit at a size of its own. */
export interface MarginSize {
  readonly positions: number;
  readonly buckets: number;
  readonly scenarios: number;
  readonly stressRows: number;
}

export async function marginCost({ positions, buckets, scenarios, stressRows }: MarginSize): Promise<CostRow> {
  const config = readCircuitsConfig();
  const sized: MainConfig = { ...config, grid: { ...config.grid, scenarios, stressRows }, tiers: { sized: { positions, buckets } } };
  const name = tierInstance("sized", sized);
  const circuit = await compileCircuit({
    name: `cost-${fileName(name)}`,
    main: tierMain(sized, "sized"),
    includePaths: [join(projectRoot(), "circuits")],
    flags: config.compiler.flags,
  });
  return { name, ...circuitCost(circuit) };
}

export function circuitCost(circuit: Pick<CompiledCircuit, "r1cs">): CircuitCost {
  const r1cs = readR1cs(circuit.r1cs);
  return { constraints: r1cs.constraints, wires: r1cs.wires, nonzeros: nonzeros(r1cs) };
}

/** A constraint is three linear combinations: the number of terms, then the terms. */
export function nonzeros({ constraints, words }: Pick<R1cs, "constraints" | "words">): number {
  let total = 0;
  let at = 0;
  for (let combination = 0; combination < 3 * constraints; combination++) {
    const terms = words[at]!;
    total += terms;
    at += 1 + TERM_WORDS * terms;
  }
  return total;
}

export function readCosts(path: string = join(projectRoot(), COSTS_FILE)): readonly CostRow[] {
  return parse(readFileSync(path, "utf8"), {
    columns: true,
    cast: (text, { header, column }) => (header || column === "name" ? text : Number(text)),
  }) as CostRow[];
}

export function writeCosts(rows: readonly CostRow[], path: string = join(projectRoot(), COSTS_FILE)): void {
  const lines = rows.map(({ name, constraints, wires, nonzeros: terms }) =>
    [name.includes(",") ? `"${name}"` : name, constraints, wires, terms].join(","));
  writeFileAtomic.sync(path, `${[COLUMNS.join(","), ...lines].join("\n")}\n`);
}

function fileName(instance: string): string {
  return instance.replace(/\(\)$/, "").replace(/[(), ]+/g, "-").replace(/-$/, "");
}
