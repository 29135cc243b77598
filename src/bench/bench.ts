/**
 * The benchmark: times of each stage, provers side by side, constraint counts, gas. Medians and ratios from one run.
 */
import { availableParallelism, cpus } from "node:os";
import { Argument, Command, InvalidArgumentError } from "commander";
import { startSnarkjs, stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { printJson, printLine } from "../cli/output.js";
import { startProgress } from "../cli/progress.js";
import { reportError } from "../cli/report-error.js";
import { openTierKey, tierOf } from "../cli/tier-key.js";
import { runAttestations } from "./attest-runs.js";
import { compareProvers } from "./compare-provers.js";
import { reportConstraints } from "./constraints.js";
import { reportGas } from "./gas.js";
import { printSection, type Section } from "./report.js";
import { measureStages } from "./stages.js";
import { buildWorkload } from "./workload.js";

const SECTIONS = ["stages", "prover", "constraints", "gas"] as const;
type SectionName = (typeof SECTIONS)[number];

interface Options {
  readonly rapidsnark?: string;
  readonly repeat: number;
  readonly tier: string;
  readonly json?: true;
  readonly update?: true;
}

/** Proofs that gas alone needs: the first of an account, and two later ones. */
const GAS_RUNS = 3;

async function bench(chosen: readonly SectionName[], { rapidsnark, repeat, tier, json, update }: Options): Promise<void> {
  tierOf(tier);
  const wanted = new Set<SectionName>(chosen.length > 0 ? chosen : SECTIONS);
  const machine = { node: process.version, processor: cpus()[0]?.model ?? "unknown", threads: availableParallelism() };
  if (json === undefined) printLine(`Node ${machine.node}, ${machine.threads} threads of ${machine.processor}; medians of ${repeat} runs`);
  const data: Partial<Record<SectionName, unknown>> = {};
  const finish = (name: SectionName, section: Section): void => {
    data[name] = section.data;
    if (json === undefined) printSection(section);
  };

  if (wanted.has("stages") || wanted.has("prover") || wanted.has("gas")) {
    const building = startProgress("market and risk payload", 4);
    const workload = buildWorkload((fraction) => building.update(fraction));
    building.finish();
    const tierKey = await openTierKey(tier);

    if (wanted.has("stages") || wanted.has("gas")) {
      const runs = await runAttestations(workload, tierKey, wanted.has("stages") ? Math.max(2, repeat) : GAS_RUNS);
      if (wanted.has("stages")) finish("stages", await measureStages(workload, tierOf(tier), runs, repeat));
      if (wanted.has("gas")) finish("gas", reportGas(runs));
    }
    if (wanted.has("prover")) {
      // One start for all of its proofs.
      await startSnarkjs();
      const parts = await compareProvers(workload, tierKey, repeat, rapidsnark);
      data.prover = Object.fromEntries(parts.map(({ name, section }) => [name, section.data]));
      if (json === undefined) for (const { section } of parts) printSection(section);
    }
  }
  if (wanted.has("constraints")) finish("constraints", await reportConstraints(update === true));

  if (json) printJson({ machine, repeat, tier, ...data });
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("must be a whole number in 1..9999");
  return Number(text);
}

const program = new Command("bench")
  .description("times, ratios against peers, constraint counts, gas: all from one run")
  .addArgument(new Argument("[sections...]", "what to measure; everything by default").choices(SECTIONS))
  .option("--rapidsnark <path>", "rapidsnark's prover program, to compare with")
  .option("--tier <tier>", "tier of stages, prover and gas", "S")
  .option("--repeat <n>", "runs of each measurement", positiveInteger, 5)
  .option("--json", "one JSON object on standard output")
  .option("--update", "with constraints: write circuits/constraints.csv")
  .action(bench);

try {
  await program.parseAsync();
  await stopSnarkjs();
  process.exit(0);
} catch (error) {
  reportError(error);
  process.exit(2);
}
