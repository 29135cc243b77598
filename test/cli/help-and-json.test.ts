import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../prover/project-root.js";
import { runCli } from "./run-cli.js";
import { builtWorkspace, IMPORT_EXAMPLE, type Workspace } from "./workspace.js";

const GROUPS = ["", "market", "risk", "ceremony"];
const COMMANDS = [
  "market import", "risk build", "risk show", "risk check", "margin", "report", "commit", "prove", "verify", "setup", "doctor",
  "ceremony contribute", "ceremony beacon", "ceremony verify", "ceremony export", "deploy", "deploy check",
];
/** Commands that have commands of their own. */
const BOTH = ["deploy"];

describe("--help", () => {
  it.concurrent.each([...GROUPS, ...COMMANDS])("of zkmargin %s prints its usage", async (command) => {
    const { code, stdout, stderr } = await runCli([...command.split(" ").filter((word) => word !== ""), "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.startsWith(`Usage: zkmargin ${command}`.trim())).toBe(true);
    // Each command can speak JSON; groups have none of their own.
    expect(stdout.includes("--json")).toBe(COMMANDS.includes(command));
  });

  it("covers every command there is", async () => {
    const names = async (group: string) => {
      const { stdout } = await runCli([...group.split(" ").filter((word) => word !== ""), "--help"]);
      return [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}(\w+)/gm)].map((match) => match[1]!).filter((name) => name !== "help");
    };
    const found: string[] = [];
    for (const name of await names("")) {
      if (BOTH.includes(name)) found.push(name);
      if (GROUPS.includes(name) || BOTH.includes(name)) found.push(...(await names(name)).map((sub) => `${name} ${sub}`));
      else found.push(name);
    }
    expect(found.sort()).toEqual([...COMMANDS].sort());
  });

  it("is not needed for the version", async () => {
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
  });
});

describe("--json", () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await builtWorkspace();
  });

  afterAll(() => workspace?.remove());

  // prove, verify and commit are looked at where they are tested.
  it.concurrent.each([
    [[...IMPORT_EXAMPLE, "--out", "again.json"], "instruments"],
    [["risk", "build", "--market", "snapshot.json", "--out", "again"], "riskRoot"],
    [["risk", "show", "risk"], "riskRoot"],
    [["margin", "--risk", "risk", "--portfolio", "portfolio.json"], "maintenance"],
    [["report", "--risk", "risk", "--portfolio", "portfolio.json", "--out", "report.html"], "riskRoot"],
    [["setup"], "keyHash"],
  ] as const)("of %s is all there is on standard output", async (args, key) => {
    const { stdout } = await workspace.succeed(...args, "--json");
    expect(JSON.parse(stdout)).toHaveProperty(key);
    expect(stdout).toMatch(/^\{\n[^]*\n\}\n$/);
  });
});

describe("standard output", () => {
  const setup = [join(projectRoot(), "dist/src/cli/main.js"), "setup", "--json"];

  it("may be closed by a reader that has seen enough", async () => {
    const child = spawn(process.execPath, setup, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(0);
    expect(stderr).not.toContain("EPIPE");
  });

  it.runIf(existsSync("/dev/full"))("that takes nothing is an error: the answer is lost", async () => {
    const full = openSync("/dev/full", "w");
    try {
      const child = spawn(process.execPath, setup, { stdio: ["ignore", full, "pipe"] });
      let stderr = "";
      child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      const code = await new Promise((resolve) => child.once("close", resolve));
      expect(code).toBe(2);
      expect(stderr).toContain("ENOSPC");
      expect(stderr).not.toContain("    at ");
    } finally {
      closeSync(full);
    }
  });
});
