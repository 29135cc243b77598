/**
 * Undiscounted Black-76 in fixed point. Prices are in ticks; logarithms and sigma sqrt(T) are arguments because they are shared
 * by many options of a grid.
 */
import { FixedPointError, floorDiv, isqrt } from "./fixed-point.js";
import { normalCdfQ40, normalPdfQ40 } from "./normal-cdf.js";

export const SECONDS_PER_YEAR = 31_536_000n;

export type OptionType = "call" | "put";

export interface Black76Input {
  /** Q16 ticks, above 0. */
  readonly forwardQ16: bigint;
  /** Q16 ticks, above 0. */
  readonly strikeQ16: bigint;
  /** sigma sqrt(T), Q32, not negative: volTimeQ32. */
  readonly volTimeQ32: bigint;
  /** lnQ32(forwardQ16) and lnQ32(strikeQ16); only their difference matters. */
  readonly logForward: bigint;
  readonly logStrike: bigint;
  readonly optionType: OptionType;
}

/** sigma sqrt(T), Q32, rounded down: sigma Q32 per year, T in seconds. Throws FixedPointError for a negative argument. */
export function volTimeQ32(sigmaQ32: bigint, seconds: bigint): bigint {
  if (sigmaQ32 < 0n) throw new FixedPointError("volTimeQ32: volatility", sigmaQ32, "must not be negative");
  if (seconds < 0n) throw new FixedPointError("volTimeQ32: seconds", seconds, "must not be negative");
  return isqrt((sigmaQ32 * sigmaQ32 * seconds) / SECONDS_PER_YEAR);
}

/** sqrt(T), T in years, Q32, rounded down. */
export function rootTimeQ32(seconds: bigint): bigint {
  return volTimeQ32(1n << 32n, seconds);
}

/**
 * Value in Q56 ticks (Q16 price x Q40 probability). Call less put is (F - K) 2^40 exactly, and no value is below the intrinsic
 * one: the out-of-the-money side is the formula clamped at 0, the other side follows by parity. volTime 0 gives the intrinsic
 * value. Error below 3e-9 (F + K).
 */
export function black76ValueQ56(input: Black76Input): bigint {
  if (input.volTimeQ32 === 0n) return intrinsicQ56(input);
  const d1 = d1Q32(input);
  return valueQ56(input, d1, normalCdfQ40(d1));
}

/** Value of an option and its slope along the forward. */
export interface Black76Tangent {
  /** As black76ValueQ56. */
  readonly value: bigint;
  /** Per tick of the forward, Q40: N(d1) of a call, N(d1) - 1 of a put; at volTime 0 a step, half-way at F = K. */
  readonly forwardSlope: bigint;
  /** Q32; absent where volTime is 0. The slope along volTime is F phi(d1). */
  readonly d1?: bigint;
}

export function black76TangentQ56(input: Black76Input): Black76Tangent {
  const slope = (probability: bigint) => (input.optionType === "call" ? probability : probability - (1n << 40n));
  if (input.volTimeQ32 === 0n) return { value: intrinsicQ56(input), forwardSlope: slope(stepQ40(input)) };
  const d1 = d1Q32(input);
  const probability = normalCdfQ40(d1);
  return { value: valueQ56(input, d1, probability), forwardSlope: slope(probability), d1 };
}

/**
 * Dollar delta, ticks, rounded down: F N(d1) of a call, F (N(d1) - 1) of a put. volTime 0: F or 0 (-F or 0 of a put) by the sign
 * of F - K, half at F = K.
 */
export function black76Delta(input: Black76Input): bigint {
  const probability = input.volTimeQ32 === 0n ? stepQ40(input) : normalCdfQ40(d1Q32(input));
  const shifted = input.optionType === "call" ? probability : probability - (1n << 40n);
  return (input.forwardQ16 * shifted) >> 56n;
}

/** Vega, ticks per 1.00 of volatility, rounded down: F phi(d1) sqrt(T), with rootTimeQ32 = sqrt(T). 0 where volTime is 0. */
export function black76Vega(input: Black76Input, rootTimeQ32: bigint): bigint {
  if (input.volTimeQ32 === 0n) return 0n;
  return (input.forwardQ16 * normalPdfQ40(d1Q32(input)) * rootTimeQ32) >> 88n;
}

/** d1 = ln(F/K) / (sigma sqrt T) + sigma sqrt T / 2, Q32, each part rounded down; volTime above 0. */
export function d1Q32(input: Pick<Black76Input, "logForward" | "logStrike" | "volTimeQ32">): bigint {
  return floorDiv((input.logForward - input.logStrike) << 32n, input.volTimeQ32) + (input.volTimeQ32 >> 1n);
}

function intrinsicQ56({ forwardQ16, strikeQ16, optionType }: Black76Input): bigint {
  const payoff = optionType === "call" ? forwardQ16 - strikeQ16 : strikeQ16 - forwardQ16;
  return payoff > 0n ? payoff << 40n : 0n;
}

/** @param probability N(d1), Q40 */
function valueQ56(input: Black76Input, d1: bigint, probability: bigint): bigint {
  const { forwardQ16, strikeQ16, volTimeQ32, optionType } = input;
  const formula = forwardQ16 * probability - strikeQ16 * normalCdfQ40(d1 - volTimeQ32);
  // N(-x) = 1 - N(x) is exact, so the put's formula is the call's plus (K - F) 2^40, and both clamps are the intrinsic value.
  const value = optionType === "call" ? formula : formula + ((strikeQ16 - forwardQ16) << 40n);
  const intrinsic = intrinsicQ56(input);
  return value > intrinsic ? value : intrinsic;
}

function stepQ40(input: Black76Input): bigint {
  const moneyness = input.forwardQ16 - input.strikeQ16;
  return moneyness > 0n ? 1n << 40n : moneyness < 0n ? 0n : 1n << 39n;
}
