/**
 * Circuit templates under test: compiled at a small size, unchanged or with edits of their source, so that a test can be a prover
 * with other witness code (a hint that lies) and can show that without its pin the lie would pass.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as snarkjs from "snarkjs";
import { cacheRoot } from "../../prover/cache.js";
import { runCircom } from "./circom.js";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const CIRCUITS = join(ROOT, "circuits");
const LIBRARY = "circomlib/circuits/";

/** Replaces the one occurrence of `from` in a file of circuits/, or of circomlib by its include path ("circomlib/circuits/bitify.circom"). */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Exchanges Poseidon for an open linear mix, so that lies about anything but hashing compile in a fraction of the time. */
export function openHash(file: string): Edit {
  return { file, from: 'include "lib/poseidon.circom";', to: 'include "open-hash.circom";' };
}

/** Exchanges Poseidon for an output that nothing is known of. */
export function opaqueHash(file: string): Edit {
  return { file, from: 'include "lib/poseidon.circom";', to: 'include "opaque-hash.circom";' };
}

export interface Template {
  /** File that holds it, and the instance: "ExpectedShortfall(8)". */
  readonly file: string;
  readonly instance: string;
  readonly edits?: readonly Edit[];
}

export type SignalValue = bigint | number | readonly SignalValue[];

export interface CompiledTemplate {
  /** Outputs (and public signals) in order; throws ConstraintViolation if a constraint does not hold. */
  run(input: Readonly<Record<string, SignalValue>>): Promise<bigint[]>;
}

/** How a template is compiled beyond its source. */
export interface Compilation {
  /** O0 keeps every constraint of the source as a row of its own, O1 is what the tests of the templates run, O2 what is deployed. */
  readonly optimisation: "O0" | "O1" | "O2";
  /** Leaves out every === of circuits/ and circomlib, so that the program computes what a forger would, without stopping at a check. */
  readonly unchecked?: boolean;
  /** False: the constraint system alone, without the witness calculator. */
  readonly calculator?: false;
}

export interface CompiledFiles {
  readonly r1cs: string;
  readonly sym: string;
  readonly wasm: string;
  /** Number of outputs. */
  readonly outputs: number;
}

export async function compileTemplate(template: Template): Promise<CompiledTemplate> {
  const { wasm, outputs } = await compileFiles(template, { optimisation: "O1" });
  return { run: async (input) => (await calculate(wasm, input)).slice(1, 1 + outputs) };
}

/** The witness; throws ConstraintViolation if a check of the program fails. */
export async function calculate(wasm: string, input: Readonly<Record<string, SignalValue>>): Promise<bigint[]> {
  const witness: { type: "mem"; data?: Uint8Array } = { type: "mem" };
  try {
    await snarkjs.wtns.calculate(input as never, wasm, witness as never);
  } catch (error) {
    throw new ConstraintViolation(String(error));
  }
  return (await snarkjs.wtns.exportJson(witness as never)).map(BigInt);
}

/** Compiles a template, once for the same sources. */
export async function compileFiles({ file, instance, edits = [] }: Template, compilation: Compilation): Promise<CompiledFiles> {
  const main = `pragma circom 2.2.0;\ninclude "${file}";\ncomponent main = ${instance};\n`;
  const sources = new Map(circuitFiles().map((name) => [name, readFileSync(join(CIRCUITS, name), "utf8")]));
  for (const name of ["open-hash.circom", "opaque-hash.circom"]) sources.set(name, readFileSync(join(ROOT, "test/support", name), "utf8"));
  for (const edit of edits) sources.set(edit.file, applyEdit(sources.get(edit.file) ?? circuitSource(edit.file), edit));
  const hash = createHash("sha256").update(JSON.stringify([...sources, main, compilation])).digest("hex").slice(0, 24);
  const directory = join(cacheRoot(), "templates", hash);
  const outputs = join(directory, "outputs");
  if (!existsSync(outputs)) await compile(directory, sources, main, compilation);
  return {
    r1cs: join(directory, "main.r1cs"), sym: join(directory, "main.sym"), wasm: join(directory, "main_js", "main.wasm"),
    outputs: Number(readFileSync(outputs, "utf8")),
  };
}

async function compile(directory: string, sources: ReadonlyMap<string, string>, main: string, { optimisation, unchecked = false, calculator }: Compilation): Promise<void> {
  const fresh = `${directory}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  // The compiler is a WASM program that sees only its working folder and -l folders below it.
  cpSync(join(ROOT, "node_modules/circomlib/circuits"), join(fresh, "lib/circomlib/circuits"), { recursive: true });
  for (const [name, text] of sources) {
    const path = join(fresh, name.startsWith(LIBRARY) ? "lib" : "circuits", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, unchecked ? withoutChecks(text) : text);
  }
  if (unchecked) {
    for (const name of ["bitify.circom", "comparators.circom"]) {
      const path = join(fresh, "lib/circomlib/circuits", name);
      writeFileSync(path, withoutChecks(readFileSync(path, "utf8")));
    }
  }
  writeFileSync(join(fresh, "main.circom"), main);
  const output = await runCircom(fresh, ["main.circom", `--${optimisation}`, "--r1cs", "--sym", ...(calculator === false ? [] : ["--wasm"]), "-l", "circuits", "-l", "lib", "-o", "."]);
  const count = /public outputs: (\d+)/.exec(output)?.[1];
  if (count === undefined) throw new Error(`the compiler gave no statistics for ${relative(ROOT, directory)}:\n${output}`);
  rmSync(join(fresh, "lib"), { recursive: true });
  writeFileSync(join(fresh, "outputs"), count);
  try {
    renameSync(fresh, directory);
  } catch (error) {
    // Another worker was first.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(join(directory, "outputs"))) throw error;
  }
}

function withoutChecks(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "").replace(/[^;{}]*===[^;{}]*;/g, "");
}

export function circuitFiles(): string[] {
  return readdirSync(CIRCUITS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".circom")).sort();
}

export function circuitSource(file: string): string {
  return readFileSync(join(file.startsWith(LIBRARY) ? join(ROOT, "node_modules") : CIRCUITS, file), "utf8");
}

function applyEdit(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length !== 2) throw new Error(`the edit of ${basename(file)} does not fit exactly once: ${from}`);
  return text.replace(from, () => to);
}

export class ConstraintViolation extends Error {
  /** The failing template, innermost first: ["Num2Bits", 38], ["CeilDiv", 55]. */
  readonly trace: readonly { readonly template: string; readonly line: number }[];

  constructor(message: string) {
    super(message);
    this.name = "ConstraintViolation";
    this.trace = [...message.matchAll(/Error in template (\w+?)_\d+ line: (\d+)/g)].map(([, template, line]) => ({ template: template!, line: Number(line) }));
  }
}
