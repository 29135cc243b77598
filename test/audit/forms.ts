/** Linear forms over the wires of a constraint system, and the constraint system as such forms. */
import { readR1cs, type R1csHeader } from "../../prover/r1cs.js";
import { P, toField } from "../../src/math/field.js";
import { coefficientAt, readSymbols, TERM_WORDS } from "../support/circuit-files.js";

/** Wire -> coefficient in (0, p). Wire 0 is the constant one. */
export type Form = ReadonlyMap<number, bigint>;

/** a x b = c */
export interface Constraint {
  readonly a: Form;
  readonly b: Form;
  readonly c: Form;
}

export interface System extends R1csHeader {
  readonly rows: readonly Constraint[];
  /** Signal of each wire, as in the .sym file; the first one where the compiler merged several. */
  readonly names: readonly string[];
}

export function readSystem(r1csPath: string, symPath: string): System {
  const r1cs = readR1cs(r1csPath);
  const rows: Constraint[] = [];
  let at = 0;
  const form = (): Form => {
    const terms = r1cs.words[at++]!;
    const out = new Map<number, bigint>();
    for (let t = 0; t < terms; t++, at += TERM_WORDS) {
      const value = coefficientAt(r1cs.words, at);
      if (value !== 0n) out.set(r1cs.words[at]!, value);
    }
    return out;
  };
  for (let row = 0; row < r1cs.constraints; row++) rows.push({ a: form(), b: form(), c: form() });
  return { ...r1cs, rows, names: readNames(symPath, r1cs.wires) };
}

function readNames(path: string, wires: number): string[] {
  const names: string[] = new Array<string>(wires).fill("one");
  const named = new Uint8Array(wires);
  for (const { wire, name } of readSymbols(path)) {
    if (named[wire] === 1) continue;
    named[wire] = 1;
    names[wire] = name;
  }
  return names;
}

export const isConstant = (form: Form): boolean => form.size === 0 || (form.size === 1 && form.has(0));

export const constantOf = (form: Form): bigint => form.get(0) ?? 0n;

/** x + scale y */
export function plus(x: Form, y: Form, scale = 1n): Map<number, bigint> {
  const sum = new Map(x);
  addTo(sum, y, scale);
  return sum;
}

export function addTo(sum: Map<number, bigint>, form: Form, scale: bigint): void {
  const factor = toField(scale);
  for (const [wire, coefficient] of form) {
    addTerm(sum, wire, factor === 1n ? coefficient : (coefficient * factor) % P);
  }
}

export function addTerm(sum: Map<number, bigint>, wire: number, term: bigint): void {
  const before = sum.get(wire);
  const value = before === undefined ? term : before + term >= P ? before + term - P : before + term;
  if (value === 0n) sum.delete(wire);
  else sum.set(wire, value);
}

export function scaled(form: Form, scale: bigint): Map<number, bigint> {
  return new Map([...form].map(([wire, coefficient]) => [wire, toField(coefficient * scale)]));
}

export function same(x: Form, y: Form): boolean {
  return x.size === y.size && [...x].every(([wire, coefficient]) => y.get(wire) === coefficient);
}
