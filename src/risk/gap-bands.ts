/**
 * What bounds of gaps are made of: the mixes of two neighbouring regimes, what sigma sqrt(T) does between them, and how concave a value can be.
 */
import { type OptionType, SECONDS_PER_YEAR } from "../math/black76.js";
import { Q32, ceilDiv, floorDiv, isqrt, max, min } from "../math/fixed-point.js";
import { normalPdfQ40 } from "../math/normal-cdf.js";
import { REGIMES } from "../policy/risk-model.js";
import { type ShockedForwards, WHOLE_MIX } from "./shocked-market.js";

/** phi(t) at the 64ths of t in [0, 8], Q40. Between them it is linear to 2^-16: |phi''| (1/64)^2 / 8 < 2^-16. */
export const BELL = Array.from({ length: 8 * 64 + 1 }, (_, k) => normalPdfQ40(BigInt(k) << 26n));
export const BELL_ERROR_BITS = 16n;
/** t phi(t) there, rounded up. */
export const TILTED_BELL = BELL.map((phi, k) => ceilDiv(BigInt(k) * (phi + 2n), 64n));

/** An option at the nodes and between. */
export interface GapOption {
  readonly optionType: OptionType;
  readonly strikeQ16: bigint;
  readonly logStrike: bigint;
  /** Q16 ticks, before any shock. */
  readonly forwardQ16: bigint;
  /** Q32 per year, before any shock. */
  readonly volatility: bigint;
  /** Volatility multiplier, sigma sqrt(T), both Q32, and seconds left (negative: none), [regime]. */
  readonly multipliers: readonly bigint[];
  readonly volTimes: readonly bigint[];
  readonly secondsLeft: readonly bigint[];
  readonly forwards: ShockedForwards;
  /** Q56 ticks, [regime][node]. */
  readonly values: readonly (readonly bigint[])[];
}

/** Two neighbouring regimes at one mix. */
export interface Row {
  readonly mix: bigint;
  /** Q32. */
  readonly multiplier: bigint;
  /** Root of the years left, Q32; 0 where they are the same at all mixes. */
  readonly root: bigint;
  /** sigma sqrt(T), Q32. */
  readonly volTime: bigint;
}

/** A range of mixes of a pair of regimes: its ends and its middle. */
export interface Band {
  readonly pair: number;
  readonly low: Row;
  readonly middle: Row;
  readonly high: Row;
  readonly range: VolTimeRange;
}

/** Volatility times of a range of mixes: the line through its ends, less `below`, is under sigma sqrt(T), plus `above`, over it; so are lowest and highest. */
export interface VolTimeRange {
  readonly below: bigint;
  readonly above: bigint;
  readonly lowest: bigint;
  readonly highest: bigint;
}

/** The pairs of regimes, in two bands where the option expires at one of the mixes. */
export function bands(option: GapOption): Band[] {
  const all: Band[] = [];
  for (let pair = 0; pair < REGIMES - 1; pair++) {
    const ends = [0n, ...expiringMix(option, pair), WHOLE_MIX].map((mix) => rowAt(option, pair, mix));
    for (let at = 1; at < ends.length; at++) all.push(bandBetween(option, pair, ends[at - 1]!, ends[at]!));
  }
  return all;
}

export function bandBetween(option: GapOption, pair: number, low: Row, high: Row): Band {
  return { pair, low, middle: rowAt(option, pair, (low.mix + high.mix) / 2n), high, range: volTimeRange(option, low, high) };
}

/** The mix at which nothing is left of the option, on its expired side; none if there is none inside. */
function expiringMix({ secondsLeft }: GapOption, pair: number): bigint[] {
  const [below, above] = [secondsLeft[pair]!, secondsLeft[pair + 1]!];
  if (below * above >= 0n) return [];
  const mix = below < 0n ? (-below * WHOLE_MIX) / (above - below) : ceilDiv(below * WHOLE_MIX, below - above);
  return mix === 0n || mix === WHOLE_MIX ? [] : [mix];
}

function rowAt({ volatility, multipliers, volTimes, secondsLeft }: GapOption, pair: number, mix: bigint): Row {
  const rest = WHOLE_MIX - mix;
  const multiplier = (rest * multipliers[pair]! + mix * multipliers[pair + 1]!) / WHOLE_MIX;
  if (secondsLeft[pair] === secondsLeft[pair + 1]) return { mix, multiplier, root: 0n, volTime: (rest * volTimes[pair]! + mix * volTimes[pair + 1]!) / WHOLE_MIX };
  // Q32 seconds.
  const left = max(0n, rest * secondsLeft[pair]! + mix * secondsLeft[pair + 1]!);
  const sigma = (volatility * multiplier) / Q32;
  return { mix, multiplier, root: isqrt((left << 32n) / SECONDS_PER_YEAR), volTime: isqrt((sigma * sigma * left) / (SECONDS_PER_YEAR << 32n)) };
}

/**
 * sigma sqrt(T) = sigma x multiplier x root: the multiplier is linear in the mix, the root of the time left above its chord by at most
 * (change)^2 / (4 (sum of its ends)); the product of two lines is off its chord by a quarter of the product of their changes.
 */
function volTimeRange(option: GapOption, low: Row, high: Row): VolTimeRange {
  const change = high.root - low.root;
  const product = (high.multiplier - low.multiplier) * change;
  const bend = change === 0n ? 0n : ceilDiv(change * change, 4n * (high.root + low.root));
  const scaled = (q64: bigint) => ceilDiv(option.volatility * q64, 1n << 64n);
  const below = product > 0n ? scaled(ceilDiv(product, 4n)) : 0n;
  const above = scaled(max(low.multiplier, high.multiplier) * bend + (product < 0n ? ceilDiv(-product, 4n) : 0n));
  return {
    below, above,
    lowest: max(0n, min(low.volTime, high.volTime) - below),
    // Both factors grow the same way: no mix is beyond the ends.
    highest: max(low.volTime, high.volTime) + (product < 0n ? above : 0n),
  };
}

/** ln K - ln F', Q32. */
export interface LogRange {
  readonly lowest: bigint;
  readonly highest: bigint;
}

export function logRange({ logStrike, forwards: { logs } }: GapOption, pair: number, from: number, to: number): LogRange {
  const [a, b, c, d] = [logs[pair]![from]!, logs[pair]![to]!, logs[pair + 1]![from]!, logs[pair + 1]![to]!];
  return { lowest: logStrike - max(max(a, b), max(c, d)), highest: logStrike - min(min(a, b), min(c, d)) };
}

/** At least K phi(d2) max(0, -d2), Q56, with -d2 = l / v + v / 2 for l = ln K - ln F' and v in their ranges. t phi(t) rises to t = 1, then falls. */
export function concavity({ strikeQ16 }: GapOption, { lowest, highest }: LogRange, range: Pick<VolTimeRange, "lowest" | "highest">): bigint {
  if (range.highest === 0n) return 0n;
  const distance = (log: bigint, volTime: bigint) => floorDiv(log << 32n, volTime) + volTime / 2n;
  const from = leastDistance(lowest, range, distance);
  if (from >= Q32) return strikeQ16 * TILTED_BELL[gridBelow(from)]!;
  const to = range.lowest > 0n ? max(distance(highest, range.highest), distance(highest, range.lowest)) : highest > 0n ? Q32 : distance(highest, range.highest);
  if (to < 0n) return 0n;
  return strikeQ16 * TILTED_BELL[to >= Q32 ? 64 : Number(to >> 26n) + 1]!;
}

export function gridBelow(t: bigint): number {
  return t >= 8n * Q32 ? 8 * 64 : Number(t >> 26n);
}

/** phi(t), Q40, to 2^-16. */
export function bell(t: bigint): bigint {
  const size = t < 0n ? -t : t;
  if (size >= 8n * Q32) return 0n;
  const at = Number(size >> 26n);
  return BELL[at]! - (((BELL[at]! - BELL[at + 1]!) * (size & ((1n << 26n) - 1n))) >> 26n);
}

/** Least l / v + v / 2 over the range of v, rounded down: with l > 0 it falls to v = sqrt(2 l), then rises. */
function leastDistance(log: bigint, { lowest, highest }: Pick<VolTimeRange, "lowest" | "highest">, distance: (log: bigint, volTime: bigint) => bigint): bigint {
  if (log <= 0n) return lowest > 0n ? distance(log, lowest) : 0n;
  const turn = isqrt(log << 33n);
  if (highest <= turn) return distance(log, highest);
  return lowest >= turn ? distance(log, lowest) : turn;
}
