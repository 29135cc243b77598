import { P } from "../src/math/field.js";
import { basename, dirname } from "node:path";
import { uint256, uint32 } from "./bin-file.js";
import { loadProgram, type ProgramExports, runProgram } from "./witness-calculator/program.js";

/** A signal's value: one element, or arrays of them, nested as in the circuit. */
export type InputValue = bigint | readonly InputValue[];
export type WitnessInput = Readonly<Record<string, InputValue>>;

const ASSERT_FAILED = 4;
/** Bytes of a value. */
const VALUE_SIZE = 32;
const HEADER_SIZE = 76;

/**
 * Runs the witness program that circom wrote.
 * @param input by signal name; values in [0, field modulus)
 * @returns a .wtns file in memory. It holds every secret of the statement: its owner wipes it after proving.
 * @throws WasmFormatError for a file that is no such program; WitnessInputError naming a signal that is unknown, of another length, missing or out of
 * range; WitnessError naming template and line of a constraint the input doesn't satisfy. None of them contains a value.
 */
export async function calculateWitness(wasmPath: string, input: WitnessInput): Promise<Uint8Array> {
  const circuit = basename(dirname(wasmPath));
  const program = await loadProgram(wasmPath);
  const { report } = program;
  try {
    return runProgram(program, (exports) => {
      exports.init(1);
      setInputs(exports, circuit, input);
      return readWitness(exports);
    });
  } catch (error) {
    if (error instanceof WitnessInputError) throw error;
    // Nothing of the original error is kept: a WebAssembly trap or a broken program could carry anything.
    throw new WitnessError(circuit, report.code === ASSERT_FAILED ? "a constraint is not satisfied" : "the witness program failed", report.lines);
  } finally {
    report.lines = [];
  }
}

function setInputs(program: ProgramExports, circuit: string, input: WitnessInput): void {
  const values = Object.entries(input).map(([name, value]) => {
    const flat = flatten(name, value);
    const [high, low] = signalHash(name);
    const size = program.getInputSignalSize(high, low);
    if (size <= 0) throw new WitnessInputError(circuit, name, "the circuit has no such input");
    if (size !== flat.length) throw new WitnessInputError(circuit, name, `it has ${flat.length} values, must have ${size}`);
    flat.forEach((element, index) => {
      if (element < 0n || element >= P) {
        throw new WitnessInputError(circuit, name, `value number ${index} is not in [0, field modulus)`);
      }
    });
    return { high, low, flat };
  });
  const given = values.reduce((count, { flat }) => count + flat.length, 0);
  if (given !== program.getInputSize()) {
    throw new WitnessInputError(circuit, "(all)", `${given} values are given, the circuit has ${program.getInputSize()}`);
  }
  const shared = new DataView(program.memory.buffer, program.getSharedRWMemoryStart(), VALUE_SIZE);
  for (const { high, low, flat } of values) {
    flat.forEach((element, position) => {
      for (let offset = 0; offset < VALUE_SIZE; offset += 8) shared.setBigUint64(offset, element >> BigInt(8 * offset), true);
      program.setInputSignal(high, low, position);
    });
  }
}

function readWitness(program: ProgramExports): Uint8Array {
  const size = program.getWitnessSize();
  const file = new Uint8Array(HEADER_SIZE + VALUE_SIZE * size);
  const head = [uint32(2), uint32(2), uint32(1), size64(40), uint32(VALUE_SIZE), uint256(P), uint32(size), uint32(2), size64(VALUE_SIZE * size)];
  file.set(Buffer.concat([Buffer.from("wtns", "latin1"), ...head]));
  const shared = new Uint32Array(program.memory.buffer, program.getSharedRWMemoryStart(), VALUE_SIZE / 4);
  const words = new Uint32Array(file.buffer, HEADER_SIZE);
  for (let wire = 0, at = 0; wire < size; wire++) {
    program.getWitness(wire);
    for (let word = 0; word < VALUE_SIZE / 4; word++) words[at++] = shared[word]!;
  }
  return file;
}

function size64(size: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(size));
  return bytes;
}

function flatten(name: string, value: InputValue): readonly bigint[] {
  if (typeof value === "bigint") return [value];
  if (!Array.isArray(value)) throw new WitnessInputError("input", name, "a value is neither a bigint nor an array of them");
  return value.flatMap((element: InputValue) => flatten(name, element));
}

/** 64-bit FNV-1a of a signal's name, by which the program knows it. */
function signalHash(name: string): readonly [high: number, low: number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name, "utf8")) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return [Number(hash >> 32n) | 0, Number(hash & 0xffffffffn) | 0];
}

/** Where a witness program failed: template and line, innermost first. */
export interface WitnessLocation {
  readonly template: string;
  readonly line: number;
}

export class WitnessError extends Error {
  readonly locations: readonly WitnessLocation[];

  constructor(circuit: string, reason: string, trace: readonly string[]) {
    // Only what matches is taken over, so that no text of the program can carry a value out.
    const locations = trace.flatMap((line) => {
      const match = /^Error in template (\w+?)(?:_\d+)? line: (\d+)\s*$/.exec(line);
      return match === null ? [] : [{ template: match[1] ?? "", line: Number(match[2]) }];
    });
    const place = locations.map(({ template, line }) => `${template} line ${line}`).join(", in ");
    super(`circuit ${circuit}: ${reason}${place === "" ? "" : ` in ${place}`}`);
    this.name = "WitnessError";
    this.locations = locations;
  }
}

export class WitnessInputError extends Error {
  constructor(circuit: string, signal: string, rule: string) {
    super(`circuit ${circuit}, input ${signal}: ${rule}`);
    this.name = "WitnessInputError";
  }
}
