/**
 * What the provers are measured on: one key, one witness, the same for all.
 */
import { join } from "node:path";
import { chooseBackend } from "../../prover/backends/select.js";
import { type Arithmetic, readNativeBuild } from "../../prover/backends/native-engine.js";
import { defaultThreads } from "../../prover/backends/native.js";
import type { KeyHandle } from "../../prover/keys.js";
import { verifyProof } from "../../prover/proof.js";
import type { UncheckedProof } from "../../prover/prover.js";
import type { WitnessInput } from "../../prover/witness-calculator.js";
import { BenchProofError } from "./attest-runs.js";

/** The native engine as the default backend uses it. */
export interface EngineUse {
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  /** Path of the engine as a process. */
  readonly program: string;
}

export interface Subject {
  readonly key: KeyHandle;
  /** The witness program, and what it is given. */
  readonly wasm: string;
  readonly input: WitnessInput;
  /** A .wtns file in memory, and as a file. */
  readonly witness: Uint8Array;
  readonly witnessFile: string;
  /** Private (0700): processes write there, and it holds the only witnesses outside this process. */
  readonly folder: string;
  /** undefined where snarkjs serves. */
  readonly engine: EngineUse | undefined;
}

export function usedEngine(): EngineUse | undefined {
  const { arithmetic, threads = defaultThreads() } = chooseBackend();
  const build = readNativeBuild();
  return arithmetic === undefined || build.status !== "built" ? undefined : { arithmetic, threads, program: build.program };
}

/** "ifma arithmetic, 2 threads" */
export function describeEngine({ arithmetic, threads }: EngineUse): string {
  return `${arithmetic} arithmetic, ${threadCount(threads)}`;
}

export function threadCount(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

export function witnessFile(folder: string): string {
  return join(folder, "witness.wtns");
}

/** Checks a proof by snarkjs before its time counts. @throws BenchProofError */
export async function requireValid({ verificationKey }: KeyHandle, prover: string, { proof, publicSignals }: UncheckedProof): Promise<void> {
  if (!(await verifyProof(verificationKey, proof, publicSignals))) throw new BenchProofError(prover);
}
