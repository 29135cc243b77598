/**
 * Which wires of a constraint system are functions of its inputs. Starts from the inputs and concludes, wire by wire, from the constraints
 * alone: two witnesses with the same inputs agree on every wire that has a rule.
 */
import { P, fromField, toField } from "../../src/math/field.js";
import { addTo, constantOf, isConstant, plus, scaled, type Form, type System } from "./forms.js";
import { inverse } from "./inverse.js";
import { applyLemmas } from "./lemmas.js";

export type Rule = "input" | "linear" | "bits" | "zero test" | "free" | "division" | "maximum";

/** A linear form that a constraint L (L - c) = 0 makes 0 or `unit`. */
export interface BooleanForm {
  readonly form: Form;
  readonly unit: bigint;
  readonly row: number;
}

export interface Uniqueness { state: Determination;
  /** By wire; undefined: nothing was concluded. */
  readonly rules: readonly (Rule | undefined)[];
  readonly undetermined: readonly number[];
}

/** Wires that may differ between witnesses, by a lemma that says so (inverse of zero). */
export function auditUniqueness(system: System): Uniqueness {
  const state = new Determination(system);
  for (let progress = true; progress; ) {
    progress = state.followProducts();
    if (!progress) progress = state.followBooleans();
    if (!progress) progress = state.followSums();
    if (!progress) progress = applyLemmas(state);
  }
  const rules = Array.from({ length: system.wires }, (_, wire) => state.rules.get(wire));
  return { state, rules, undetermined: rules.flatMap((rule, wire) => (rule === undefined ? [wire] : [])) };
}

/**
 * Variables are the wires, and from `system.wires` on one boolean for each boolean form that is no single wire. `pivots` is a reduced system: an
 * undetermined pivot equals the sum of its row plus something determined.
 */
export class Determination {
  readonly rules = new Map<number, Rule>();
  readonly booleans = new Set<number>();
  readonly booleanForms: readonly BooleanForm[];
  /** Rows without a conclusion yet. */
  readonly pending: Set<number>;
  readonly #pivots = new Map<number, Map<number, bigint>>();
  readonly #usedBy = new Map<number, Set<number>>();
  /** Sums of booleans that are determined, without being unique decompositions yet. */
  #sums: Map<number, bigint>[] = [];
  /** The boolean forms with their booleans as variables: each is zero. */
  readonly booleanEquations: readonly Form[];
  #follow = true;
  readonly #uses: Uint32Array;

  constructor(readonly system: System) {
    this.rules.set(0, "input");
    const inputs = system.publicInputs + system.privateInputs;
    for (let i = 0; i < inputs; i++) this.rules.set(1 + system.outputs + i, "input");
    this.booleanForms = system.rows.flatMap(({ a, b, c }, row) => {
      const found = booleanForm(a, b, c);
      return found === undefined ? [] : [{ ...found, row }];
    });
    const rows = new Set(this.booleanForms.map(({ row }) => row));
    this.pending = new Set(system.rows.keys());
    for (const row of rows) this.pending.delete(row);
    let next = system.wires;
    const equations: Form[] = [];
    for (const { form, unit } of this.booleanForms) {
      const [first] = form;
      if (form.size === 1 && first !== undefined && first[1] === unit) {
        this.booleans.add(first[0]);
        continue;
      }
      const boolean = next++;
      this.booleans.add(boolean);
      equations.push(plus(form, new Map([[boolean, unit]]), -1n));
    }
    this.booleanEquations = equations;
    this.#uses = new Uint32Array(system.wires);
    for (const { a, b, c } of system.rows) for (const wire of new Set([...a.keys(), ...b.keys(), ...c.keys()])) this.#uses[wire]!++;
  }

  isDetermined(form: Form): boolean {
    return this.reduce(form).size === 0;
  }

  /** What is not determined of a form: modulo determined variables and the rows. */
  reduce(form: Form): Map<number, bigint> {
    const rest = new Map<number, bigint>();
    for (const [variable, coefficient] of form) {
      if (this.rules.has(variable)) continue;
      const row = this.#pivots.get(variable);
      addTo(rest, row ?? new Map([[variable, 1n]]), coefficient);
    }
    return rest;
  }

  /** Products of determined factors determine a linear form. */
  followProducts(): boolean {
    let progress = false;
    for (let again = true; again; ) {
      again = false;
      for (const row of this.pending) {
        const { a, b, c } = this.system.rows[row]!;
        let equation: Form | undefined;
        if (isConstant(a)) equation = plus(c, b, -constantOf(a));
        else if (isConstant(b)) equation = plus(c, a, -constantOf(b));
        else if (this.isDetermined(a) && this.isDetermined(b)) equation = c;
        if (equation === undefined) continue;
        this.pending.delete(row);
        this.learn(equation);
        again = progress = true;
      }
    }
    return progress;
  }

  /** The equations of the boolean forms, once: their variables are in the span from then on. */
  followBooleans(): boolean {
    if (!this.#follow) return false;
    this.#follow = false;
    for (const equation of this.booleanEquations) this.learn(equation);
    return true;
  }

  /** Number of rows that mention a wire. */
  uses(wire: number): number {
    return this.#uses[wire]!;
  }

  /** A form is determined. */
  learn(form: Form, rule: Rule = "linear"): void {
    const open = [...form.keys()].filter((variable) => !this.rules.has(variable));
    // The variable itself, though it may be a pivot: then its row is an equation too.
    if (open.length === 1) this.determine(open[0]!, rule);
    const rest = this.reduce(form);
    if (rest.size === 0) return;
    const [first] = rest.keys();
    if (rest.size === 1) {
      this.determine(first!, rule);
      return;
    }
    const pivot = [...rest.keys()].find((variable) => !this.booleans.has(variable));
    if (pivot === undefined) {
      this.#learnSum(rest);
      return;
    }
    const scale = toField(-inverse(rest.get(pivot)!));
    rest.delete(pivot);
    const row = scaled(rest, scale);
    for (const other of this.#usedBy.get(pivot) ?? []) {
      const theirs = this.#pivots.get(other);
      const coefficient = theirs?.get(pivot);
      if (theirs === undefined || coefficient === undefined) continue;
      theirs.delete(pivot);
      addTo(theirs, row, coefficient);
      for (const variable of row.keys()) this.#use(variable, other);
      if (theirs.size === 0) this.determine(other, "linear");
    }
    this.#usedBy.delete(pivot);
    this.#pivots.set(pivot, row);
    for (const variable of row.keys()) this.#use(variable, pivot);
  }

  determine(variable: number, rule: Rule): void {
    if (this.rules.has(variable)) return;
    const row = this.#pivots.get(variable);
    this.rules.set(variable, rule);
    this.#pivots.delete(variable);
    for (const other of this.#usedBy.get(variable) ?? []) {
      const theirs = this.#pivots.get(other);
      if (theirs === undefined || !theirs.delete(variable)) continue;
      if (theirs.size === 0) this.determine(other, "linear");
    }
    this.#usedBy.delete(variable);
    // A pivot that became known by another way makes its row an equation.
    if (row !== undefined && row.size > 0) this.learn(row);
  }

  /** Sums of booleans again: with what was determined since, then in pairs. */
  followSums(): boolean {
    const before = this.rules.size;
    const sums = this.#sums.splice(0);
    for (const sum of sums) this.learn(sum);
    if (this.rules.size > before) return true;
    for (const [i, sum] of this.#sums.entries()) {
      for (const other of this.#sums.slice(0, i)) {
        const candidate = cancelled(sum, other);
        if (candidate.size === 0 || !isUniqueSum([...candidate.values()])) continue;
        for (const variable of candidate.keys()) this.determine(variable, "bits");
        return true;
      }
    }
    return false;
  }

  #learnSum(sum: Map<number, bigint>): void {
    if (isUniqueSum([...sum.values()])) for (const variable of sum.keys()) this.determine(variable, "bits");
    else this.#sums.push(sum);
  }

  #use(variable: number, pivot: number): void {
    const users = this.#usedBy.get(variable);
    if (users === undefined) this.#usedBy.set(variable, new Set([pivot]));
    else users.add(pivot);
  }
}

/** The combination of two sums in which most of what they share cancels; empty if they share nothing. */
function cancelled(sum: Form, other: Form): Form {
  const ratios = new Map<bigint, number>();
  for (const [variable, coefficient] of other) {
    const mine = sum.get(variable);
    if (mine === undefined) continue;
    const ratio = toField(-mine * inverse(coefficient));
    ratios.set(ratio, (ratios.get(ratio) ?? 0) + 1);
  }
  const [most] = [...ratios].sort(([, x], [, y]) => y - x);
  return most === undefined ? new Map() : plus(sum, other, most[0]);
}

/** L with L in {0, unit} by a b = c: either c = 0 and b = k a - unit k, or a = b = c up to constants. */
function booleanForm(a: Form, b: Form, c: Form): { form: Form; unit: bigint } | undefined {
  if (c.size !== 0 || isConstant(a) || isConstant(b)) return undefined;
  // a in {0, ...}: proportional apart from the constant.
  const [wire, coefficient] = [...b].find(([w]) => w !== 0)!;
  const other = a.get(wire);
  if (other === undefined) return undefined;
  const ratio = toField(coefficient * inverse(other));
  const difference = plus(b, a, -ratio);
  if (!isConstant(difference) || difference.size === 0) return undefined;
  // b = ratio a + d: a = 0 or a = -d / ratio. The constant of a moves to the other side.
  const root = toField(-constantOf(difference) * inverse(ratio));
  const start = constantOf(a);
  const form = new Map(a);
  form.delete(0);
  // form in {-start, root - start}: one of them must be zero for the form to be a bit times a unit; else shift.
  if (start === 0n) return { form, unit: root };
  if (root === start) return { form: scaled(form, P - 1n), unit: start };
  return { form: a, unit: root };
}

/** No two sets of booleans have the same sum: up to a scale, distinct powers of two in size (each above the sum of the smaller) and no wrap. */
export function isUniqueSum(coefficients: readonly bigint[]): boolean {
  // Distinct powers of two below p, or what is as far apart.
  if (coefficients.length > 254) return false;
  const scales = [1n, inverse(coefficients[0]!), inverse(coefficients.at(-1)!), ...coefficients.slice(0, 300).map(inverse)];
  return scales.some((scale) => {
    const sizes = coefficients.map((x) => { const y = fromField(x * scale); return y < 0n ? -y : y; }).sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
    let sum = 0n;
    for (const size of sizes) {
      if (size <= sum) return false;
      sum += size;
    }
    return sum < P;
  });
}
