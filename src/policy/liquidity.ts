import type { AssetMarket, MarketSnapshot } from "../market/market-snapshot.js";
import { expQ32, sqrtQ32 } from "../math/elementary.js";
import { Q32, ceilDiv, floorDiv, max, parseDecimal } from "../math/fixed-point.js";
import { DECIMALS, amountUnitsDown, decimalQ32 } from "./decimals.js";
import { assetPolicyOf, liquidationHorizon, type Policy } from "./policy.js";
import { DAY } from "../market/utc-time.js";
import { YEAR, horizonSigma, isFresh, liveQuote, logRatio, type LiveOptionQuote } from "./volatility.js";

const LAMBDA_BITS = 80n;
const LAMBDA_LIMIT = 1n << 64n;
/** 1 / sqrt(2 pi), Q32, rounded down. */
const DENSITY_AT_ZERO = 1713444047n;

export interface Liquidity {
  readonly lambdaDelta: bigint;
  readonly lambdaVega: bigint;
  /** Daily volume in value units that the depth was taken from, and whether it is the market's. */
  readonly dailyVolume: bigint;
  readonly volumeSource: "history" | "policy";
  /** Tradable vega, value units per 1.00 of volatility, and where it is from. */
  readonly vegaDepth: bigint;
  readonly vegaSource: "open interest" | "policy";
}

/**
 * Square-law costs of unwinding within the horizon, x 2^-80 per value unit, rounded up.
 * With p = participation x reachable volume of the horizon, a position D costs
 * impact x sigma_h x |D| x |D| / p (impact linear in size, as Almgren and Chriss 2000): lambda_D = impact sigma_h / p.
 * Likewise vega V costs vegaImpact x (volatility move of the horizon) x |V| x V / tradable vega. Throws LambdaRangeError from 2^64 on.
 */
export function liquidityOf(snapshot: MarketSnapshot, asset: AssetMarket, policy: Policy, volatility: bigint): Liquidity {
  const { liquidity } = policy;
  const horizon = liquidationHorizon(policy);
  const sigma = horizonSigma(volatility, horizon);
  const bounds = assetPolicyOf(policy, asset.symbol);

  const median = medianVolume(asset, liquidity.volumeWindow);
  // Volume of long ago must not lower the margin below what the policy's own figure gives.
  const traded = isFresh(asset, snapshot.time, policy) || median < amountUnitsDown(bounds.dailyVolume) ? median : 0n;
  const dailyVolume = traded > 0n ? traded : amountUnitsDown(bounds.dailyVolume);
  const reachable = floorDiv(dailyVolume * BigInt(horizon) * decimalQ32(liquidity.depthShare), BigInt(DAY) * Q32);
  const depth = floorDiv(reachable * decimalQ32(liquidity.participation), Q32);
  const lambdaDelta = squareLaw(asset.symbol, "lambdaDelta", decimalQ32(liquidity.impact), sigma, depth);

  const open = floorDiv(openVega(snapshot, asset.symbol) * decimalQ32(liquidity.openInterestShare), Q32);
  const vegaDepth = open > 0n ? open : amountUnitsDown(bounds.vegaDepth);
  const volatilityMove = horizonSigma(ceilDiv(volatility * decimalQ32(liquidity.volatilityOfVolatility), Q32), horizon);
  const lambdaVega = squareLaw(asset.symbol, "lambdaVega", decimalQ32(liquidity.vegaImpact), volatilityMove, vegaDepth);

  return {
    lambdaDelta,
    lambdaVega,
    dailyVolume,
    volumeSource: traded > 0n ? "history" : "policy",
    vegaDepth,
    vegaSource: open > 0n ? "open interest" : "policy",
  };
}

/** Median daily volume: it ignores a day's spike, which would lower the margin when it should rise. Value units. */
function medianVolume({ history }: AssetMarket, window: number): bigint {
  const volumes = history
    .slice(-window)
    .map((bar) => amountUnitsDown(bar.quoteVolume))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return volumes[(volumes.length - 1) >> 1] ?? 0n;
}

/** Vega of the open interest of an asset's live options, value units per 1.00 of volatility, rounded down. */
function openVega(snapshot: MarketSnapshot, symbol: string): bigint {
  let total = 0n;
  for (const option of snapshot.instruments) {
    const quote = liveQuote(option, symbol);
    if (quote === undefined || option.openInterest === undefined || quote.expiry <= snapshot.time) continue;
    total += floorDiv(optionVega(quote, snapshot.time) * parseDecimal(option.openInterest, DECIMALS), 100n);
  }
  return floorDiv(total, Q32);
}

/** Vega of one contract, Q32 quote currency per 1.00 of volatility: F phi(d1) sqrt(tau), undiscounted, rounded down. */
export function optionVega(quote: LiveOptionQuote, time: number): bigint {
  const root = sqrtQ32(floorDiv(BigInt(quote.expiry - time) << 32n, BigInt(YEAR)));
  const deviation = floorDiv(decimalQ32(quote.volatility) * root, Q32);
  if (deviation === 0n) return 0n;
  const d1 = floorDiv(logRatio(quote.forward, quote.strike) << 32n, deviation) + floorDiv(deviation, 2n);
  const density = floorDiv(DENSITY_AT_ZERO * expQ32(floorDiv(-d1 * d1, 2n * Q32)), Q32);
  return floorDiv(floorDiv(decimalQ32(quote.forward) * density, Q32) * root, Q32);
}

function squareLaw(asset: string, field: string, impact: bigint, move: bigint, depth: bigint): bigint {
  const lambda = ceilDiv((impact * move) << (LAMBDA_BITS - 64n), max(depth, 1n));
  if (lambda >= LAMBDA_LIMIT) throw new LambdaRangeError(asset, field, lambda);
  return lambda;
}

export class LambdaRangeError extends Error {
  override readonly name = "LambdaRangeError";

  constructor(
    readonly asset: string,
    readonly field: string,
    readonly value: bigint,
  ) {
    super(`${field} of ${asset} = ${value}: must be below 2^64; the policy's or the market's depth is too small for its impact`);
  }
}
