import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Curve } from "ffjavascript";
import { projectRoot } from "../project-root.js";
import type { GroupName, MultiplicationOptions, PointChunk, PointSource } from "./point-source.js";

interface Answer extends PointChunk {
  readonly id: number;
}

const CHUNK_POINTS = 4096;
const WORKER_FILE = "prover/development-setup/point-worker.mjs";

/** Worker threads that multiply the generators of BN254 by many scalars. */
export class PointPool implements PointSource {
  readonly #workers: readonly Worker[];
  readonly #idle: Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];
  readonly #pending = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  #failure: Error | undefined;
  #nextId = 0;

  constructor(curve: Curve, threads: number = availableParallelism()) {
    const workerData = {
      module: new WebAssembly.Module(Uint8Array.from(curve.tm.code)),
      generators: { g1: curve.G1.oneAffine, g2: curve.G2.oneAffine },
    };
    const file = join(projectRoot(), WORKER_FILE);
    this.#workers = Array.from({ length: threads }, () => new Worker(file, { workerData }));
    this.#idle = [...this.#workers];
    for (const worker of this.#workers) {
      worker.on("message", (answer: Answer) => {
        this.#release(worker);
        this.#pending.get(answer.id)?.resolve(answer);
        this.#pending.delete(answer.id);
      });
      worker.on("error", (cause) => {
        this.#failure = new PointPoolError(`a point worker stopped: ${String(cause)}`);
        for (const job of this.#pending.values()) job.reject(this.#failure);
        this.#pending.clear();
      });
    }
  }

  async *multiply(group: GroupName, scalars: Uint8Array, points: number, options: MultiplicationOptions = {}): AsyncGenerator<PointChunk> {
    const windowBits = windowBitsFor(points, group);
    const ahead = 2 * this.#workers.length;
    const started: Promise<Answer>[] = [];
    let offset = 0;
    while (offset < scalars.length || started.length > 0) {
      while (offset < scalars.length && started.length < ahead) {
        const end = Math.min(offset + 32 * CHUNK_POINTS, scalars.length);
        // A copy of its own: the bytes move to the thread, and slice() of a Buffer would take the caller's along.
        const job = this.#run(group, Uint8Array.from(scalars.subarray(offset, end)), windowBits, options);
        // A chunk further ahead may fail first; its error is taken up when its turn comes.
        job.catch(() => undefined);
        started.push(job);
        offset = end;
      }
      const next = started.shift();
      if (next !== undefined) yield await next;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #run(group: GroupName, scalars: Uint8Array, windowBits: number, options: MultiplicationOptions): Promise<Answer> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      const { uncompressed = false, compressed = false } = options;
      worker.postMessage({ id, group, windowBits, scalars, uncompressed, compressed }, [scalars.buffer as ArrayBuffer]);
    });
  }

  #release(worker: Worker): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(worker);
    else next(worker);
  }
}

/** Table width for a number of points: a table of 2^(bits-1) entries a window is built once in every thread. */
export function windowBitsFor(points: number, group: GroupName): number {
  return Math.min(group === "g1" ? 14 : 13, Math.max(4, 31 - Math.clz32(points) - 3));
}

export class PointPoolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PointPoolError";
  }
}
