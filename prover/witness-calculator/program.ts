/** Witness programs in memory: loaded once, run again and again. */
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { buildFileOnce } from "../cache.js";
import { rewriteProgram } from "./rewrite.js";
import { type DataSegment, dataSegments, parseModule } from "./wasm-module.js";

/** What circom's programs export. Values go in and out by eight words of 32 bits in shared memory. */
export interface ProgramExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  init(sanityCheck: number): void;
  getWitnessSize(): number;
  getInputSize(): number;
  getInputSignalSize(high: number, low: number): number;
  setInputSignal(high: number, low: number, position: number): void;
  getSharedRWMemoryStart(): number;
  getWitness(index: number): void;
  getMessageChar(): number;
}

/** A program with one instance, which serves one calculation after the other: none of them waits for anything while it runs. */
export interface WitnessProgram {
  readonly exports: ProgramExports;
  /** What the last run told of its failure. */
  readonly report: ProgramReport;
  readonly initialMemory: readonly DataSegment[];
}

export interface ProgramReport {
  /** circom's number of the failure. */
  code: number | undefined;
  /** Lines such as "Error in template Num2Bits_3 line: 38", innermost first. */
  lines: string[];
}

/**
 * Names the rewriter in the names of its files, so that those of another one aren't taken for its own: first digits of the SHA-256 of its sources,
 * by a test.
 */
export const REWRITER = "e2ab134e";

const programs = new Map<string, Promise<WitnessProgram>>();

/**
 * Writes the fast form of a program beside it, from where it is loaded in a fraction of the time. Once: later calls find it there.
 * @param wasmPath a program of circom, which stays
 */
export async function prepareProgram(wasmPath: string): Promise<void> {
  await buildFileOnce(preparedPath(wasmPath), async (temporary) => writeFileSync(temporary, rewriteProgram(await readFile(wasmPath))));
}

/** The program in the fast form, made now if it isn't prepared or is damaged. */
export function loadProgram(wasmPath: string): Promise<WitnessProgram> {
  let program = programs.get(wasmPath);
  if (program === undefined) {
    program = instantiate(wasmPath);
    program.catch(() => programs.delete(wasmPath));
    programs.set(wasmPath, program);
  }
  return program;
}

/** Runs `work` on memory as at the program's start. Afterwards nothing is left in that, in every case. */
export function runProgram<T>({ exports, report, initialMemory }: WitnessProgram, work: (exports: ProgramExports) => T): T {
  report.code = undefined;
  report.lines = [];
  const memory = new Uint8Array(exports.memory.buffer);
  for (const { address, bytes } of initialMemory) memory.set(bytes, address);
  try {
    return work(exports);
  } finally {
    // The buffer is another one if the memory has grown.
    new Uint8Array(exports.memory.buffer).fill(0);
  }
}

async function instantiate(wasmPath: string): Promise<WitnessProgram> {
  const { module, initialMemory } = await compileProgram(wasmPath);
  const report: ProgramReport = { code: undefined, lines: [] };
  const message = (): string => {
    let text = "";
    for (let code = exports.getMessageChar(); code !== 0; code = exports.getMessageChar()) text += String.fromCharCode(code);
    return text;
  };
  const instance = await WebAssembly.instantiate(module, {
    runtime: {
      exceptionHandler: (code: number) => {
        report.code = code;
        throw new ProgramAbort();
      },
      printErrorMessage: () => report.lines.push(message()),
      // What a circuit prints by log() are values: read, and dropped.
      writeBufferMessage: () => void message(),
      showSharedRWMemory: () => undefined,
    },
  });
  const exports = instance.exports as unknown as ProgramExports;
  return { exports, report, initialMemory };
}

interface CompiledProgram {
  readonly module: WebAssembly.Module;
  readonly initialMemory: readonly DataSegment[];
}

async function compileProgram(wasmPath: string): Promise<CompiledProgram> {
  try {
    return await compileBytes(await readFile(preparedPath(wasmPath)));
  } catch {
    // Absent or damaged: circom's own serves as well, later.
    return compileBytes(rewriteProgram(await readFile(wasmPath)));
  }
}

async function compileBytes(bytes: Uint8Array): Promise<CompiledProgram> {
  return { initialMemory: dataSegments(parseModule(bytes)), module: await WebAssembly.compile(bytes) };
}

function preparedPath(wasmPath: string): string {
  return `${wasmPath.replace(/\.wasm$/, "")}.fast-${REWRITER}.wasm`;
}

class ProgramAbort extends Error {}
