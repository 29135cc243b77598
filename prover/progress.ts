/** How far a long step is. `secondsLeft` is an estimate from the pace so far, absent until there is one. */
export interface Progress {
  readonly stage: string;
  readonly fraction: number;
  readonly secondsLeft: number | undefined;
}

export type ProgressListener = (progress: Progress) => void;

const MINIMUM_SECONDS = 0.5;

/** Turns units of work done into progress of one stage. */
export class ProgressMeter {
  readonly #started = performance.now();
  #done = 0;

  constructor(
    readonly stage: string,
    readonly total: number,
    readonly listener: ProgressListener | undefined,
  ) {
    listener?.({ stage, fraction: 0, secondsLeft: undefined });
  }

  advance(units: number): void {
    this.#done = Math.min(this.total, this.#done + units);
    const fraction = this.total === 0 ? 1 : this.#done / this.total;
    const seconds = (performance.now() - this.#started) / 1000;
    const secondsLeft = seconds < MINIMUM_SECONDS || fraction === 0 ? undefined : (seconds * (1 - fraction)) / fraction;
    this.listener?.({ stage: this.stage, fraction, secondsLeft });
  }

  finish(): void {
    this.listener?.({ stage: this.stage, fraction: 1, secondsLeft: 0 });
  }
}
