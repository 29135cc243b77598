/**
 * The native engine as it is loaded: what scripts/native.mjs built from prover/native, and what that says of itself.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { projectRoot } from "../project-root.js";
import type { Groth16Proof } from "../proof.js";

/** Field arithmetics of the engine, by what they use: plain C++, the ADX and BMI2 instructions, AVX-512 IFMA. */
export const ARITHMETICS = ["portable", "adx", "ifma"] as const;
export type Arithmetic = (typeof ARITHMETICS)[number];

export type FieldOperation = "add" | "subtract" | "multiply" | "square" | "negate" | "inverse";

/** A .zkey file, mapped and checked: the handle of any number of proofs. */
export interface NativeKey {
  /** The mapping itself. Nothing may write to it: that ends the process. */
  readonly bytes: ArrayBuffer;
  readonly wires: number;
  readonly publicSignals: number;
  readonly domainPower: number;
}

/** Wall-clock milliseconds of the phases of a proof. */
export type PhaseTimes = Readonly<Record<"rows" | "quotient" | "a" | "b1" | "b2" | "c" | "h" | "assemble" | "verify", number>>;

/** What a proof cost. */
export interface ProofCost {
  readonly times: PhaseTimes;
  /** Sums of two points that the multi-scalar multiplications took. */
  readonly sums: { readonly g1: number; readonly g2: number };
}

export interface NativeProof extends Groth16Proof, ProofCost {
  readonly publicSignals: readonly bigint[];
}

/** A computation on threads of its own. */
export interface NativeJob<T> {
  /** Settled when the threads are done with everything that was given to them. */
  readonly result: Promise<T>;
  /** Asks it to stop; the result is then most likely a fault ZKMARGIN_CANCELLED. */
  cancel(): void;
}

export interface NativeJobOptions {
  readonly arithmetic: string;
  /** 1 to 256. */
  readonly threads: number;
  /** Rising fractions in [0, 1]. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Points of one call: affine as files hold them, the others as transcripts hash them. */
export interface NativeMultiples {
  readonly affine: Uint8Array;
  readonly uncompressed: Uint8Array | undefined;
  readonly compressed: Uint8Array | undefined;
}

export interface NativeMultiplyOptions {
  readonly arithmetic: string;
  /** 1 to 256. */
  readonly threads: number;
  readonly uncompressed: boolean;
  readonly compressed: boolean;
}

/** What the compiled module exports. Elements, points and scalars are bytes as prover/native/addon/primitives.hpp says. */
export interface NativeEngine {
  info(): { readonly backends: readonly { readonly name: string; readonly available: boolean }[]; readonly fastest: string };
  openKey(path: string): NativeKey;
  checkPoints(key: NativeKey, threads: number): NativeJob<undefined>;
  prove(key: NativeKey, witness: Uint8Array, options: NativeJobOptions): NativeJob<NativeProof>;
  /** Paths; the result is the circuit hash. */
  writeInitialKey(r1cs: string, ptau: string, zkey: string, options: NativeJobOptions): NativeJob<Uint8Array>;
  /** @param scalars plain integers below r, 32 bytes little-endian each */
  multiplyGenerator(group: "g1" | "g2", scalars: Uint8Array, options: NativeMultiplyOptions): NativeJob<NativeMultiples>;
  readonly primitives: {
    fpOperation(arithmetic: string, operation: FieldOperation, a: Uint8Array, b?: Uint8Array): Uint8Array;
    frOperation(arithmetic: string, operation: FieldOperation, a: Uint8Array, b?: Uint8Array): Uint8Array;
    /** values[i] x factor^times in the base field, in registers: what multiplications take by themselves. Up to 2^32 - 1 times. */
    multiplyRepeatedly(arithmetic: string, values: Uint8Array, factor: Uint8Array, times: number): Uint8Array;
    transform(arithmetic: string, values: Uint8Array, inverse: boolean): Uint8Array;
    quotient(arithmetic: string, a: Uint8Array, b: Uint8Array, threads: number): Uint8Array;
    multiplyG1(arithmetic: string, points: Uint8Array, scalars: Uint8Array, threads: number): Uint8Array;
    multiplyG2(arithmetic: string, points: Uint8Array, scalars: Uint8Array, threads: number): Uint8Array;
    multiplyBaseG1(arithmetic: string, base: Uint8Array, scalars: Uint8Array, threads: number): Uint8Array;
    multiplyBaseG2(arithmetic: string, base: Uint8Array, scalars: Uint8Array, threads: number): Uint8Array;
  };
}

/** What the engine throws: an Error with a code, and with the fields of its kind. */
export type EngineFault = Error &
  (
    | { readonly code: "ZKMARGIN_FILE"; readonly file: string; readonly section: string; readonly rule: string }
    | { readonly code: "ZKMARGIN_ARGUMENT"; readonly field: string; readonly rule: string }
    | { readonly code: "ZKMARGIN_CANCELLED" | "ZKMARGIN_ENGINE" }
  );

export function isEngineFault(error: unknown): error is EngineFault {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("ZKMARGIN_");
}

/** The last build of the engine, as scripts/native.mjs recorded it. */
export type NativeBuild =
  | { readonly status: "built"; readonly module: string; readonly program: string; readonly compiler: string; readonly seconds: number; readonly log: string }
  | { readonly status: "failed"; readonly reason: string; readonly compiler: string; readonly log: string }
  | { readonly status: "absent" };

/** @param build folder of native.json */
export function readNativeBuild(build: string = join(projectRoot(), "build")): NativeBuild {
  let record: { status?: string; folder?: string; reason?: string; compiler?: string; seconds?: number };
  try {
    record = JSON.parse(readFileSync(join(build, "native.json"), "utf8")) as typeof record;
  } catch {
    return { status: "absent" };
  }
  const { status, folder, reason = "", compiler = "", seconds = 0 } = record;
  if (folder === undefined) return { status: "absent" };
  const log = join(build, folder, "build.log");
  if (status === "failed") return { status, reason, compiler, log };
  const module = join(build, folder, "zkmargin_native.node");
  if (status !== "built" || !existsSync(module)) return { status: "absent" };
  return { status, module, program: join(build, folder, "zkmargin-prove"), compiler, seconds, log };
}

let loaded: NativeEngine | NativeEngineError | undefined;

/** @throws NativeEngineError when it is not built, or the built module does not load */
export function loadNativeEngine(): NativeEngine {
  loaded ??= load(readNativeBuild());
  if (loaded instanceof NativeEngineError) throw loaded;
  return loaded;
}

function load(build: NativeBuild): NativeEngine | NativeEngineError {
  if (build.status === "absent") return new NativeEngineError("it was not built: npm run build does that");
  if (build.status === "failed") return new NativeEngineError(`its build failed (${build.reason}), see ${build.log}`);
  try {
    return createRequire(import.meta.url)(build.module) as NativeEngine;
  } catch (error) {
    return new NativeEngineError(`its module does not load: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export class NativeEngineError extends Error {
  constructor(readonly reason: string) {
    super(`native engine: ${reason}`);
    this.name = "NativeEngineError";
  }
}
