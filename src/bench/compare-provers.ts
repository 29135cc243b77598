/**
 * Provers side by side: same key, same witness, all from one run in which each has its turn again and again.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TierKey } from "../../prover/prove-margin.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { startProgress } from "../cli/progress.js";
import { scaledSeconds, tierOf } from "../cli/tier-key.js";
import { prepareProof } from "../witness/circuit-input.js";
import { limitContenders, measureSize, reportLimit } from "./limits.js";
import { interleave } from "./measure.js";
import { phaseContenders, reportPhases, reportProvePhase, reportWitnesses } from "./phases.js";
import { processContenders, reportProcesses } from "./processes.js";
import { count, type Section } from "./report.js";
import { reportArithmetics, reportThroughput, scalingContenders } from "./scaling.js";
import { type Subject, usedEngine, witnessFile } from "./subject.js";
import { DISCLOSE, fullBook, SALT, TERMS, type Workload } from "./workload.js";

/** Seconds of one run of all contenders on two cores in tier S, before anything is measured. */
const RUN_SECONDS = 35;

/** A section of the report, and its name among the data. */
export interface Part {
  readonly name: string;
  readonly section: Section;
}

/** @param rapidsnark path of its prover program */
export async function compareProvers({ payload, tree }: Workload, tierKey: TierKey, repeat: number, rapidsnark: string | undefined): Promise<readonly Part[]> {
  const { circuit, key } = tierKey;
  const tier = tierOf(tierKey.tier);
  const { input } = prepareProof(payload, tree, fullBook(payload, tier), SALT, { ...TERMS, context: 1n, disclose: DISCLOSE }, tier);
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-bench-"));
  const witness = await calculateWitness(circuit.wasm, input);
  const progress = startProgress("provers", scaledSeconds(RUN_SECONDS, tier) * (repeat + 1));
  try {
    const engine = usedEngine();
    const subject: Subject = { key, wasm: circuit.wasm, input, witness, witnessFile: witnessFile(folder), folder, engine };
    writeFileSync(subject.witnessFile, witness, { mode: 0o600 });
    const contenders = [
      ...(await processContenders(subject, rapidsnark)),
      ...phaseContenders(subject),
      ...scalingContenders(subject),
      ...limitContenders(subject),
    ];
    const samples = await interleave(contenders, repeat, (fraction, name) => progress.update(fraction, name));

    const processes = reportProcesses(subject, samples);
    const { constraints, domainPower } = circuit.statistics;
    const parts: Part[] = [
      { name: "processes", section: { ...processes, title: `${processes.title}: tier ${tier.name}, ${count(constraints)} constraints, domain 2^${domainPower}` } },
      { name: "witness", section: reportWitnesses(samples) },
      { name: "provePhase", section: reportProvePhase(subject, samples) },
    ];
    if (engine !== undefined) {
      parts.push(
        { name: "phases", section: reportPhases(samples) },
        { name: "arithmetics", section: reportArithmetics(samples) },
        { name: "throughput", section: reportThroughput(engine, samples) },
        { name: "limit", section: reportLimit(engine, await measureSize(subject, engine), samples) },
      );
    }
    return parts;
  } finally {
    progress.finish();
    witness.fill(0);
    rmSync(folder, { recursive: true, force: true });
  }
}
