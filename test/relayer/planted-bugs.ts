/** Bugs planted in the contracts, one at a time, to see which invariants of verifier-contracts/test/invariants notice. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../support/template.js";

const CONTRACTS = join(ROOT, "verifier-contracts");
/** What the campaign is made of: contracts, handler, cheat codes, simulated proofs. */
const PARTS = ["src", "test/invariants", "test/Test.sol", "test/Groth16Simulator.sol"] as const;
/** Each found by its exact text; a setting that is not there any more is an error. */
const SETTINGS: readonly (readonly [from: string, to: string])[] = [
  // Half the compile time; a bug is one under any optimizer.
  ["optimizer_runs = 1000000", "optimizer_runs = 1"],
  // The first failure is enough.
  ["shrink_run_limit = 200", "shrink_run_limit = 0"],
];

/** Replaces the one occurrence of `from` in a file of verifier-contracts/src, after which at least one of `invariants` must fail. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly invariants: readonly string[];
}

export interface Campaign {
  /** Names of the failed tests, in order, of those that match. */
  failures(invariants: readonly string[], runs: number): Promise<readonly string[]>;
  failuresWith(bug: PlantedBug, runs: number): Promise<readonly string[]>;
  remove(): void;
}

/** Copies the contracts and compiles them once; what a bug changes is compiled anew in a copy of that. */
export async function openCampaign(): Promise<Campaign> {
  const parent = mkdtempSync(join(tmpdir(), "zkmargin-planted-"));
  const base = join(parent, "base");
  mkdirSync(join(base, "test"), { recursive: true });
  for (const shared of ["scripts", "node_modules"]) symlinkSync(join(ROOT, shared), join(parent, shared));
  for (const part of PARTS) cpSync(join(CONTRACTS, part), join(base, part), { recursive: true });
  const config = SETTINGS.reduce((text, [from, to]) => replaceOnce(text, from, to, "foundry.toml"), readFileSync(join(CONTRACTS, "foundry.toml"), "utf8"));
  writeFileSync(join(base, "foundry.toml"), config);
  await forge(base, ["build"]);

  let copies = 0;
  return {
    failures: (invariants, runs) => failuresIn(base, invariants, runs),
    async failuresWith(bug, runs) {
      const folder = join(parent, `bug-${copies++}`);
      cpSync(base, folder, { recursive: true, preserveTimestamps: true });
      const file = join(folder, "src", bug.file);
      writeFileSync(file, replaceOnce(readFileSync(file, "utf8"), bug.from, bug.to, bug.file));
      try {
        return await failuresIn(folder, bug.invariants, runs);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}

async function failuresIn(folder: string, invariants: readonly string[], runs: number): Promise<readonly string[]> {
  const pattern = invariants.length === 0 ? "." : `^(${invariants.join("|")})\\(`;
  const { stdout, stderr } = await forge(folder, ["test", "--json", "--threads", "1", "--match-test", pattern], { FOUNDRY_INVARIANT_RUNS: String(runs) });
  // Failures are told in lines of their own before the report.
  const report = stdout.split("\n").find((line) => line.startsWith('{"test/'));
  if (report === undefined) throw new Error(`forge gave no report: ${stdout}${stderr}`);
  const suites = JSON.parse(report) as Readonly<Record<string, { readonly test_results: Readonly<Record<string, { readonly status: string }>> }>>;
  const results = Object.values(suites).flatMap(({ test_results }) => Object.entries(test_results));
  const missing = invariants.filter((name) => !results.some(([test]) => test === `${name}()`));
  if (missing.length > 0) throw new Error(`no such invariant: ${missing.join(", ")}`);
  return results.filter(([, { status }]) => status !== "Success").map(([test]) => test.replace("()", "")).sort();
}

/** Output of forge, which ends with 1 when a test fails or nothing compiles. */
async function forge(folder: string, parameters: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const run = promisify(execFile)(join(ROOT, "node_modules/.bin/forge"), parameters, { cwd: folder, maxBuffer: 1 << 28, env: { ...process.env, ...env } });
  return run.catch((error: { readonly code?: unknown; readonly stdout: string; readonly stderr: string }) => {
    if (error.code !== 1 || parameters[0] !== "test") throw error as unknown as Error;
    return error;
  });
}

function replaceOnce(text: string, from: string, to: string, file: string): string {
  if (text.split(from).length !== 2) throw new Error(`${file} does not have exactly once: ${from}`);
  return text.replace(from, () => to);
}
