import { publicSignalCount, type R1cs } from "../r1cs.js";
import type { FieldVectors, VectorPointer } from "./field-vectors.js";

const WORDS_PER_TERM = 9;
const COEFFICIENT_RECORD = 44;
const BATCH_TERMS = 1 << 14;

/** Per wire s: the polynomials of the constraint system at tau, a[s] = sum over rows c of A[c][s] L_c(tau), and so on. */
export interface QapAtTau {
  readonly a: VectorPointer;
  readonly b: VectorPointer;
  readonly c: VectorPointer;
}

/** Number of records in the coefficient section: the terms of A and B, and one row for each public signal and the constant. */
export function coefficientCount(r1cs: R1cs): number {
  let count = publicSignalCount(r1cs) + 1;
  let at = 0;
  for (let row = 0; row < r1cs.constraints; row++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      const terms = word(r1cs, at);
      if (matrix < 2) count += terms;
      at += 1 + WORDS_PER_TERM * terms;
    }
  }
  return count;
}

/**
 * Evaluates the constraint system at tau, and hands on the coefficient section of the key as snarkjs orders it: row by row,
 * A then B, each record (matrix, row, wire, coefficient twice in Montgomery form).
 * @param lagrange the basis of the domain at tau
 */
export function evaluateQap(
  vectors: FieldVectors,
  r1cs: R1cs,
  lagrange: VectorPointer,
  onCoefficients: (records: Uint8Array) => void,
): QapAtTau {
  const qap = { a: vectors.allocate(r1cs.wires), b: vectors.allocate(r1cs.wires), c: vectors.allocate(r1cs.wires) };
  const columns = [qap.a, qap.b, qap.c];
  const mark = vectors.mark();
  const values = vectors.allocate(BATCH_TERMS);
  const matrices = new Uint8Array(BATCH_TERMS);
  const rows = new Uint32Array(BATCH_TERMS);
  const wires = new Uint32Array(BATCH_TERMS);
  let filled = 0;

  const flush = (): void => {
    vectors.toMontgomery(values, filled);
    for (let term = 0; term < filled; term++) {
      const column = columns[matrices[term] as 0 | 1 | 2] as VectorPointer;
      vectors.multiplyAdd(values + 32 * term, lagrange + 32 * (rows[term] ?? 0), column + 32 * (wires[term] ?? 0));
    }
    vectors.toMontgomery(values, filled);
    onCoefficients(records(vectors, values, matrices, rows, wires, filled));
    filled = 0;
  };
  // Views are taken after the last allocation: growing the memory detaches older ones.
  const memory = vectors.curve.tm.u32;
  const push = (matrix: number, row: number, wire: number): number => {
    if (filled === BATCH_TERMS) flush();
    matrices[filled] = matrix;
    rows[filled] = row;
    wires[filled] = wire;
    return values / 4 + 8 * filled++;
  };

  let at = 0;
  for (let row = 0; row < r1cs.constraints; row++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      const terms = word(r1cs, at++);
      for (let term = 0; term < terms; term++, at += WORDS_PER_TERM) {
        const target = push(matrix, row, word(r1cs, at));
        for (let limb = 0; limb < 8; limb++) memory[target + limb] = word(r1cs, at + 1 + limb);
      }
    }
  }
  for (let signal = 0; signal <= publicSignalCount(r1cs); signal++) {
    const target = push(0, r1cs.constraints + signal, signal);
    memory.fill(0, target, target + 8);
    memory[target] = 1;
  }
  flush();
  vectors.release(mark);
  return qap;
}

function records(
  vectors: FieldVectors,
  values: VectorPointer,
  matrices: Uint8Array,
  rows: Uint32Array,
  wires: Uint32Array,
  count: number,
): Uint8Array {
  const bytes = Buffer.alloc(COEFFICIENT_RECORD * count);
  const { u8 } = vectors.curve.tm;
  let at = 0;
  for (let term = 0; term < count; term++) {
    // C is not stored: its evaluations follow from A and B of a satisfied row.
    if (matrices[term] === 2) continue;
    bytes.writeUInt32LE(matrices[term] ?? 0, at);
    bytes.writeUInt32LE(rows[term] ?? 0, at + 4);
    bytes.writeUInt32LE(wires[term] ?? 0, at + 8);
    bytes.set(u8.subarray(values + 32 * term, values + 32 * term + 32), at + 12);
    at += COEFFICIENT_RECORD;
  }
  return bytes.subarray(0, at);
}

function word(r1cs: R1cs, index: number): number {
  return r1cs.words[index] ?? 0;
}
