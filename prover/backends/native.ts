import { availableParallelism } from "node:os";
import { KeyError, type KeyHandle } from "../keys.js";
import { ProverError, type ProverBackend } from "../prover.js";
import { type Arithmetic, isEngineFault, loadNativeEngine, type NativeKey, type ProofCost } from "./native-engine.js";

export interface NativeBackendOptions {
  /** Threads of one proof, 1 to 256; as many as the machine has by default. */
  readonly threads?: number | undefined;
  /** The fastest that this processor can run, by default. */
  readonly arithmetic?: Arithmetic | undefined;
  /** Called after each proof. */
  readonly onCost?: ((cost: ProofCost) => void) | undefined;
}

/**
 * The engine in prover/native, off the event loop. Any number of proofs may run at once, each with its own threads. The
 * witness is copied at once, and the copy wiped. An aborted proof stops within milliseconds.
 * @throws NativeEngineError when the engine is not built
 */
export function nativeBackend({ threads = defaultThreads(), arithmetic, onCost }: NativeBackendOptions = {}): ProverBackend {
  const engine = loadNativeEngine();
  const chosen = arithmetic ?? engine.info().fastest;
  return {
    name: "native",
    async prove(key, witness, { signal, onProgress }) {
      try {
        const job = engine.prove(nativeKey(key), witness, { arithmetic: chosen, threads, onProgress });
        const cancel = (): void => job.cancel();
        signal?.addEventListener("abort", cancel);
        if (signal?.aborted === true) cancel();
        try {
          const { a, b, c, publicSignals, times, sums } = await job.result;
          onCost?.({ times, sums });
          return { proof: { a, b, c }, publicSignals };
        } finally {
          signal?.removeEventListener("abort", cancel);
        }
      } catch (error) {
        if (isEngineFault(error) && error.code === "ZKMARGIN_CANCELLED") signal?.throwIfAborted();
        throw typed(key, error);
      }
    },
  };
}

/**
 * Checks that all points of a key are on their curves, and those of G2 in the group of order r: for keys of unknown origin. It takes about
 * as long as some proofs.
 * @throws KeyError naming the section and the first point that is not
 */
export async function checkKeyPoints(key: KeyHandle, threads: number = defaultThreads()): Promise<void> {
  try {
    await loadNativeEngine().checkPoints(nativeKey(key), threads).result;
  } catch (error) {
    throw typed(key, error);
  }
}

export function defaultThreads(): number {
  return Math.min(256, availableParallelism());
}

function nativeKey(key: KeyHandle): NativeKey {
  if (key.native === undefined) throw new ProverError("native", `key ${key.name} was loaded without the native engine`);
  return key.native;
}

function typed(key: KeyHandle, error: unknown): unknown {
  if (!isEngineFault(error)) return error;
  if (error.code !== "ZKMARGIN_FILE") return new ProverError("native", error.message);
  const { file, section, rule } = error;
  return file === "witness" ? new ProverError("native", `witness, ${section}: ${rule}`, { file, section, rule }) : new KeyError(key.zkeyPath, rule, section);
}
