/**
 * What this machine proves with and why, and whether what lies in the cache is what it must be. Builds nothing.
 */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { findCompiled, tierSource } from "../../prover/artifacts.js";
import { BackendError, chooseBackend } from "../../prover/backends/select.js";
import { loadNativeEngine, type NativeBuild, NativeEngineError, readNativeBuild } from "../../prover/backends/native-engine.js";
import { selfTest } from "../../prover/backends/self-test.js";
import { cacheRoot } from "../../prover/cache.js";
import { declaredTiers, type DeclaredTier } from "../../prover/circuits-config.js";
import { findDevelopmentKey, openDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { checkAgainstLock, readKeysLock } from "../../prover/keys.js";
import { printJson, printLine, printTable } from "./output.js";

interface ArithmeticReport {
  readonly name: string;
  readonly available: boolean;
  /** "passed", what is wrong, or "not run" where the processor can't. */
  readonly selfTest: string;
}

interface EngineReport {
  readonly build: NativeBuild;
  /** Why a built engine can't be used. */
  readonly failure?: string;
  readonly arithmetics: readonly ArithmeticReport[];
}

interface TierReport {
  readonly tier: string;
  readonly circuit: string;
  readonly key: string;
}

interface Report {
  readonly backend: { readonly name: string; readonly arithmetic?: string; readonly why: string };
  readonly engine: EngineReport;
  readonly machine: { readonly node: string; readonly platform: string; readonly processor: string; readonly threads: number };
  readonly cache: { readonly folder: string; readonly bytes: number; readonly entries: readonly { readonly name: string; readonly bytes: number }[] };
  readonly tiers: readonly TierReport[];
  /** What is broken, not what is merely absent. */
  readonly problems: readonly string[];
}

export function registerDoctor(program: Command): void {
  program.command("doctor")
    .description("tell which prover serves on this machine and why, and check cache and keys: exit code 0 fine, 1 something is broken")
    .option("--json", "print as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const report = await examine();
      process.exitCode = report.problems.length === 0 ? 0 : 1;
      if (json === true) printJson(report);
      else printReport(report);
    });
}

async function examine(): Promise<Report> {
  const problems: string[] = [];
  const engine = examineEngine(problems);
  const backend = examineBackend(problems);
  const cache = examineCache(problems);
  const tiers: TierReport[] = [];
  for (const tier of declaredTiers()) tiers.push(await examineTier(tier, problems));
  const machine = {
    node: process.version, platform: `${process.platform} ${process.arch}`, processor: cpus()[0]?.model ?? "unknown", threads: availableParallelism(),
  };
  return { backend, engine, machine, cache, tiers, problems };
}

function examineBackend(problems: string[]): Report["backend"] {
  try {
    const { backend, arithmetic, why } = chooseBackend();
    return { name: backend.name, ...(arithmetic === undefined ? {} : { arithmetic }), why };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    problems.push(error.message);
    return { name: "none", why: error.message };
  }
}

function examineEngine(problems: string[]): EngineReport {
  const build = readNativeBuild();
  try {
    const engine = loadNativeEngine();
    const arithmetics = engine.info().backends.map(({ name, available }) => {
      const failure = available ? selfTest(engine, name) : undefined;
      if (failure !== undefined) problems.push(`native engine, ${name} arithmetic: ${failure}`);
      return { name, available, selfTest: !available ? "not run" : (failure ?? "passed") };
    });
    return { build, arithmetics };
  } catch (error) {
    if (!(error instanceof NativeEngineError)) throw error;
    // Absent or not buildable here is no fault: snarkjs serves. Built and not loading is one.
    if (build.status === "built") problems.push(error.message);
    return { build, failure: error.reason, arithmetics: [] };
  }
}

function examineCache(problems: string[]): Report["cache"] {
  const folder = cacheRoot();
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder).sort();
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It is made at first use.
    if (code !== "ENOENT") problems.push(`cache folder ${folder} cannot be used: ${code}`);
  }
  const entries = names.map((name) => ({ name, bytes: sizeOf(join(folder, name)) }));
  return { folder, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0), entries };
}

/** Bytes of a file, or of all files below a folder; what vanishes meanwhile has none. */
function sizeOf(path: string): number {
  try {
    const status = statSync(path);
    return status.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : status.size;
  } catch {
    return 0;
  }
}

async function examineTier({ name: tier, onDemand }: DeclaredTier, problems: string[]): Promise<TierReport> {
  const broken = (part: string, error: unknown): string => {
    const message = error instanceof Error ? error.message : String(error);
    problems.push(`tier ${tier}: ${message}`);
    return `${part}: ${message}`;
  };
  let circuit: ReturnType<typeof findCompiled>;
  try {
    circuit = findCompiled(tierSource(tier));
  } catch (error) {
    return { tier, circuit: broken("broken", error), key: "not examined" };
  }
  if (circuit === undefined) return { tier, circuit: onDemand === undefined ? "not built" : "not built: on demand only", key: "not built" };
  const built = `${circuit.statistics.constraints} constraints`;
  try {
    const files = findDevelopmentKey(circuit);
    if (files === undefined) return { tier, circuit: built, key: "not built" };
    const locked = checkAgainstLock(tier, files.hashes, readKeysLock());
    const { hash } = await openDevelopmentKey(circuit, files);
    return { tier, circuit: built, key: `${hash} (development), ${locked ? "as the lock file says" : "of a circuit that is not in the lock file"}` };
  } catch (error) {
    return { tier, circuit: built, key: broken("broken", error) };
  }
}

function printReport({ backend, engine, machine, cache, tiers, problems }: Report): void {
  printLine(`prover      ${backend.name}${backend.arithmetic === undefined ? "" : `, ${backend.arithmetic} arithmetic`}: ${backend.why}`);
  printLine(`engine      ${describeBuild(engine)}`);
  printLine(`machine     Node ${machine.node}, ${machine.platform}, ${machine.threads} threads of ${machine.processor}`);
  printLine(`cache       ${cache.folder}, ${megabytes(cache.bytes)}`);
  if (engine.arithmetics.length > 0) {
    printTable(["arithmetic", "this processor", "self-test"], engine.arithmetics.map(({ name, available, selfTest }) => [name, available ? "can run it" : "cannot run it", selfTest]));
  }
  printTable(["tier", "circuit", "key"], tiers.map(({ tier, circuit, key }) => [tier, circuit, key]));
  if (cache.entries.length > 0) printTable(["in the cache", "size"], cache.entries.map(({ name, bytes }) => [name, megabytes(bytes)]), [1]);
  for (const problem of problems) printLine(`broken: ${problem}`);
}

function describeBuild({ build, failure }: EngineReport): string {
  if (build.status === "built") return failure === undefined ? `built with ${build.compiler} in ${build.seconds} s` : `built, but ${failure}`;
  return build.status === "absent" ? "not built: npm run build does that" : `not built: ${build.reason}; see ${build.log}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
