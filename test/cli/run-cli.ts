/**
 * Runs the compiled programs as child processes, as their users do. The tests' global setup compiles them.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../../prover/project-root.js";

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return runCompiled("src/cli/main.js", args, options);
}

/** @param script path in dist/ */
export function runCompiled(script: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(projectRoot(), "dist", script), ...args],
      { maxBuffer: 1 << 28, env: { ...process.env, ...env }, ...(cwd === undefined ? {} : { cwd }) },
      // A process that a signal ended has no code.
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 255, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
