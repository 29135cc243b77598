/**
 * Provers and witness calculators side by side: same key, same witness, in turn within each run, so that the ratios hold under any load.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wtns } from "snarkjs";
import { chooseBackend } from "../../prover/backends/select.js";
import { snarkjsBackend } from "../../prover/backends/snarkjs.js";
import { fromSnarkjsProof, verifyProof, type SnarkjsProof } from "../../prover/proof.js";
import type { TierKey } from "../../prover/prove-margin.js";
import type { UncheckedProof } from "../../prover/prover.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { startProgress } from "../cli/progress.js";
import { tierOf } from "../cli/tier-key.js";
import { prepareProof } from "../witness/circuit-input.js";
import { BenchProofError } from "./attest-runs.js";
import { createRecorder, median, summarize, type Measurement } from "./measure.js";
import { count, timesTable, type ReportTable, type Section } from "./report.js";
import { DISCLOSE, fullBook, SALT, TERMS, type Workload } from "./workload.js";

const OURS = "zkmargin";
const SNARKJS = "snarkjs";
const RAPIDSNARK = "rapidsnark, as a process";

interface Contender {
  readonly name: string;
  prove(): Promise<UncheckedProof>;
}

/** @param rapidsnark path of its prover binary */
export async function compareProvers({ payload, tree }: Workload, tierKey: TierKey, repeat: number, rapidsnark: string | undefined): Promise<Section> {
  const { circuit, key } = tierKey;
  const tier = tierOf(tierKey.tier);
  const { input } = prepareProof(payload, tree, fullBook(payload, tier), SALT, { ...TERMS, context: 1n, disclose: DISCLOSE }, tier);

  const witnesses = createRecorder();
  // Outside the clock: compiles the program, which stays in memory. snarkjs compiles it at every call.
  (await calculateWitness(circuit.wasm, input)).fill(0);
  for (let run = 0; run < repeat; run++) {
    (await witnesses.time(OURS, () => calculateWitness(circuit.wasm, input))).fill(0);
    const theirs: { type: "mem"; data?: Uint8Array } = { type: "mem" };
    await witnesses.time(SNARKJS, () => wtns.calculate(input, circuit.wasm, theirs));
    theirs.data?.fill(0);
  }

  const proofs = createRecorder();
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-bench-"));
  const witness = await calculateWitness(circuit.wasm, input);
  const progress = startProgress("provers", repeat * (rapidsnark === undefined ? 6 : 8));
  try {
    const contenders: Contender[] = [{ name: SNARKJS, prove: () => snarkjsBackend().prove(key, witness, {}) }];
    const { backend } = chooseBackend();
    if (backend.name !== SNARKJS) contenders.push({ name: OURS, prove: () => backend.prove(key, witness, {}) });
    if (rapidsnark !== undefined) {
      const file = join(folder, "witness.wtns");
      writeFileSync(file, witness, { mode: 0o600 });
      contenders.push({ name: RAPIDSNARK, prove: () => runRapidsnark(rapidsnark, key.zkeyPath, file, folder) });
    }
    for (let run = 0; run < repeat; run++) {
      for (const { name, prove } of contenders) {
        const { proof, publicSignals } = await proofs.time(name, prove);
        if (!(await verifyProof(key.verificationKey, proof, publicSignals))) throw new BenchProofError(name);
      }
      progress.update((run + 1) / repeat);
    }
  } finally {
    progress.finish();
    witness.fill(0);
    // The folder is private (0700) and was all that held the witness outside this process.
    rmSync(folder, { recursive: true, force: true });
  }

  const witnessTimes = witnesses.measurements();
  const proofTimes = proofs.measurements();
  const ratios = { witness: ratio(witnessTimes, SNARKJS, OURS), native: ratio(proofTimes, SNARKJS, OURS), prove: ratio(proofTimes, SNARKJS, RAPIDSNARK) };
  const { constraints, domainPower } = circuit.statistics;
  return {
    title: `Provers: tier ${tier.name}, ${count(constraints)} constraints, domain 2^${domainPower}`,
    tables: [timesTable("witness", witnessTimes), timesTable("proof", proofTimes), ratioTable(ratios)],
    notes: rapidsnark === undefined ? ["rapidsnark was not compared: give its prover binary with --rapidsnark PATH"] : [],
    data: { tier: tier.name, statistics: circuit.statistics, witness: witnessTimes.map(summarize), proof: proofTimes.map(summarize), ratios },
  };
}

/** Medians of `slower` over `faster`; undefined when one of them did not run. */
function ratio(measurements: readonly Measurement[], slower: string, faster: string): number | undefined {
  const times = (wanted: string) => measurements.find(({ name }) => name === wanted)?.times;
  const above = times(slower);
  const below = times(faster);
  return above === undefined || below === undefined ? undefined : median(above) / median(below);
}

function ratioTable({ witness, native, prove }: Readonly<Record<"witness" | "native" | "prove", number | undefined>>): ReportTable {
  const row = (name: string, value: number | undefined) => (value === undefined ? [] : [[name, value.toFixed(2)]]);
  return { head: ["ratio of medians", "times"], rows: [...row("witness: snarkjs / zkmargin", witness), ...row("proof: snarkjs / zkmargin", native), ...row("proof: snarkjs / rapidsnark", prove)] };
}

async function runRapidsnark(binary: string, zkey: string, witness: string, folder: string): Promise<UncheckedProof> {
  const proofFile = join(folder, "proof.json");
  const publicFile = join(folder, "public.json");
  const child = spawn(binary, [zkey, witness, proofFile, publicFile], { stdio: "ignore" });
  const code = await new Promise<number | string | null>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", resolve);
  });
  if (code !== 0) throw new RapidsnarkError(binary, code);
  // Some versions end their files with a zero byte.
  const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8").replace(/\0+$/, ""));
  return { proof: fromSnarkjsProof(json(proofFile) as SnarkjsProof), publicSignals: (json(publicFile) as string[]).map(BigInt) };
}

export class RapidsnarkError extends Error {
  constructor(readonly binary: string, readonly code: number | string | null) {
    super(`rapidsnark ${binary} ended with ${code}: --rapidsnark must name its prover program`);
    this.name = "RapidsnarkError";
  }
}
