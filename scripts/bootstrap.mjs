// Makes a fresh clone ready (npm packages, compiled TypeScript) and runs one of its programs. Quick when nothing has changed.
// Usage: node scripts/bootstrap.mjs <program> [arguments]; programs are listed below. "prepare" only makes ready.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installBrowser } from "./browser.mjs";
import { buildNative, describeNative } from "./native.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const build = join(root, "build");

const programs = {
  prepare: undefined,
  demo: ["dist/src/demo/demo.js"],
  bench: ["dist/src/bench/bench.js"],
  test: ["node_modules/vitest/vitest.mjs", "run"],
  "test:fuzz": ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.fuzz.config.ts"],
};

const [name, ...rest] = process.argv.slice(2);
const program = programs[name];
if (!Object.hasOwn(programs, name ?? "")) fail(`unknown program ${name}: one of ${Object.keys(programs).join(", ")}`);

step("npm packages", "packages.sha256", hashFiles(["package-lock.json"]), existsSync(join(root, "node_modules")), "about 30 s", "npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]);
const native = await buildNative(build);
// Told once: what serves instead is not wrong, only slower.
if (native.fresh) process.stderr.write(`${describeNative(native, build)}\n`);
const sources = ["tsconfig.json", "package-lock.json", "circuits.json", ...files("src", /\.(ts|json)$/), ...files("prover", /\.(ts|json)$/), ...files("types", /\.ts$/)];
// Into a folder of its own: files of deleted sources don't stay, and a failed build leaves the old one.
const compiled = join(build, `dist-${process.pid}`);
step("TypeScript", "typescript.sha256", hashFiles(sources), existsSync(join(root, "dist/src/cli/main.js")), "about 10 s", process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--outDir", compiled], () =>
  exchange(compiled, join(root, "dist"), join(build, `dist-old-${process.pid}`)),
);
if (name === "test") installBrowser(build);
process.exit(program === undefined ? 0 : run(process.execPath, [...program, ...rest]));

// Runs a step unless it was done for the same inputs.
function step(title, stamp, hash, present, estimate, command, args, finish = () => {}) {
  const file = join(build, stamp);
  if (present && existsSync(file) && readFileSync(file, "utf8") === hash) return;
  process.stderr.write(`${title} (${estimate}) ...\n`);
  const started = performance.now();
  const status = run(command, args);
  if (status !== 0) fail(`${title} failed`);
  mkdirSync(build, { recursive: true });
  // The stamp comes last: a step that was cut off is done again.
  finish();
  writeFileSync(file, hash);
  process.stderr.write(`${title}: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

// Two processes may do this at once: each step is one rename, and the last to come finds a compiled tree in place.
function exchange(fresh, target, old) {
  for (const [from, to] of [[target, old], [fresh, target]]) {
    try {
      renameSync(from, to);
    } catch (error) {
      if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
    }
  }
  for (const folder of [old, fresh]) rmSync(folder, { recursive: true, force: true });
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) fail(`${command}: ${error.message}`);
  return status ?? 1;
}

function files(folder, pattern) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => pattern.test(file) && statSync(join(root, file)).isFile())
    .sort();
}

function hashFiles(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(relative(root, join(root, path))).update("\0").update(readFileSync(join(root, path))).update("\0");
  return hash.digest("hex");
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
