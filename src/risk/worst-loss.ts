/**
 * Worst damped stress loss (circuits/worst-loss.circom).
 */
import { ceilDiv } from "../math/fixed-point.js";
import { REGIMES, REGIME_BLOCK, STRESS_ROWS } from "../policy/risk-model.js";

const ROWS_PER_REGIME = STRESS_ROWS / REGIMES;

/** Scenario index of stress row k, 0..55: the last 14 of each regime block. */
export function stressScenario(row: number): number {
  const regime = Math.floor(row / ROWS_PER_REGIME);
  return REGIME_BLOCK * (regime + 1) - ROWS_PER_REGIME + (row % ROWS_PER_REGIME);
}

export interface WorstLoss {
  /** max over {0, rows} of ceil((damping + 1) / 1024 x loss), value units. */
  readonly worst: bigint;
  /** The stress row it comes from; absent when no row loses. */
  readonly row?: number;
}

export function worstLoss(losses: readonly bigint[], damping: readonly number[]): WorstLoss {
  let maximum = 0n;
  let row: number | undefined;
  for (let k = 0; k < damping.length; k++) {
    const damped = BigInt(damping[k]! + 1) * losses[stressScenario(k)]!;
    if (damped > maximum) {
      maximum = damped;
      row = k;
    }
  }
  const worst = ceilDiv(maximum, 1024n);
  return row === undefined ? { worst } : { worst, row };
}
