import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../prover/project-root.js";
import { findBrowser } from "../../scripts/browser.mjs";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zkmargin-find-"));
  mkdirSync(join(folder, "bin"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script = ""): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("the browser of the tests", () => {
  it("is the one that ZKMARGIN_CHROMIUM names, or none", () => {
    const named = program("mine");
    program("bin/chromium");
    expect(findBrowser({ ZKMARGIN_CHROMIUM: named, PATH: join(folder, "bin") })).toBe(named);
    expect(findBrowser({ ZKMARGIN_CHROMIUM: join(folder, "missing"), PATH: join(folder, "bin") })).toBeUndefined();
  });

  it("is else the first on the path that can be run", () => {
    writeFileSync(join(folder, "chromium"), "not a program");
    mkdirSync(join(folder, "google-chrome"));
    const found = program("bin/chromium");
    expect(findBrowser({ PATH: ["", folder, join(folder, "bin")].join(delimiter) })).toBe(found);
    expect(findBrowser({ PATH: folder })).toBe(existsSync("/Applications") ? findBrowser({}) : undefined);
  });
});

/** Only there are packages ours to install. */
const rootOnDebian = process.getuid?.() === 0 && existsSync("/etc/debian_version");

describe.runIf(rootOnDebian)("without a browser, npm test of root on Debian", () => {
  /** With a package manager of ours, on a path that has nothing else. */
  function install(manager: string, environment: Record<string, string> = {}): string[] {
    program("bin/apt-get", manager);
    const script = `import(${JSON.stringify(join(projectRoot(), "scripts/browser.mjs"))}).then(({ installBrowser }) => installBrowser(${JSON.stringify(join(folder, "build"))}, (line) => console.log(line)))`;
    return execFileSync(process.execPath, ["-e", script], { env: { PATH: join(folder, "bin"), ...environment }, encoding: "utf8" }).split("\n").filter((line) => line !== "");
  }

  it("gets Debian's, and says so", () => {
    const lines = install(`[ "$1" = update ] || { echo "#!/bin/sh" > ${folder}/bin/chromium; /bin/chmod 755 ${folder}/bin/chromium; }`);
    expect(lines).toEqual(["Chromium for the tests of the report, by apt-get (about a minute) ...", expect.stringMatching(/^Chromium: installed in \d+\.\d s$/)]);
    expect(install("exit 1")).toEqual([]);
  });

  it("goes on without it where that fails, tells how to get one, and does not try again", () => {
    const lines = install("exit 100");
    expect(lines[1]).toBe("Chromium could not be installed: the tests of the report in a browser are skipped. To run them, install Chromium (Debian: apt-get install chromium) or name one in ZKMARGIN_CHROMIUM.");
    expect(readdirSync(join(folder, "build"))).toEqual(["browser-tried"]);
    expect(install("exit 100")).toEqual([]);
  });

  it("installs nothing where ZKMARGIN_CHROMIUM says which browser is wanted", () => {
    expect(install("exit 100", { ZKMARGIN_CHROMIUM: "/none" })).toEqual([]);
  });
});
