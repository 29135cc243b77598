/**
 * What every search of test/fuzz shares: the seed, printed so that a run can be repeated, the number of runs, and a line of progress
 * with the time that is left.
 */

const PRINT_EVERY_MS = 2_000;

/** ZKMARGIN_FUZZ_SEED, or another one each time. */
export function fuzzSeed(): number {
  return setting("ZKMARGIN_FUZZ_SEED", 0, 0x7fff_ffff) ?? Math.floor(Math.random() * 0x7fff_ffff);
}

/** ZKMARGIN_FUZZ_PERCENT of a search's usual number of runs, at least one: 1 for a glance, 1000 for a night. */
export function fuzzRuns(usual: number): number {
  return Math.max(1, Math.ceil((usual * (setting("ZKMARGIN_FUZZ_PERCENT", 1, 1_000_000) ?? 100)) / 100));
}

export interface Progress {
  /** One more run is done. */
  step(): void;
}

/** Prints title, seed and number of runs at once, then every few seconds how far it is. */
export function startProgress(title: string, seed: number, total: number): Progress {
  const started = performance.now();
  let printed = started;
  let done = 0;
  process.stderr.write(`${title}: ${total} runs, seed ${seed} (again: ZKMARGIN_FUZZ_SEED=${seed})\n`);
  return {
    step() {
      done++;
      const now = performance.now();
      if (now - printed < PRINT_EVERY_MS && done !== total) return;
      printed = now;
      const elapsed = (now - started) / 1000;
      const left = (elapsed / done) * Math.max(0, total - done);
      process.stderr.write(`${title}: ${done} of ${total}, ${elapsed.toFixed(0)} s, about ${left.toFixed(0)} s left\n`);
    },
  };
}

function setting(name: string, low: number, high: number): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high) throw new RangeError(`${name} = ${text}: must be an integer in ${low}..${high}`);
  return value;
}
