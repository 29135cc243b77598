import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { declaredTiers } from "../../prover/circuits-config.js";
import { type Run, runCli } from "./run-cli.js";
import { builtWorkspace, type Workspace } from "./workspace.js";

let workspace: Workspace;

/** 20 slots in three buckets. */
const LARGE = {
  cash: "500000.00",
  positions: [
    ...Array.from({ length: 18 }, (_, k) => ({ instrument: `BTC-30JAN26-${88_000 + 1000 * k}-C`, quantity: k % 2 === 0 ? "0.5" : "-0.4" })),
    { instrument: "BTC-27FEB26-90000-P", quantity: "1" },
    { instrument: "ETH-30JAN26-3000-C", quantity: "-3" },
  ],
};
/** A position of 40 slots: lots of 0.0001, at most 2^25 - 1 in each. */
const HUGE = { cash: "1.00", positions: [{ instrument: "BTC-30JAN26-105000-C", quantity: "133000" }] };

beforeAll(async () => {
  workspace = await builtWorkspace();
  for (const [name, book] of Object.entries({ "large.json": LARGE, "huge.json": HUGE })) workspace.write(name, JSON.stringify(book));
});

afterAll(() => workspace?.remove());

const prove = (book: string, out: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Run> =>
  runCli(["prove", "--risk", "risk", "--portfolio", book, "--context", "0x1f", "--disclose", "none", "--factor", "mm", "--out", out, "--json", ...more], {
    cwd: workspace.folder, env,
  });

const statement = (run: Run) => {
  expect(run.code, run.stderr).toBe(0);
  return JSON.parse(run.stdout) as { tier: string; portfolioCommitment: string; riskRoot: string; keyHash: string };
};

describe("zkmargin prove", () => {
  it("takes the smallest tier that holds the book, and another one that is named, for the same commitment", async () => {
    const [chosen, named] = [statement(await prove("portfolio.json", "s.json")), statement(await prove("portfolio.json", "m.json", ["--tier", "M"]))];
    expect([chosen.tier, named.tier]).toEqual(["S", "M"]);
    expect([named.portfolioCommitment, named.riskRoot]).toEqual([chosen.portfolioCommitment, chosen.riskRoot]);
    for (const file of ["s.json", "m.json"]) {
      const { code, stdout } = await workspace.run("verify", file, "--risk", "risk", "--commitment", chosen.portfolioCommitment, "--context", "0x1f");
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^valid\n/)]);
    }
  }, 300_000);

  it("takes M for a book that S does not hold", async () => {
    expect(statement(await prove("large.json", "large-proof.json")).tier).toBe("M");
  }, 300_000);

  it.each([
    ["large.json", "S", 'PortfolioError: positions tier S holds at most 14 (a position above 2^25 - 1 lots takes several) (it is "20 slots")'],
    ["huge.json", "M", "positions tier M holds at most 33"],
  ])("refuses %s in tier %s, which is too small", async (book, tier, says) => {
    const { code, stdout, stderr } = await prove(book, "refused.json", ["--tier", tier, "--salt", "refused.salt"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
    // No salt is drawn for a book that is not proven.
    expect([existsSync(workspace.path("refused.json")), existsSync(workspace.path("refused.salt"))]).toEqual([false, false]);
  });

  it("tells what the circuit of an on-demand tier costs before it compiles one that nobody named", async () => {
    const cache = workspace.path("empty-cache");
    const { onDemand } = declaredTiers().find(({ name }) => name === "L")!;
    const { code, stdout, stderr } = await prove("huge.json", "huge-proof.json", [], { ZKMARGIN_CACHE: cache });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("UnbuiltTierError: the book needs tier L, whose circuit is not in the cache");
    expect(stderr).toContain(`about ${Math.ceil(onDemand!.seconds / 60)} min on two cores, and ${onDemand!.gibibytes.toFixed(1)} GiB of memory; "zkmargin setup --tier L" does it`);
    expect([existsSync(cache), existsSync(workspace.path("huge.json.salt"))]).toEqual([false, false]);
  });
});

describe("zkmargin prove with named keys", () => {
  it("refuses the key of another tier when it opens it", async () => {
    const { zkey, vkey } = JSON.parse((await workspace.succeed("setup", "--json")).stdout) as { zkey: string; vkey: string };
    const { code, stdout, stderr } = await prove("portfolio.json", "wrong-key.json", ["--tier", "M", "--zkey", zkey, "--vkey", vkey]);
    expect([code, stdout, existsSync(workspace.path("wrong-key.json"))]).toEqual([2, "", false]);
    expect(stderr).toMatch(/InputError: --zkey ".*" is for a circuit of \d+ wires, tier M has \d+\n/);
  }, 120_000);
});

describe("zkmargin verify", () => {
  it("compiles no on-demand tier that a proof file names", async () => {
    const cache = workspace.path("empty-cache");
    statement(await prove("portfolio.json", "named.json"));
    workspace.write("named.json", workspace.read("named.json").replace('"tier": "S"', '"tier": "L"'));
    const { code, stdout, stderr } = await runCli(["verify", "named.json"], { cwd: workspace.folder, env: { ZKMARGIN_CACHE: cache } });
    expect([code, stdout, existsSync(cache)]).toEqual([2, "", false]);
    expect(stderr).toContain("UnbuiltTierError: without --vkey the development key is needed, of tier L");
  }, 120_000);
});
