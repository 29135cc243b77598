// Builds the native engine (prover/native) with node-gyp. Quick when nothing has changed; a failure is no failure of the installation:
// it is told in one line, kept until something changes, and the snarkjs backend serves.
// Usage: node scripts/native.mjs [--build <folder>]; npm runs it at installation. Its exit code is always 0.
//
// <build>/native.json tells what there is: { status: "built", folder, compiler, seconds } or { status: "failed", folder, compiler, reason }.
// `folder` is native-<hash> beside it, where <hash> covers sources, Node's ABI, tools and compiler; in it are module, program and build.log.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, cpSync, createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sourceFolder = join(root, "prover/native");
const ADDON = "zkmargin_native.node";
const PROGRAM = process.platform === "win32" ? "zkmargin-prove.exe" : "zkmargin-prove";
/**
 * Milliseconds that each step may take. node-gyp downloads Node's headers where they are not installed: a network that takes everything and answers
 * nothing must not hold up an installation.
 */
const LIMITS = { version: 10_000, configure: 60_000, compile: 20 * 60_000, load: 60_000 };
/** For the last output of a program that has ended; a process outside its group could hold the pipe open for ever. */
const DRAIN_MS = 1_000;
const PROGRESS_INTERVAL_MS = 5_000;
/** Of earlier sources: going back and forth between two versions builds neither again. */
const KEPT_MS = 7 * 24 * 3600_000;

/**
 * @param build where the result goes
 * @param say gets lines for the user: of a build that begins, goes on, ends
 * @param limits of each step, in milliseconds
 * @returns the record in native.json, and whether this call made it
 */
export async function buildNative(build = join(root, "build"), say = (line) => process.stderr.write(`${line}\n`), limits = LIMITS) {
  const tools = await findTools(limits);
  const name = `native-${inputHash(tools).slice(0, 16)}`;
  const folder = join(build, name);
  const found = completeRecord(folder);
  if (found !== undefined) {
    // Built before, or by another process, for these very inputs.
    if (readRecord(build)?.folder !== name) writeRecord(build, found);
    return { ...found, fresh: false };
  }

  mkdirSync(build, { recursive: true });
  removeAbandoned(build);
  const temporary = `${folder}.${process.pid}.tmp`;
  const started = performance.now();
  mkdirSync(temporary);
  let record;
  try {
    const reason = await compile(temporary, tools, say, limits);
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    record = { folder: name, compiler: tools.compiler, ...(reason === undefined ? { status: "built", seconds } : { status: "failed", reason }) };
    writeRecord(temporary, record);
    exchange(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  writeRecord(build, record);
  return { ...record, fresh: true };
}

/** One line for the user. */
export function describeNative({ status, folder, compiler, reason, seconds }, build = join(root, "build")) {
  if (status === "built") return `native engine: built in ${seconds} s with ${compiler}`;
  return `native engine: not built (${reason}), so snarkjs proves, slower; see ${join(build, folder, "build.log")}; delete that folder to try again`;
}

/** Copies the sources, so that nothing is written beside them and an edit meanwhile has no effect. @returns why it failed, or undefined */
async function compile(folder, { compilerMissing, python, make, nodeHeaders }, say, limits) {
  const logFile = join(folder, "build.log");
  writeFileSync(logFile, "");
  const missing = compilerMissing ?? (python === undefined ? "no python3, which node-gyp needs" : process.platform !== "win32" && make === undefined ? "no make" : undefined);
  if (missing !== undefined) {
    writeFileSync(logFile, `${missing}\n`);
    return missing;
  }
  const work = join(folder, "work");
  cpSync(sourceFolder, work, { recursive: true, filter: (path) => !path.startsWith(join(sourceFolder, "build")) });
  const require = createRequire(join(root, "package.json"));
  let gyp;
  let modules;
  try {
    gyp = require.resolve("node-gyp/bin/node-gyp.js");
    modules = dirname(dirname(require.resolve("node-addon-api/package.json")));
  } catch (error) {
    return error.message.split("\n", 1)[0];
  }
  const directories = nodeHeaders === undefined ? [] : [`--nodedir=${nodeHeaders}`];
  const total = nativeFiles().filter((file) => /^(core|addon|program)[\\/].*\.cpp$/.test(file)).length;
  const jobs = availableParallelism();
  say(`native engine: compiling ${total} files (about a minute) ...`);
  const started = performance.now();
  const log = createWriteStream(logFile, { flags: "a" });
  let done = 0;
  let told = started;
  const errors = {};
  const onLine = (line) => {
    if (/\berror\b/.test(line)) errors.first ??= line.replace(`${work}${sep}`, "").slice(0, 200);
    if (!/^\s*(CXX|c\+\+|clang\+\+|g\+\+)/.test(line)) return;
    done++;
    const now = performance.now();
    if (now - told < PROGRESS_INTERVAL_MS) return;
    told = now;
    const left = Math.ceil((((now - started) / 1000) * (total - done)) / Math.max(1, done - jobs));
    say(`native engine: ${done} of ${total} files begun${done > jobs && done < total ? `, about ${left} s left` : ""}`);
  };
  try {
    // binding.gyp asks for node-addon-api from wherever it is copied to.
    const env = { NODE_PATH: modules };
    const configured = await runLogged([gyp, "configure", ...directories], { cwd: work, env, log, limit: limits.configure });
    if (configured !== undefined) {
      return `node-gyp configure ${configured}${nodeHeaders === undefined ? "; Node's headers are not beside it and may be out of reach" : ""}`;
    }
    const compiled = await runLogged([gyp, "build", "-j", String(jobs), ...directories], { cwd: work, env, log, limit: limits.compile }, onLine);
    if (compiled !== undefined) return `compiling ${compiled}${errors.first === undefined ? "" : `: ${errors.first}`}`;
    const output = join(work, "build/Release");
    renameSync(join(output, ADDON), join(folder, ADDON));
    renameSync(join(output, PROGRAM), join(folder, PROGRAM));
    // A module that the loader refuses, or whose start crashes, is found out here and not in the middle of the user's work.
    const loaded = await runLogged(["-e", "require(process.argv[1]).info()", join(folder, ADDON)], { cwd: folder, env, log, limit: limits.load });
    if (loaded !== undefined) return `loading the module ${loaded}`;
    return undefined;
  } finally {
    await new Promise((resolve) => log.end(resolve));
    rmSync(work, { recursive: true, force: true });
  }
}

/** Runs Node with these arguments. @returns undefined, or how it ended */
function runLogged(args, { cwd, env: more, log, limit }, onLine = () => {}) {
  // The node that runs this is the one that gyp finds.
  const env = { ...process.env, ...more, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}` };
  const rests = new Map();
  return runLimited(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] }, limit, (text, stream) => {
    log.write(text);
    const lines = ((rests.get(stream) ?? "") + text).split("\n");
    rests.set(stream, lines.pop());
    lines.forEach(onLine);
  });
}

/** Runs a program in a process group of its own: nothing of that outlives the program, the limit (in milliseconds) or this process. @returns undefined, or how it ended */
function runLimited(command, args, options, limit, onText) {
  return new Promise((settle) => {
    const isGroup = process.platform !== "win32";
    const child = spawn(command, args, { ...options, detached: isGroup });
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    for (const stream of streams) stream.setEncoding("utf8").on("data", (text) => onText(text, stream));
    const kill = () => {
      try {
        if (isGroup && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // Nothing of it runs any more.
      }
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      kill();
    }, limit);
    // A group of its own doesn't get the terminal's signals.
    const pass = (signal) => {
      kill();
      release();
      process.kill(process.pid, signal);
    };
    const release = () => {
      clearTimeout(timer);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, pass);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, pass);
    const end = (how) => {
      release();
      for (const stream of streams) stream.destroy();
      settle(how);
    };
    child.once("error", (error) => end(`could not start: ${error.message}`));
    child.once("exit", (code, signal) => {
      release();
      kill();
      const how = isLate ? `took longer than ${limit / 1000} s` : code === 0 ? undefined : signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`;
      const drained = setTimeout(() => end(how), DRAIN_MS);
      child.once("close", () => {
        clearTimeout(drained);
        end(how);
      });
    });
  });
}

async function findTools(limits) {
  const command = process.env.CXX ?? (process.platform === "darwin" ? "c++" : "g++");
  let compiler = command;
  let compilerMissing;
  if (process.platform !== "win32") {
    // CXX may hold options, or a launcher before the compiler.
    let answer = "";
    const failure = await runLimited(`${command} --version`, [], { shell: true, stdio: ["ignore", "pipe", "ignore"] }, limits.version, (text) => {
      answer += text;
    });
    if (failure === undefined) compiler = answer.split("\n", 1)[0].trim();
    else compilerMissing = `no C++ compiler: ${command} does not run (--version ${failure})`;
  }
  const prefix = join(dirname(process.execPath), "..");
  return {
    command, compiler, compilerMissing,
    python: process.env.PYTHON ?? process.env.npm_config_python ?? onPath("python3") ?? onPath("python"),
    make: onPath(process.env.MAKE ?? "make") ?? onPath("gmake"),
    nodeHeaders: existsSync(join(prefix, "include/node/node_api.h")) ? prefix : undefined,
  };
}

function onPath(command) {
  const extensions = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const extension of extensions) {
      const file = join(folder, command + extension);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

/** Paths below prover/native of what is compiled, sorted. */
function nativeFiles() {
  return readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(cpp|hpp|gyp|S)$/.test(file) && !/^(build|test)[\\/]/.test(file) && statSync(join(sourceFolder, file)).isFile())
    .sort();
}

function inputHash(tools) {
  const hash = createHash("sha256");
  const require = createRequire(join(root, "package.json"));
  const version = (name) => {
    try {
      return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")).version;
    } catch {
      return "absent";
    }
  };
  const { platform, arch, versions, env } = process;
  hash.update(JSON.stringify([platform, arch, versions.modules, versions.napi, version("node-gyp"), version("node-addon-api"), tools, env.CXXFLAGS, env.LDFLAGS]));
  for (const file of [...nativeFiles().map((name) => join(sourceFolder, name)), fileURLToPath(import.meta.url)]) {
    hash.update(`\0${file.slice(root.length).split(sep).join("/")}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** The record of a build that came to an end, if its files are still there. */
function completeRecord(folder) {
  const record = readRecord(folder);
  return record?.status === "failed" || (existsSync(join(folder, ADDON)) && existsSync(join(folder, PROGRAM))) ? record : undefined;
}

function readRecord(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, "native.json"), "utf8"));
  } catch {
    return undefined;
  }
}

function writeRecord(folder, record) {
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `native.json.${process.pid}.tmp`);
  writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(temporary, join(folder, "native.json"));
}

/** Another process may have been faster: its folder is as good, and may be in use. */
function exchange(temporary, folder) {
  if (completeRecord(folder) !== undefined) return;
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(temporary, folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  }
}

/** What builds of processes that are gone left behind, and builds of sources that are gone. */
function removeAbandoned(build) {
  for (const name of readdirSync(build)) {
    const [isOurs, owner] = /^native-[0-9a-f]+(?:\.(\d+)\.tmp)?$/.exec(name) ?? [];
    if (isOurs === undefined) continue;
    const path = join(build, name);
    const isOld = Date.now() - statSync(path).mtimeMs > KEPT_MS && readRecord(build)?.folder !== name;
    if (owner === undefined ? isOld : !isAlive(Number(owner))) rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [option, folder] = process.argv.slice(2);
  // Absolute: node-gyp and the module's loader run in other folders.
  const build = option === "--build" && folder !== undefined ? resolve(folder) : undefined;
  try {
    process.stderr.write(`${describeNative(await buildNative(build), build)}\n`);
  } catch (error) {
    process.stderr.write(`native engine: not built (${error.message}), so that snarkjs proves, slower\n`);
  }
}
