import type { AssetMarket, Bar, ListedInstrument, MarketSnapshot } from "../market/market-snapshot.js";
import { DAY } from "../market/utc-time.js";
import { SECONDS_PER_YEAR } from "../math/black76.js";
import { lnQ32 } from "../math/elementary.js";
import { Q32, abs, floorDiv, isqrt, max, parseDecimal, roundDiv } from "../math/fixed-point.js";
import { DECIMALS, decimalQ32 } from "./decimals.js";
import { assetPolicyOf, type Policy } from "./policy.js";

export const YEAR = Number(SECONDS_PER_YEAR);
const DAYS_PER_YEAR = 365n;

export type VolatilitySource = "history" | "implied";

/** Annual volatilities, Q32; those that could not be had are absent. */
export interface VolatilityEstimate {
  readonly symbol: string;
  /** Daily returns that entered the EWMAs. */
  readonly returns: number;
  readonly fast?: bigint;
  readonly slow?: bigint;
  /** max(slow, mix of fast and slow): up quickly, down slowly. */
  readonly historical?: bigint;
  readonly implied?: bigint;
  /** Largest slow EWMA of the history, at least the policy's stressed volatility. */
  readonly stressed: bigint;
  /** The result: buffered and floored. */
  readonly blended: bigint;
  /** Which estimate decided before the buffer and the floor. */
  readonly source: VolatilitySource;
  readonly floored: boolean;
}

/** Throws BarError for bars that are not usable data and NoVolatilityError where the snapshot has neither history nor options. */
export function estimateVolatility(snapshot: MarketSnapshot, asset: AssetMarket, policy: Policy): VolatilityEstimate {
  const { volatility } = policy;
  const bounds = assetPolicyOf(policy, asset.symbol);
  checkBars(asset, snapshot.time);
  const variances = dailyVariances(asset.history);
  const implied = impliedVolatility(snapshot, asset.symbol, policy);
  let stressed = decimalQ32(bounds.stressedVolatility);
  let history: Pick<VolatilityEstimate, "fast" | "slow" | "historical"> = {};
  if (variances.length >= volatility.minimumBars) {
    const fastPath = ewma(variances, decimalQ32(volatility.fastLambda));
    const slowPath = ewma(variances, decimalQ32(volatility.slowLambda));
    const fast = annualVolatility(fastPath.at(-1) ?? 0n);
    const slow = annualVolatility(slowPath.at(-1) ?? 0n);
    const weight = decimalQ32(volatility.fastWeight);
    const mix = roundDiv(weight * fast + (Q32 - weight) * slow, Q32);
    // An old history still knows what stress was, but not what today is.
    if (isFresh(asset, snapshot.time, policy)) history = { fast, slow, historical: max(slow, mix) };
    // The start of an EWMA is its seed, not an observation of stress.
    const settled = slowPath.slice(volatility.minimumBars - 1).reduce((a, b) => max(a, b), 0n);
    stressed = max(stressed, annualVolatility(settled));
  }
  const fromOptions = implied === undefined ? undefined : roundDiv(implied * decimalQ32(volatility.impliedWeight), Q32);
  if (history.historical === undefined && fromOptions === undefined) {
    throw new NoVolatilityError(asset.symbol, isFresh(asset, snapshot.time, policy) ? variances.length : 0, volatility.minimumBars);
  }
  const current = max(history.historical ?? 0n, fromOptions ?? 0n);
  const weight = decimalQ32(volatility.stressedWeight);
  const buffered = max(current, roundDiv((Q32 - weight) * current + weight * stressed, Q32));
  const floor = decimalQ32(bounds.volatilityFloor);
  return {
    symbol: asset.symbol,
    returns: variances.length,
    ...history,
    ...(implied === undefined ? {} : { implied }),
    stressed,
    blended: max(buffered, floor),
    source: current === history.historical ? "history" : "implied",
    floored: buffered < floor,
  };
}

/** Whether the last bar closed recently enough to speak of today. */
export function isFresh({ history }: AssetMarket, time: number, { volatility }: Policy): boolean {
  const last = history.at(-1);
  return last !== undefined && time - (last.time + DAY) <= volatility.maximumHistoryAge;
}

/** Standard deviation over a number of seconds, Q32, of an annual volatility, Q32. */
export function horizonSigma(volatility: bigint, seconds: number): bigint {
  return isqrt(floorDiv(volatility * volatility * BigInt(seconds), BigInt(YEAR)));
}

/**
 * Daily variances, Q64: the larger of the squared close-to-close log return and Parkinson's range variance
 * ln(H/L)^2 / (4 ln 2) (Parkinson 1980), because a close hides the wick that liquidates. A return over a gap in the bars is
 * spread over its days. One value fewer than there are bars.
 */
export function dailyVariances(bars: readonly Bar[]): bigint[] {
  const parkinsonDivisor = 4n * lnQ32(2n * Q32);
  return bars.slice(1).map((bar, index) => {
    const previous = bars[index] ?? bar;
    const closeToClose = logRatio(bar.close, previous.close);
    const days = roundDiv(BigInt(bar.time - previous.time), BigInt(DAY));
    const range = logRatio(bar.high, bar.low);
    return max(roundDiv(closeToClose * closeToClose, days), roundDiv((range * range) << 32n, parkinsonDivisor));
  });
}

/**
 * RiskMetrics recursion v' = lambda v + (1 - lambda) x over variances, Q64; one value for each input.
 * It starts from the mean of the first 20 inputs, so that no single day is the seed.
 */
export function ewma(variances: readonly bigint[], lambda: bigint): bigint[] {
  const seed = variances.slice(0, 20);
  if (seed.length === 0) return [];
  let value = roundDiv(seed.reduce((sum, variance) => sum + variance, 0n), BigInt(seed.length));
  return variances.map((variance) => {
    value = roundDiv(lambda * value + (Q32 - lambda) * variance, Q32);
    return value;
  });
}

/** ln(a / b), Q32, of two positive decimals. */
export function logRatio(a: string, b: string): bigint {
  return lnQ32(roundDiv(parseDecimal(a, DECIMALS) << 32n, parseDecimal(b, DECIMALS)));
}

function annualVolatility(dailyVarianceQ64: bigint): bigint {
  return isqrt(dailyVarianceQ64 * DAYS_PER_YEAR);
}

/**
 * At-the-money implied volatility at the policy's tenor, Q32: per expiry that of the strike nearest to the forward (a call and a put of
 * one strike are averaged), linear in total variance between the expiries around the tenor, flat in volatility outside them.
 * Live quotes only. undefined where no expiry has a strike near enough.
 */
export function impliedVolatility(snapshot: MarketSnapshot, symbol: string, policy: Policy): bigint | undefined {
  const { impliedTenor, minimumImpliedTenor, maximumStrikeDistance } = policy.volatility;
  const maximum = decimalQ32(maximumStrikeDistance);
  const expiries = new Map<number, { distance: bigint; volatilities: bigint[] }>();
  for (const option of snapshot.instruments) {
    const quote = liveQuote(option, symbol);
    if (quote === undefined || quote.expiry - snapshot.time < minimumImpliedTenor) continue;
    const distance = abs(logRatio(quote.strike, quote.forward));
    if (distance > maximum) continue;
    const best = expiries.get(quote.expiry);
    const implied = decimalQ32(quote.volatility);
    if (best === undefined || distance < best.distance) expiries.set(quote.expiry, { distance, volatilities: [implied] });
    else if (distance === best.distance) best.volatilities.push(implied);
  }
  const points = [...expiries]
    .map(([expiry, { volatilities }]) => {
      const mean = roundDiv(volatilities.reduce((sum, v) => sum + v, 0n), BigInt(volatilities.length));
      return { tenor: BigInt(expiry - snapshot.time), volatility: mean };
    })
    .sort((a, b) => Number(a.tenor - b.tenor));
  return interpolateTotalVariance(points, BigInt(impliedTenor));
}

function interpolateTotalVariance(points: readonly { tenor: bigint; volatility: bigint }[], tenor: bigint): bigint | undefined {
  const before = points.filter((point) => point.tenor <= tenor).at(-1);
  const after = points.find((point) => point.tenor > tenor);
  if (before === undefined || after === undefined) return (before ?? after)?.volatility;
  const variance = ({ tenor: t, volatility: v }: { tenor: bigint; volatility: bigint }) => v * v * t;
  const total = roundDiv(
    variance(before) * (after.tenor - tenor) + variance(after) * (tenor - before.tenor),
    after.tenor - before.tenor,
  );
  return isqrt(roundDiv(total, tenor));
}

export interface LiveOptionQuote {
  readonly strike: string;
  readonly forward: string;
  readonly volatility: string;
  readonly expiry: number;
}

/** The option's quote if it is a live option of the asset with all that a quote needs. */
export function liveQuote(option: ListedInstrument, symbol: string): LiveOptionQuote | undefined {
  const { strike, forward, volatility, expiry } = option;
  if (option.asset !== symbol || option.kind !== "option" || option.status !== "live") return undefined;
  if (strike === undefined || forward === undefined || volatility === undefined || expiry === undefined) return undefined;
  return { strike, forward, volatility, expiry };
}

function checkBars({ symbol, history }: AssetMarket, time: number): void {
  history.forEach((bar, index) => {
    const fail = (field: string, value: string | number, rule: string) => {
      throw new BarError(symbol, index, field, value, rule);
    };
    if (bar.time + DAY > time) fail("time", bar.time, `a daily bar must have closed by the snapshot's time ${time}`);
    const previous = history[index - 1];
    if (previous !== undefined && bar.time < previous.time + DAY) fail("time", bar.time, "bars must be ascending, a day apart at least");
    for (const field of ["open", "high", "low", "close"] as const) {
      if (parseDecimal(bar[field], DECIMALS) <= 0n) fail(field, bar[field], "must be positive");
    }
    if (parseDecimal(bar.high, DECIMALS) < parseDecimal(bar.low, DECIMALS)) fail("high", bar.high, `must not be below low (${bar.low})`);
    if (parseDecimal(bar.quoteVolume, DECIMALS) < 0n) fail("quoteVolume", bar.quoteVolume, "must not be negative");
  });
}

export class BarError extends Error {
  override readonly name = "BarError";

  constructor(
    readonly asset: string,
    readonly index: number,
    readonly field: string,
    readonly value: string | number,
    readonly rule: string,
  ) {
    super(`history of ${asset}, bar ${index}: ${field} = ${value}: ${rule}`);
  }
}

export class NoVolatilityError extends Error {
  override readonly name = "NoVolatilityError";

  constructor(
    readonly asset: string,
    readonly returns: number,
    readonly minimumBars: number,
  ) {
    super(`asset ${asset} has no volatility: ${returns} current daily returns, ${minimumBars} needed, and no live option near the money`);
  }
}
