/** A constraint system of millions of terms in little memory: sparse rows with signed coefficients, signals with their indices collapsed. */
import { readFileSync } from "node:fs";
import { readR1cs } from "../../../prover/r1cs.js";
import { fromField, toField } from "../../../src/math/field.js";

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
  /** main.instrument[].leaf[] and its like -> wires; a wire with several names is under each. */
  readonly signals: ReadonlyMap<string, readonly number[]>;
  /** First name of each wire, collapsed. */
  readonly nameOf: (wire: number) => string;
  readonly hashInputs: readonly HashInput[];
}

export const EMPTY: Linear = { wires: [], coefficients: [] };

export function readRows(r1csPath: string, symPath: string): Rows {
  const r1cs = readR1cs(r1csPath);
  const { words } = r1cs;
  const known = new Map<string, bigint>();
  let at = 0;
  const coefficient = (): bigint => {
    const key = words.subarray(at + 1, at + 9).join();
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    let value = 0n;
    for (let word = 8; word >= 1; word--) value = (value << 32n) | BigInt(words[at + word]!);
    const signed = fromField(value);
    known.set(key, signed);
    return signed;
  };
  const linear = (): Linear => {
    const terms = words[at++]!;
    const wires: number[] = [];
    const coefficients: bigint[] = [];
    for (let t = 0; t < terms; t++, at += 9) {
      const value = coefficient();
      if (value === 0n) continue;
      wires.push(words[at]!);
      coefficients.push(value);
    }
    return wires.length === 0 ? EMPTY : { wires, coefficients };
  };
  const rows: Row[] = [];
  for (let row = 0; row < r1cs.constraints; row++) rows.push(straightened({ a: linear(), b: linear(), c: linear() }));
  return { rows, wires: r1cs.wires, ...readSignals(symPath, r1cs.wires) };
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

function readSignals(path: string, wires: number): Pick<Rows, "signals" | "nameOf" | "hashInputs"> {
  const signals = new Map<string, number[]>();
  const names: string[] = [];
  const ids = new Map<string, number>();
  const first = new Int32Array(wires).fill(-1);
  const hashInputs: HashInput[] = [];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, index, , full] = line.split(",");
    const wire = Number(index);
    if (full === undefined || wire < 0) continue;
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
