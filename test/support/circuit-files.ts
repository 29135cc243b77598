/** Files of the compiler and of the witness program, for tests that look inside. */
import { readFileSync } from "node:fs";

const ELEMENT_SIZE = 32;
const WITNESS_HEADER_SIZE = 76;

/** A signal's wire, and the name of the signal: "main.grid.pnl[0][1][2]". */
export interface SignalWire {
  readonly wire: number;
  readonly name: string;
}

/** Signals of a .sym file that are wires: lines of label, wire, component, name; the wire is -1 where the compiler left none. */
export function readSymbols(path: string): SignalWire[] {
  return readFileSync(path, "utf8").split("\n").flatMap((line) => {
    const [, wire, , name] = line.split(",");
    return name === undefined || Number(wire) < 0 ? [] : [{ wire: Number(wire), name }];
  });
}

/** A wire's value in a .wtns file as `calculateWitness` gives it: one header, then the values. */
export function witnessValue(witness: Uint8Array, wire: number): bigint {
  const view = new DataView(witness.buffer, witness.byteOffset + WITNESS_HEADER_SIZE + ELEMENT_SIZE * wire, ELEMENT_SIZE);
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(8 * word, true);
  return value;
}

/** Words of a term in a .r1cs file: wire, then the coefficient. */
export const TERM_WORDS = 9;

/** Coefficient of the term that begins at a word of a constraint section. */
export function coefficientAt(words: Uint32Array, term: number): bigint {
  let value = 0n;
  for (let word = 8; word >= 1; word--) value = (value << 32n) | BigInt(words[term + word]!);
  return value;
}
