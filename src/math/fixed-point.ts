/**
 * Integer arithmetic of the risk core. A Qn number is an integer that stands for itself x 2^-n. The rounding direction is in
 * each name; bigint `/` (truncates) and `>>` (floors) are not used on values that may be negative outside this folder.
 */

/** One in each scale. */
export const Q16 = 1n << 16n;
export const Q32 = 1n << 32n;
export const Q40 = 1n << 40n;
export const Q56 = 1n << 56n;

/** Longest decimal text that is read. */
export const MAX_DECIMAL_LENGTH = 40;

const DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/** a / b rounded towards minus infinity, any signs. Throws RangeError if b is 0. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n !== b < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

/** a / b rounded towards plus infinity, any signs. Throws RangeError if b is 0. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n === b < 0n && quotient * b !== a ? quotient + 1n : quotient;
}

/** a / b rounded to the nearest integer, halves towards plus infinity (0.5 -> 1, -0.5 -> 0). Throws RangeError if b is 0. */
export function roundDiv(a: bigint, b: bigint): bigint {
  return floorDiv(2n * a + b, 2n * b);
}

/** floor(a x b / c). */
export function mulDivDown(a: bigint, b: bigint, c: bigint): bigint {
  return floorDiv(a * b, c);
}

/** ceil(a x b / c). */
export function mulDivUp(a: bigint, b: bigint, c: bigint): bigint {
  return ceilDiv(a * b, c);
}

/** Floor of the square root. Throws FixedPointError for a negative number. */
export function isqrt(n: bigint): bigint {
  if (n < 0n) throw new FixedPointError("isqrt: argument", n, "must not be negative");
  if (n < 2n) return n;
  // Newton from above: the start is a power of two not below the root, and the sequence falls until it reaches the floor.
  let root = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Bits of |n|; 0 for 0. */
export function bitLength(n: bigint): number {
  return n === 0n ? 0 : abs(n).toString(2).length;
}

export function abs(a: bigint): bigint {
  return a < 0n ? -a : a;
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The value of [low, high] nearest to a. */
export function clamp(a: bigint, low: bigint, high: bigint): bigint {
  return a < low ? low : a > high ? high : a;
}

/**
 * The decimal x 10^decimals, exact. Accepts an optional minus, digits without superfluous leading zeros and an optional fraction.
 * Throws DecimalError for any other text (exponents, signs, spaces), for more than `decimals` digits after the point, zeros
 * included, and for more than 40 characters.
 */
export function parseDecimal(text: string, decimals: number): bigint {
  if (typeof text !== "string") throw new DecimalError(String(text), "must be text");
  if (text.length > MAX_DECIMAL_LENGTH) {
    throw new DecimalError(text, `must have at most ${MAX_DECIMAL_LENGTH} characters`);
  }
  if (!DECIMAL.test(text)) throw new DecimalError(text, "must be a plain decimal such as -12.5");
  const [whole, fraction = ""] = text.split(".") as [string, string?];
  if (fraction.length > decimals) throw new DecimalError(text, `must have at most ${decimals} digits after the point`);
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

/** value x 10^-decimals with all its decimals, trailing zeros kept: formatDecimal(1500n, 3) = "1.500". */
export function formatDecimal(value: bigint, decimals: number): string {
  const digits = abs(value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals);
  return (value < 0n ? "-" : "") + whole + (decimals === 0 ? "" : "." + fraction);
}

/** As formatDecimal, without trailing zeros: formatDecimalTrimmed(1500n, 3) = "1.5". */
export function formatDecimalTrimmed(value: bigint, decimals: number): string {
  const text = formatDecimal(value, decimals);
  return decimals === 0 ? text : text.replace(/\.?0+$/, "");
}

/** A text that is no decimal of the wanted form. */
export class DecimalError extends Error {
  override readonly name = "DecimalError";
  /** The text, cut to a printable length. */
  readonly text: string;

  constructor(
    text: string,
    readonly rule: string,
  ) {
    const shown = text.length > MAX_DECIMAL_LENGTH ? text.slice(0, MAX_DECIMAL_LENGTH) + "..." : text;
    super(`decimal ${JSON.stringify(shown)} ${rule}`);
    this.text = shown;
  }
}

/** A number outside the domain of an arithmetic function. */
export class FixedPointError extends RangeError {
  override readonly name = "FixedPointError";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly rule: string,
  ) {
    super(`${field} ${value} ${rule}`);
  }
}
