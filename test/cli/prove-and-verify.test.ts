import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { P } from "../../src/math/field.js";
import { type Run, runCli } from "./run-cli.js";
import { builtWorkspace, IMPORT_EXAMPLE, saltsIn, type Workspace } from "./workspace.js";

interface ProofJson {
  format: string;
  tier: string;
  keyHash: string;
  development: boolean;
  publicSignals: Record<string, string>;
  proof: { pi_a: string[]; pi_b: string[][]; pi_c: string[]; protocol: string; curve: string };
}

const COLLATERAL = "2500.5";
/** Above the field's order, as a keccak hash can be. */
const LONG_CONTEXT = `0x${"f".repeat(64)}`;

let workspace: Workspace;
let proving: Run;
let undisclosed: Run;

const prove = (context: string, disclose: string, factor: string, out: string, ...more: readonly string[]) =>
  runCli(["prove", "--risk", "risk", "--portfolio", "portfolio.json", "--context", context, "--disclose", disclose, "--factor", factor, "--out", out, ...more], {
    // Temporary files would show there.
    cwd: workspace.folder, env: { TMPDIR: workspace.path("tmp") },
  });

beforeAll(async () => {
  workspace = await builtWorkspace();
  mkdirSync(workspace.path("tmp"));
  proving = await prove("0x1f", "requirement,equity", "mm", "proof.json", "--collateral", COLLATERAL, "--json");
  undisclosed = await prove(LONG_CONTEXT, "none", "im", "undisclosed.json");
});

afterAll(() => workspace?.remove());

describe("zkmargin prove", () => {
  it("proves what zkmargin margin computes, rounded to the granularity", async () => {
    expect(proving.code, proving.stderr).toBe(0);
    const margin = JSON.parse(
      (await workspace.succeed("margin", "--risk", "risk", "--portfolio", "portfolio.json", "--collateral", COLLATERAL, "--json")).stdout,
    ) as { requirement: string; equity: string; healthy: boolean; riskRoot: string };
    const statement = JSON.parse(proving.stdout) as Record<string, unknown>;
    // Granularity 100: up for the requirement, down for the equity.
    const hundreds = (decimal: string) => Number(decimal.split(".")[0]) / 100;
    expect(statement).toMatchObject({
      healthy: margin.healthy, requirement: `${Math.ceil(hundreds(margin.requirement) + 1e-9) * 100}.000000`,
      equity: `${Math.floor(hundreds(margin.equity)) * 100}.000000`, factor: "65536", collateral: "2500.500000", riskRoot: margin.riskRoot,
      context: `0x${"1f".padStart(64, "0")}`, tier: "S", development: true, out: "proof.json",
    });
    const commitment = (await workspace.succeed("commit", "--risk", "risk", "--portfolio", "portfolio.json")).stdout.trim();
    expect(statement["portfolioCommitment"]).toBe(commitment);
  });

  it("discloses nothing when asked for nothing", () => {
    expect(undisclosed.code, undisclosed.stderr).toBe(0);
    expect(undisclosed.stdout.match(/not disclosed/g)).toHaveLength(2);
    const { publicSignals } = JSON.parse(workspace.read("undisclosed.json")) as ProofJson;
    expect(publicSignals).toMatchObject({ disclosedRequirement: "0", disclosedEquity: "0", disclose: "0", context: (BigInt(LONG_CONTEXT) % P).toString() });
  });

  it("keeps salt and positions out of the proof, the output and temporary files", () => {
    const salts = saltsIn(workspace.read("portfolio.json.salt"));
    // Both proofs are of one book.
    expect(salts).toHaveLength(1);
    const public_ = [proving.stdout, proving.stderr, undisclosed.stdout, undisclosed.stderr, workspace.read("proof.json"), workspace.read("undisclosed.json")].join("\n");
    for (const salt of salts) for (const form of [salt.slice(2), BigInt(salt).toString()]) expect(public_).not.toContain(form);
    for (const secret of ["30JAN26", "90000.00", "20.5"]) expect(public_).not.toContain(secret);
    expect(readdirSync(workspace.path("tmp"))).toEqual([]);
    expect(readdirSync(workspace.folder).filter((name) => name.startsWith("proof.json"))).toEqual(["proof.json"]);
  });
});

describe("zkmargin verify", () => {
  const verify = (file: string, ...more: readonly string[]) => workspace.run("verify", file, ...more);

  it("accepts the proof, its payload, its commitment and its context", async () => {
    const { publicSignals } = JSON.parse(workspace.read("proof.json")) as ProofJson;
    const commitment = `0x${BigInt(publicSignals["portfolioCommitment"]!).toString(16)}`;
    const result = await verify("proof.json", "--risk", "risk", "--commitment", commitment, "--context", "0x1F", "--json");
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ valid: true, healthy: true, factor: "65536" });
  });

  it("reduces the context into the field, as prove does", async () => {
    expect((await verify("undisclosed.json", "--context", LONG_CONTEXT)).code).toBe(0);
  });

  it("refuses a proof for another context or of another commitment", async () => {
    const context = await verify("proof.json", "--context", "0x20");
    expect([context.code, context.stdout]).toEqual([1, expect.stringMatching(/^invalid: its context is 0x0+1f, not 0x0+20\n$/)]);
    const commitment = await verify("proof.json", "--commitment", "0x20", "--json");
    expect([commitment.code, JSON.parse(commitment.stdout)]).toEqual([1, expect.objectContaining({ valid: false })]);
  });

  it("refuses a proof under another payload", async () => {
    await workspace.succeed(...IMPORT_EXAMPLE, "--epoch", "7", "--out", "other.json");
    await workspace.succeed("risk", "build", "--market", "other.json", "--out", "other");
    const { code, stdout } = await verify("proof.json", "--risk", "other");
    expect(code).toBe(1);
    expect(stdout).toContain("invalid: its riskRoot is");
  });

  it("says that a development key is one, whatever the proof file claims", async () => {
    const claimed = { ...(JSON.parse(workspace.read("proof.json")) as ProofJson), development: false };
    workspace.write("claimed.json", JSON.stringify(claimed));
    expect((await verify("claimed.json")).stdout).toContain("development: convinces nobody");
    expect(JSON.parse((await verify("claimed.json", "--json")).stdout)).toMatchObject({ valid: true, development: true });
  });

  it("names the field of the proof file that has a tier nobody declared", async () => {
    workspace.write("tier.json", JSON.stringify({ ...(JSON.parse(workspace.read("proof.json")) as ProofJson), tier: "ZZ" }));
    expect((await verify("tier.json")).stderr).toMatch(/^error: ProofFileError: proof file: tier is ZZ, must be one of S, M/);
  });

  it("refuses another verification key", async () => {
    const { vkey } = JSON.parse((await workspace.succeed("setup", "--json")).stdout) as { vkey: string };
    expect((await verify("proof.json", "--vkey", vkey)).code).toBe(0);
    // Nothing says which tier a named key is for.
    const named = JSON.parse((await verify("proof.json", "--vkey", vkey, "--json")).stdout) as Record<string, unknown>;
    expect([named["claimedTier"], "tier" in named]).toEqual(["S", false]);
    const other = JSON.parse(readFileSync(vkey, "utf8")) as { IC: unknown[] };
    [other.IC[1], other.IC[2]] = [other.IC[2], other.IC[1]];
    workspace.write("other.vkey.json", JSON.stringify(other));
    const { code, stdout } = await verify("proof.json", "--vkey", "other.vkey.json");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^invalid: it is for key 0x[0-9a-f]{64}, not 0x/);
  });

  const signal = (name: string, change: (value: bigint) => bigint) => (proof: ProofJson) => {
    proof.publicSignals[name] = change(BigInt(proof.publicSignals[name]!)).toString();
  };
  const plusOne = (value: bigint) => value + 1n;

  const forgeries: readonly [name: string, code: 1 | 2, forge: (proof: ProofJson) => unknown][] = [
    ["healthy", 1, signal("healthy", () => 0n)],
    ["a lower requirement", 1, signal("disclosedRequirement", (value) => value - 1n)],
    ["a higher equity", 1, signal("disclosedEquity", plusOne)],
    ["another commitment", 1, signal("portfolioCommitment", plusOne)],
    ["another riskRoot", 1, signal("riskRoot", plusOne)],
    ["a riskRoot plus the order of the field", 1, signal("riskRoot", (value) => value + P)],
    ["another context", 1, signal("context", plusOne)],
    ["another factor", 1, signal("factor", plusOne)],
    ["another disclosure", 1, signal("disclose", () => 1n)],
    ["another collateral", 1, signal("collateral", plusOne)],
    ["a disclosure out of range", 2, signal("disclose", () => 4n)],
    ["requirement and equity swapped", 1, ({ publicSignals: signals }) => {
      [signals["disclosedRequirement"], signals["disclosedEquity"]] = [signals["disclosedEquity"]!, signals["disclosedRequirement"]!];
    }],
    ["commitment and riskRoot swapped", 1, ({ publicSignals: signals }) => {
      [signals["portfolioCommitment"], signals["riskRoot"]] = [signals["riskRoot"]!, signals["portfolioCommitment"]!];
    }],
    ["another key hash", 1, (proof) => void (proof.keyHash = `0x${"0".repeat(64)}`)],
    ["a off the curve", 1, ({ proof }) => void (proof.pi_a[0] = (BigInt(proof.pi_a[0]!) + 1n).toString())],
    ["b off the curve", 1, ({ proof }) => void (proof.pi_b[1]![0] = (BigInt(proof.pi_b[1]![0]!) + 1n).toString())],
    ["c in place of a", 1, ({ proof }) => void (proof.pi_a = [...proof.pi_c])],
    ["no finite point", 2, ({ proof }) => void (proof.pi_c[2] = "0")],
    ["a signal less", 2, ({ publicSignals }) => delete publicSignals["context"]],
    ["a signal more", 2, ({ publicSignals }) => (publicSignals["extra"] = "1")],
    ["a negative signal", 2, signal("collateral", () => -1n)],
    ["a tier that is none", 2, (proof) => void (proof.tier = "Q")],
    ["a tier that every object has", 2, (proof) => void (proof.tier = "valueOf")],
    ["another format", 2, (proof) => void (proof.format = "zkmargin-proof-2")],
  ];

  it.concurrent.each(forgeries)("refuses a proof file with %s", async (name, code, forge) => {
    const proof = JSON.parse(workspace.read("proof.json")) as ProofJson;
    forge(proof);
    const file = `forged ${name}.json`;
    workspace.write(file, JSON.stringify(proof));
    const result = await verify(file);
    expect([result.code, result.stderr.includes("    at ")], result.stderr).toEqual([code, false]);
    if (code === 1) expect(result.stdout).toMatch(/^invalid: /);
    else expect([result.stdout, result.stderr]).toEqual(["", expect.stringMatching(/^error: \w+Error: /)]);
  });

  it.concurrent.each([
    ["--commitment", "zzz", '--commitment "zzz" must be 0x and at most 64 hex digits'],
    ["--commitment", `0x${P.toString(16)}`, "must be below the order of the scalar field"],
    ["--context", "1f", '--context "1f" must be 0x and at most 64 hex digits'],
    ["--context", `0x${"1".repeat(65)}`, "must be 0x and at most 64 hex digits"],
    ["--risk", "missing", '--risk "missing" does not exist'],
    ["--vkey", "missing.json", '--vkey "missing.json" does not exist'],
    ["--vkey", "portfolio.json", "VerificationKeyError"],
  ])("takes %s %s for bad input", async (option, value, says) => {
    const { code, stdout, stderr } = await verify("proof.json", option, value);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("    at ");
  });

  it("refuses a truncated proof file", async () => {
    workspace.write("truncated.json", workspace.read("proof.json").slice(0, -40));
    const { code, stderr } = await verify("truncated.json");
    expect([code, stderr]).toEqual([2, "error: ProofFileError: proof file: file is not JSON\n"]);
  });
});
