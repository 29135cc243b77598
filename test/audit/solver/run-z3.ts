/** z3 (the npm package z3-solver, WebAssembly) on a program in SMT-LIB 2. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./z3-program.mjs", import.meta.url));

export class SolverError extends Error {
  constructor(readonly answer: string) {
    super(`z3 refuses the program: ${answer.slice(0, 500)}`);
    this.name = "SolverError";
  }
}

/** What z3 prints; undefined if it was not done in time. The process ends with the limit, threads and all. */
export async function runZ3(program: string, seconds: number): Promise<string | undefined> {
  return new Promise((done, fail) => {
    const child = execFile(process.execPath, [PROGRAM], { timeout: Math.ceil(seconds * 1000), killSignal: "SIGKILL", maxBuffer: 1 << 28 }, (error, stdout) => {
      if (error === null) done(stdout);
      else if (error.killed === true) done(undefined);
      else fail(error);
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(program);
  });
}
