import { defaultThreads } from "./native.js";
import { type Arithmetic, loadNativeEngine, type NativeEngine } from "./native-engine.js";
import { chooseBackend } from "./select.js";

/** The native engine as set-up uses it: what a call computes with. */
export interface SetupEngine {
  readonly engine: NativeEngine;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
}

/**
 * The engine that a proof would be made with, or undefined where that is snarkjs: what sets up is what proves.
 * @throws BackendError when what the environment asks for does not work here
 */
export function setupEngine(): SetupEngine | undefined {
  const { arithmetic, threads = defaultThreads() } = chooseBackend();
  return arithmetic === undefined ? undefined : { engine: loadNativeEngine(), arithmetic, threads };
}
