import { normalCdfQ40 } from "../math/normal-cdf.js";
import { Q32, floorDiv } from "../math/fixed-point.js";

/** A stream of uniform 64-bit integers: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine. */
export interface RandomStream {
  next(): bigint;
}

export function splitMix64(seed: bigint): RandomStream {
  let state = BigInt.asUintN(64, seed);
  return {
    next() {
      state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
      let z = state;
      z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
      z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
      return z ^ (z >> 31n);
    },
  };
}

const OCTAVES = 24;
const SEGMENTS = 32;
const SEGMENT_BITS = 5n;
const LARGEST = 1n << 63n;

/**
 * Standard normal deviate, Q32, of a uniform 64-bit integer: one bit of sign, 63 bits of tail probability p = (u + 1/2) / 2^64.
 * Piecewise linear in p between 32 exact quantiles an octave of p (error below 2e-4), down to p = 2^-25, where it ends at +-5.4.
 */
export function normalDeviate(uniform: bigint): bigint {
  const quantiles = quantileTable();
  const tail = uniform & (LARGEST - 1n);
  let top = LARGEST >> 1n;
  let shift = 62n;
  let octave = 0;
  while (tail < top && octave < OCTAVES - 1) {
    top >>= 1n;
    shift -= 1n;
    octave++;
  }
  const z = tail < top ? at(quantiles, octave * SEGMENTS) : interpolate(quantiles, octave, tail - top, shift);
  return uniform >= LARGEST ? z : -z;
}

function interpolate(quantiles: readonly bigint[], octave: number, offset: bigint, shift: bigint): bigint {
  const segmentShift = shift - SEGMENT_BITS;
  const segment = octave * SEGMENTS + Number(offset >> segmentShift);
  const inside = offset & ((1n << segmentShift) - 1n);
  const left = at(quantiles, segment);
  // The upper end of an octave is the beginning of the octave before it; that of the first is the median.
  const next = (segment + 1) % SEGMENTS === 0 ? (octave === 0 ? 0n : at(quantiles, (octave - 1) * SEGMENTS)) : at(quantiles, segment + 1);
  return left - (((left - next) * inside) >> segmentShift);
}

let table: readonly bigint[] | undefined;

/** Positive quantiles z, Q32, with upper tail probability 2^-(k+2) (1 + m/32) at index 32 k + m. */
function quantileTable(): readonly bigint[] {
  table ??= Array.from({ length: OCTAVES * SEGMENTS }, (_, index) => {
    const octave = floorDiv(BigInt(index), BigInt(SEGMENTS));
    const segment = BigInt(index) - octave * BigInt(SEGMENTS);
    // Q40: 2^(40 - octave - 2) (32 + m) / 32.
    return upperQuantile((BigInt(SEGMENTS) + segment) << (40n - octave - 2n - SEGMENT_BITS));
  });
  return table;
}

/** Bisection to 2^-26 for z in [0, 8) with normalCdfQ40(-z) = tail. */
function upperQuantile(tail: bigint): bigint {
  let low = 0n;
  let high = 8n * Q32;
  while (high - low > 64n) {
    const middle = (low + high) >> 1n;
    if (normalCdfQ40(-middle) > tail) low = middle;
    else high = middle;
  }
  return high;
}

function at(values: readonly bigint[], index: number): bigint {
  return values[index] ?? 0n;
}
