import { ceilDiv, floorDiv, parseDecimal, roundDiv } from "../math/fixed-point.js";

/** Digits after the point that a policy decimal may have. */
export const DECIMALS = 8;
const UNIT = 100_000_000n;

/** Exact integer text x 10^8. Throws the parser's typed error for text that is no decimal of at most 8 digits after the point. */
export function decimalUnits(text: string): bigint {
  return parseDecimal(text, DECIMALS);
}

/** Nearest Q32 of a decimal. */
export function decimalQ32(text: string): bigint {
  return roundDiv(decimalUnits(text) << 32n, UNIT);
}

/** Smallest Q16 not below the decimal. */
export function decimalQ16Up(text: string): bigint {
  return ceilDiv(decimalUnits(text) << 16n, UNIT);
}

/** Value units (1e-6 of the quote currency) of an amount, rounded down. */
export function amountUnitsDown(text: string): bigint {
  return floorDiv(decimalUnits(text), 100n);
}
