/**
 * The native engine's arithmetics with one and more threads, and proofs one after the other against proofs side by side.
 */
import { type Arithmetic, loadNativeEngine } from "../../prover/backends/native-engine.js";
import { defaultThreads, nativeBackend } from "../../prover/backends/native.js";
import type { UncheckedProof } from "../../prover/prover.js";
import { type Contender, duration, median, medianRatio, type Samples, summarize } from "./measure.js";
import { ratioTables, type Section } from "./report.js";
import { type EngineUse, requireValid, type Subject, threadCount } from "./subject.js";

/** Proofs of a measurement of throughput, at least. */
const PROOFS = 8;

interface Setting {
  readonly name: string;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
}

/** Plain C++ first, then what each faster one adds. */
function settings(): readonly Setting[] {
  const available = loadNativeEngine().info().backends.filter((backend) => backend.available).map(({ name }) => name as Arithmetic).reverse();
  const counts = [...new Set([1, 2, defaultThreads()])].sort((a, b) => a - b);
  return available.flatMap((arithmetic) => counts.map((threads) => ({ name: `${arithmetic}, ${threadCount(threads)}`, arithmetic, threads })));
}

/** The same number of proofs in both ways, a multiple of those side by side, so that none of these waits at the end. */
function throughputModes({ threads }: EngineUse): readonly { readonly name: string; readonly atOnce: number; readonly threads: number; readonly proofs: number }[] {
  const proofs = threads * Math.ceil(PROOFS / threads);
  return [
    { name: `one at a time, ${threadCount(threads)}`, atOnce: 1, threads, proofs },
    { name: `${threads} at once, 1 thread each`, atOnce: threads, threads: 1, proofs },
  ];
}

export function scalingContenders({ key, witness, engine }: Subject): readonly Contender[] {
  if (engine === undefined) return [];
  const single = settings().map(({ name, arithmetic, threads }): Contender => {
    const backend = nativeBackend({ arithmetic, threads });
    return {
      name,
      async run() {
        const started = performance.now();
        const proven = await backend.prove(key, witness, {});
        const ms = performance.now() - started;
        await requireValid(key, name, proven);
        return { ms };
      },
    };
  });
  const throughput = throughputModes(engine).map(({ name, atOnce, threads, proofs }): Contender => {
    const backend = nativeBackend({ arithmetic: engine.arithmetic, threads });
    return {
      name,
      async run() {
        const made: UncheckedProof[] = [];
        let begun = 0;
        const worker = async (): Promise<void> => {
          while (begun++ < proofs) made.push(await backend.prove(key, witness, {}));
        };
        const started = performance.now();
        await Promise.all(Array.from({ length: atOnce }, worker));
        const ms = performance.now() - started;
        for (const proven of made) await requireValid(key, name, proven);
        return { perSecond: (1000 * made.length) / ms };
      },
    };
  });
  return [...single, ...throughput];
}

export function reportArithmetics(samples: Samples): Section {
  const measured = settings().map(({ name, arithmetic, threads }) => ({ arithmetic, threads, ...summarize({ name, times: samples(name, "ms") }) }));
  const alone = (wanted: Arithmetic) => measured.find(({ arithmetic, threads }) => arithmetic === wanted && threads === 1)!;
  return {
    title: "Arithmetics and threads of the native engine: prove, the key open",
    tables: [
      {
        head: ["arithmetic, threads", "median", "min", "max", "1 thread / this", `${measured[0]!.name} / this`],
        rows: measured.map(({ name, arithmetic, median: middle, min, max }) => [
          name, duration(middle), duration(min), duration(max), (alone(arithmetic).median / middle).toFixed(2), (measured[0]!.median / middle).toFixed(2),
        ]),
      },
    ],
    notes: [],
    data: { measured },
  };
}

export function reportThroughput(engine: EngineUse, samples: Samples): Section {
  const modes = throughputModes(engine);
  const rates = modes.map(({ name }) => samples(name, "perSecond"));
  const ratios = [{ name: "proofs per second: at once / one at a time", value: medianRatio(rates[1]!, rates[0]!) }];
  return {
    title: `Throughput: ${modes[0]!.proofs} proofs back to back, ${engine.arithmetic} arithmetic`,
    tables: [
      {
        head: ["proofs per second", "median", "min", "max", "runs"],
        rows: modes.map(({ name }, at) => {
          const rate = rates[at]!;
          return [name, ...[median(rate), Math.min(...rate), Math.max(...rate)].map((value) => value.toFixed(2)), String(rate.length)];
        }),
      },
      ...ratioTables(ratios),
    ],
    notes: [],
    data: { modes: modes.map((mode, at) => ({ ...mode, perSecond: rates[at]! })), ratios },
  };
}
