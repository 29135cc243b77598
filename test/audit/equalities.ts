/** Linear equations of a system, solved: two forms that they make equal have the same canonical form. */
import { toField } from "../../src/math/field.js";
import { addTerm, addTo, scaled, type Form } from "./forms.js";
import { inverse } from "./inverse.js";

export class Equalities {
  /** A pivot is the sum of its row; no row mentions a pivot. */
  readonly #rows = new Map<number, Map<number, bigint>>();
  readonly #usedBy = new Map<number, Set<number>>();

  /** @param keep   wires that become a pivot only where nothing else is left (booleans: they are what a range check counts in) */
  constructor(equations: Iterable<Form>, keep: ReadonlySet<number>) {
    for (const equation of equations) this.#add(equation, keep);
  }

  canonical(form: Form): Map<number, bigint> {
    const out = new Map<number, bigint>();
    for (const [wire, coefficient] of form) {
      const row = this.#rows.get(wire);
      if (row !== undefined) addTo(out, row, coefficient);
      else addTerm(out, wire, coefficient);
    }
    return out;
  }

  areEqual(x: Form, y: Form): boolean {
    const difference = new Map(x);
    addTo(difference, y, -1n);
    return this.canonical(difference).size === 0;
  }

  #add(equation: Form, keep: ReadonlySet<number>): void {
    const rest = this.canonical(equation);
    const wires = [...rest.keys()].filter((wire) => wire !== 0).sort((x, y) => y - x);
    const pivot = wires.find((wire) => !keep.has(wire)) ?? wires[0];
    if (pivot === undefined) return;
    const scale = toField(-inverse(rest.get(pivot)!));
    rest.delete(pivot);
    const row = scaled(rest, scale);
    const users = this.#usedBy.get(pivot) ?? [];
    this.#usedBy.delete(pivot);
    for (const other of users) {
      const theirs = this.#rows.get(other)!;
      const coefficient = theirs.get(pivot);
      if (coefficient === undefined) continue;
      theirs.delete(pivot);
      addTo(theirs, row, coefficient);
      for (const wire of row.keys()) this.#use(wire, other);
    }
    this.#rows.set(pivot, row);
    for (const wire of row.keys()) this.#use(wire, pivot);
  }

  #use(wire: number, pivot: number): void {
    const users = this.#usedBy.get(wire);
    if (users === undefined) this.#usedBy.set(wire, new Set([pivot]));
    else users.add(pivot);
  }
}
