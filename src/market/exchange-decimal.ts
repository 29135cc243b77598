import { formatDecimalTrimmed } from "../math/fixed-point.js";

/** Digits after the point that a snapshot's decimals may have. */
export const SNAPSHOT_DECIMALS = 8;

/** Longer texts are no number an exchange sends. */
const MAX_LENGTH = 64;
const PATTERN = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal an exchange wrote, digit by digit, as an integer of 1e-8: scientific notation is accepted, and excess
 * digits are rounded to the nearest, a tie to the even digit. Exchange files pass through binary floats before they reach
 * us ("0.43229999999999996"), so that excess digits are noise there; our own files allow none.
 * `shift` moves the point first: -2 reads percent as a ratio, exactly.
 * Throws ExchangeDecimalError for text that is no finite decimal ("", "NaN", "1,000").
 */
export function parseExchangeDecimal(text: string, field: string, shift = 0): bigint {
  const match = text.length <= MAX_LENGTH ? PATTERN.exec(text) : null;
  if (match === null) throw new ExchangeDecimalError(field, text, "must be a finite decimal number");
  const fraction = match[3] ?? "";
  const digits = BigInt(`${match[2]}${fraction}`);
  const exponent = Number(match[4] ?? "0") + shift + SNAPSHOT_DECIMALS - fraction.length;
  const magnitude = exponent >= 0 ? digits * 10n ** BigInt(exponent) : divideHalfEven(digits, 10n ** BigInt(-exponent));
  return match[1] === "-" ? -magnitude : magnitude;
}

/** As parseExchangeDecimal, and above zero after rounding. */
export function parseExchangePrice(text: string, field: string): bigint {
  const value = parseExchangeDecimal(text, field);
  if (value <= 0n) throw new ExchangeDecimalError(field, text, "must be above zero");
  return value;
}

/** As parseExchangeDecimal, and not negative. */
export function parseExchangeAmount(text: string, field: string): bigint {
  const value = parseExchangeDecimal(text, field);
  if (value < 0n) throw new ExchangeDecimalError(field, text, "must not be negative");
  return value;
}

/** The one text a snapshot has for an integer of 1e-8: no trailing zeros, no exponent ("88728.94666667", "82000"). */
export function snapshotDecimal(value: bigint): string {
  return formatDecimalTrimmed(value, SNAPSHOT_DECIMALS);
}

/** Median of integers; of an even count the mean of the middle two, a tie to even. Expects at least one. */
export function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as bigint;
  if (sorted.length % 2 === 1) return upper;
  return divideHalfEven((sorted[middle - 1] as bigint) + upper, 2n);
}

/** Nearest integer of value / divisor, a tie to even; value >= 0, divisor > 0. */
export function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const twice = 2n * (value % divisor);
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

export class ExchangeDecimalError extends Error {
  readonly code = "EXCHANGE_DECIMAL";
  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`${field}: ${JSON.stringify(value.slice(0, MAX_LENGTH))} ${rule}`);
    this.name = "ExchangeDecimalError";
  }
}
