import { execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readNativeBuild } from "../../../prover/backends/native-engine.js";
import { projectRoot } from "../../../prover/project-root.js";

let folder: string;
let build: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkmargin-native-"));
  build = join(folder, "build");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs what npm runs at installation, into a folder of the test's own. */
function install(env: Readonly<Record<string, string>>): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, "--build", build], { env: { ...process.env, ...env } }, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : 1, stderr }));
  });
}

/** A compiler that tells its version, and fails at each file. */
function brokenCompiler(version: string): string {
  const path = join(folder, "broken-compiler");
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = "--version" ]; then echo "broken ${version}"; exit 0; fi\necho "error: this compiler is broken" >&2\nexit 1\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A compiler that never ends when it has this option; its process number goes into a file beside it. */
function hangingCompiler(option: string): { readonly path: string; pid(): number } {
  const path = join(mkdtempSync(join(folder, "hanging-")), "compiler");
  writeFileSync(path, `#!/bin/sh\ncase " $* " in *" ${option} "*) ;; *) exec c++ "$@";; esac\necho $$ >"${path}.pid"\nsleep 600\n`);
  chmodSync(path, 0o755);
  return { path, pid: () => Number(readFileSync(`${path}.pid`, "utf8")) };
}

const script = join(projectRoot(), "scripts/native.mjs");

/** A process that has ended may stay listed as a zombie where nothing collects it. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}

/** Builds with these limits in milliseconds. @returns the reason of the failure */
function buildWithin(limits: string, compiler: string): Promise<string> {
  const code = `const { buildNative } = await import(process.argv[1]); console.log((await buildNative(process.argv[2], () => {}, ${limits})).reason)`;
  return new Promise((resolve, reject) => {
    const args = ["--input-type=module", "-e", code, pathToFileURL(script).href, join(folder, "limited")];
    execFile(process.execPath, args, { env: { ...process.env, CXX: compiler } }, (error, stdout) => (error === null ? resolve(stdout.trim()) : reject(error)));
  });
}

describe("a compiler that hangs", () => {
  it("is ended when it doesn't tell its version", async () => {
    const compiler = hangingCompiler("--version");
    expect(await buildWithin("{ version: 500 }", compiler.path)).toMatch(/^no C\+\+ compiler: .* does not run \(--version took longer than 0\.5 s\)$/);
    await vi.waitFor(() => expect(isRunning(compiler.pid())).toBe(false), 10_000);
  });

  it("is ended with all between it and the installation when compiling takes too long", async () => {
    const compiler = hangingCompiler("-c");
    expect(await buildWithin("{ version: 60_000, configure: 60_000, compile: 3_000 }", compiler.path)).toBe("compiling took longer than 3 s");
    await vi.waitFor(() => expect(isRunning(compiler.pid())).toBe(false), 10_000);
  });

  it("ends with an installation that is interrupted", async () => {
    const compiler = hangingCompiler("-c");
    const installation = spawn(process.execPath, [script, "--build", join(folder, "interrupted")], { env: { ...process.env, CXX: compiler.path }, stdio: "ignore" });
    const ended = new Promise((resolve) => installation.once("exit", (_, signal) => resolve(signal)));
    await vi.waitFor(() => expect(compiler.pid()).toBeGreaterThan(0), 60_000);
    installation.kill("SIGTERM");
    expect(await ended).toBe("SIGTERM");
    await vi.waitFor(() => expect(isRunning(compiler.pid())).toBe(false), 10_000);
  });
});

describe("the installation of the native engine", () => {
  it("succeeds without a compiler, and says in one line what is missing and what serves", async () => {
    const { code, stderr } = await install({ CXX: join(folder, "no-compiler") });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^native engine: not built \(no C\+\+ compiler: .*no-compiler does not run \(.*\)\), so snarkjs proves, slower; see .*build\.log; .*\n$/);
    expect(readNativeBuild(build)).toMatchObject({ status: "failed", reason: expect.stringMatching(/no C\+\+ compiler/) as string });
  });

  it("keeps a failed build, so that it is not tried at each start, until the compiler changes", async () => {
    const first = await install({ CXX: brokenCompiler("1.0") });
    expect([first.code, first.stderr]).toEqual([0, expect.stringMatching(/compiling \d+ files[^]*not built \(compiling failed with exit code 1: error: this compiler is broken\)/)]);
    const record = readNativeBuild(build);
    expect(record).toMatchObject({ status: "failed", compiler: "broken 1.0" });
    expect(readFileSync((record as { log: string }).log, "utf8")).toContain("this compiler is broken");
    const again = await install({ CXX: brokenCompiler("1.0") });
    expect(again.stderr).toMatch(/^native engine: not built \(compiling failed/);
    const changed = await install({ CXX: brokenCompiler("2.0") });
    expect(changed.stderr).toMatch(/compiling \d+ files/);
    expect(readNativeBuild(build)).toMatchObject({ compiler: "broken 2.0" });
  });

  it("leaves nothing of a build but its record and log", () => {
    const builds = readdirSync(build).filter((name) => name !== "native.json");
    expect(builds).toHaveLength(3);
    for (const name of builds) expect(readdirSync(join(build, name)).sort()).toEqual(["build.log", "native.json"]);
  });

  it("removes what an interrupted build left", async () => {
    // No process has this number: it is above the largest that Linux gives.
    const left = join(build, "native-0123456789abcdef.99999999.tmp");
    mkdirSync(left);
    await install({ CXX: brokenCompiler("3.0") });
    expect(existsSync(left)).toBe(false);
  });
});

describe("the record of the native engine", () => {
  it("is absent where nothing was built, or the module is gone", () => {
    expect(readNativeBuild(join(folder, "elsewhere"))).toEqual({ status: "absent" });
    writeFileSync(join(build, "native.json"), JSON.stringify({ status: "built", folder: "native-gone", compiler: "c", seconds: 1 }));
    expect(readNativeBuild(build)).toEqual({ status: "absent" });
    writeFileSync(join(build, "native.json"), "{");
    expect(readNativeBuild(build)).toEqual({ status: "absent" });
  });
});
