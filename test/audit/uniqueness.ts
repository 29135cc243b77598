/**
 * Which wires two witnesses of one statement must share. Starts from the wires that the statement gives and concludes, wire by wire, from the
 * constraints alone.
 */
import { P, toField } from "../../src/math/field.js";
import { booleanForm, isUniqueSum } from "./booleans.js";
import { Equalities } from "./equalities.js";
import { addTerm, addTo, plus, scaled, type Form, type System } from "./forms.js";
import { inverse } from "./inverse.js";
import { applyLemmas } from "./lemmas.js";
import { linearEquation } from "./range-facts.js";

/**
 * Why a wire is determined. By propagation: given; linear (an equation with nothing else open); bits (a sum of booleans with one solution). By lemma: zero test,
 * division, maximum, certificate, prefix, hash. Free: may differ, and nothing depends on it.
 */
export type Rule = "given" | "linear" | "bits" | "zero test" | "free" | "division" | "maximum" | "certificate" | "prefix" | "hash";

export interface Uniqueness {
  /** By wire; undefined: nothing was concluded. */
  readonly rules: readonly (Rule | undefined)[];
  readonly undetermined: readonly number[];
}

/** A hash taken as an injective function: its inputs determine `out`, and are determined by it. */
export interface Hash {
  readonly inputs: readonly number[];
  readonly out: number;
}

export function auditUniqueness(system: System, given: Iterable<number> = inputsOf(system), hashes: readonly Hash[] = []): Uniqueness {
  const state = new Determination(system, given, hashes);
  for (let progress = true; progress && !state.isComplete; ) {
    progress = state.followProducts();
    if (!progress) progress = state.followSums();
    if (!progress) progress = applyLemmas(state);
  }
  const rules = Array.from({ length: system.wires }, (_, wire) => state.rules.get(wire));
  return { rules, undetermined: rules.flatMap((rule, wire) => (rule === undefined ? [wire] : [])) };
}

/** Public and private inputs. */
export function inputsOf({ outputs, publicInputs, privateInputs }: System): number[] {
  return Array.from({ length: publicInputs + privateInputs }, (_, i) => 1 + outputs + i);
}

/**
 * Variables are the wires, and from `system.wires` on one boolean for each boolean form that is no single wire. `pivots` is a reduced system of what is
 * known to be determined: an undetermined pivot equals the sum of its row plus something determined, so a form is determined by linear algebra
 * exactly if it reduces to nothing.
 */
export class Determination {
  readonly rules = new Map<number, Rule>();
  readonly booleans = new Set<number>();
  /** Each is zero: the linear rows, and the boolean forms with their booleans as variables. */
  readonly equations: readonly Form[];
  readonly equalities: Equalities;
  /** Rows that are products, without a conclusion yet. */
  readonly pending: Set<number>;
  readonly #pivots = new Map<number, Map<number, bigint>>();
  readonly #usedBy = new Map<number, Set<number>>();
  /** Equations that count in booleans, as far as their members are open. */
  #counting: Form[];
  readonly #uses: Uint32Array;
  #booleanKeys: ReadonlySet<string> | undefined;

  constructor(readonly system: System, given: Iterable<number>, readonly hashes: readonly Hash[]) {
    for (const wire of [0, ...given]) this.rules.set(wire, "given");
    this.pending = new Set();
    const equations: Form[] = [];
    let next = system.wires;
    for (const [row, constraint] of system.rows.entries()) {
      const equation = linearEquation(constraint);
      const boolean = booleanForm(constraint);
      if (equation !== undefined) equations.push(equation);
      else if (boolean === undefined) this.pending.add(row);
      else {
        const [first] = boolean.form;
        const single = boolean.form.size === 1 && first![1] === boolean.unit;
        const variable = single ? first![0] : next++;
        this.booleans.add(variable);
        if (!single) equations.push(plus(boolean.form, new Map([[variable, boolean.unit]]), -1n));
      }
    }
    this.equations = withBooleans(equations, this.booleans);
    this.equalities = new Equalities(equations, this.booleans);
    this.#counting = this.equations.filter((equation) => [...equation.keys()].some((variable) => this.booleans.has(variable)));
    this.#uses = new Uint32Array(system.wires);
    for (const { a, b, c } of system.rows) for (const wire of new Set([...a.keys(), ...b.keys(), ...c.keys()])) this.#uses[wire]!++;
    // What a statement or a hash is about is used outside of the rows.
    for (let wire = 1; wire <= system.outputs + system.publicInputs + system.privateInputs; wire++) this.#uses[wire]!++;
    for (const { inputs, out } of hashes) for (const wire of [...inputs, out]) this.#uses[wire]!++;
    for (const equation of this.equations) this.learn(equation);
    for (const equation of equations) this.learn(equation);
  }

  get isComplete(): boolean {
    return Array.from({ length: this.system.wires }, (_, wire) => wire).every((wire) => this.rules.has(wire));
  }

  isDetermined(form: Form): boolean {
    return this.reduce(form).size === 0;
  }

  /** What is not determined of a form. */
  reduce(form: Form): Map<number, bigint> {
    const rest = new Map<number, bigint>();
    for (const [variable, coefficient] of form) {
      if (this.rules.has(variable)) continue;
      const row = this.#pivots.get(variable);
      if (row !== undefined) addTo(rest, row, coefficient);
      else addTerm(rest, variable, coefficient);
    }
    return rest;
  }

  /** Products of determined factors are determined. */
  followProducts(): boolean {
    let progress = false;
    for (let again = true; again; ) {
      again = false;
      for (const row of this.pending) {
        const { a, b, c } = this.system.rows[row]!;
        if (!this.isDetermined(a) || !this.isDetermined(b)) continue;
        this.pending.delete(row);
        this.learn(c);
        again = progress = true;
      }
    }
    return progress;
  }

  /** Sums of booleans that became determined, alone and in pairs: with one solution, they determine their members. */
  followSums(): boolean {
    const before = this.rules.size;
    for (const sum of this.sums()) this.#learnSum(sum);
    if (this.rules.size > before) return true;
    const sums = this.sums();
    for (const [i, sum] of sums.entries()) {
      for (const other of sums.slice(0, i)) {
        const candidate = cancelled(sum, other);
        if (candidate.size > 0 && this.#learnSum(candidate)) return true;
      }
    }
    return false;
  }

  /** Sums of open booleans that are determined. */
  sums(): Form[] {
    this.#counting = this.#counting.map((equation) => this.#open(equation)).filter((equation) => [...equation.keys()].some((variable) => this.booleans.has(variable)));
    const counted = this.#counting.flatMap((equation) => {
      const [booleans, others] = [true, false].map((kind) => new Map([...equation].filter(([variable]) => this.booleans.has(variable) === kind)));
      return this.isDetermined(others!) ? [booleans!] : [];
    });
    // Combinations that elimination came upon.
    const combined = [...this.#pivots].flatMap(([pivot, row]) =>
      this.booleans.has(pivot) && [...row.keys()].every((variable) => this.booleans.has(variable)) ? [plus(new Map([[pivot, P - 1n]]), row)] : []);
    return [...counted, ...combined];
  }

  /** Equal to a boolean by the linear equations. */
  isBoolean(form: Form): boolean {
    this.#booleanKeys ??= new Set([...this.booleans].map((variable) => keyOf(this.equalities.canonical(new Map([[variable, 1n]])))));
    return this.#booleanKeys.has(keyOf(this.equalities.canonical(form)));
  }

  /** Number of rows that mention a wire, and of hashes; inputs and outputs have one more. */
  uses(wire: number): number {
    return this.#uses[wire]!;
  }

  /** A form is determined. */
  learn(form: Form, rule: Rule = "linear"): void {
    const open = this.#open(form);
    // The variable itself, though it may be a pivot: then its row is an equation too.
    if (open.size === 1) this.determine([...open.keys()][0]!, rule);
    const rest = this.reduce(form);
    if (rest.size === 0) return;
    if (rest.size === 1) {
      this.determine([...rest.keys()][0]!, rule);
      return;
    }
    const pivot = [...rest.keys()].find((variable) => !this.booleans.has(variable));
    if (pivot === undefined && this.#learnSum(rest)) return;
    this.#eliminate(pivot ?? [...rest.keys()][0]!, rest);
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

  #eliminate(pivot: number, equation: Map<number, bigint>): void {
    const scale = toField(-inverse(equation.get(pivot)!));
    equation.delete(pivot);
    const row = scaled(equation, scale);
    const users = this.#usedBy.get(pivot) ?? [];
    this.#usedBy.delete(pivot);
    this.#pivots.set(pivot, row);
    for (const variable of row.keys()) this.#use(variable, pivot);
    const known: number[] = [];
    for (const other of users) {
      const theirs = this.#pivots.get(other);
      const coefficient = theirs?.get(pivot);
      if (theirs === undefined || coefficient === undefined) continue;
      theirs.delete(pivot);
      addTo(theirs, row, coefficient);
      for (const variable of row.keys()) this.#use(variable, other);
      if (theirs.size === 0) known.push(other);
    }
    for (const other of known) this.determine(other, "linear");
  }

  #learnSum(sum: Form): boolean {
    if (!isUniqueSum([...sum.values()])) return false;
    for (const variable of sum.keys()) this.determine(variable, "bits");
    return true;
  }

  #open(form: Form): Map<number, bigint> {
    return new Map([...form].filter(([variable]) => !this.rules.has(variable)));
  }

  #use(variable: number, pivot: number): void {
    const users = this.#usedBy.get(variable);
    if (users === undefined) this.#usedBy.set(variable, new Set([pivot]));
    else users.add(pivot);
  }
}

/** The equations with a boolean for each wire that one of them makes equal to it. */
function withBooleans(equations: readonly Form[], booleans: ReadonlySet<number>): Form[] {
  const alias = new Map<number, number>();
  for (const equation of equations) {
    const [x, y] = [...equation.keys()];
    if (equation.size !== 2 || x === 0 || y === 0 || toField(equation.get(x!)! + equation.get(y!)!) !== 0n || booleans.has(x!) === booleans.has(y!)) continue;
    const [boolean, wire] = booleans.has(x!) ? [x!, y!] : [y!, x!];
    alias.set(wire, boolean);
  }
  return equations.map((equation) => {
    const sum = new Map<number, bigint>();
    for (const [wire, coefficient] of equation) addTo(sum, new Map([[alias.get(wire) ?? wire, 1n]]), coefficient);
    return sum;
  });
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

function keyOf(form: Form): string {
  return [...form].sort(([x], [y]) => x - y).join(";");
}
