import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { presetPolicy } from "../../src/policy/presets.js";
import { builtWorkspace, filesIn, type Workspace } from "./workspace.js";

describe("risk commands with --policy preset:NAME", () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await builtWorkspace();
  });

  afterAll(() => workspace?.remove());

  it("build a payload that passes its check and gives a margin", async () => {
    const built = await workspace.succeed("risk", "build", "--market", "snapshot.json", "--policy", "preset:span16", "--out", "span");
    expect(built.stdout).toContain("worst of 16 scenarios; expected shortfall 0");
    expect(built.stdout).toContain("-2 x 359/1024, 2 x 359/1024");
    expect(built.stdout).toMatch(/Not expressed:\n- Intra-commodity/);
    expect((await workspace.succeed("risk", "check", "span", "--market", "snapshot.json", "--policy", "preset:span16")).stdout).toContain("risk check passed");
    const margin = JSON.parse((await workspace.succeed("margin", "--risk", "span", "--portfolio", "portfolio.json", "--json")).stdout) as Record<string, unknown>;
    expect(margin).toMatchObject({ parts: { expectedShortfall: "0.000000" } });
    expect((await workspace.succeed("risk", "show", "span")).stdout).toContain("all weight on unmoved scenarios");
  });

  it("say in JSON what the preset can't express", async () => {
    const { stdout } = await workspace.succeed("risk", "build", "--market", "snapshot.json", "--policy", "preset:derive33", "--out", "derive", "--json");
    const { policy, riskRoot } = JSON.parse(stdout) as { policy: { name: string; notExpressed: string[] }; riskRoot: string };
    expect(policy.name).toBe("derive33");
    expect(policy.notExpressed.join(" ")).toMatch(/skew shocks.*static discount/);
    expect(riskRoot).toMatch(/^0x[0-9a-f]{64}$/);
  });

  it("show a preset without a payload: grid, choices, sources", async () => {
    const { stdout } = await workspace.succeed("risk", "show", "preset:deribit");
    for (const text of ["Not expressed:", "Sources:", "50 % x 328/1024"]) expect(stdout).toContain(text);
    expect(stdout).toMatch(/gap charge +│ none/);
    const json = JSON.parse((await workspace.succeed("risk", "show", "preset:deribit", "--json")).stdout) as { name: string; regimes: unknown[]; file: unknown };
    expect([json.name, json.regimes.length]).toEqual(["deribit", 4]);
    expect(json.file).toEqual(presetPolicy("deribit"));
  });

  it("name the presets there are where one is unknown, and write nothing", async () => {
    const before = filesIn(workspace.folder).size;
    for (const args of [["build", "--market", "snapshot.json", "--policy", "preset:occ", "--out", "occ"], ["show", "preset:occ"]] as const) {
      const { code, stderr } = await workspace.run("risk", ...args);
      expect(code).toBe(2);
      expect(stderr).toContain('error: UnknownPresetError: preset "occ": must be one of span16, derive23, derive33, deribit, aevo');
    }
    expect(filesIn(workspace.folder).size).toBe(before);
  });
});
