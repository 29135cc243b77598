/**
 * Gap charge: what an option can lose between grid nodes beyond what interpolation of the nodes shows (design: charges).
 *
 * At a point between two regimes and two spot nodes, the interpolated value uses the same bilinear weights for every instrument, and
 * what is linear has no gap. A portfolio's loss there is therefore at most the worst of the four nodes' losses plus the sum of |q| x gap.
 */
import { ceilDiv, max } from "../math/fixed-point.js";
import { type AssetRisk, NODES, REGIMES, REGIME_BLOCK, type RiskModel, STRESS_ROWS } from "../policy/risk-model.js";
import type { GapOption } from "./gap-bands.js";
import { longGapBound, shortGapBound } from "./gap-bound.js";
import { BILINEAR_BITS } from "./shocked-market.js";
import { stressScenario } from "./worst-loss.js";

const INTERVALS = NODES - 1;
/** Damping factors are integers in 1024ths. */
const DAMPING_BITS = 10n;

/** Value units per lot, rounded up, not negative. */
export interface GapCharges {
  readonly long: bigint;
  readonly short: bigint;
}

/**
 * Damping of each interval between spot nodes for each pair of neighbouring regimes, in 1024ths, [pair][interval]: the larger of the
 * two regimes' factors, each the smaller of the interval's two nodes'. A node that a scenario of positive weight visits counts
 * 1024; else what its stress rows count at most; 1024 if it has none.
 */
export function intervalDamping(model: RiskModel, asset: AssetRisk): bigint[][] {
  const nodes = nodeDamping(model, asset);
  const ofRegime = nodes.map((row) => Array.from({ length: INTERVALS }, (_, j) => (row[j]! < row[j + 1]! ? row[j]! : row[j + 1]!)));
  return Array.from({ length: REGIMES - 1 }, (_, pair) => ofRegime[pair]!.map((own, j) => max(own, ofRegime[pair + 1]![j]!)));
}

/** Bounds of the damped gaps over all points between nodes, times the model's gapSafety. */
export function gapCharges(option: GapOption, damping: readonly (readonly bigint[])[], gapSafety: bigint): GapCharges {
  if (gapSafety === 0n) return { long: 0n, short: 0n };
  const unit = 1n << (56n + BILINEAR_BITS + DAMPING_BITS + 32n);
  // Up: a charge is against the account.
  const charge = (bound: bigint) => ceilDiv(bound * gapSafety, unit);
  return { long: charge(longGapBound(option, damping)), short: charge(shortGapBound(option, damping)) };
}

function nodeDamping(model: RiskModel, asset: AssetRisk): bigint[][] {
  return Array.from({ length: REGIMES }, (_, r) => {
    const factors = new Array<bigint | undefined>(NODES).fill(undefined);
    for (let row = 0; row < STRESS_ROWS; row++) {
      const scenario = stressScenario(row);
      const node = asset.column[scenario]!;
      if (regimeOf(scenario) !== r || node >= NODES) continue;
      factors[node] = max(factors[node] ?? 0n, BigInt(model.damping[row]! + 1));
    }
    for (let s = r * REGIME_BLOCK; s < (r + 1) * REGIME_BLOCK; s++) {
      const node = asset.column[s]!;
      if (model.weights[s]! > 0 && node < NODES) factors[node] = 1n << DAMPING_BITS;
    }
    return factors.map((factor) => factor ?? 1n << DAMPING_BITS);
  });
}

function regimeOf(scenario: number): number {
  return (scenario - (scenario % REGIME_BLOCK)) / REGIME_BLOCK;
}
