/**
 * Which backend proves: the fastest that works on this machine, unless one is asked for.
 */
import type { ProverBackend } from "../prover.js";
import { type Arithmetic, ARITHMETICS, loadNativeEngine, NativeEngineError } from "./native-engine.js";
import { nativeBackend } from "./native.js";
import { selfTest } from "./self-test.js";
import { snarkjsBackend } from "./snarkjs.js";

export const BACKENDS = ["native", "snarkjs"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Each can be left out. The environment asks by ZKMARGIN_BACKEND and ZKMARGIN_ARITHMETIC where the caller does not. */
export interface BackendRequest {
  readonly backend?: string | undefined;
  /** Of the native engine. */
  readonly arithmetic?: string | undefined;
  /** Of one proof of the native engine, 1 to 256. */
  readonly threads?: number | undefined;
}

export interface BackendChoice {
  readonly backend: ProverBackend;
  /** Of the native engine; undefined with snarkjs. */
  readonly arithmetic: Arithmetic | undefined;
  readonly threads: number | undefined;
  /** For the user: one clause. */
  readonly why: string;
}

/**
 * The native engine if it is built and passes its self-test, else snarkjs.
 * @throws BackendError on an unknown name, or when what is asked for does not work here: nothing else is taken in its place
 */
export function chooseBackend(request: BackendRequest = {}, environment: NodeJS.ProcessEnv = process.env): BackendChoice {
  const backend = oneOf("backend", request.backend, "ZKMARGIN_BACKEND", environment, BACKENDS);
  const arithmetic = oneOf("arithmetic", request.arithmetic, "ZKMARGIN_ARITHMETIC", environment, ARITHMETICS);
  const { threads } = request;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new BackendError("threads", String(threads), "must be a whole number in 1..256");
  }
  if (backend?.value === "snarkjs") {
    return { backend: snarkjsBackend(), arithmetic: undefined, threads: undefined, why: `${backend.source} asks for it` };
  }
  const asked = backend ?? arithmetic;
  try {
    const chosen = workingArithmetic(arithmetic?.value);
    const fastest = arithmetic === undefined ? `${chosen} is the fastest arithmetic of this processor` : `${arithmetic.source} asks for ${chosen}`;
    const why = backend === undefined ? "the native engine is built and passes its self-test" : `${backend.source} asks for it`;
    return { backend: nativeBackend({ threads, arithmetic: chosen }), arithmetic: chosen, threads, why: `${why}; ${fastest}` };
  } catch (error) {
    if (!(error instanceof NativeEngineError)) throw error;
    if (asked !== undefined) throw new BackendError(asked.source, asked.value, `does not work here: ${error.message}`);
    return { backend: snarkjsBackend(), arithmetic: undefined, threads: undefined, why: error.message };
  }
}

/** The backend of chooseBackend without a wish. */
export function defaultBackend(): ProverBackend {
  return chooseBackend().backend;
}

const tested = new Map<Arithmetic, string | undefined>();

/** @throws NativeEngineError */
function workingArithmetic(wanted: Arithmetic | undefined): Arithmetic {
  const engine = loadNativeEngine();
  const { backends, fastest } = engine.info();
  const name = wanted ?? (fastest as Arithmetic);
  if (backends.find((entry) => entry.name === name)?.available !== true) throw new NativeEngineError(`this processor cannot run its ${name} arithmetic`);
  if (!tested.has(name)) tested.set(name, selfTest(engine, name));
  const failure = tested.get(name);
  if (failure !== undefined) throw new NativeEngineError(`its self-test with ${name} arithmetic fails: ${failure}`);
  return name;
}

function oneOf<Name extends string>(
  field: string, given: string | undefined, variable: string, environment: NodeJS.ProcessEnv, names: readonly Name[],
): { readonly value: Name; readonly source: string } | undefined {
  const inherited = environment[variable];
  const [value, source] = given === undefined ? [inherited === "" ? undefined : inherited, variable] : [given, `--${field}`];
  if (value === undefined) return undefined;
  const name = names.find((known) => known === value);
  if (name === undefined) throw new BackendError(source, value, `must be one of ${names.join(", ")}`);
  return { value: name, source };
}

export class BackendError extends Error {
  constructor(readonly field: string, readonly value: string, readonly rule: string) {
    super(`${field} "${value}" ${rule}`);
    this.name = "BackendError";
  }
}
