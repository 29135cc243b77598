/**
 * Logarithm, exponential, root and power of Q32 numbers, by integer series with 96 bits inside. The results are the exact values
 * rounded to nearest up to the error of the series, so each bound is 1/2 ulp plus a part in 2^40 that the tests do not see.
 */
import { FixedPointError, Q32, bitLength, isqrt, roundDiv } from "./fixed-point.js";

const INNER = 96n;
const ONE = 1n << INNER;
/** ln 2 x 2^128, nearest. */
const LN2_Q128 = 235865763225513294137944142764154484399n;
const LN2 = LN2_Q128 >> 32n;
/** Largest argument of expQ32: e^256 < 2^370. */
export const MAX_EXP_Q32 = 256n << 32n;

/** ln(x), x Q32 > 0, result Q32 to nearest, error below 0.51 ulp. Throws FixedPointError for x <= 0. */
export function lnQ32(x: bigint): bigint {
  if (x <= 0n) throw new FixedPointError("lnQ32: argument", x, "must be positive");
  return roundShift(lnInner(x), INNER - 32n);
}

/**
 * e^x, x Q32 up to 256, result Q32 to nearest: absolute error below 0.51 ulp or relative error below 2^-80, whichever is
 * larger. Throws FixedPointError above 256; far below 0 the result is 0.
 */
export function expQ32(x: bigint): bigint {
  return expInner(x << (INNER - 32n), 32n, x);
}

/** e^x, x Q64 (a square of Q32 numbers) up to 256, result Q40 to nearest, error as expQ32. Throws FixedPointError above 256. */
export function expQ40OfQ64(x: bigint): bigint {
  return expInner(x << (INNER - 64n), 40n, x >> 32n);
}

/** Square root of x Q32 >= 0, Q32, rounded down. Throws FixedPointError for x < 0. */
export function sqrtQ32(x: bigint): bigint {
  return isqrt(x << 32n);
}

/**
 * base^exponent, both Q32, result Q32 to nearest: absolute error below 0.51 ulp or relative error below 2^-50, whichever is larger.
 * base >= 0, and 0 only with an exponent >= 0 (0^0 = 1). Throws FixedPointError otherwise, and for a result above e^256.
 */
export function powQ32(base: bigint, exponent: bigint): bigint {
  if (base < 0n) throw new FixedPointError("powQ32: base", base, "must not be negative");
  if (exponent === 0n) return Q32;
  if (base === 0n) {
    if (exponent < 0n) throw new FixedPointError("powQ32: exponent of base 0", exponent, "must not be negative");
    return 0n;
  }
  const power = (lnInner(base) * exponent) >> 32n;
  return expInner(power, 32n, power >> (INNER - 32n));
}

/** ln(x) of x Q32 with 96 fractional bits. */
function lnInner(x: bigint): bigint {
  // x = m 2^e with m in [1, 2), moved to [3/4, 3/2) so that |z| <= 1/5 below.
  let exponent = BigInt(bitLength(x) - 1);
  let mantissa = exponent <= INNER ? x << (INNER - exponent) : x >> (exponent - INNER);
  if (mantissa >= ONE + (ONE >> 1n)) {
    mantissa >>= 1n;
    exponent += 1n;
  }
  // ln m = 2 atanh(z), z = (m - 1) / (m + 1)
  const z = ((mantissa - ONE) << INNER) / (mantissa + ONE);
  const square = (z * z) >> INNER;
  let term = z;
  let sum = z;
  for (let k = 3n; ; k += 2n) {
    term = (term * square) >> INNER;
    const part = term / k;
    if (part === 0n || part === -1n) break;
    sum += part;
  }
  return 2n * sum + (((exponent - 32n) * LN2_Q128) >> 32n);
}

/** e^x of x with 96 fractional bits, result with `bits` fractional bits, to nearest; `shown` is x in Q32 for the error. */
function expInner(x: bigint, bits: bigint, shown: bigint): bigint {
  if (x > MAX_EXP_Q32 << (INNER - 32n)) throw new FixedPointError("exponent", shown, "must be at most 256 in Q32");
  // x = k ln 2 + r, |r| <= ln 2 / 2
  const k = roundDiv(x, LN2);
  if (k < -bits - 1n) return 0n;
  const r = x - ((k * LN2_Q128) >> 32n);
  let term = ONE;
  let sum = ONE;
  for (let i = 1n; ; i++) {
    term = ((term * r) >> INNER) / i;
    if (term === 0n || term === -1n) break;
    sum += term;
  }
  return roundShift(sum, INNER - bits - k);
}

/** value / 2^shift to nearest, halves up; a negative shift multiplies. */
function roundShift(value: bigint, shift: bigint): bigint {
  if (shift <= 0n) return value << -shift;
  return (value + (1n << (shift - 1n))) >> shift;
}
