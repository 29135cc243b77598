import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tierDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { declaredTiers } from "../../prover/circuits-config.js";
import { readNativeBuild } from "../../prover/backends/native-engine.js";
import { runCli } from "./run-cli.js";

interface DoctorJson {
  backend: { name: string; arithmetic?: string; why: string };
  engine: { build: { status: string; compiler?: string }; arithmetics: { name: string; available: boolean; selfTest: string }[] };
  machine: { node: string };
  cache: { folder: string; bytes: number; entries: { name: string; bytes: number }[] };
  tiers: { tier: string; circuit: string; key: string }[];
  problems: string[];
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zkmargin-doctor-"));
  await tierDevelopmentKey("S");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function doctor(env: Readonly<Record<string, string>> = {}): Promise<{ code: number; report: DoctorJson }> {
  const { code, stdout, stderr } = await runCli(["doctor", "--json"], { env: { ZKMARGIN_BACKEND: "", ZKMARGIN_ARITHMETIC: "", ...env } });
  expect(stderr).toBe("");
  return { code, report: JSON.parse(stdout) as DoctorJson };
}

describe("zkmargin doctor", () => {
  it("tells which prover serves and why, each arithmetic, and that the key is the locked one", async () => {
    const { code, report } = await doctor();
    expect([code, report.problems]).toEqual([0, []]);
    expect(report.backend).toMatchObject({ name: "native", why: expect.stringMatching(/self-test/) as string });
    expect(report.engine.build).toMatchObject(readNativeBuild());
    expect(report.engine.arithmetics.map(({ name }) => name)).toContain("portable");
    for (const { available, selfTest } of report.engine.arithmetics) expect(selfTest).toBe(available ? "passed" : "not run");
    expect(report.machine.node).toBe(process.version);
    expect(report.tiers.find(({ tier }) => tier === "S")).toEqual({ tier: "S", circuit: expect.stringMatching(/^\d+ constraints$/) as string, key: expect.stringMatching(/^0x[0-9a-f]{64} \(development\), as the lock file says$/) as string });
    expect(report.cache.bytes).toBe(report.cache.entries.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(report.cache.entries.find(({ name }) => name.startsWith("margin-S-"))!.bytes).toBeGreaterThan(50e6);
  });

  it("prints the same as text", async () => {
    const { code, stdout } = await runCli(["doctor"], { env: { ZKMARGIN_BACKEND: "snarkjs" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^prover +snarkjs: ZKMARGIN_BACKEND asks for it$/m);
    expect(stdout).toMatch(/portable +│ can run it +│ passed/);
  });

  it("builds nothing: what is not in the cache is told to be absent", async () => {
    const empty = join(folder, "empty");
    const { code, report } = await doctor({ ZKMARGIN_CACHE: empty });
    expect(code).toBe(0);
    expect(report.tiers).toEqual(declaredTiers().map(({ name, onDemand }) => ({
      tier: name, circuit: onDemand === undefined ? "not built" : "not built: on demand only", key: "not built",
    })));
    expect(report.cache).toEqual({ folder: empty, bytes: 0, entries: [] });
    expect(readdirSync(folder)).not.toContain("empty");
  });

  it("ends with 1 when a key is not what was built", async () => {
    const damaged = join(folder, "damaged");
    mkdirSync(damaged);
    const { circuit, files } = await tierDevelopmentKey("S");
    const copy = join(damaged, circuit.directory.slice(circuit.directory.lastIndexOf("/") + 1));
    cpSync(circuit.directory, copy, { recursive: true });
    writeFileSync(join(copy, files.zkey.slice(circuit.directory.length + 1)), "zkey");
    const { code, report } = await doctor({ ZKMARGIN_CACHE: damaged });
    expect(code).toBe(1);
    expect(report.problems).toEqual([expect.stringMatching(/^tier S: key .*development.zkey refused: /)]);
    expect(report.tiers[0]!.key).toMatch(/^broken: /);
  });

  it("ends with 1 when the environment asks for what there is not", async () => {
    const { code, report } = await doctor({ ZKMARGIN_BACKEND: "gpu" });
    expect([code, report.problems]).toEqual([1, ['ZKMARGIN_BACKEND "gpu" must be one of native, snarkjs']]);
    expect(report.backend.name).toBe("none");
  });
});
