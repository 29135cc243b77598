import { describe, expect, it } from "vitest";
import { runCompiled } from "../cli/run-cli.js";
import { exampleWorkspace } from "../cli/workspace.js";

describe("the demonstration", () => {
  it("proves a margin, has it accepted on chain, and has three forgeries refused", { timeout: 300_000 }, async () => {
    const workspace = exampleWorkspace();
    try {
      const { code, stdout, stderr } = await runCompiled("src/demo/demo.js", ["--market", workspace.path("chain.csv")], { cwd: workspace.folder });
      expect(code, stderr).toBe(0);
      expect(stdout).toContain("1404 rows, 1424 instruments listed, 0 rows not listed, at 2026-01-15T10:00:00Z");
      expect(stdout).toMatch(/the proof\s+│ accepted: requirement [1-9]\d*, equity [1-9]\d* value units, healthy true/);
      expect(stdout).toMatch(/the proof, tampered with: a lower requirement\s+│ refused: InvalidProof/);
      expect(stdout).toMatch(/the same proof again\s+│ refused: ContextAlreadyUsed/);
      expect(stdout).toMatch(/a proof against a superseded root\s+│ refused: StaleEpoch/);
    } finally {
      workspace.remove();
    }
  });

  it("says which chain file it cannot read", async () => {
    const { code, stdout, stderr } = await runCompiled("src/demo/demo.js", ["--market", "missing.csv"]);
    expect(code).toBe(2);
    expect(stderr).toContain("missing.csv");
    expect(`${stdout}${stderr}`).not.toContain("    at ");
  });
});
