import { expQ32, lnQ32 } from "../math/elementary.js";
import { Q32, isqrt, roundDiv } from "../math/fixed-point.js";
import { median } from "./exchange-decimal.js";

/** What the surface of one asset is built from: usable rows of a chain. Decimals are integers of 1e-8. */
export interface SurfaceQuote {
  /** Seconds from the snapshot to expiry, above 0. */
  readonly tenor: number;
  readonly strike: bigint;
  readonly optionType: "call" | "put";
  readonly forward: bigint;
  readonly volatility: bigint;
}

/** Forward of an expiry without options: a dated future's mark. */
export interface ForwardQuote {
  readonly tenor: number;
  readonly forward: bigint;
}

export interface VolatilitySurface {
  /** Units of 1e-8. */
  readonly index: bigint;
  /** Ascending tenor. */
  readonly forwards: readonly ForwardPoint[];
  readonly smiles: readonly Smile[];
}

interface ForwardPoint {
  readonly tenor: bigint;
  readonly forward: bigint;
  /** ln(forward / index), Q32. */
  readonly carry: bigint;
}

interface Smile {
  readonly tenor: bigint;
  /** Ascending log-moneyness. */
  readonly points: readonly SmilePoint[];
}

interface SmilePoint {
  /** ln(strike / forward), Q32. */
  readonly moneyness: bigint;
  /** Volatility squared, a year, units of 1e-16: exact. */
  readonly variance: bigint;
}

/**
 * Forwards and smiles of one asset. An expiry's forward is the median of its rows'; a strike's volatility is that of its
 * out-of-the-money option, whose price carries the information, where both are quoted.
 */
export function buildSurface(index: bigint, quotes: readonly SurfaceQuote[], futures: readonly ForwardQuote[] = []): VolatilitySurface {
  const byTenor = new Map<number, SurfaceQuote[]>();
  for (const quote of quotes) {
    const rows = byTenor.get(quote.tenor) ?? [];
    rows.push(quote);
    byTenor.set(quote.tenor, rows);
  }
  const forwards = new Map<number, bigint>(futures.map(({ tenor, forward }) => [tenor, forward]));
  for (const [tenor, rows] of byTenor) forwards.set(tenor, median(rows.map(({ forward }) => forward)));
  return {
    index,
    forwards: ascending(forwards).map(([tenor, forward]) => ({ tenor: BigInt(tenor), forward, carry: logRatio(forward, index) })),
    smiles: ascending(byTenor).map(([tenor, rows]) => ({ tenor: BigInt(tenor), points: smilePoints(rows, forwards.get(tenor) as bigint) })),
  };
}

/**
 * Forward at a tenor (seconds), units of 1e-8: the expiry's own where quoted; between expiries ln(forward / index) is linear in
 * time, starting from 0 now; beyond the last it goes on at the last expiry's rate. Throws SurfaceError where no forward is quoted.
 */
export function surfaceForward(surface: VolatilitySurface, tenor: number): bigint {
  const at = BigInt(tenor);
  const { forwards, index } = surface;
  const quoted = forwards.find((point) => point.tenor === at);
  if (quoted !== undefined) return quoted.forward;
  const above = forwards.findIndex((point) => point.tenor > at);
  const last = forwards.at(-1);
  if (last === undefined) throw new SurfaceError("no forward of any expiry is quoted");
  let carry: bigint;
  if (above < 0) {
    carry = roundDiv(last.carry * at, last.tenor);
  } else {
    const right = forwards[above] as ForwardPoint;
    const left = forwards[above - 1] ?? { tenor: 0n, carry: 0n };
    carry = interpolate(left.tenor, left.carry, right.tenor, right.carry, at);
  }
  return roundDiv(index * expQ32(carry), Q32);
}

/**
 * Implied volatility at a tenor (seconds) for a strike and the expiry's forward, units of 1e-8, to nearest. At an expiry total variance
 * is linear in ln(strike / forward) between quoted strikes and the volatility constant beyond them; between expiries
 * total variance is linear in time at equal ln(strike / forward); before the first and after the last the volatility is constant.
 * Throws SurfaceError where no option is quoted.
 */
export function surfaceVolatility(surface: VolatilitySurface, tenor: number, strike: bigint, forward: bigint): bigint {
  const { smiles } = surface;
  if (smiles.length === 0) throw new SurfaceError("no implied volatility is quoted");
  const at = BigInt(tenor);
  const moneyness = logRatio(strike, forward);
  const above = smiles.findIndex((smile) => smile.tenor >= at);
  const right = above < 0 ? undefined : (smiles[above] as Smile);
  const left = above < 0 ? smiles.at(-1) : smiles[above - 1];
  let variance: bigint;
  if (right === undefined) variance = smileVariance(left as Smile, moneyness);
  else if (left === undefined || right.tenor === at) variance = smileVariance(right, moneyness);
  else {
    const total = (smile: Smile) => smileVariance(smile, moneyness) * smile.tenor;
    variance = roundDiv(interpolate(left.tenor, total(left), right.tenor, total(right), at), at);
  }
  return nearestRoot(variance);
}

/** At a fixed expiry linear total variance is linear variance: the time is a common factor. */
function smileVariance(smile: Smile, moneyness: bigint): bigint {
  const { points } = smile;
  const above = points.findIndex((point) => point.moneyness >= moneyness);
  if (above < 0) return (points.at(-1) as SmilePoint).variance;
  const right = points[above] as SmilePoint;
  const left = points[above - 1];
  if (left === undefined) return right.variance;
  return interpolate(left.moneyness, left.variance, right.moneyness, right.variance, moneyness);
}

function smilePoints(rows: readonly SurfaceQuote[], forward: bigint): SmilePoint[] {
  const byStrike = new Map<bigint, SurfaceQuote>();
  for (const row of rows) {
    const outOfTheMoney = row.optionType === (row.strike >= forward ? "call" : "put");
    if (outOfTheMoney || !byStrike.has(row.strike)) byStrike.set(row.strike, row);
  }
  return [...byStrike]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([strike, { volatility }]) => ({ moneyness: logRatio(strike, forward), variance: volatility * volatility }));
}

function interpolate(x0: bigint, y0: bigint, x1: bigint, y1: bigint, x: bigint): bigint {
  return y0 + roundDiv((y1 - y0) * (x - x0), x1 - x0);
}

/** ln(a / b), Q32. */
function logRatio(a: bigint, b: bigint): bigint {
  return lnQ32(roundDiv(a * Q32, b));
}

/** floor(sqrt(4 n) + 1) / 2: the root to nearest. */
function nearestRoot(n: bigint): bigint {
  return (isqrt(4n * n) + 1n) >> 1n;
}

function ascending<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}

/** The chain quotes nothing that a price could be taken from. */
export class SurfaceError extends Error {
  readonly code = "SURFACE";
  constructor(readonly rule: string) {
    super(rule);
    this.name = "SurfaceError";
  }
}
