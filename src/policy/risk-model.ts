/**
 * RiskModel: what a policy makes of a market snapshot. Data only, integers only; the risk stage turns it into a RiskPayload.
 * Scales: Q32 ratios (x 2^32), Q16 ratios where named, times in seconds.
 */

export const REGIMES = 4;
export const NODES = 14;
export const SCENARIOS = 192;
export const STRESS_ROWS = 56;
/** Scenarios of one regime block; the last 14 of each block are its stress rows. */
export const REGIME_BLOCK = SCENARIOS / REGIMES;

export interface RiskModel {
  /** Valuation time, unix seconds: the snapshot's. */
  readonly time: number;
  readonly epoch: number;
  /** Liquidation horizon, seconds. */
  readonly horizon: number;
  /** T: tail weight, 1..W. */
  readonly tail: bigint;
  /** Safety buffer on the risk part, Q16, below 2^16. */
  readonly buffer: bigint;
  /** Initial margin as a multiple of maintenance margin, Q16, at least 2^16: policy.margin.initialFactor. */
  readonly initialFactor: bigint;
  /** Disclosure granularity, value units, 1..2^40-1. */
  readonly granularity: bigint;
  /** Scenario weights, SCENARIOS of them, each below 2^20; stress rows may have weight 0. */
  readonly weights: readonly number[];
  /** Damping fields of the STRESS_ROWS rows (regime by regime, 14 each): factor (field + 1) / 1024. */
  readonly damping: readonly number[];
  readonly regimes: readonly SurfaceRegime[];
  /** Sorted by symbol; the asset's number in the payload is its index + 1. */
  readonly assets: readonly AssetRisk[];
  /** Expiry bands: upper ends in seconds to expiry, ascending; the last is Infinity-like (Number.MAX_SAFE_INTEGER). Linear undated instruments are in band 0. */
  readonly bands: readonly number[];
  /** Factor on the bounds of the gaps between nodes, Q32, at least 1; 0 in a worst-case policy that charges no gaps. */
  readonly gapSafety: bigint;
}

/** Joint state r of volatility surface and rates. Order: vol down, flat, up, up with skew. */
export interface SurfaceRegime {
  readonly name: string;
  /** Part of the horizon that has elapsed when instruments are revalued, Q32 in [0, 1]. */
  readonly elapsed: bigint;
  /**
   * Whether an instrument that expires within the horizon sees the spot move only as far as its expiry, level x sqrt(T / horizon):
   * the rest of the move finds the book without it. Else it hedges for the whole horizon.
   */
  readonly endsAtExpiry: boolean;
  /** Relative volatility shock at a tenor of 30 days, Q32 (+0.30 = up 30 %), scaled by (30 d / max(tenor, tenorFloor))^power. */
  readonly volShock: bigint;
  readonly tenorFloor: number;
  /** Exponent for tenors up to 30 days and beyond, Q32. */
  readonly shortPower: bigint;
  readonly longPower: bigint;
  /** Additional relative volatility shock per unit of ln(F/K), clipped to +-0.5: positive lifts low strikes. Q32. */
  readonly skewShock: bigint;
  /** Parallel shift of the forward's carry, Q32 per year: F' = F (1 + spot shock) (1 + rateShock x tenor in years). */
  readonly rateShock: bigint;
  /** Floor of the volatility multiplier, Q32. */
  readonly minMultiplier: bigint;
}

export interface AssetRisk {
  readonly symbol: string;
  /** Blended annual volatility used for the nodes, Q32; 0 where a worst-case policy gives the nodes. */
  readonly volatility: bigint;
  /** spotLevels[regime][node]: relative spot shock, Q32, strictly ascending in the node, above -1. */
  readonly spotLevels: readonly (readonly bigint[])[];
  /** Node (0..13; 14 = unmoved) of each of the SCENARIOS scenarios. */
  readonly column: readonly number[];
  /** Liquidity coefficients, x 2^-80 per value unit, below 2^64. */
  readonly lambdaDelta: bigint;
  readonly lambdaVega: bigint;
  /** Charge on long spot (collateral haircut) and on short spot, Q32 of the index. */
  readonly spotHaircut: bigint;
  readonly shortSpotCharge: bigint;
  /** Charge per short option lot, Q32 of the forward. */
  readonly shortOptionMinimum: bigint;
  /** Charge per lot of futures and perpetuals, both signs, Q32 of the forward. */
  readonly futureCharge: bigint;
}
