import { P } from "../src/math/field.js";
import { readFileSync } from "node:fs";
import { readSections, readUint256, requireSection } from "./bin-file.js";

export interface R1csHeader {
  readonly wires: number;
  readonly outputs: number;
  readonly publicInputs: number;
  readonly privateInputs: number;
  readonly constraints: number;
}

/** A constraint system in memory; `words` is the constraint section as 32-bit words (every record is a multiple of 4 bytes). */
export interface R1cs extends R1csHeader {
  readonly words: Uint32Array;
}

/**
 * Reads a .r1cs file as circom writes it.
 * @throws BinFileError on a broken container, R1csError on another field or custom gates
 */
export function readR1cs(path: string): R1cs {
  const file = readFileSync(path);
  const sections = readSections("r1cs", file.length, (offset, length) => file.subarray(offset, offset + length));
  const head = requireSection(sections, 1);
  const body = requireSection(sections, 2);
  if ((sections.get(5)?.size ?? 4) > 4) throw new R1csError(`${path} uses custom gates, which Groth16 has none of`);
  if (file.readUInt32LE(head.offset) !== 32 || readUint256(file, head.offset + 4) !== P) {
    throw new R1csError(`${path} is not over the scalar field of BN254`);
  }
  const at = head.offset + 36;
  const bytes = new Uint8Array(body.size);
  bytes.set(file.subarray(body.offset, body.offset + body.size));
  return {
    wires: file.readUInt32LE(at),
    outputs: file.readUInt32LE(at + 4),
    publicInputs: file.readUInt32LE(at + 8),
    privateInputs: file.readUInt32LE(at + 12),
    constraints: file.readUInt32LE(at + 24),
    words: new Uint32Array(bytes.buffer),
  };
}

/** Public signals without the constant one. */
export function publicSignalCount(header: R1csHeader): number {
  return header.outputs + header.publicInputs;
}

/** log2 of the Groth16 evaluation domain: one row a constraint, and one for each public signal and the constant. */
export function domainPower(header: R1csHeader): number {
  return 32 - Math.clz32(header.constraints + publicSignalCount(header));
}

export class R1csError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "R1csError";
  }
}
