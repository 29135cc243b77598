/**
 * Gap charge: what an option can lose between grid nodes beyond what interpolation of the nodes shows (design: charges).
 *
 * At a point between two regimes and two spot nodes, the interpolated value uses the same bilinear weights for every instrument.
 * A portfolio's loss there is therefore at most the worst of the four nodes' losses plus the sum of |q| x gap.
 */
import { type OptionType, black76ValueQ56 } from "../math/black76.js";
import { Q32, ceilDiv, max } from "../math/fixed-point.js";
import { type AssetRisk, NODES, REGIMES, REGIME_BLOCK, type RiskModel, STRESS_ROWS } from "../policy/risk-model.js";
import { COLUMNS, type ForwardLattice, ROWS, STEPS } from "./shocked-market.js";
import { stressScenario } from "./worst-loss.js";

const INTERVALS = NODES - 1;
/** Damping factors are integers in 1024ths. */
const DAMPING_BITS = 10n;
/** Gaps are kept exact: Q56 values, 33 bits of weights (32 of the spot coordinate, 1 of the half-way row). */
const WEIGHT_BITS = 33n;
const LATTICE_SHIFT = WEIGHT_BITS - 3n;

/** Value units per lot, rounded up, not negative. */
export interface GapCharges {
  readonly long: bigint;
  readonly short: bigint;
}

/** What of an option the lattice needs: the strike and sigma sqrt(T) of each lattice row. */
export interface OptionLattice {
  readonly optionType: OptionType;
  readonly strikeQ16: bigint;
  readonly logStrike: bigint;
  readonly volTimes: readonly bigint[];
  readonly forward: ForwardLattice;
}

/** Values of an option at every lattice point, Q56 ticks, [row][column]; the nodes of regime r are row 2 r, columns 4 j. */
export function latticeValues(option: OptionLattice): bigint[][] {
  const { optionType, strikeQ16, logStrike, volTimes, forward } = option;
  return forward.forwards.map((forwards, row) => {
    const volTimeQ32 = volTimes[row]!;
    const logs = forward.logs[row]!;
    return forwards.map((forwardQ16, column) =>
      black76ValueQ56({ forwardQ16, strikeQ16, volTimeQ32, logForward: logs[column]!, logStrike, optionType }),
    );
  });
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

/**
 * Largest gaps over the sampled points (three mixes of two regimes x quarters of an interval, and the point F' = K where the payoff
 * has its kink), damped, times the model's gapSafety.
 */
export function gapCharges(
  option: OptionLattice, values: readonly (readonly bigint[])[], damping: readonly (readonly bigint[])[], gapSafety: bigint,
): GapCharges {
  const rows = Array.from({ length: ROWS }, (_, row) => rowGaps(option, values, row));
  let long = 0n;
  let short = 0n;
  for (let pair = 0; pair < REGIMES - 1; pair++) {
    for (let mix = 0; mix <= 2; mix++) {
      const { longs, shorts } = rows[2 * pair + mix]!;
      for (let j = 0; j < INTERVALS; j++) {
        const factor = damping[pair]![j]!;
        long = max(long, longs[j]! * factor);
        short = max(short, shorts[j]! * factor);
      }
    }
  }
  const unit = 1n << (56n + WEIGHT_BITS + DAMPING_BITS + 32n);
  // Up: a charge is against the account.
  return { long: ceilDiv(long * gapSafety, unit), short: ceilDiv(short * gapSafety, unit) };
}

interface RowGaps {
  /** Per interval, Q56 x 2^33. */
  readonly longs: readonly bigint[];
  readonly shorts: readonly bigint[];
}

/** Gaps of one lattice row against the nodes of its regime, or of its two regimes in equal parts. */
function rowGaps(option: OptionLattice, values: readonly (readonly bigint[])[], row: number): RowGaps {
  const own = values[row]!;
  // Twice the interpolated value at each node column.
  const below = values[row - (row % 2)]!;
  const above = values[row + (row % 2)]!;
  const doubled: bigint[] = [];
  for (let column = 0; column < COLUMNS; column += STEPS) doubled.push(below[column]! + above[column]!);

  const longs: bigint[] = [];
  const shorts: bigint[] = [];
  for (let j = 0; j < INTERVALS; j++) {
    const left = doubled[j]!;
    const slope = doubled[j + 1]! - left;
    let highest = 0n;
    let lowest = 0n;
    let line = left * 4n;
    for (let step = 0; step <= STEPS; step++) {
      const gap = line - own[STEPS * j + step]! * 8n;
      if (gap > highest) highest = gap;
      if (gap < lowest) lowest = gap;
      line += slope;
    }
    const kink = kinkGap(option, row, j, left, slope);
    longs.push(max(highest << LATTICE_SHIFT, kink));
    shorts.push(max(-lowest << LATTICE_SHIFT, -kink));
  }
  return { longs, shorts };
}

/** Interpolated less true value, Q56 x 2^33, at the point of the interval where F' = K; 0 if there is none inside. */
function kinkGap(option: OptionLattice, row: number, interval: number, left: bigint, slope: bigint): bigint {
  const { strikeQ16, logStrike, optionType } = option;
  const forwards = option.forward.forwards[row]!;
  const low = forwards[STEPS * interval]!;
  const high = forwards[STEPS * (interval + 1)]!;
  if (strikeQ16 <= low || strikeQ16 >= high) return 0n;
  // At one mix of regimes the forward is linear in the spot coordinate.
  const x = ((strikeQ16 - low) << 32n) / (high - low);
  const value = black76ValueQ56({
    forwardQ16: strikeQ16, strikeQ16, volTimeQ32: option.volTimes[row]!, logForward: logStrike, logStrike, optionType,
  });
  return left * Q32 + slope * x - (value << WEIGHT_BITS);
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
