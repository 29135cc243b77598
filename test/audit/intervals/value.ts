/** What is known of a wire: an interval of its signed representative, and what sharper bounds are made of. */
import { P } from "../../../src/math/field.js";

export interface Range {
  readonly lo: bigint;
  readonly hi: bigint;
}

/** Sum of weight x wire over boolean wires, an upper bound; equal bounds are the same object. */
export interface Bound {
  readonly id: number;
  readonly weights: ReadonlyMap<number, bigint>;
}

/**
 * |value - center| <= bound. Where each position has one bucket (sum over b of beta_ib = 1), the parts of a book in its buckets have bounds that add
 * up to that of the book, not to that of a book in every bucket.
 */
export interface Share {
  readonly center: bigint;
  readonly bound: Bound;
}

/** A signed integer in [lo, hi]. */
export interface Value extends Range {
  readonly share?: Share;
  /** value = sum of lanes[k] 2^(63 k) */
  readonly lanes?: readonly Value[];
}

/** Between these an integer is its own signed representative. */
export const HALF = (P - 1n) / 2n;
export const LANE_BITS = 63n;

export const fits = ({ lo, hi }: Range): boolean => lo >= -HALF && hi <= HALF;

export const exactly = (value: bigint): Range => ({ lo: value, hi: value });

export const hull = (x: Range, y: Range): Range => ({ lo: x.lo < y.lo ? x.lo : y.lo, hi: x.hi > y.hi ? x.hi : y.hi });

export const meet = (x: Range, y: Range): Range => ({ lo: x.lo > y.lo ? x.lo : y.lo, hi: x.hi < y.hi ? x.hi : y.hi });

export function times(x: Range, y: Range): Range {
  return [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi].map(exactly).reduce(hull);
}

export function squared(x: Range): Range {
  const { hi } = times(x, x);
  const least = x.lo > 0n ? x.lo : x.hi < 0n ? x.hi : 0n;
  return { lo: least * least, hi };
}

export const scaledBy = ({ lo, hi }: Range, scale: bigint): Range => (scale < 0n ? { lo: hi * scale, hi: lo * scale } : { lo: lo * scale, hi: hi * scale });

export const magnitude = ({ lo, hi }: Range): bigint => (-lo > hi ? -lo : hi);

export function ofLanes(lanes: readonly Value[]): Value {
  let sum: Range = exactly(0n);
  for (const [k, lane] of lanes.entries()) sum = { lo: sum.lo + (lane.lo << (LANE_BITS * BigInt(k))), hi: sum.hi + (lane.hi << (LANE_BITS * BigInt(k))) };
  return { ...sum, lanes };
}

/** The four lanes of a constant, of its sign. */
export function lanesOf(constant: bigint): bigint[] {
  const size = constant < 0n ? -constant : constant;
  return [0n, 1n, 2n, 3n].map((k) => (k === 3n ? size >> (3n * LANE_BITS) : BigInt.asUintN(63, size >> (k * LANE_BITS)))).map((lane) => (constant < 0n ? -lane : lane));
}

/** Bounds of one analysis: each is made once, and each sum of the same bounds. */
export interface Bounds {
  of(weights: ReadonlyMap<number, bigint>): Bound;
  sum(parts: readonly Bound[]): Bound;
  most(x: Bound, y: Bound): Bound;
  scaled(bound: Bound, scale: bigint): Bound;
}

export function newBounds(): Bounds {
  const known = new Map<string, Bound>();
  const results = new Map<string, Bound>();
  const cached = (key: string, make: () => Bound): Bound => {
    const found = results.get(key) ?? make();
    results.set(key, found);
    return found;
  };
  const of = (weights: ReadonlyMap<number, bigint>): Bound => {
    const key = [...weights].sort(([x], [y]) => x - y).join(";");
    const bound = known.get(key) ?? { id: known.size, weights };
    known.set(key, bound);
    return bound;
  };
  const merged = (parts: readonly Bound[], merge: (x: bigint, y: bigint) => bigint): Bound => {
    const weights = new Map<number, bigint>();
    for (const { weights: part } of parts) for (const [wire, weight] of part) weights.set(wire, merge(weights.get(wire) ?? 0n, weight));
    return of(weights);
  };
  return {
    of,
    sum: (parts) => (parts.length === 1 ? parts[0]! : cached(`sum ${parts.map(({ id }) => id).sort((x, y) => x - y).join()}`, () => merged(parts, (x, y) => x + y))),
    most: (x, y) => (x === y ? x : cached(`most ${x.id},${y.id}`, () => merged([x, y], (a, b) => (a > b ? a : b)))),
    scaled: (bound, scale) => cached(`scaled ${bound.id} ${scale}`, () => of(new Map([...bound.weights].map(([wire, weight]) => [wire, weight * scale])))),
  };
}
