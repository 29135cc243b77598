/** What is known so far, and how a linear equation adds to it. */
import type { Facts } from "./facts.js";
import type { Linear, Row } from "./rows.js";
import { exactly, fits, lanesOf, meet, scaledBy, type Bound, type Bounds, type Range, type Share, type Value } from "./value.js";

export interface State {
  readonly rows: readonly Row[];
  readonly facts: Facts;
  readonly values: (Value | undefined)[];
  readonly bounds: Bounds;
  readonly rowsOf: (wire: number) => readonly number[];
  /** w -> row of boolean x form = w */
  readonly switches: ReadonlyMap<number, Row>;
  readonly cases: WeakMap<Linear, readonly [Linear, Linear] | null>;
  readonly topBits: ReadonlyMap<number, number>;
  readonly changes: Uint8Array;
  readonly changed: (wire: number) => void;
}

/** Shrinking further is never needed for soundness. */
const CHANGES = 12;
export function learn(state: State, wire: number, value: Value): boolean {
  const before = state.values[wire];
  // An integer beyond p / 2 says nothing of its signed representative, whatever was known before.
  if (!fits(value)) return false;
  let range: Range = before === undefined ? value : meet(before, value);
  if (value.share !== undefined) range = meet(range, ofShare(state, value.share));
  if (range.lo > range.hi) throw new Error(`no value is left for wire ${wire}: nothing fulfils the rows`);
  const more = (value.share !== undefined && before?.share === undefined) || (value.lanes !== undefined && before?.lanes === undefined);
  if (before !== undefined && range.lo === before.lo && range.hi === before.hi && !more) return false;
  if (!more && state.changes[wire]!++ >= CHANGES) return false;
  const share = before?.share ?? value.share;
  const lanes = before?.lanes ?? value.lanes;
  state.values[wire] = { lo: range.lo, hi: range.hi, ...(share && { share }), ...(lanes && { lanes }) };
  state.changed(wire);
  return true;
}

/** The largest of a bound: of booleans that sum up to one, one counts. */
function ofShare(state: State, { center, bound }: Share): Range {
  const largest = new Map<number, bigint>();
  let sum = 0n;
  for (const [wire, weight] of bound.weights) {
    const group = state.facts.groupOf.get(wire);
    if (group === undefined) sum += weight;
    else if (weight > (largest.get(group) ?? 0n)) largest.set(group, weight);
  }
  for (const weight of largest.values()) sum += weight;
  return { lo: center - sum, hi: center + sum };
}

export type Overrides = ReadonlyMap<number, Value>;

/** Sum of a form but for one wire; undefined if a wire is unbounded. */
export function sumOf(state: State, form: Linear, except = -1, overrides?: Overrides): Value | undefined {
  let [lo, hi] = [0n, 0n];
  let laned = false;
  for (let i = 0; i < form.wires.length; i++) {
    const wire = form.wires[i]!;
    if (wire === except) continue;
    const value = overrides?.get(wire) ?? state.values[wire];
    if (value === undefined) return undefined;
    const coefficient = form.coefficients[i]!;
    lo += coefficient * (coefficient < 0n ? value.hi : value.lo);
    hi += coefficient * (coefficient < 0n ? value.lo : value.hi);
    laned ||= value.lanes !== undefined;
  }
  const lanes = laned ? lanesOfSum(state, form, except) : undefined;
  const share = laned ? undefined : shareOfSum(state, form.wires.flatMap((wire, i) => (wire === except ? [] : [[state.values[wire]!, form.coefficients[i]!] as const])));
  return { lo, hi, ...(share && { share }), ...(lanes && { lanes }) };
}

function shareOfSum(state: State, terms: readonly (readonly [Value, bigint])[]): Share | undefined {
  let center = 0n;
  const parts: Bound[] = [];
  for (const [{ lo, hi, share }, coefficient] of terms) {
    if (lo === hi) center += coefficient * lo;
    else if (share !== undefined && (coefficient === 1n || coefficient === -1n)) {
      center += coefficient * share.center;
      parts.push(share.bound);
    } else return undefined;
  }
  return parts.length === 0 ? undefined : { center, bound: state.bounds.sum(parts) };
}

function lanesOfSum(state: State, form: Linear, except: number): readonly Value[] | undefined {
  const terms: (readonly [readonly Value[], bigint])[] = [];
  for (const [i, wire] of form.wires.entries()) {
    if (wire === except) continue;
    const value = state.values[wire]!;
    const lanes = value.lanes ?? (value.lo === value.hi ? lanesOf(value.lo * form.coefficients[i]!).map(exactly) : undefined);
    if (lanes === undefined) return undefined;
    terms.push([lanes, value.lanes === undefined ? 1n : form.coefficients[i]!]);
  }
  return [0, 1, 2, 3].map((k) => {
    const lane = terms.map(([lanes, scale]) => [lanes[k]!, scale] as const);
    let sum: Range = exactly(0n);
    for (const [value, scale] of lane) {
      const term = scaledBy(value, scale);
      sum = { lo: sum.lo + term.lo, hi: sum.hi + term.hi };
    }
    const share = shareOfSum(state, lane);
    return { ...sum, ...(share && { share }) };
  });
}

/** x with coefficient x in the range, as integers. */
export function quotient(range: Range, coefficient: bigint): Range {
  const { lo, hi } = coefficient < 0n ? scaledBy(range, -1n) : range;
  const size = coefficient < 0n ? -coefficient : coefficient;
  const floor = (x: bigint) => (x >= 0n ? x / size : -((-x + size - 1n) / size));
  return { lo: -floor(-lo), hi: floor(hi) };
}

/** The wire from form + extra = 0, its coefficient being 1 or -1. */
export function solvedFor(state: State, form: Linear, wire: number, extra: Value, overrides?: Overrides): Value | undefined {
  const coefficient = form.coefficients[form.wires.indexOf(wire)];
  if (coefficient !== 1n && coefficient !== -1n) return undefined;
  const others = sumOf(state, form, wire, overrides);
  if (others === undefined) return undefined;
  const sum = { lo: others.lo + extra.lo, hi: others.hi + extra.hi };
  if (!fits(sum)) return undefined;
  const constant = extra.lo === extra.hi;
  const empty = form.wires.length === 1;
  const share = empty ? extra.share : constant && others.share ? { center: others.share.center + extra.lo, bound: others.share.bound }
    : extra.share && others.lo === others.hi ? { center: extra.share.center + others.lo, bound: extra.share.bound } : undefined;
  const lanes = extra.lo === 0n && extra.hi === 0n ? others.lanes?.map((lane) => negatedIf(coefficient === 1n, lane)) : undefined;
  const solved = negatedIf(coefficient === 1n, { ...sum, ...(share && { share }) });
  return lanes === undefined ? solved : { ...solved, lanes };
}

function negatedIf(negated: boolean, value: Value): Value {
  if (!negated) return value;
  return { ...scaledBy(value, -1n), ...(value.share && { share: { center: -value.share.center, bound: value.share.bound } }) };
}
