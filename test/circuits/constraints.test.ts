import { describe, expect, it } from "vitest";
import { readCircuitsConfig } from "../../prover/circuits-config.js";
import { circuitCost, COSTS_FILE, nonzeros, readCosts, recordedTiers, templateCost, templateInstances, tierCost, tierInstance, type CostRow, type TemplateInstance } from "../../src/bench/circuit-costs.js";
import { circuitFiles, circuitSource, compileFiles } from "../support/template.js";

const tiers = recordedTiers();
const instances = templateInstances();
const templates = circuitFiles().flatMap(templatesOf);
const recorded = readCosts();
const row = (name: string) => recorded.find((cost) => cost.name === name);

/** As templateCost, by the compiler that the tests keep running. */
async function costOf({ file, name }: TemplateInstance): Promise<CostRow> {
  const { r1cs } = await compileFiles({ file, instance: name }, { optimisation: "O2", calculator: false });
  return { name, ...circuitCost({ r1cs }) };
}

describe(`${COSTS_FILE} (npm run bench -- constraints --update writes it; its difference is reviewed)`, () => {
  it("has one row for each tier and each template instance, and no other", () => {
    expect(recorded.map(({ name }) => name)).toEqual([...tiers.map((tier) => tierInstance(tier)), ...instances.map(({ name }) => name)]);
  });

  it("covers every template of circuits/", () => {
    const covered = new Set([...tiers.map((tier) => tierInstance(tier)), ...instances.map(({ name }) => name)].map((name) => name.split("(")[0]));
    expect(templates.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
  });

  it.each(tiers)("agrees with the compiled circuit of tier %s, which fits its domain", async (tier) => {
    const cost = await tierCost(tier);
    expect(cost).toEqual(row(tierInstance(tier)));
    const { domainPower } = readCircuitsConfig().tiers[tier]!;
    const { outputs, inputs } = readCircuitsConfig().publicSignals;
    expect(cost.constraints + outputs.length + inputs.length + 1).toBeLessThanOrEqual(2 ** domainPower);
  });

  it.each(instances)("agrees with $name compiled alone", async (instance) => {
    expect(await costOf(instance)).toEqual(row(instance.name));
  });

  it("has what the benchmark measures", async () => {
    for (const instance of instances.slice(-2)) expect(await templateCost(instance)).toEqual(await costOf(instance));
  });
});

describe("non-zeros of a constraint system", () => {
  it("are the terms of A, B and C of all constraints", () => {
    const term = (wire: number) => [wire, 1, 0, 0, 0, 0, 0, 0, 0];
    // (w1 + w2) w3 = 0, then 1 w1 = w2 + w3 + w4.
    const words = [2, ...term(1), ...term(2), 1, ...term(3), 0, 1, ...term(0), 1, ...term(1), 3, ...term(2), ...term(3), ...term(4)];
    expect(nonzeros({ constraints: 2, words: Uint32Array.from(words) })).toBe(2 + 1 + 0 + 1 + 1 + 3);
  });
});

/** Sizes beside the tier's, so that a formula can't be right by chance. */
const SECOND_SIZES: readonly TemplateInstance[] = [
  { file: "portfolio-commitment.circom", name: "PortfolioCommitment(16)" },
  { file: "instrument-tree.circom", name: "StrictlyIncreasing(4)" },
  { file: "scenario-pnl.circom", name: "GridPnl(3, 1)" },
  { file: "scenario-pnl.circom", name: "ScenarioColumn(8)" },
  { file: "expected-shortfall.circom", name: "ExpectedShortfall(4)" },
  { file: "worst-loss.circom", name: "WorstLoss(2)" },
  { file: "liquidity.circom", name: "Liquidity(3)" },
];

describe("the cost that a template's header states", () => {
  it("is there for every template but the whole circuit", () => {
    const whole = readCircuitsConfig().template.name;
    expect(templates.filter(({ claim }) => claim === undefined).map(({ name }) => name)).toEqual([whole]);
  });

  it.each(instances)("is what $name has in the file", ({ name }) => {
    expect(claimedCost(name)).toBe(row(name)?.constraints);
  });

  it.each(SECOND_SIZES)("is what $name compiles to", async (instance) => {
    expect(claimedCost(instance.name)).toBe((await costOf(instance)).constraints);
  });
});

interface CircuitTemplate {
  readonly name: string;
  readonly parameters: readonly string[];
  /** "90 scenarios + 162" */
  readonly claim: string | undefined;
}

/** The header is the block of comment lines right above. */
function templatesOf(file: string): CircuitTemplate[] {
  return [...circuitSource(file).matchAll(/((?:^\/\/.*\n)*)^template (\w+)\((.*?)\)/gm)].map(([, header, name, parameters]) => ({
    name: name!,
    parameters: parameters === "" ? [] : parameters!.split(", "),
    claim: /^\/\/ Cost: ([^.]+)\./m.exec(header!)?.[1],
  }));
}

/** Of Poseidon over the BN254 field, by number of inputs (Grassi et al.). */
const PARTIAL_ROUNDS: Readonly<Record<number, number>> = { 5: 60, 8: 63, 11: 60, 16: 68 };
/** Constraints of Poseidon: 3 for each of 8 (inputs + 1) full and the partial S-boxes, less the constant capacity's. */
const poseidonCost = (inputs: number) => 3 * (8 * (inputs + 1) + PARTIAL_ROUNDS[inputs]!) - 3;

function claimedCost(instance: string): number {
  const [, name, values] = /^(\w+)\((.*)\)$/.exec(instance)!;
  const template = templates.find((candidate) => candidate.name === name)!;
  const claim = template.claim!.replace("partial rounds", String(PARTIAL_ROUNDS[Number(values)]));
  return evaluate(claim, new Map(template.parameters.map((parameter, at) => [parameter, Number(values!.split(", ")[at])])));
}

/** Sums of products; a product is written by juxtaposition, as in "16 positions buckets". */
function evaluate(formula: string, parameters: ReadonlyMap<string, number>): number {
  const tokens = formula.replace(/(\d),(\d)/g, "$1$2").match(/\w+|[()+\-/^]|[^\s\w]/g)!;
  let at = 0;
  const take = (token: string): boolean => tokens[at] === token && ++at > 0;

  const sum = (): number => {
    let value = product();
    for (;;) {
      if (take("+")) value += product();
      else if (take("-")) value -= product();
      else return value;
    }
  };
  const product = (): number => {
    let value = power();
    for (;;) {
      if (take("/")) value /= power();
      else if (/^\w+$/.test(tokens[at] ?? "")) value *= power();
      else return value;
    }
  };
  const power = (): number => {
    const base = atom();
    return take("^") ? base ** atom() : base;
  };
  const atom = (): number => {
    const token = tokens[at++] ?? "the end";
    if (/^\d+$/.test(token)) return Number(token);
    if (take("(")) {
      const argument = sum();
      const value = token === "ceil" ? Math.ceil(argument) : token === "Poseidon" ? poseidonCost(argument) : undefined;
      if (value !== undefined && take(")")) return value;
    } else {
      const value = parameters.get(token);
      if (value !== undefined) return value;
    }
    throw new Error(`"${formula}" can't be read at ${token}`);
  };

  const value = sum();
  if (at !== tokens.length) throw new Error(`"${formula}" can't be read at ${tokens[at]}`);
  return value;
}
