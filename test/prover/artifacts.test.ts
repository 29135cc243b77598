import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { spawn, spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CompileError, compileCircuit } from "../../prover/artifacts.js";
import { CircuitsConfigError, readCircuitsConfig, tierMain } from "../../prover/circuits-config.js";
import { projectRoot } from "../../prover/project-root.js";
import { FIXTURE_CIRCUITS, SMALL_CIRCUIT, temporaryCache } from "./fixtures/small-circuit.js";

let cache: ReturnType<typeof temporaryCache>;
let compiles: number;
const count = ({ fraction }: { fraction: number }): void => {
  if (fraction === 0) compiles++;
};

beforeEach(() => {
  cache = temporaryCache();
  compiles = 0;
});

afterEach(() => cache.remove());

describe("compiled circuits", () => {
  it("come with what the compiler counts, read from the circuit itself", async () => {
    const circuit = await compileCircuit(SMALL_CIRCUIT);
    // Poseidon of three: 261. Num2Bits(8) twice: 8 bits each; their sums are linear and vanish under --O2.
    expect(circuit.statistics).toMatchObject({ constraints: 261 + 8 + 8, publicSignals: 2, domainPower: 9 });
    for (const file of [circuit.r1cs, circuit.wasm, circuit.sym]) expect(statSync(file).size).toBeGreaterThan(0);
  });

  it("are taken from the cache the second time", async () => {
    const first = await compileCircuit(SMALL_CIRCUIT, count);
    const written = statSync(first.r1cs).mtimeMs;
    expect(await compileCircuit(SMALL_CIRCUIT, count)).toEqual(first);
    expect(compiles).toBe(1);
    expect(statSync(first.r1cs).mtimeMs).toBe(written);
  });

  it("are compiled once by callers that come at the same time", async () => {
    const circuits = await Promise.all([1, 2, 3].map(() => compileCircuit(SMALL_CIRCUIT, count)));
    expect(compiles).toBe(1);
    expect(new Set(circuits.map(({ directory }) => directory)).size).toBe(1);
  });

  it("are other circuits when a source, the main file or a flag is another", async () => {
    const copy = join(cache.directory, "copy");
    cpSync(FIXTURE_CIRCUITS, copy, { recursive: true });
    const base = await compileCircuit({ ...SMALL_CIRCUIT, includePaths: [copy] });
    writeFileSync(join(copy, "other.circom"), "// not even included\n");
    const hashes = [
      base.hash,
      (await compileCircuit({ ...SMALL_CIRCUIT, includePaths: [copy] })).hash,
      (await compileCircuit({ ...SMALL_CIRCUIT, flags: ["--O1"] })).hash,
      (await compileCircuit({ ...SMALL_CIRCUIT, main: `${SMALL_CIRCUIT.main}\n` })).hash,
    ];
    expect(new Set(hashes).size).toBe(4);
    expect((await compileCircuit(SMALL_CIRCUIT)).hash).toBe(base.hash);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("take their compiler with them when %s ends the process", async (signal) => {
    const module = join(projectRoot(), "dist/prover/artifacts.js");
    const parent = spawn(process.execPath, ["--input-type=module", "-e", `
      import childProcess from "node:child_process";
      import { syncBuiltinESMExports } from "node:module";
      const { spawn } = childProcess;
      childProcess.spawn = (...parameters) => {
        const child = spawn(...parameters);
        child.once("spawn", () => process.stdout.write(child.pid + "\\n"));
        return child;
      };
      syncBuiltinESMExports();
      const { compileCircuit } = await import(${JSON.stringify(module)});
      await compileCircuit(${JSON.stringify(SMALL_CIRCUIT)});
    `], { stdio: ["ignore", "pipe", "inherit"] });
    const compiler = await new Promise<number>((resolve) => parent.stdout.once("data", (text: Buffer) => resolve(Number(text))));
    const ended = new Promise((resolve) => parent.once("exit", (_, endedBy) => resolve(endedBy)));
    parent.kill(signal);
    expect(await ended).toBe(signal);
    // Left alone it would come to its end too, but with a circuit.
    await vi.waitFor(() => expect(isRunning(compiler)).toBe(false), { timeout: 10_000, interval: 20 });
    const built = readdirSync(cache.directory, { recursive: true, encoding: "utf8" });
    expect(built.filter((name) => name.endsWith(".r1cs"))).toEqual([]);
  });

  it("leave nothing behind when the compiler refuses, and its message is the error", async () => {
    const broken = { ...SMALL_CIRCUIT, main: 'pragma circom 2.2.0;\ninclude "missing.circom";\ncomponent main = Small();\n' };
    await expect(compileCircuit(broken)).rejects.toThrow(CompileError);
    await expect(compileCircuit(broken)).rejects.toThrow(/missing\.circom/);
    expect(readdirSync(cache.directory)).toEqual([]);
  });

  it("take over the lock of a process that is gone, and clear its unfinished work", async () => {
    const first = await compileCircuit(SMALL_CIRCUIT);
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    cache.remove();
    cache = temporaryCache();
    const directory = join(cache.directory, first.directory.split("/").at(-1)!);
    writeFileSync(`${directory}.lock`, JSON.stringify({ pid: dead, host: hostname() }));
    mkdirSync(`${directory}.${dead}-0.tmp`);
    expect((await compileCircuit(SMALL_CIRCUIT)).directory).toBe(directory);
    expect(readdirSync(cache.directory)).toEqual([directory.split("/").at(-1)]);
  });

  it("refuse a name that would leave the cache", async () => {
    await expect(compileCircuit({ ...SMALL_CIRCUIT, name: "../small" })).rejects.toThrow(CompileError);
  });
});

describe("the main file of a tier", () => {
  it("has the parameters and public inputs of circuits.json in their order", () => {
    const config = readCircuitsConfig();
    expect(tierMain({ ...config, tiers: { S: { positions: 12, buckets: 2 } } }, "S")).toBe(
      [
        "pragma circom 2.2.0;",
        'include "margin.circom";',
        `component main {public [${config.publicSignals.inputs.join(", ")}]} = Margin(12, 2, ${config.grid.scenarios}, ${config.grid.stressRows});`,
        "",
      ].join("\n"),
    );
  });

  it("refuses a tier that isn't declared", () => {
    expect(() => tierMain(readCircuitsConfig(), "Z")).toThrow(CircuitsConfigError);
  });
});

describe("the cache", () => {
  it("keeps the sources' hash in full beside the circuit", async () => {
    const circuit = await compileCircuit(SMALL_CIRCUIT);
    const manifest = JSON.parse(readFileSync(join(circuit.directory, "circuit.json"), "utf8")) as { hash: string };
    expect(manifest.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(circuit.directory.endsWith(`small-${manifest.hash.slice(0, 16)}`)).toBe(true);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended and that nobody has waited for, where the system tells.
    const state = `/proc/${pid}/stat`;
    return !existsSync(state) || !readFileSync(state, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
