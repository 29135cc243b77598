/** What rows say by their shape, before any range is known. */
import { toField } from "../../../src/math/field.js";
import { combined, isConstant, type Linear, type Row, type Rows } from "./rows.js";

/** whole = sum of 2^i x bits[i], so it lies in [0, 2^bits.length), and the bits are its digits: the sum is below p / 2. */
export interface Decomposition {
  readonly row: number;
  readonly whole: number;
  readonly bits: readonly number[];
}

/** A row that is scale x (63 consecutive bits of a decomposition, from 63 k) + rest = 0. */
export interface Window {
  readonly decomposition: Decomposition;
  readonly lane: number;
  readonly scale: bigint;
  readonly rest: Linear;
}

export interface Facts {
  /** Wires in {0, 1}: by x (x - 1) = 0, or as the result of a zero test. */
  readonly booleans: Uint8Array;
  /** Wires whose two values follow from a row: smallest and largest. */
  readonly roots: ReadonlyMap<number, readonly [bigint, bigint]>;
  readonly decompositions: readonly Decomposition[];
  readonly decompositionOf: ReadonlyMap<number, Decomposition>;
  readonly windows: ReadonlyMap<number, Window>;
  /** Wire -> set of booleans that sum up to one. */
  readonly groupOf: ReadonlyMap<number, number>;
  readonly groups: readonly (readonly number[])[];
  /** Rows that follow from two others whose common wires cancel. */
  readonly implied: readonly Row[];
}

const MAXIMUM_BITS = 252;

export function readFacts({ rows, wires }: Rows): Facts {
  const booleans = new Uint8Array(wires);
  const roots = readRoots(rows);
  for (const [wire, [low, high]] of roots) if (low === 0n && high === 1n) booleans[wire] = 1;

  const decompositions: Decomposition[] = [];
  const groups: number[][] = [];
  const groupOf = new Map<number, number>();
  for (const [row, { a, c }] of rows.entries()) {
    if (a.wires.length > 0 || c.wires.length < 2) continue;
    const decomposition = asDecomposition(row, c, booleans);
    if (decomposition !== undefined) decompositions.push(decomposition);
    const members = asOneHot(c, booleans);
    if (members === undefined) continue;
    for (const wire of members) groupOf.set(wire, groups.length);
    groups.push(members);
  }
  const bitOf = new Map<number, readonly [Decomposition, number]>();
  for (const decomposition of decompositions) decomposition.bits.forEach((wire, i) => bitOf.set(wire, [decomposition, i]));
  const windows = new Map<number, Window>();
  for (const [row, { a, c }] of rows.entries()) {
    const window = a.wires.length > 0 || c.wires.length < 63 ? undefined : asWindow(row, c, bitOf);
    if (window !== undefined) windows.set(row, window);
  }
  return {
    booleans, roots, decompositions, windows, groups, groupOf, implied: impliedRows(rows, booleans),
    decompositionOf: new Map(decompositions.map((decomposition) => [decomposition.whole, decomposition])),
  };
}

/**
 * a b = 0 with a and b in one wire x: x is a root. Zero test: A u = e w + d and A w = 0: either A = 0, so e w + d = 0, or w = 0; a field has no zero divisors.
 */
function readRoots(rows: readonly Row[]): Map<number, readonly [bigint, bigint]> {
  const roots = new Map<number, readonly [bigint, bigint]>();
  const annihilators = new Map<number, Linear[]>();
  const found = (wire: number, x: bigint, y: bigint) => roots.set(wire, x < y ? [x, y] : [y, x]);
  for (const { a, b, c } of rows) {
    if (c.wires.length > 0 || a.wires.length === 0) continue;
    for (const [factor, other] of [[a, b], [b, a]] as const) {
      const wire = factor.wires.find((w) => w !== 0)!;
      if (factor.wires.length === 1) annihilators.set(wire, [...(annihilators.get(wire) ?? []), other]);
    }
    const [x, y] = [rootOf(a), rootOf(b)];
    if (x !== undefined && y !== undefined && x[0] === y[0]) found(x[0], x[1], y[1]);
  }
  for (const { a, b, c } of rows) {
    const root = rootOf(c);
    if (root === undefined || a.wires.length === 0) continue;
    for (const other of annihilators.get(root[0]) ?? []) if (proportional(other, a) || proportional(other, b)) found(root[0], 0n, root[1]);
  }
  return roots;
}

/** The wire and the integer at which a form in one wire, with coefficient 1 or -1, is zero. */
function rootOf({ wires, coefficients }: Linear): readonly [number, bigint] | undefined {
  const at = wires.findIndex((wire) => wire !== 0);
  const coefficient = coefficients[at];
  if (wires.length - (wires.includes(0) ? 1 : 0) !== 1 || (coefficient !== 1n && coefficient !== -1n)) return undefined;
  return [wires[at]!, -coefficient * (coefficients[wires.indexOf(0)] ?? 0n)];
}

function proportional(x: Linear, y: Linear): boolean {
  if (x.wires.length !== y.wires.length || isConstant(x)) return false;
  const other = new Map(y.wires.map((wire, i) => [wire, y.coefficients[i]!]));
  const ratio = other.get(x.wires[0]!);
  if (ratio === undefined) return false;
  return x.wires.every((wire, i) => other.has(wire) && toField(other.get(wire)! * x.coefficients[0]! - ratio * x.coefficients[i]!) === 0n);
}

function asDecomposition(row: number, { wires, coefficients }: Linear, booleans: Uint8Array): Decomposition | undefined {
  const others = wires.flatMap((wire, i) => (booleans[wire] === 1 ? [] : [i]));
  const whole = others[0];
  if (others.length !== 1 || whole === undefined || wires[whole] === 0 || wires.length - 1 > MAXIMUM_BITS) return undefined;
  const unit = -coefficients[whole]!;
  if (unit !== 1n && unit !== -1n) return undefined;
  const bits = new Array<number>(wires.length - 1).fill(-1);
  for (const [i, wire] of wires.entries()) {
    if (i === whole) continue;
    const weight = coefficients[i]! * unit;
    const exponent = weight <= 0n ? -1 : weight.toString(2).length - 1;
    if (exponent < 0 || exponent >= bits.length || weight !== 1n << BigInt(exponent) || bits[exponent] !== -1) return undefined;
    bits[exponent] = wire;
  }
  return { row, whole: wires[whole]!, bits };
}

function asOneHot({ wires, coefficients }: Linear, booleans: Uint8Array): number[] | undefined {
  const constant = coefficients[wires.indexOf(0)];
  if (constant !== 1n && constant !== -1n) return undefined;
  const members = wires.filter((wire) => wire !== 0);
  return wires.every((wire, i) => wire === 0 || (booleans[wire] === 1 && coefficients[i] === -constant)) ? members : undefined;
}

function asWindow(row: number, { wires, coefficients }: Linear, bitOf: ReadonlyMap<number, readonly [Decomposition, number]>): Window | undefined {
  const at = wires.flatMap((wire, i) => (bitOf.has(wire) ? [i] : []));
  if (at.length !== 63) return undefined;
  const digits = at.map((i) => ({ bit: bitOf.get(wires[i]!)!, coefficient: coefficients[i]! })).sort((x, y) => x.bit[1] - y.bit[1]);
  const [decomposition, from] = digits[0]!.bit;
  const scale = digits[0]!.coefficient;
  if (decomposition.row === row || from % 63 !== 0) return undefined;
  if (!digits.every(({ bit, coefficient }, i) => bit[0] === decomposition && bit[1] === from + i && coefficient === scale << BigInt(i))) return undefined;
  const rest = wires.flatMap((wire, i) => (bitOf.has(wire) ? [] : [[wire, coefficients[i]!] as const]));
  return { decomposition, lane: from / 63, scale, rest: { wires: rest.map(([wire]) => wire), coefficients: rest.map(([, coefficient]) => coefficient) } };
}

/** Sums and differences of short linear rows with two wires in common: remainder and what is left to the divisor add up to divisor - 1. */
function impliedRows(rows: readonly Row[], booleans: Uint8Array): Row[] {
  const partners = new Map<string, Linear[]>();
  const implied: Row[] = [];
  for (const { a, b, c } of rows) {
    const wires = c.wires.filter((wire) => wire !== 0);
    if (a.wires.length > 0 || wires.length < 3 || wires.length > 5 || wires.some((wire) => booleans[wire] === 1)) continue;
    const tried = new Set<Linear>();
    for (const x of wires) {
      for (const y of wires) {
        if (x >= y) continue;
        const key = `${x},${y}`;
        for (const other of partners.get(key) ?? []) {
          if (tried.has(other)) continue;
          tried.add(other);
          for (const sign of [1n, -1n]) {
            const sum = combined([[c, 1n], [other, sign]]);
            if (sum.wires.length > 0 && !sum.wires.includes(x) && !sum.wires.includes(y)) implied.push({ a, b, c: sum });
          }
        }
        partners.set(key, [...(partners.get(key) ?? []), c]);
      }
    }
  }
  return implied;
}
