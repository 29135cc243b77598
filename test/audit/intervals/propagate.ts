/**
 * Intervals of all wires of a constraint system. Every conclusion is of the form: in the field x = f; f of signed representatives lies within (-p/2, p/2)
 * as an integer; so x's signed representative is that integer. Intervals only shrink and are met with what was known, so the order of rows does not
 * matter for soundness: at any time each holds for every assignment that fulfils the rows and the assumptions. Hints say nothing, only rows do.
 */
import { readFacts, type Facts } from "./facts.js";
import { EMPTY, combined, type Linear, type Row, type Rows } from "./rows.js";
import { learn, quotient, solvedFor, sumOf, type Overrides, type State } from "./state.js";
import { exactly, fits, hull, magnitude, meet, newBounds, ofLanes, scaledBy, squared, times, type Range, type Value } from "./value.js";

export interface Analysis {
  readonly system: Rows;
  readonly facts: Facts;
  readonly values: readonly (Value | undefined)[];
  /** Of a form as an integer sum; undefined if one of its wires has no range. */
  readonly valueOf: (form: Linear) => Value | undefined;
  /** Of -a b as an integer. */
  readonly productOf: (row: Row) => Range | undefined;
}

/** Longer forms are sums over positions, scenarios or bits. */
const LONG = 8;

/** @param assumed intervals of wires that no row gives, by wire */
export function analyse(system: Rows, assumed: ReadonlyMap<number, Value>): Analysis {
  const facts = readFacts(system);
  const rows = [...system.rows, ...facts.implied];
  const queue: number[] = rows.map((_, row) => row);
  const queued = new Uint8Array(rows.length).fill(1);
  const rowsOf = adjacency(rows, system.wires);
  const ofDecomposition = new Map<number, number[]>();
  for (const [row, { decomposition }] of facts.windows) ofDecomposition.set(decomposition.whole, [...(ofDecomposition.get(decomposition.whole) ?? []), row]);
  const enqueue = (row: number) => {
    if (queued[row] === 1) return;
    queued[row] = 1;
    queue.push(row);
  };
  const state: State = {
    rows, facts, rowsOf, values: new Array<Value | undefined>(system.wires), bounds: newBounds(), changes: new Uint8Array(system.wires),
    cases: new WeakMap(), switches: readSwitches(system.rows, facts.booleans),
    topBits: new Map(facts.decompositions.map(({ whole, bits }) => [bits.at(-1)!, whole])),
    changed: (wire) => {
      for (const row of rowsOf(wire)) enqueue(row);
      for (const row of ofDecomposition.get(wire) ?? []) enqueue(row);
    },
  };
  state.values[0] = exactly(1n);
  for (const [wire, [lo, hi]] of facts.roots) state.values[wire] = { lo, hi };
  for (const [wire, value] of assumed) learn(state, wire, value);
  const choices = readChoices(state);
  for (let at = 0; ; ) {
    for (; at < queue.length; at++) {
      const row = queue[at]!;
      queued[row] = 0;
      visit(state, row);
    }
    for (const forms of choices.values()) followChoice(state, forms);
    if (at === queue.length) break;
  }
  return {
    system, facts, values: state.values,
    valueOf: (form) => sumOf(state, form),
    productOf: (row) => productOf(state, row),
  };
}

function adjacency(rows: readonly Row[], wires: number): (wire: number) => readonly number[] {
  const of: (number[] | undefined)[] = new Array<number[] | undefined>(wires);
  for (const [row, { a, b, c }] of rows.entries()) {
    for (const form of [a, b, c]) {
      for (const wire of form.wires) {
        if (wire === 0) continue;
        const list = (of[wire] ??= []);
        if (list.at(-1) !== row) list.push(row);
      }
    }
  }
  return (wire) => of[wire] ?? [];
}

function visit(state: State, index: number): void {
  const row = state.rows[index]!;
  if (row.a.wires.length > 0) {
    visitProduct(state, row);
    return;
  }
  const window = state.facts.windows.get(index);
  const lanes = window && state.values[window.decomposition.whole]?.lanes;
  // The digits of a whole whose lanes all lie in [0, 2^63) are those of its lanes.
  if (window !== undefined && lanes?.every(({ lo, hi }) => lo >= 0n && hi < 1n << 63n)) {
    const lane = lanes[window.lane]!;
    const share = window.scale === 1n || window.scale === -1n ? lane.share && { center: window.scale * lane.share.center, bound: lane.share.bound } : undefined;
    solve(state, window.rest, { ...scaledBy(lane, window.scale), ...(share && { share }) });
  }
  solve(state, row.c, exactly(0n));
}

/** form + extra = 0, for each wire of the form that it says something about. */
function solve(state: State, form: Linear, extra: Value): void {
  const unknown = form.wires.filter((wire) => state.values[wire] === undefined);
  if (unknown.length > 2) return;
  const cases = casesOf(state, form);
  if (cases !== undefined) {
    for (const target of form.wires) {
      if (target === 0 || state.facts.booleans[target] === 1 || unknown.some((wire) => wire !== target && cases.some(({ wires }) => wires.includes(wire)))) continue;
      const [zero, one] = cases.map((each) => solvedFor(state, each, target, extra));
      if (zero !== undefined && one !== undefined) learn(state, target, hull(zero, one));
    }
  }
  if (unknown.length > 1) return;
  if (unknown.length === 1) {
    const value = solvedFor(state, form, unknown[0]!, extra);
    if (value !== undefined) learn(state, unknown[0]!, value);
    return;
  }
  const total = sumOf(state, form)!;
  const [lo, hi] = [total.lo + extra.lo, total.hi + extra.hi];
  const unshared = form.wires.filter((wire) => wire !== 0 && state.values[wire]!.share === undefined && state.values[wire]!.lanes === undefined);
  for (let i = 0; i < form.wires.length; i++) {
    const wire = form.wires[i]!;
    if (wire === 0 || state.facts.booleans[wire] === 1) continue;
    const value = state.values[wire]!;
    if (unshared.length === 1 && unshared[0] === wire) {
      const solved = solvedFor(state, form, wire, extra);
      if (solved?.share !== undefined || solved?.lanes !== undefined) learn(state, wire, solved);
    }
    const coefficient = form.coefficients[i]!;
    const own = scaledBy(value, coefficient);
    const others = { lo: lo - own.lo, hi: hi - own.hi };
    const unit = coefficient === 1n || coefficient === -1n;
    if (!fits(unit ? others : { lo, hi })) continue;
    const range = unit ? scaledBy(others, -coefficient) : quotient(scaledBy(others, -1n), coefficient);
    if (range.lo > value.lo || range.hi < value.hi) learn(state, wire, range);
  }
}

function readSwitches(rows: readonly Row[], booleans: Uint8Array): Map<number, Row> {
  const switches = new Map<number, Row>();
  for (const row of rows) {
    const [wire] = row.c.wires;
    if (row.c.wires.length === 1 && wire !== 0 && booleanFactor(row, booleans) !== undefined) switches.set(wire!, row);
  }
  return switches;
}

interface Switch {
  readonly boolean: number;
  /** Value of the boolean's factor at 0 and at 1. */
  readonly at: readonly [bigint, bigint];
  readonly other: Linear;
}

function booleanFactor({ a, b }: Row, booleans: Uint8Array): Switch | undefined {
  for (const [factor, other] of [[a, b], [b, a]] as const) {
    const at = factor.wires.findIndex((wire) => wire !== 0);
    if (factor.wires.length - (factor.wires.includes(0) ? 1 : 0) !== 1 || booleans[factor.wires[at]!] !== 1) continue;
    const constant = factor.coefficients[factor.wires.indexOf(0)] ?? 0n;
    return { boolean: factor.wires[at]!, at: [constant, constant + factor.coefficients[at]!], other };
  }
  return undefined;
}

/**
 * A form with w = boolean x other, where `other` has wires in common with the rest: the form in each of the two cases, w and the boolean gone. So
 * q - 2 s q is q or -q, and 2 w - other = r in [0, 2^n), which is (2 b - 1) other, bounds `other` on both sides.
 */
function casesOf(state: State, form: Linear): readonly [Linear, Linear] | undefined {
  if (form.wires.length > LONG) return undefined;
  const known = state.cases.get(form);
  if (known !== undefined) return known ?? undefined;
  let cases: readonly [Linear, Linear] | undefined;
  for (const [i, wire] of form.wires.entries()) {
    const row = state.switches.get(wire);
    const found = row && booleanFactor(row, state.facts.booleans);
    const unit = row?.c.coefficients[0];
    if (found === undefined || (unit !== 1n && unit !== -1n) || !found.other.wires.some((other) => other !== 0 && form.wires.includes(other))) continue;
    const rest = { wires: form.wires.filter((other) => other !== wire), coefficients: form.coefficients.filter((_, k) => k !== i) };
    const [zero, one] = found.at.map((factor, bit) => combined([[rest, 1n], [found.other, form.coefficients[i]! * unit * factor]], [found.boolean, BigInt(bit)]));
    cases = [zero!, one!];
    break;
  }
  state.cases.set(form, cases ?? null);
  return cases;
}

function sumOfCases(state: State, form: Linear): Range | undefined {
  const cases = casesOf(state, form)?.map((each) => sumOf(state, each));
  const plain = sumOf(state, form);
  return plain && cases?.[0] && cases[1] ? meet(plain, hull(cases[0], cases[1])) : plain;
}

function visitProduct(state: State, row: Row): void {
  const unknown = row.c.wires.filter((wire) => state.values[wire] === undefined);
  if (unknown.length > 1) return;
  const found = booleanFactor(row, state.facts.booleans);
  if (found !== undefined) {
    const targets = unknown.length === 1 ? unknown : row.c.wires.filter((wire) => wire !== 0 && state.facts.booleans[wire] !== 1);
    for (const target of targets) splitCases(state, row, found, target);
    return;
  }
  const product = productOf(state, row);
  if (product !== undefined) solve(state, row.c, product);
  followLanes(state, row);
}

/** a b as an integer, negated: c - a b = 0. */
function productOf(state: State, { a, b }: Row): Range | undefined {
  const x = sumOfCases(state, a);
  const y = sumOfCases(state, b);
  if (x === undefined || y === undefined) return undefined;
  for (const sign of [1n, -1n]) if (combined([[a, 1n], [b, -sign]]).wires.length === 0) return scaledBy(squared(x), -sign);
  return scaledBy(times(x, y), -1n);
}

/** A number times an element of lanes. */
function followLanes(state: State, { a, b, c }: Row): void {
  for (const [number, element] of [[a, b], [b, a]] as const) {
    const lanes = element.wires.length === 1 ? state.values[element.wires[0]!]?.lanes : undefined;
    if (lanes === undefined || c.wires.length !== 1 || number.wires.length !== 1) continue;
    const factor = state.values[number.wires[0]!];
    const unit = element.coefficients[0]! * c.coefficients[0]! * number.coefficients[0]!;
    if (factor === undefined || (unit !== 1n && unit !== -1n) || (c.coefficients[0] !== 1n && c.coefficients[0] !== -1n)) continue;
    const product = lanes.map((lane): Value => {
      const range = scaledBy(times(factor, lane), unit);
      return factor.share?.center !== 0n ? range : { ...range, share: { center: 0n, bound: state.bounds.scaled(factor.share.bound, magnitude(lane)) } };
    });
    learn(state, c.wires[0]!, ofLanes(product));
  }
}

/** boolean x form = c for a wire of c: the hull of both cases. */
function splitCases(state: State, row: Row, { boolean, at, other }: Switch, target: number): void {
  const cases: (Value | undefined)[] = at.map((factor, bit) => {
    const overrides = halved(state, boolean, bit);
    if (overrides === undefined) return undefined;
    return solvedFor(state, combined([[row.c, 1n], [other, -factor]], [boolean, BigInt(bit)]), target, exactly(0n), overrides) ?? null!;
  });
  if (cases.includes(null!)) return;
  const [zero, one] = cases;
  if (zero === undefined || one === undefined) {
    const only = zero ?? one;
    if (only !== undefined) learn(state, target, { lo: only.lo, hi: only.hi });
    return;
  }
  learn(state, target, { ...hull(zero, one), ...sharedHull(state, boolean, zero, one) });
}

function sharedHull(state: State, boolean: number, zero: Value, one: Value): Pick<Value, "share"> {
  // Either the member of a choice, which counts where it is chosen,
  if (state.facts.groupOf.has(boolean) && zero.lo === 0n && zero.hi === 0n) return { share: { center: 0n, bound: state.bounds.of(new Map([[boolean, magnitude(one)]])) } };
  // or one of two, about the same center; a constant is at most the other's bound away.
  const [x, y] = [zero.share, one.share];
  if (x !== undefined && y !== undefined && x.center === y.center) return { share: { center: x.center, bound: state.bounds.most(x.bound, y.bound) } };
  if (x === undefined && y !== undefined && zero.lo === zero.hi && zero.lo === y.center) return { share: y };
  if (y === undefined && x !== undefined && one.lo === one.hi && one.lo === x.center) return { share: x };
  return {};
}

const NONE: Overrides = new Map();

/** Where a boolean is the top digit of a whole, it says in which half the whole lies; what is linear in the whole follows. Undefined if nothing does. */
function halved(state: State, boolean: number, bit: number): Overrides | undefined {
  const whole = state.topBits.get(boolean);
  if (whole === undefined) return NONE;
  const half = 1n << BigInt(state.facts.decompositionOf.get(whole)!.bits.length - 1);
  const value = state.values[whole];
  if (value === undefined) return NONE;
  const range = meet(value, bit === 0 ? { lo: 0n, hi: half - 1n } : { lo: half, hi: 2n * half - 1n });
  if (range.lo > range.hi) return undefined;
  const overrides = new Map<number, Value>([[whole, range]]);
  for (const index of state.rowsOf(whole)) {
    const { a, c } = state.rows[index]!;
    if (a.wires.length > 0 || c.wires.includes(boolean)) continue;
    for (const wire of c.wires) {
      const before = state.values[wire];
      if (wire === 0 || wire === whole || before === undefined) continue;
      const solved = solvedFor(state, c, wire, exactly(0n), new Map([[whole, range]]));
      if (solved === undefined) continue;
      const met = meet(before, solved);
      if (met.lo > met.hi) return undefined;
      overrides.set(wire, { ...met, ...(before.share && { share: before.share }) });
    }
  }
  return overrides;
}

/** Sets of booleans that sum up to one, each with a row boolean x form = 0. */
function readChoices(state: State): Map<number, Linear[]> {
  const forms = new Map<number, Map<number, Linear>>();
  for (const row of state.rows) {
    if (row.c !== EMPTY && row.c.wires.length > 0) continue;
    const found = booleanFactor(row, state.facts.booleans);
    const group = found && state.facts.groupOf.get(found.boolean);
    if (found === undefined || group === undefined || found.at[0] !== 0n || found.other.wires.includes(found.boolean)) continue;
    forms.set(group, (forms.get(group) ?? new Map<number, Linear>()).set(found.boolean, found.other));
  }
  const choices = new Map<number, Linear[]>();
  for (const [group, of] of forms) if (of.size === state.facts.groups[group]!.length) choices.set(group, [...of.values()]);
  return choices;
}

/** One of the forms is zero: a wire of all of them lies in the hull of what each of them says, as an equation in integers. */
function followChoice(state: State, forms: readonly Linear[]): void {
  const common = forms[0]!.wires.filter((wire) => wire !== 0 && state.values[wire] !== undefined && forms.every((form) => form.wires.includes(wire)));
  for (const wire of common) {
    const ranges = forms.map((form): Range | undefined => {
      const total = sumOf(state, form);
      const others = sumOf(state, form, wire);
      if (total === undefined || others === undefined || !fits(total)) return undefined;
      return quotient(scaledBy(others, -1n), form.coefficients[form.wires.indexOf(wire)]!);
    });
    if (ranges.some((range) => range === undefined)) continue;
    const possible = ranges.filter((range) => range!.lo <= range!.hi) as Range[];
    const value = state.values[wire]!;
    const range = possible.length === 0 ? value : possible.reduce(hull);
    if (range.lo > value.lo || range.hi < value.hi) learn(state, wire, range);
  }
}
