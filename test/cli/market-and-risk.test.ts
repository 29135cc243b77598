import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../prover/project-root.js";
import { builtWorkspace, emptyWorkspace, exampleWorkspace, filesIn, IMPORT_EXAMPLE, type Workspace } from "./workspace.js";

const PAYLOAD_FILES = ["payload.json", ...[0, 1, 2, 3, 4, 5, 6, 7].map((bucket) => `buckets/0${bucket}.json`)];
const VECTOR = join(projectRoot(), "test/vectors/example-risk-root.json");
const vector = JSON.parse(readFileSync(VECTOR, "utf8")) as { riskRoot: string; snapshotSha256: string };

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Changes the n-th digit after a marker by one. */
function nudge(text: string, marker: string): string {
  const at = text.indexOf(marker);
  const match = /\d/.exec(text.slice(at + marker.length));
  if (at < 0 || match === null) throw new Error(`${marker} has no digit after it`);
  const digit = at + marker.length + match.index;
  return `${text.slice(0, digit)}${(Number(text[digit]) + 1) % 10}${text.slice(digit + 1)}`;
}

describe("market import and risk commands on the example market", () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await builtWorkspace();
  });

  afterAll(() => workspace?.remove());

  it("give the pinned snapshot and riskRoot", async () => {
    const { riskRoot } = JSON.parse((await workspace.succeed("risk", "show", "risk", "--json")).stdout) as { riskRoot: string };
    const actual = { ...vector, snapshotSha256: sha256(workspace.read("snapshot.json")), riskRoot };
    if (process.env["UPDATE_SNAPSHOTS"] === "1") {
      writeFileSync(VECTOR, `${JSON.stringify(actual, null, 2)}\n`);
      Object.assign(vector, actual);
    }
    expect(actual).toEqual(vector);
  });

  it("give identical bytes a second time, over an older payload", async () => {
    const second = exampleWorkspace();
    try {
      cpSync(workspace.path("risk"), second.path("risk"), { recursive: true });
      writeFileSync(second.path("risk/buckets/63.json"), "left from an older payload");
      await second.succeed(...IMPORT_EXAMPLE, "--out", "snapshot.json");
      await second.succeed("risk", "build", "--market", "snapshot.json", "--out", "risk");
      expect(second.read("snapshot.json")).toBe(workspace.read("snapshot.json"));
      expect(filesIn(second.path("risk"))).toEqual(filesIn(workspace.path("risk")));
      expect(readdirSync(second.folder).filter((name) => name.startsWith("risk"))).toEqual(["risk"]);
    } finally {
      second.remove();
    }
  });

  it("show the payload's parameters", async () => {
    const { stdout } = await workspace.succeed("risk", "show", "risk");
    expect(stdout).toContain("2026-01-15T10:00:00Z");
    expect(stdout).toContain("1424 (0 stale) in 8 of 64 buckets");
    expect(stdout).toContain(vector.riskRoot);
  });

  it("check what they built, and say so as JSON", async () => {
    const { stdout } = await workspace.succeed("risk", "check", "risk", "--market", "snapshot.json", "--json");
    expect(JSON.parse(stdout)).toEqual({ equal: true, riskRoot: vector.riskRoot, files: 9 });
    expect([...filesIn(workspace.path("risk")).keys()].sort()).toEqual([...PAYLOAD_FILES].sort());
  });

  it.concurrent.each(PAYLOAD_FILES)("fail the check when one digit of %s is changed", async (name) => {
    const copy = emptyWorkspace();
    try {
      cpSync(workspace.path("risk"), copy.path("risk"), { recursive: true });
      const file = join("risk", name);
      copy.write(file, nudge(copy.read(file), name === "payload.json" ? '"damping": [' : '"shortCharge": "'));
      const { code, stdout, stderr } = await copy.run("risk", "check", "risk", "--market", workspace.path("snapshot.json"));
      expect(code, stderr).toBe(1);
      expect(stdout).toMatch(/^risk check failed: /);
    } finally {
      copy.remove();
    }
  });

  it("fail the check for a byte that no reader minds", async () => {
    const copy = emptyWorkspace();
    try {
      cpSync(workspace.path("risk"), copy.path("risk"), { recursive: true });
      copy.write("risk/buckets/05.json", `${copy.read("risk/buckets/05.json")}\n`);
      const { code, stdout } = await copy.run("risk", "check", "risk", "--market", workspace.path("snapshot.json"), "--json");
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ equal: false, file: "buckets/05.json" });
    } finally {
      copy.remove();
    }
  });

  it("fail the check for a file that does not belong to the payload", async () => {
    const copy = emptyWorkspace();
    try {
      cpSync(workspace.path("risk"), copy.path("risk"), { recursive: true });
      copy.write("risk/buckets/08.json", "{}");
      const { code, stdout } = await copy.run("risk", "check", "risk", "--market", workspace.path("snapshot.json"));
      expect(code).toBe(1);
      expect(stdout).toContain("08.json is not a file of this payload");
    } finally {
      copy.remove();
    }
  });

  it("fail the check against another snapshot", async () => {
    await workspace.succeed(...IMPORT_EXAMPLE, "--epoch", "7", "--out", "other.json");
    const { code, stdout } = await workspace.run("risk", "check", "risk", "--market", "other.json");
    expect(code).toBe(1);
    expect(stdout).toContain("payload.json differs from what snapshot and policy give");
  });
});

const optionsFolder = join(projectRoot(), "../shared/data/options");
const realChain = existsSync(optionsFolder) ? readdirSync(optionsFolder).filter((name) => /^deribit_options_snapshot_.*\.csv$/.test(name)).sort()[0] : undefined;

describe.runIf(realChain !== undefined)("market import and risk commands on a real chain", () => {
  it("build a payload that passes its check", async () => {
    const workspace = emptyWorkspace();
    try {
      const imported = await workspace.succeed("market", "import", join(optionsFolder, realChain!), "--out", "snapshot.json", "--json");
      const { rows } = JSON.parse(imported.stdout) as { rows: number };
      expect(rows).toBeGreaterThan(100);
      await workspace.succeed("risk", "build", "--market", "snapshot.json", "--out", "risk", "--json");
      const checked = await workspace.succeed("risk", "check", "risk", "--market", "snapshot.json", "--json");
      expect(JSON.parse(checked.stdout)).toMatchObject({ equal: true });
    } finally {
      workspace.remove();
    }
  });
});
