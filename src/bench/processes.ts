/**
 * Provers as processes, given the same files: how long each runs, and how much memory it has at its peak.
 */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { type CircuitSource, compileCircuit } from "../../prover/artifacts.js";
import { developmentKey, openDevelopmentKey } from "../../prover/development-setup/development-key.js";
import type { KeyHandle } from "../../prover/keys.js";
import { fromSnarkjsProof, type SnarkjsProof } from "../../prover/proof.js";
import type { UncheckedProof } from "../../prover/prover.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { type Contender, duration, median, medianRatio, type Sample, type Samples, summarize } from "./measure.js";
import { type Ratio, ratioTables, type Section } from "./report.js";
import { describeEngine, requireValid, type Subject } from "./subject.js";

const OURS = "zkmargin-prove";
const SNARKJS = "snarkjs groth16 prove";
const RAPIDSNARK = "rapidsnark";
const RAPIDSNARK_ONE = "rapidsnark on one constraint";

const ONE_CONSTRAINT: CircuitSource = {
  name: "one-constraint",
  main: "pragma circom 2.2.0;\ntemplate Product() {\n    signal input a;\n    signal input b;\n    signal output c;\n    c <== a * b;\n}\ncomponent main = Product();\n",
  includePaths: [],
  flags: ["--O2"],
};

// Node tells the peak memory of itself only. Its own start is not in the time.
const MEASURE_CHILD = `
import json, resource, subprocess, sys, time
nothing = subprocess.DEVNULL
started = time.perf_counter()
try:
    code = subprocess.call(sys.argv[1:], stdin=nothing, stdout=nothing, stderr=nothing)
except OSError as error:
    code = error.strerror
ms = 1000 * (time.perf_counter() - started)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps({"code": code, "ms": ms, "bytes": unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
`;

/** @param rapidsnark path of its prover program */
export async function processContenders(subject: Subject, rapidsnark: string | undefined): Promise<readonly Contender[]> {
  const { key, witnessFile, folder, engine } = subject;
  const cli = join(dirname(createRequire(import.meta.url).resolve("snarkjs")), "cli.cjs");
  const measure = processMeter();
  const contender = (name: string, of: Pick<Subject, "key" | "witnessFile">, command: string, before: readonly string[] = [], after: readonly string[] = []): Contender => ({
    name,
    async run() {
      const files = { proof: join(folder, "proof.json"), publicSignals: join(folder, "public.json") };
      // Those of the prover before it would pass for its own.
      for (const file of Object.values(files)) rmSync(file, { force: true });
      const sample = await measure(command, [...before, of.key.zkeyPath, of.witnessFile, files.proof, files.publicSignals, ...after]);
      await requireValid(of.key, name, readProof(files));
      return sample;
    },
  });
  const contenders = [contender(SNARKJS, subject, process.execPath, [cli, "groth16", "prove"])];
  if (engine !== undefined) {
    contenders.push(contender(OURS, subject, engine.program, [], ["--backend", engine.arithmetic, "--threads", String(engine.threads)]));
  }
  if (rapidsnark !== undefined) {
    contenders.push(contender(RAPIDSNARK, { key, witnessFile }, rapidsnark), contender(RAPIDSNARK_ONE, await oneConstraint(folder), rapidsnark));
  }
  return contenders;
}

async function oneConstraint(folder: string): Promise<{ readonly key: KeyHandle; readonly witnessFile: string }> {
  const circuit = await compileCircuit(ONE_CONSTRAINT);
  const key = await openDevelopmentKey(circuit, await developmentKey(circuit));
  const witnessFile = join(folder, "one-constraint.wtns");
  writeFileSync(witnessFile, await calculateWitness(circuit.wasm, { a: 3n, b: 5n }));
  return { key, witnessFile };
}

/** Some versions of rapidsnark end their files with a zero byte. */
function readProof(files: { readonly proof: string; readonly publicSignals: string }): UncheckedProof {
  const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8").replace(/\0+$/, ""));
  return { proof: fromSnarkjsProof(json(files.proof) as SnarkjsProof), publicSignals: (json(files.publicSignals) as string[]).map(BigInt) };
}

/** rapidsnark's process on the circuit less its process on one constraint, run by run, in milliseconds. */
export function rapidsnarkPhase(samples: Samples): readonly number[] {
  const start = samples(RAPIDSNARK_ONE, "ms");
  return samples(RAPIDSNARK, "ms").map((ms, run) => ms - start[run]!);
}

export function reportProcesses({ engine }: Subject, samples: Samples): Section {
  const names = [OURS, RAPIDSNARK, SNARKJS, RAPIDSNARK_ONE].filter((name) => samples(name, "ms").length > 0);
  const measured = names.map((name) => ({ ...summarize({ name, times: samples(name, "ms") }), peakBytes: samples(name, "bytes") }));
  const ratio = (name: string, value: string, peer: string, target?: number): Ratio => ({
    name, value: medianRatio(samples(OURS, value), samples(peer, value)), ...(target === undefined ? {} : { target }),
  });
  const ratios = [
    ratio("time: zkmargin / rapidsnark", "ms", RAPIDSNARK, 0.7),
    ratio("time: zkmargin / snarkjs", "ms", SNARKJS, 0.1),
    ratio("peak memory: zkmargin / rapidsnark", "bytes", RAPIDSNARK, 1.5),
    ratio("peak memory: zkmargin / snarkjs", "bytes", SNARKJS),
  ];
  const notes = ["From start to end of the process, files of key and witness read and proof written; peak memory is the largest resident set, mapped files included."];
  if (measured.every(({ peakBytes }) => peakBytes.length === 0)) notes.push("Peak memory is left out: python3, which asks the system for it, does not run here.");
  if (!names.includes(RAPIDSNARK)) notes.push("rapidsnark was not compared: give its prover program with --rapidsnark PATH.");
  if (engine === undefined) notes.push("zkmargin-prove was not compared: the native engine does not serve here (npx zkmargin doctor tells why).");
  return {
    title: `Provers as processes${engine === undefined ? "" : `, zkmargin-prove with ${describeEngine(engine)}`}`,
    tables: [
      {
        head: ["process", "median", "min", "max", "peak memory", "runs"],
        rows: measured.map(({ name, median: middle, min, max, peakBytes, runs }) =>
          [name, duration(middle), duration(min), duration(max), peakBytes.length === 0 ? "" : mebibytes(median(peakBytes)), String(runs)]),
      },
      ...ratioTables(ratios),
    ],
    notes,
    data: { processes: measured, ratios },
  };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** Runs a program; the sample has ms, and bytes of peak memory where python3 can tell. */
export type ProcessMeter = (command: string, args: readonly string[]) => Promise<Sample>;

/** @param python by which to measure peak memory */
export function processMeter(python = "python3"): ProcessMeter {
  const tells = spawnSync(python, ["-c", "import resource, subprocess"], { stdio: "ignore" }).status === 0;
  return tells ? (command, args) => runByPython(python, command, args) : runAlone;
}

async function runByPython(python: string, command: string, args: readonly string[]): Promise<Sample> {
  const child = spawn(python, ["-c", MEASURE_CHILD, command, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), ended(child)]);
  const { code, ms, bytes } = JSON.parse(output) as { code: number | string; ms: number; bytes: number };
  if (code !== 0) throw new ProverProcessError(command, code);
  return { ms, bytes };
}

async function runAlone(command: string, args: readonly string[]): Promise<Sample> {
  const started = performance.now();
  const code = await ended(spawn(command, args, { stdio: "ignore" }));
  const ms = performance.now() - started;
  if (code !== 0) throw new ProverProcessError(command, code);
  return { ms };
}

/** @returns the exit code, or what kept the process from starting or ended it */
function ended(child: ReturnType<typeof spawn>): Promise<number | string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
  });
}

export class ProverProcessError extends Error {
  constructor(readonly program: string, readonly code: number | string) {
    super(`the process of prover ${program} ended with ${code}`);
    this.name = "ProverProcessError";
  }
}
