import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { onExit } from "signal-exit";
import { buildOnce, cacheRoot } from "./cache.js";
import { configuredPublicSignals, readCircuitsConfig, tierMain } from "./circuits-config.js";
import type { ProgressListener } from "./progress.js";
import { packageFolder, packageVersion, projectRoot } from "./project-root.js";
import { domainPower, publicSignalCount, readR1cs } from "./r1cs.js";
import { prepareProgram } from "./witness-calculator/program.js";

/** A circuit to compile. */
export interface CircuitSource {
  /** Names the cache folder: letters, digits, dot, dash, underscore. */
  readonly name: string;
  /** Text of the file with the main component. */
  readonly main: string;
  /** Folders that `include` looks in, before circomlib; every .circom file in them is part of the cache key. */
  readonly includePaths: readonly string[];
  /** Compiler flags; --r1cs, --wasm and --sym are always given. */
  readonly flags: readonly string[];
}

export interface CircuitStatistics {
  readonly constraints: number;
  readonly wires: number;
  readonly publicSignals: number;
  readonly domainPower: number;
}

/** A compiled circuit in the cache. */
export interface CompiledCircuit {
  readonly name: string;
  readonly directory: string;
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
  /** SHA-256 of everything the result depends on: sources, libraries, compiler, flags. */
  readonly hash: string;
  readonly r1csSha256: string;
  readonly statistics: CircuitStatistics;
}

type Manifest = Pick<CompiledCircuit, "name" | "hash" | "r1csSha256" | "statistics">;

const FILES = { r1cs: "circuit.r1cs", wasm: "circuit.wasm", sym: "circuit.sym", manifest: "circuit.json" } as const;
const OUTPUT_FLAGS = ["--r1cs", "--wasm", "--sym"];
const SHORT_HASH = 16;

/**
 * Compiles a circuit, or finds it in the cache. Safe to call from several processes: one compiles, the others wait.
 * @throws CompileError with the compiler's messages
 */
export async function compileCircuit(source: CircuitSource, onProgress?: ProgressListener): Promise<CompiledCircuit> {
  if (!/^[\w.-]+$/.test(source.name)) throw new CompileError(source.name, "a circuit's name has letters, digits, dot, dash, underscore");
  const hash = sourceHash(source);
  const directory = compiledDirectory(source, hash);
  await buildOnce(directory, async (temporary) => {
    onProgress?.({ stage: "compile", fraction: 0, secondsLeft: undefined });
    await compileInto(temporary, source, hash);
    onProgress?.({ stage: "compile", fraction: 1, secondsLeft: 0 });
  });
  return loadCompiled(directory);
}

/** The circuit if it is in the cache; nothing is built. */
export function findCompiled(source: CircuitSource): CompiledCircuit | undefined {
  const directory = compiledDirectory(source, sourceHash(source));
  return existsSync(directory) ? loadCompiled(directory) : undefined;
}

/** The circuit of a tier of circuits.json. */
export async function tierCircuit(tier: string, onProgress?: ProgressListener): Promise<CompiledCircuit> {
  const circuit = await compileCircuit(tierSource(tier), onProgress);
  const expected = configuredPublicSignals(readCircuitsConfig());
  if (circuit.statistics.publicSignals !== expected) {
    throw new CompileError(
      circuit.name,
      `the circuit has ${circuit.statistics.publicSignals} public signals, circuits.json declares ${expected}`,
    );
  }
  return circuit;
}

export function tierSource(tier: string): CircuitSource {
  const config = readCircuitsConfig();
  return {
    name: `margin-${tier}`,
    main: tierMain(config, tier),
    includePaths: [join(projectRoot(), "circuits")],
    flags: config.compiler.flags,
  };
}

/** @throws CompileError when the folder is not one that compileCircuit finished */
export function loadCompiled(directory: string): CompiledCircuit {
  const manifestPath = join(directory, FILES.manifest);
  if (!existsSync(manifestPath)) throw new CompileError(directory, `${FILES.manifest} is missing; delete the folder to build it again`);
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8")) as Manifest;
  return {
    ...manifest,
    directory,
    r1cs: join(directory, FILES.r1cs),
    wasm: join(directory, FILES.wasm),
    sym: join(directory, FILES.sym),
  };
}

/** Hexadecimal SHA-256 of a file. */
export function fileSha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function compiledDirectory(source: CircuitSource, hash: string): string {
  return join(cacheRoot(), `${source.name}-${hash.slice(0, SHORT_HASH)}`);
}

/** Names everything that the compiled circuit depends on; nothing is built. */
export function sourceHash(source: CircuitSource): string {
  const hash = createHash("sha256");
  const add = (...fields: readonly (string | Uint8Array)[]): void => {
    // Lengths keep neighbouring fields apart.
    for (const field of fields) hash.update(`${Buffer.byteLength(field)}:`).update(field);
  };
  add("circom2", packageVersion("circom2"), "circomlib", packageVersion("circomlib"));
  add(JSON.stringify(compilerFlags(source)), source.main);
  for (const folder of source.includePaths) {
    add("folder");
    for (const file of circomFiles(folder)) add(file, readFileSync(join(folder, file)));
  }
  return hash.digest("hex");
}

function compilerFlags(source: CircuitSource): readonly string[] {
  return [...new Set([...source.flags, ...OUTPUT_FLAGS])];
}

/** Relative paths with forward slashes, sorted. */
function circomFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".circom") && statSync(join(folder, file)).isFile())
    .map((file) => file.split(sep).join("/"))
    .sort();
}

// The compiler sees only its working folder, so the sources are copied there first.
async function compileInto(folder: string, source: CircuitSource, hash: string): Promise<void> {
  const includes: string[] = [];
  source.includePaths.forEach((path, index) => {
    const copy = `sources-${index}`;
    for (const file of circomFiles(path)) cpSync(join(path, file), join(folder, copy, file));
    mkdirSync(join(folder, copy), { recursive: true });
    includes.push("-l", copy);
  });
  cpSync(join(packageFolder("circomlib"), "circuits"), join(folder, "libraries/circomlib/circuits"), { recursive: true });
  includes.push("-l", "libraries");
  writeFileSync(join(folder, "circuit.circom"), source.main);

  await runCompiler(source.name, folder, ["circuit.circom", ...includes, ...compilerFlags(source)]);

  renameSync(join(folder, "circuit_js/circuit.wasm"), join(folder, FILES.wasm));
  await prepareProgram(join(folder, FILES.wasm));
  for (const rest of ["circuit_js", "libraries", ...source.includePaths.map((_, index) => `sources-${index}`)]) {
    rmSync(join(folder, rest), { recursive: true });
  }
  const r1cs = readR1cs(join(folder, FILES.r1cs));
  const manifest: Manifest = {
    name: source.name,
    hash,
    r1csSha256: fileSha256(join(folder, FILES.r1cs)),
    statistics: {
      constraints: r1cs.constraints,
      wires: r1cs.wires,
      publicSignals: publicSignalCount(r1cs),
      domainPower: domainPower(r1cs),
    },
  };
  writeFileSync(join(folder, FILES.manifest), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

async function runCompiler(name: string, folder: string, parameters: readonly string[]): Promise<void> {
  const compiler = join(packageFolder("circom2"), "cli.js");
  const child = spawn(process.execPath, [compiler, ...parameters], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  // A compiler without us would go on for minutes, for nobody.
  const forget = onExit(() => {
    child.kill("SIGKILL");
  });
  let messages = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (messages += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (messages += text));
  const end = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  }).finally(forget);
  if (end === 0) return;
  // The compiler is WebAssembly, whose memory ends at 4 GiB whatever the machine has.
  if (/memory allocation of \d+ bytes failed/.test(messages)) throw new CompileError(name, "the compiler needs more than the 4 GiB that a WebAssembly program can have");
  const ended = typeof end === "string" ? `the compiler was ended by ${end}; ` : "";
  throw new CompileError(name, `${ended}${messages.replace(/\u001b\[[0-9;]*m/g, "").trim()}`);
}

export class CompileError extends Error {
  constructor(circuit: string, reason: string) {
    super(`circuit ${circuit} does not compile: ${reason}`);
    this.name = "CompileError";
  }
}
