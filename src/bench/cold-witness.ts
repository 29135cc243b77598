/**
 * The first witness of a process: loading and compiling the program are part of it, as they are for a wallet that proves once.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CircuitInput } from "../witness/circuit-input.js";

/** What the child is sent. The book is a made-up one: a real account's input never leaves its process. */
export interface ColdWitnessRequest {
  readonly wasm: string;
  /** bigint as decimal text. */
  readonly input: unknown;
}

/** @returns milliseconds of the call, without the start of the process */
export async function coldWitness(wasm: string, input: CircuitInput): Promise<number> {
  const program = fileURLToPath(new URL("./cold-witness-child.js", import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const request: ColdWitnessRequest = { wasm, input };
  child.stdin.end(JSON.stringify(request, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const ms = Number(output);
  if (code !== 0 || !(ms > 0)) throw new ColdWitnessError(code);
  return ms;
}

export class ColdWitnessError extends Error {
  constructor(readonly code: number | null) {
    super(`the process of the cold witness ended with ${code} and gave no time`);
    this.name = "ColdWitnessError";
  }
}
