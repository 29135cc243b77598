/**
 * The market at the points of the scenario grid and between them: forwards, volatility multipliers and elapsed time.
 *
 * The fine lattice has a row for each surface regime and one half-way between neighbours (row 2 r is regime r), and four columns an
 * interval of two spot nodes (column 4 j is node j). Elapsed time, volatility multiplier, carry shock and the spot level of a
 * node are mixed linearly in between, so one set of bilinear weights belongs to a point for every instrument.
 */
import { SECONDS_PER_YEAR } from "../math/black76.js";
import { lnQ32, powQ32, sqrtQ32 } from "../math/elementary.js";
import { Q32, clamp, floorDiv, max, roundDiv } from "../math/fixed-point.js";
import { type AssetRisk, NODES, REGIMES, type RiskModel, type SurfaceRegime } from "../policy/risk-model.js";

export const ROWS = 2 * REGIMES - 1;
export const STEPS = 4;
export const COLUMNS = STEPS * (NODES - 1) + 1;

const REFERENCE_TENOR = 30n * 86_400n;
/** Log-moneyness beyond which the skew shock is flat: 0.5. */
const SKEW_LIMIT = Q32 / 2n;

/** Spot factors 1 + level of an asset, Q32, and their logarithms, [row][column]. */
export interface SpotLattice {
  readonly factors: readonly (readonly bigint[])[];
  readonly logs: readonly (readonly bigint[])[];
}

/** What an expiry adds; undated instruments have 0 seconds. */
export interface TenorShocks {
  /** Seconds left after the elapsed part of the horizon, [row]. */
  readonly secondsLeft: readonly bigint[];
  /** 1 + carry shock, Q32, and its logarithm, [row]. */
  readonly carryFactors: readonly bigint[];
  readonly carryLogs: readonly bigint[];
  /** Volatility shock scaled to the tenor, Q32, [regime]. */
  readonly volShocks: readonly bigint[];
}

/** Forwards, Q16 ticks, rounded down, and their logarithms, [row][column]. */
export interface ForwardLattice {
  readonly forwards: readonly (readonly bigint[])[];
  readonly logs: readonly (readonly bigint[])[];
}

/** Throws ShockError unless all levels are above -1 and strictly ascending. */
export function spotLattice(asset: AssetRisk): SpotLattice {
  asset.spotLevels.forEach((levels, r) =>
    levels.forEach((level, j) => {
      const field = `${asset.symbol}.spotLevels.${r}.${j}`;
      if (level <= -Q32) throw new ShockError(field, level, "must be above -1 (Q32)");
      if (j > 0 && level <= levels[j - 1]!) throw new ShockError(field, level, "must be above the node below it");
    }),
  );
  const nodeFactors = everyRow((r) => asset.spotLevels[r]!.map((level) => Q32 + level), (a, b) => a.map((level, j) => mean(level, b[j]!)));
  const factors = nodeFactors.map((nodes) =>
    Array.from({ length: COLUMNS }, (_, column) => {
      const step = BigInt(column % STEPS);
      const low = nodes[(column - (column % STEPS)) / STEPS]!;
      return step === 0n ? low : low + floorDiv((nodes[(column - (column % STEPS)) / STEPS + 1]! - low) * step, BigInt(STEPS));
    }),
  );
  return { factors, logs: factors.map((row) => row.map(lnQ32)) };
}

/**
 * The asset as an instrument sees it that expires within the horizon: in regimes that end at expiry, the share sqrt(T / horizon) of
 * the spot move. A hedge that expires in minutes must not cover a move of a day.
 */
export function endingAtExpiry(asset: AssetRisk, model: RiskModel, seconds: bigint): AssetRisk {
  const share = sqrtQ32(floorDiv(seconds * Q32, BigInt(model.horizon)));
  const spotLevels = asset.spotLevels.map((levels, r) =>
    model.regimes[r]!.endsAtExpiry ? levels.map((level) => floorDiv(level * share, Q32)) : levels,
  );
  return { ...asset, spotLevels };
}

/** Throws ShockError if a carry shock turns the forward negative. */
export function tenorShocks(model: RiskModel, seconds: bigint): TenorShocks {
  const elapsed = everyRow((r) => model.regimes[r]!.elapsed, mean);
  const rates = everyRow((r) => model.regimes[r]!.rateShock, mean);
  const carryFactors = rates.map((rate, row) => {
    const factor = Q32 + floorDiv(rate * seconds, SECONDS_PER_YEAR);
    if (factor <= 0n) throw new ShockError(`carry factor of row ${row} at ${seconds} seconds`, factor, "must be above 0");
    return factor;
  });
  return {
    secondsLeft: elapsed.map((part) => max(0n, seconds - floorDiv(part * BigInt(model.horizon), Q32))),
    carryFactors,
    carryLogs: carryFactors.map(lnQ32),
    volShocks: model.regimes.map((regime) => tenorScaledShock(regime, seconds)),
  };
}

/** F' = F (1 + spot level) (1 + carry shock) at every point. */
export function forwardLattice(spot: SpotLattice, tenor: TenorShocks, forwardQ16: bigint, logForward: bigint): ForwardLattice {
  return {
    forwards: spot.factors.map((row, m) => {
      const carried = forwardQ16 * tenor.carryFactors[m]!;
      return row.map((factor) => (carried * factor) >> 64n);
    }),
    logs: spot.logs.map((row, m) => {
      const carried = logForward + tenor.carryLogs[m]!;
      return row.map((log) => carried + log);
    }),
  };
}

/**
 * Volatility multiplier of each row, Q32: 1 + scaled shock + skewShock x ln(F/K) clipped to +-0.5, with F before the shock, and
 * not below the regime's floor.
 */
export function volatilityMultipliers(model: RiskModel, tenor: TenorShocks, logMoneyness: bigint): bigint[] {
  const clipped = clamp(logMoneyness, -SKEW_LIMIT, SKEW_LIMIT);
  return everyRow((r) => {
    const { skewShock, minMultiplier } = model.regimes[r]!;
    return max(minMultiplier, Q32 + tenor.volShocks[r]! + floorDiv(skewShock * clipped, Q32));
  }, mean);
}

/** volShock (30 d / max(tenor, floor))^power, Q32. */
function tenorScaledShock({ volShock, tenorFloor, shortPower, longPower }: SurfaceRegime, seconds: bigint): bigint {
  const tenor = max(seconds, BigInt(tenorFloor));
  const ratio = roundDiv(REFERENCE_TENOR << 32n, tenor);
  return floorDiv(volShock * powQ32(ratio, tenor <= REFERENCE_TENOR ? shortPower : longPower), Q32);
}

/** A value for each lattice row: the regimes', and mixed half-way between neighbours. */
function everyRow<T>(ofRegime: (regime: number) => T, mix: (a: T, b: T) => T): T[] {
  const rows: T[] = [];
  for (let r = 0; r < REGIMES; r++) {
    const own = ofRegime(r);
    if (r > 0) rows.push(mix(rows[rows.length - 1]!, own));
    rows.push(own);
  }
  return rows;
}

function mean(a: bigint, b: bigint): bigint {
  return floorDiv(a + b, 2n);
}

/** A risk model that shocks the market to nonsense. */
export class ShockError extends RangeError {
  override readonly name = "ShockError";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly rule: string,
  ) {
    super(`${field} ${value} ${rule}`);
  }
}
