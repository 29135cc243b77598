// Compiles the native engine's own tests (prover/native/test) with sanitizers, and runs them and a bounded run of the file fuzzer.
// What was compiled for the same sources, compiler and options is used again; the programs run each time.
// Usage: node scripts/native-tests.mjs [--sanitize address,undefined|thread|none] [--json] [part of a program's name]
// With --json the result is on standard output, and only that. The exit code is 0 when all passed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sourceFolder = join(root, "prover/native");
const cacheFolder = join(root, "build/native-tests");
const FUZZER = "fuzz-files";
const FUZZ_ITERATIONS = 100_000;
const COMPILE_TIMEOUT_MS = 10 * 60_000;
const RUN_TIMEOUT_MS = 5 * 60_000;
const KEPT_MS = 7 * 24 * 3600_000;
const OUTPUT_LIMIT = 20_000;

const FLAGS = ["-std=c++20", "-O1", "-g1", "-fno-omit-frame-pointer", "-fno-math-errno", "-D_GLIBCXX_ASSERTIONS", "-pthread", "-w", "-Icore"];
// What reads files is compiled with every check. The arithmetic would take minutes: vectors live in arrays on the stack until they are
// optimized into registers, so there neither those are checked nor references that can't be null nor sums of pointers; other memory is.
const READS_FILES = /files/;
const EIGHT_LANES = /ifma/;

/** Names of the programs that there are: one for each test/*.test.cpp, and the fuzzer. */
function nativeTestPrograms() {
  const tests = readdirSync(join(sourceFolder, "test")).filter((file) => file.endsWith(".test.cpp"));
  return [...tests.sort().map((file) => basename(file, ".test.cpp")), FUZZER];
}

/**
 * @param sanitize for -fsanitize, or "none"
 * @param only part of the names of the programs to run
 * @param tell gets the progress, a short text each time
 * @returns { compiler, seconds, programs: [{ name, passed, covers, notCovered, output, seconds }] }; an output is both streams, perhaps cut
 * @throws Error when there is no compiler or something does not compile, with the compiler's first words
 */
export async function runNativeTests({ sanitize = "address,undefined", only = "", tell = () => {} } = {}) {
  const started = performance.now();
  const compiler = findCompiler();
  const names = nativeTestPrograms().filter((name) => name.includes(only));
  if (names.length === 0) throw new Error(`no native test program has "${only}" in its name`);
  const options = sanitize === "none" ? [] : [`-fsanitize=${sanitize}`, "-fno-sanitize-recover=all"];
  mkdirSync(cacheFolder, { recursive: true });
  const used = new Set();

  const core = readdirSync(join(sourceFolder, "core"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".cpp")).map((file) => `core/${file}`);
  const own = names.map((name) => (name === FUZZER ? `test/${name}.cpp` : `test/${name}.test.cpp`));
  const objects = [...core, "test/main.cpp", ...own].sort().map((source) => {
    const flags = [...FLAGS, ...options, ...(READS_FILES.test(source) ? [] : lighterChecks(source, sanitize, compiler))];
    return { source, flags, path: cached(used, `${basename(source, ".cpp")}.o`, [compiler.version, ...flags, ...contents(source)]) };
  });
  const pathOf = new Map(objects.map(({ source, path }) => [source, path]));
  // The longest first, so that no processor waits for it alone at the end.
  const missing = objects.filter(({ path }) => !existsSync(path)).sort((a, b) => weight(b.source) - weight(a.source));
  let done = 0;
  const step = (what, total) => tell(`${what} ${++done} of ${total}`);
  await inParallel(missing, async ({ source, flags, path }) => {
    await make(path, (target) => compile(compiler, source, [...flags, "-c", source, "-o", target]));
    step("compiled", missing.length);
  });

  done = 0;
  const programs = names.map((name, index) => {
    const inputs = [pathOf.get(own[index]), ...(name === FUZZER ? [] : [pathOf.get("test/main.cpp")]), ...core.map((source) => pathOf.get(source))];
    return { name, inputs, path: cached(used, name, [compiler.version, ...options, ...inputs.map((path) => basename(path))]) };
  });
  const unlinked = programs.filter(({ path }) => !existsSync(path));
  await inParallel(unlinked, async ({ name, inputs, path }) => {
    await make(path, (target) => compile(compiler, name, [...options, "-pthread", ...inputs, "-o", target]));
    step("linked", unlinked.length);
  });
  removeOld(used);

  done = 0;
  const byLength = [...programs].sort((a, b) => statSync(b.inputs[0]).size - statSync(a.inputs[0]).size);
  const results = await inParallel(byLength, async ({ name, path }) => {
    const result = await runProgram(path, name === FUZZER ? [String(FUZZ_ITERATIONS)] : []);
    step("ran", programs.length);
    return { name, ...result };
  });
  return { compiler: compiler.version, seconds: secondsSince(started), programs: results.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name)) };
}

function findCompiler() {
  const command = process.env.CXX ?? (process.platform === "darwin" ? "c++" : "g++");
  // CXX may hold options, or a launcher before the compiler.
  const { status, stdout } = spawnSync(`${command} --version`, { shell: true, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  if (status !== 0) throw new Error(`no C++ compiler: ${command} does not run`);
  return { words: command.split(" ").filter((word) => word !== ""), version: stdout.split("\n", 1)[0].trim() };
}

function lighterChecks(source, sanitize, { version }) {
  if (!sanitize.includes("undefined")) return [];
  const flags = "-fno-sanitize=null,object-size,pointer-overflow";
  return EIGHT_LANES.test(source) ? [`${flags},alignment`, ...(/clang/.test(version) ? [] : ["--param", "asan-stack=0"])] : [flags];
}

/** The source and everything that it includes from this project, each with its name. */
function contents(source, seen = new Map()) {
  if (seen.has(source)) return [];
  const text = readFileSync(join(sourceFolder, source), "utf8");
  seen.set(source, text);
  for (const [, name] of text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
    const found = [join(dirname(source), name), join("core", name)].find((path) => existsSync(join(sourceFolder, path)));
    if (found !== undefined) contents(found, seen);
  }
  return [...seen].flat();
}

function cached(used, name, inputs) {
  const hash = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
  const [stem, extension = ""] = name.split(/(\.o)$/);
  const path = join(cacheFolder, `${stem}-${hash}${extension}`);
  used.add(path);
  return path;
}

/** About how long a source takes to compile. */
function weight(source) {
  const size = statSync(join(sourceFolder, source)).size;
  return (EIGHT_LANES.test(source) ? 2e6 : 0) + (source.startsWith("core/backends/") ? 3e6 : 0) + size;
}

/** Another process may make the same at the same time: whoever is last replaces it by its equal. */
async function make(path, body) {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await body(temporary);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function compile({ words: [command, ...first] }, what, args) {
  const { ended, output } = await runCommand(command, [...first, ...args], COMPILE_TIMEOUT_MS);
  if (ended !== undefined) throw new Error(`${what} does not compile (${ended}):\n${output.slice(0, 4000)}`);
}

async function runProgram(path, args) {
  const started = performance.now();
  const { ended, output } = await runCommand(path, args, RUN_TIMEOUT_MS);
  const lines = output.split("\n");
  const named = (pattern) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return {
    passed: ended === undefined,
    covers: named(/^covers (\w+)$/),
    notCovered: named(/^does not cover (\w+):/),
    output: (ended === undefined ? "" : `${relative(root, path)} ${ended}\n`) + output,
    seconds: secondsSince(started),
  };
}

/** @returns how it ended, undefined for well; and both streams, of which the middle may be missing */
function runCommand(command, args, timeout) {
  return new Promise((resolve) => {
    const env = { ...process.env, UBSAN_OPTIONS: "print_stacktrace=1", ASAN_OPTIONS: "detect_stack_use_after_return=0" };
    const child = spawn(command, args, { cwd: sourceFolder, env, stdio: ["ignore", "pipe", "pipe"], timeout, killSignal: "SIGKILL" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (output.length > 2 * OUTPUT_LIMIT) output = `${output.slice(0, OUTPUT_LIMIT)}\n[...]\n${output.slice(-OUTPUT_LIMIT / 2)}`;
      });
    }
    child.once("error", (error) => resolve({ ended: `could not start: ${error.message}`, output }));
    child.once("close", (code, signal) => resolve({ ended: code === 0 ? undefined : signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`, output }));
  });
}

/** In order of the items, as many at once as there are processors. After a failure nothing more is begun. */
async function inParallel(items, body) {
  const results = [];
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await body(items[index]);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker));
  for (const { status, reason } of ends) if (status === "rejected") throw reason;
  return results;
}

/** Going back and forth between two versions compiles neither again, for a week. */
function removeOld(used) {
  const now = new Date();
  for (const name of readdirSync(cacheFolder)) {
    const path = join(cacheFolder, name);
    try {
      if (used.has(path)) utimesSync(path, now, now);
      else if (now - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { force: true });
    } catch {
      // Another process was faster.
    }
  }
}

function secondsSince(started) {
  return Number(((performance.now() - started) / 1000).toFixed(1));
}

/** One line on a terminal, rewritten; nothing elsewhere, where lines would pile up. */
function progressLine() {
  if (!process.stderr.isTTY) return { tell() {}, end() {} };
  const write = (text) => process.stderr.write(`\r\u001b[K${text}`);
  return { tell: (text) => write(`native tests: ${text}`), end: () => write("") };
}

function describe({ compiler, seconds, programs }) {
  const lines = [];
  for (const { name, passed, notCovered, output } of programs) {
    for (const backend of notCovered) lines.push(`native tests: ${name} does not cover ${backend}, whose instructions this processor does not have`);
    if (!passed) lines.push(`native tests: ${name} FAILED`, output);
  }
  const failed = programs.filter(({ passed }) => !passed).length;
  return [...lines, `native tests: ${programs.length - failed} programs passed, ${failed} failed, in ${seconds} s with ${compiler}`].join("\n");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const at = args.indexOf("--sanitize");
  const [, sanitize = undefined] = at < 0 ? [] : args.splice(at, 2);
  const json = args.includes("--json");
  const [only] = args.filter((each) => each !== "--json");
  const progress = progressLine();
  try {
    const result = await runNativeTests({ ...(sanitize === undefined ? {} : { sanitize }), ...(only === undefined ? {} : { only }), tell: progress.tell });
    progress.end();
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stderr.write(`${describe(result)}\n`);
    process.exitCode = result.programs.every(({ passed }) => passed) ? 0 : 1;
  } catch (error) {
    progress.end();
    process.stderr.write(`native tests: ${error.message}\n`);
    process.exitCode = 2;
  }
}
