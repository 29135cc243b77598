import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { projectRoot } from "../../prover/project-root.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import { CONTRACT_ABI_TYPESCRIPT, contractAbiTypeScript } from "../../src/relayer/generate-abi.js";
import { InvalidSignalNameError, PUBLIC_SIGNALS_SOLIDITY, publicSignalsSolidity } from "../../src/relayer/generate-solidity.js";
import { PUBLIC_SIGNALS } from "../../src/witness/public-signals.js";
import { verificationKeyWords } from "../../src/relayer/proof-encoding.js";
import { groth16Simulator } from "./groth16-simulator.js";

const root = projectRoot();
const contractsFolder = join(root, "verifier-contracts");

interface ForgeSuite {
  readonly test_results: Readonly<Record<string, { readonly status: string; readonly reason: string | null }>>;
}

/** How many forge tests there are in each suite; a suite or a test that disappears fails here. */
const FORGE_TESTS = {
  "test/BookHash.t.sol:BookHashTest": 4,
  "test/CollateralVault.t.sol:CollateralVaultTest": 12,
  "test/Groth16.t.sol:Groth16Test": 27,
  "test/MarginVerifier.t.sol:MarginVerifierTest": 23,
  "test/MarginVerifierBatch.t.sol:MarginVerifierBatchTest": 21,
  "test/MarginVerifierReplay.t.sol:MarginVerifierReplayTest": 28,
  "test/PolicyRegistry.t.sol:PolicyRegistryTest": 17,
  "test/PolicyRegistryActivation.t.sol:PolicyRegistryActivationTest": 16,
  "test/PolicyRegistryAttacks.t.sol:PolicyRegistryAttacksTest": 15,
  "test/PortfolioRegistry.t.sol:PortfolioRegistryTest": 20,
  "test/PortfolioRegistryAttacks.t.sol:PortfolioRegistryAttacksTest": 24,
  "test/RiskOracle.t.sol:RiskOracleTest": 23,
  "test/RiskOracleBreaker.t.sol:RiskOracleBreakerTest": 19,
  "test/RiskOracleDeviation.t.sol:RiskOracleDeviationTest": 10,
  "test/RiskOracleLimits.t.sol:RiskOracleLimitsTest": 6,
  "test/RiskOracleListing.t.sol:RiskOracleListingTest": 9,
  "test/RiskOracleRoster.t.sol:RiskOracleRosterTest": 16,
  "test/RiskOracleSignatures.t.sol:RiskOracleSignaturesTest": 20,
  "test/SolvencyRegistry.t.sol:SolvencyRegistryTest": 23,
  "test/StandingAttestations.t.sol:StandingAttestationsTest": 21,
  "test/StressMultiplier.t.sol:StressMultiplierTest": 13,
  "test/invariants/ProtocolInvariants.t.sol:ProtocolInvariantsTest": 33,
};

describe("contracts", () => {
  let suites: Readonly<Record<string, ForgeSuite>>;

  beforeAll(async () => {
    const forge = join(root, "node_modules", ".bin", "forge");
    // forge exits with 1 when a test fails; the report on stdout says which.
    const run = promisify(execFile)(forge, ["test", "--json", "--threads", "1"], { cwd: contractsFolder, maxBuffer: 1 << 28 });
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    const report = stdout.slice(stdout.indexOf("{"));
    if (report === "" || !report.startsWith("{")) throw new Error(`forge gave no report: ${stdout}${stderr}`);
    suites = JSON.parse(report) as Readonly<Record<string, ForgeSuite>>;
  });

  it("pass every forge test, and none is missing", () => {
    const failures: string[] = [];
    const passed: Record<string, number> = {};
    for (const [suite, { test_results }] of Object.entries(suites)) {
      for (const [test, { status, reason }] of Object.entries(test_results)) {
        if (status === "Success") passed[suite] = (passed[suite] ?? 0) + 1;
        else failures.push(`${suite} ${test}: ${status} ${reason ?? ""}`);
      }
    }
    expect(failures).toEqual([]);
    expect(passed).toEqual(FORGE_TESTS);
  });

  it("compile to the same bytecode here and in forge", async () => {
    for (const { name, bytecode } of Object.values(await compileContracts())) {
      const artifact = JSON.parse(readFileSync(join(contractsFolder, "out", `${name}.sol`, `${name}.json`), "utf8")) as {
        readonly bytecode: { readonly object: string };
      };
      expect(artifact.bytecode.object, name).toBe(bytecode);
    }
  });

  it("are cached in build/ when ZKMARGIN_CACHE is set to nothing", async () => {
    vi.stubEnv("ZKMARGIN_CACHE", "");
    try {
      await compileContracts();
    } finally {
      vi.unstubAllEnvs();
    }
    expect([existsSync("contracts"), existsSync(join(root, "build/contracts"))]).toEqual([false, true]);
  });

  it("have the bytecode that is pinned", async () => {
    const path = join(root, "artifacts.lock.json");
    const lock = JSON.parse(readFileSync(path, "utf8")) as { readonly bytecode: unknown };
    const actual = Object.fromEntries(Object.values(await compileContracts()).map((c) => [c.name, c.bytecodeSha256]));
    if (process.env["UPDATE_SNAPSHOTS"] === "1") {
      writeFileSync(path, `${JSON.stringify({ ...lock, bytecode: actual }, undefined, 2)}\n`);
    }
    expect(actual).toEqual((JSON.parse(readFileSync(path, "utf8")) as { readonly bytecode: unknown }).bytecode);
  });

  it("fit the limit of 24,576 bytes", async () => {
    for (const { name, deployedBytecode } of Object.values(await compileContracts())) {
      expect((deployedBytecode.length - 2) / 2, name).toBeLessThanOrEqual(24_576);
    }
  });
});

describe("generated code", () => {
  it("names the public signals in the order of circuits.json", () => {
    expect(readFileSync(join(root, PUBLIC_SIGNALS_SOLIDITY), "utf8")).toBe(publicSignalsSolidity(PUBLIC_SIGNALS));
    expect(publicSignalsSolidity(["healthy", "riskRoot"])).toContain("uint256 internal constant RISK_ROOT = 1;");
  });

  it("refuses a signal whose name would not be an identifier, or would be two things", () => {
    expect(() => publicSignalsSolidity(["risk-root"])).toThrow(InvalidSignalNameError);
    expect(() => publicSignalsSolidity(["healthy", "healthy"])).toThrow(InvalidSignalNameError);
  });

  it("has the interfaces of the contracts", async () => {
    expect(readFileSync(join(root, CONTRACT_ABI_TYPESCRIPT), "utf8")).toBe(contractAbiTypeScript(await compileContracts()));
  });

  it("has the same simulated key in Solidity and TypeScript", async () => {
    const words = verificationKeyWords((await groth16Simulator(7)).verificationKey);
    const solidity = readFileSync(join(contractsFolder, "test", "Groth16Simulator.sol"), "utf8");
    // beta, gamma and delta, the points that Solidity can't compute.
    for (let i = 2; i < 14; i++) expect(solidity).toContain(`key[${i}] = ${words[i]};`);
  });
});
