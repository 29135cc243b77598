/** A constraint system of millions of terms in little memory: sparse rows with signed coefficients, signals with their indices collapsed. */
import { readR1cs } from "../../../prover/r1cs.js";
import { fromField, toField } from "../../../src/math/field.js";
import { coefficientAt, readSymbols, TERM_WORDS } from "../../support/circuit-files.js";

/** Sum of coefficient x wire; wire 0 is the constant one. Coefficients are signed representatives, not zero. */
export interface Linear {
  readonly wires: readonly number[];
  readonly coefficients: readonly bigint[];
}

/** a x b = c; a linear row has empty factors and says c = 0. */
export interface Row {
  readonly a: Linear;
  readonly b: Linear;
  readonly c: Linear;
}

export interface HashInput {
  /** Collapsed but for the last index: main.portfolio.link[].inputs[3]. */
  readonly name: string;
  readonly wire: number;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly wires: number;
  /** Wires of the main component's inputs. */
  readonly inputs: ReadonlySet<number>;
  /** main.instrument[].leaf[] and its like -> wires; a wire with several names is under each. */
  readonly signals: ReadonlyMap<string, readonly number[]>;
  /** First name of each wire, collapsed. */
  readonly nameOf: (wire: number) => string;
  readonly hashInputs: readonly HashInput[];
}

export const EMPTY: Linear = { wires: [], coefficients: [] };

/** Wires that a row x = y makes one are one, under each of their names. */
export function readRows(r1csPath: string, symPath: string): Rows {
  const r1cs = readR1cs(r1csPath);
  const { words } = r1cs;
  const known = new Map<string, bigint>();
  let at = 0;
  const coefficient = (): bigint => {
    const key = words.subarray(at + 1, at + 9).join();
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const signed = fromField(coefficientAt(words, at));
    known.set(key, signed);
    return signed;
  };
  const merged = Int32Array.from({ length: r1cs.wires }, (_, wire) => wire);
  const find = (wire: number): number => {
    while (merged[wire] !== wire) wire = merged[wire] = merged[merged[wire]!]!;
    return wire;
  };
  const linear = (): Linear => {
    const terms = words[at++]!;
    const wires: number[] = [];
    const coefficients: bigint[] = [];
    for (let t = 0; t < terms; t++, at += TERM_WORDS) {
      const value = coefficient();
      if (value === 0n) continue;
      wires.push(find(words[at]!));
      coefficients.push(value);
    }
    if (wires.length === 0) return EMPTY;
    const form = { wires, coefficients };
    return new Set(wires).size === wires.length ? form : combined([[form, 1n]]);
  };
  for (let row = 0; row < r1cs.constraints; row++) {
    // Linear rows have empty factors.
    if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 2) {
      at += 3;
      const [x, u] = [words[at]!, coefficient()];
      at += TERM_WORDS;
      const [y, v] = [words[at]!, coefficient()];
      at += TERM_WORDS;
      if (x !== 0 && y !== 0 && u + v === 0n) merged[find(x)] = find(y);
      continue;
    }
    for (let form = 0; form < 3; form++) at += 1 + TERM_WORDS * words[at]!;
  }
  at = 0;
  const rows: Row[] = [];
  for (let row = 0; row < r1cs.constraints; row++) {
    const next = straightened({ a: linear(), b: linear(), c: linear() });
    if (next.a.wires.length > 0 || next.c.wires.length > 0) rows.push(next);
  }
  const { outputs, publicInputs, privateInputs } = r1cs;
  const inputs = new Set(Array.from({ length: publicInputs + privateInputs }, (_, i) => find(1 + outputs + i)));
  return { rows, wires: r1cs.wires, inputs, ...readSignals(symPath, r1cs.wires, find) };
}

function straightened(row: Row): Row {
  for (const [factor, other] of [[row.a, row.b], [row.b, row.a]] as const) {
    if (isConstant(factor)) return { a: EMPTY, b: EMPTY, c: combined([[row.c, 1n], [other, -(factor.coefficients[0] ?? 0n)]]) };
  }
  return row;
}

export const isConstant = ({ wires }: Linear): boolean => wires.length === 0 || (wires.length === 1 && wires[0] === 0);

/** Sum of scale x form. `fixed` replaces a wire by an integer. */
export function combined(parts: readonly (readonly [Linear, bigint])[], fixed?: readonly [wire: number, value: bigint]): Linear {
  const sum = new Map<number, bigint>();
  for (const [form, scale] of parts) {
    if (scale === 0n) continue;
    for (let i = 0; i < form.wires.length; i++) {
      const isFixed = form.wires[i] === fixed?.[0];
      const wire = isFixed ? 0 : form.wires[i]!;
      sum.set(wire, (sum.get(wire) ?? 0n) + scale * form.coefficients[i]! * (isFixed ? fixed![1] : 1n));
    }
  }
  const wires: number[] = [];
  const coefficients: bigint[] = [];
  for (const [wire, value] of sum) {
    const signed = fromField(toField(value));
    if (signed === 0n) continue;
    wires.push(wire);
    coefficients.push(signed);
  }
  return { wires, coefficients };
}

function readSignals(path: string, wires: number, find: (wire: number) => number): Pick<Rows, "signals" | "nameOf" | "hashInputs"> {
  const signals = new Map<string, number[]>();
  const names: string[] = [];
  const ids = new Map<string, number>();
  const first = new Int32Array(wires).fill(-1);
  const hashInputs: HashInput[] = [];
  for (const { wire: index, name: full } of readSymbols(path)) {
    const wire = find(index);
    const name = full.replace(/\[\d+\]/g, "[]");
    const members = signals.get(name);
    if (members === undefined) signals.set(name, [wire]);
    else members.push(wire);
    if (first[wire] === -1) {
      const id = ids.get(name) ?? names.push(name) - 1;
      ids.set(name, id);
      first[wire] = id;
    }
    if (name.endsWith(".inputs[]")) hashInputs.push({ name: name.slice(0, -2) + full.slice(full.lastIndexOf("[")), wire });
  }
  return { signals, nameOf: (wire) => (wire === 0 ? "one" : names[first[wire]!] ?? `wire ${wire}`), hashInputs };
}
