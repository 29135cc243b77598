/** Times of repeated runs, and what is said of them. */

export interface Measurement {
  readonly name: string;
  /** Milliseconds, in the order of the runs. */
  readonly times: readonly number[];
}

export interface Summary extends Measurement {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** The middle one, or the mean of the two in the middle. @throws EmptyMeasurementError without values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new EmptyMeasurementError();
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function summarize({ name, times }: Measurement): Summary {
  return { name, times, median: median(times), min: Math.min(...times), max: Math.max(...times), runs: times.length };
}

/** Collects times by name; names come out in the order they first came in. */
export function createRecorder() {
  const times = new Map<string, number[]>();
  const add = (name: string, ms: number): void => {
    const list = times.get(name);
    if (list === undefined) times.set(name, [ms]);
    else list.push(ms);
  };
  return {
    add,
    /** Runs `work` once. */
    async time<T>(name: string, work: () => T | Promise<T>): Promise<T> {
      const started = performance.now();
      const result = await work();
      add(name, performance.now() - started);
      return result;
    },
    measurements: (): readonly Measurement[] => [...times].map(([name, list]) => ({ name, times: list })),
  };
}

/** What one run of a contender gave, by name: milliseconds, bytes, or what else it measures. */
export type Sample = Readonly<Record<string, number>>;

export interface Contender {
  readonly name: string;
  run(): Promise<Sample>;
}

/** Values of a contender's runs, in their order; empty when it did not run or does not measure that. */
export type Samples = (contender: string, value: string) => readonly number[];

/**
 * Every contender in turn within each run, so that all meet the same load of the machine. A first run of each does not count: programs are
 * compiled and files come into memory in it.
 */
export async function interleave(
  contenders: readonly Contender[], repeat: number, onRun: (fraction: number, name: string) => void = () => {},
): Promise<Samples> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let run = 0; run <= repeat; run++) {
    for (const [at, { name, run: measure }] of contenders.entries()) {
      onRun((run * contenders.length + at) / ((repeat + 1) * contenders.length), name);
      const sample = await measure();
      if (run > 0) samples.get(name)!.push(sample);
    }
  }
  return (contender, value) => (samples.get(contender) ?? []).flatMap((sample) => sample[value] ?? []);
}

/** Median over median; undefined when there is nothing of one of them. */
export function medianRatio(above: readonly number[], below: readonly number[]): number | undefined {
  return above.length === 0 || below.length === 0 ? undefined : median(above) / median(below);
}

/** "12.3 ms", "1.23 s" */
export function duration(ms: number): string {
  if (ms < 1) return `${(1000 * ms).toFixed(0)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

export class EmptyMeasurementError extends Error {
  constructor() {
    super("a median needs at least one value");
    this.name = "EmptyMeasurementError";
  }
}
