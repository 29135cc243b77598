/**
 * Progress of long steps on standard error: a bar on a terminal, else a line at most every two seconds, with an estimate of what is left.
 */
import cliProgress from "cli-progress";

export interface Progress {
  /** @param fraction done, 0..1 */
  update(fraction: number, detail?: string): void;
  finish(): void;
}

const LINE_INTERVAL_MS = 2_000;

/** Starts a stage. `expectedSeconds` is shown before anything is measured. */
export function startProgress(title: string, expectedSeconds?: number): Progress {
  const started = performance.now();
  const expected = expectedSeconds === undefined ? "" : ` (about ${Math.ceil(expectedSeconds)} s)`;
  if (!process.stderr.isTTY) return lineProgress(title, started, expected);

  const bar = new cliProgress.SingleBar({
    format: `${title}${expected} [{bar}] {percentage}% | {duration_formatted} | left about {eta_formatted} {detail}`,
    hideCursor: true, clearOnComplete: false, stream: process.stderr, etaBuffer: 20,
  }, cliProgress.Presets.legacy);
  bar.start(1000, 0, { detail: "" });
  // An error ends the process in the middle of a stage: the cursor comes back.
  const stop = () => bar.stop();
  process.once("exit", stop);
  return {
    update: (fraction, detail = "") => bar.update(Math.round(1000 * fraction), { detail }),
    finish: () => {
      process.removeListener("exit", stop);
      bar.update(1000, { detail: "" });
      bar.stop();
    },
  };
}

function lineProgress(title: string, started: number, expected: string): Progress {
  let last = started;
  process.stderr.write(`${title}${expected} ...\n`);
  return {
    update: (fraction, detail = "") => {
      const now = performance.now();
      if (now - last < LINE_INTERVAL_MS) return;
      last = now;
      const elapsed = (now - started) / 1000;
      const left = fraction > 0.01 ? `, about ${Math.ceil((elapsed * (1 - fraction)) / fraction)} s left` : "";
      process.stderr.write(`${title}: ${Math.round(100 * fraction)} %${detail === "" ? "" : ` (${detail})`}, ${elapsed.toFixed(0)} s${left}\n`);
    },
    finish: () => {
      process.stderr.write(`${title}: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    },
  };
}
