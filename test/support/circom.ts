/** The circom compiler (the npm package circom2, WebAssembly), in one thread for all compilations of a test file. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

interface Answer {
  /** Exit code, or what stopped the program. */
  readonly code: number | string;
  readonly output: string;
  readonly memory: number;
}

export class CircomError extends Error {
  constructor(readonly code: number | string, readonly output: string) {
    super(`circom ended with ${code}:\n${output}`);
    this.name = "CircomError";
  }
}

/** Bytes: a compiler that took more gives them back with its thread. */
const MEMORY_KEPT = 1 << 28;
let last: Promise<unknown> = Promise.resolve();
let thread: Worker | undefined;

/** What the compiler prints when it is run in `folder`; one compilation at a time. Throws CircomError if it refuses. */
export function runCircom(folder: string, args: readonly string[]): Promise<string> {
  const result = last.then(() => compile(folder, args));
  last = result.catch(() => undefined);
  return result;
}

async function compile(folder: string, args: readonly string[]): Promise<string> {
  const worker = (thread ??= new Worker(new URL("./circom-worker.mjs", import.meta.url)));
  thread = undefined;
  worker.ref();
  worker.postMessage({ folder, args });
  const [{ code, output, memory }] = (await once(worker, "message")) as [Answer];
  if (memory > MEMORY_KEPT) await worker.terminate();
  else thread = worker;
  // An idle thread keeps no process alive.
  worker.unref();
  if (code !== 0) throw new CircomError(code, output);
  return output;
}
