/**
 * The market at the nodes of the scenario grid, and between them.
 *
 * A point between is a pair of neighbouring regimes and a mix of them, an interval of two neighbouring nodes and a place in it. The
 * forward of an expiry is bilinear in mix and place, volatility multiplier and time left are linear in the mix. Mix and place are
 * the same for all instruments of an asset, so one set of bilinear weights belongs to a point.
 */
import { SECONDS_PER_YEAR } from "../math/black76.js";
import { lnQ32, powQ32, sqrtQ32 } from "../math/elementary.js";
import { Q32, clamp, floorDiv, max, roundDiv } from "../math/fixed-point.js";
import { type AssetRisk, NODES, type RiskModel, type SurfaceRegime } from "../policy/risk-model.js";

const REFERENCE_TENOR = 30n * 86_400n;
/** Log-moneyness beyond which the skew shock is flat: 0.5. */
const SKEW_LIMIT = Q32 / 2n;

/** One in the scale of a mix of regimes, and of a place in an interval. */
export const WHOLE_MIX = Q32;
export const WHOLE_PLACE = 1n << 16n;
/** What a bilinear sum is scaled by: mix x place. */
export const BILINEAR_BITS = 48n;

/** Spot factors 1 + level of an asset, Q32, and their logarithms, [regime][node]. */
export interface SpotFactors {
  readonly factors: readonly (readonly bigint[])[];
  readonly logs: readonly (readonly bigint[])[];
}

/** What an expiry adds, [regime]; undated instruments have 0 seconds. */
export interface TenorShocks {
  /** Seconds left after the elapsed part of the horizon; negative where it passes the expiry. */
  readonly secondsLeft: readonly bigint[];
  /** 1 + carry shock, Q32, and its logarithm. */
  readonly carryFactors: readonly bigint[];
  readonly carryLogs: readonly bigint[];
  /** Volatility shock scaled to the tenor, Q32. */
  readonly volShocks: readonly bigint[];
}

export interface ShockedForward {
  /** Q16 ticks, rounded down. */
  readonly forwardQ16: bigint;
  /** Q32, up to a constant that the strike's shares. */
  readonly log: bigint;
}

/** Forwards of an expiry. */
export interface ShockedForwards {
  /** Q16 ticks, rounded down, and their logarithms, [regime][node]. */
  readonly forwards: readonly (readonly bigint[])[];
  readonly logs: readonly (readonly bigint[])[];
  /** Of a point between; computed once for all options of the expiry. */
  between(point: GridPoint): ShockedForward;
}

/** Between regimes pair and pair + 1, nodes interval and interval + 1. */
export interface GridPoint {
  readonly pair: number;
  readonly interval: number;
  /** Share of regime pair + 1, Q32 in [0, WHOLE_MIX]. */
  readonly mix: bigint;
  /** Share of node interval + 1, Q16 in [0, WHOLE_PLACE]. */
  readonly place: bigint;
}

/** Throws ShockError unless all levels are above -1 and strictly ascending. */
export function spotFactors(asset: AssetRisk): SpotFactors {
  asset.spotLevels.forEach((levels, r) =>
    levels.forEach((level, j) => {
      const field = `${asset.symbol}.spotLevels.${r}.${j}`;
      if (level <= -Q32) throw new ShockError(field, level, "must be above -1 (Q32)");
      if (j > 0 && level <= levels[j - 1]!) throw new ShockError(field, level, "must be above the node below it");
    }),
  );
  const factors = asset.spotLevels.map((levels) => levels.map((level) => Q32 + level));
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
  const carryFactors = model.regimes.map(({ rateShock }, r) => {
    const factor = Q32 + floorDiv(rateShock * seconds, SECONDS_PER_YEAR);
    if (factor <= 0n) throw new ShockError(`carry factor of regime ${r} at ${seconds} seconds`, factor, "must be above 0");
    return factor;
  });
  return {
    secondsLeft: model.regimes.map(({ elapsed }) => seconds - floorDiv(elapsed * BigInt(model.horizon), Q32)),
    carryFactors,
    carryLogs: carryFactors.map(lnQ32),
    volShocks: model.regimes.map((regime) => tenorScaledShock(regime, seconds)),
  };
}

/** F' = F (1 + spot level) (1 + carry shock) at the nodes. */
export function shockedForwards(spot: SpotFactors, tenor: TenorShocks, forwardQ16: bigint, logForward: bigint): ShockedForwards {
  const forwards = spot.factors.map((row, r) => {
    const carried = forwardQ16 * tenor.carryFactors[r]!;
    return row.map((factor) => (carried * factor) >> 64n);
  });
  const logs = spot.logs.map((row, r) => {
    const carried = logForward + tenor.carryLogs[r]!;
    return row.map((log) => carried + log);
  });
  const known = new Map<bigint, ShockedForward>();
  const between = (point: GridPoint) => {
    const key = (point.mix * (2n * WHOLE_PLACE) + point.place) * 64n + BigInt(point.pair * NODES + point.interval);
    let found = known.get(key);
    if (found === undefined) {
      const mixed = bilinear(forwards, point) >> BILINEAR_BITS;
      found = { forwardQ16: mixed, log: lnQ32(mixed) };
      known.set(key, found);
    }
    return found;
  };
  return { forwards, logs, between };
}

/** What the nodes' numbers give at a point, exact, x 2^BILINEAR_BITS. */
export function bilinear(nodes: readonly (readonly bigint[])[], { pair, interval, mix, place }: GridPoint): bigint {
  const along = (row: readonly bigint[]) => {
    if (place === 0n) return row[interval]! * WHOLE_PLACE;
    return place === WHOLE_PLACE ? row[interval + 1]! * WHOLE_PLACE : row[interval]! * (WHOLE_PLACE - place) + row[interval + 1]! * place;
  };
  if (mix === 0n) return along(nodes[pair]!) * WHOLE_MIX;
  if (mix === WHOLE_MIX) return along(nodes[pair + 1]!) * WHOLE_MIX;
  return (WHOLE_MIX - mix) * along(nodes[pair]!) + mix * along(nodes[pair + 1]!);
}

/**
 * Volatility multiplier of each regime, Q32: 1 + scaled shock + skewShock x ln(F/K) clipped to +-0.5, with F before the shock, and
 * not below the regime's floor.
 */
export function volatilityMultipliers(model: RiskModel, tenor: TenorShocks, logMoneyness: bigint): bigint[] {
  const clipped = clamp(logMoneyness, -SKEW_LIMIT, SKEW_LIMIT);
  return model.regimes.map(({ skewShock, minMultiplier }, r) =>
    max(minMultiplier, Q32 + tenor.volShocks[r]! + floorDiv(skewShock * clipped, Q32)));
}

/** volShock (30 d / max(tenor, floor))^power, Q32. */
function tenorScaledShock({ volShock, tenorFloor, shortPower, longPower }: SurfaceRegime, seconds: bigint): bigint {
  const tenor = max(seconds, BigInt(tenorFloor));
  const ratio = roundDiv(REFERENCE_TENOR << 32n, tenor);
  return floorDiv(volShock * powQ32(ratio, tenor <= REFERENCE_TENOR ? shortPower : longPower), Q32);
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
