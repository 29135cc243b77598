import { chmodSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtWorkspace, PORTFOLIO, type Workspace } from "../cli/workspace.js";

let workspace: Workspace;

beforeAll(async () => {
  workspace = await builtWorkspace();
});

afterAll(() => workspace?.remove());

const report = (...more: readonly string[]) => workspace.run("report", "--risk", "risk", "--portfolio", "portfolio.json", ...more);
const mode = (file: string) => statSync(workspace.path(file)).mode & 0o777;

/** Every amount of the margin and of the book, as text that no log may hold. */
async function secrets(): Promise<string[]> {
  const { stdout } = await workspace.succeed("margin", "--risk", "risk", "--portfolio", "portfolio.json", "--json");
  const { requirement, equity, parts } = JSON.parse(stdout) as { requirement: string; equity: string; parts: Record<string, string> };
  return [requirement, equity, ...Object.values(parts), ...PORTFOLIO.positions.flatMap(({ instrument }) => [instrument])];
}

describe("zkmargin report", () => {
  it("writes a page for its owner's eyes and prints nothing of the book", async () => {
    const plain = await report("--out", "report.html");
    const first = workspace.read("report.html");
    const json = await report("--out", "report.html", "--json");
    expect([plain.code, plain.stderr, json.code, json.stderr]).toEqual([0, "", 0, ""]);
    expect(mode("report.html")).toBe(0o600);
    expect(Object.keys(JSON.parse(json.stdout) as object)).toEqual(["out", "riskRoot", "epoch", "time", "bytes"]);
    for (const secret of await secrets()) expect(plain.stdout + json.stdout).not.toContain(secret);
    const page = workspace.read("report.html");
    // The same input gives the same page.
    expect(page).toBe(first);
    expect(page).toContain("<strong>Secret.</strong> This page shows the positions of an account.");
    for (const { instrument } of PORTFOLIO.positions) expect(page).toContain(`<bdi>${instrument}</bdi>`);
  });

  it("replaces an older report through a link, and takes from others what they could read of it", async () => {
    workspace.write("target.html", '<meta name="generator" content="zkmargin-report-1">');
    chmodSync(workspace.path("target.html"), 0o644);
    symlinkSync("target.html", workspace.path("link.html"));
    expect((await report("--out", "link.html", "--factor", "im", "--collateral", "77.5")).code).toBe(0);
    expect(mode("target.html")).toBe(0o600);
    expect(workspace.read("target.html")).toContain("1.3 x maintenance margin");
    expect(workspace.read("target.html")).toContain('<data value="77.500000">');
    expect(readdirSync(workspace.folder).filter((name) => /html\./.test(name))).toEqual([]);
  });

  it.each([
    ["portfolio.json", 'InputError: --out "portfolio.json" exists and is no zkmargin-report-1 file: it will not be replaced'],
    ["risk", 'InputError: --out "risk" must be a file, not a folder'],
    ["missing/report.html", 'InputError: --out "missing/report.html" must lie in a folder that exists'],
  ])("refuses to write %s", async (out, says) => {
    const before = readdirSync(workspace.folder);
    expect(await report("--out", out)).toEqual({ code: 2, stdout: "", stderr: `error: ${says}\n` });
    expect(readdirSync(workspace.folder)).toEqual(before);
    expect(workspace.read("portfolio.json")).toBe(JSON.stringify(PORTFOLIO));
  });

  it("refuses what zkmargin margin refuses", async () => {
    expect((await report("--out", "bad.html", "--factor", "300")).stderr).toBe('error: InputError: --factor "300" must be below 256\n');
    workspace.write("unknown.json", JSON.stringify({ cash: "0", positions: [{ instrument: "nothing", quantity: "1" }] }));
    const { code, stderr } = await workspace.run("report", "--risk", "risk", "--portfolio", "unknown.json", "--out", "bad.html");
    expect([code, stderr]).toEqual([2, expect.stringContaining("positions.0.instrument is unknown to this risk payload")]);
  });
});
