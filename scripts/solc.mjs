#!/usr/bin/env node
// The command line of the native compiler, as far as forge uses it, on top of npm `solc`: `--version`, and `--standard-json` from
// stdin to stdout. `src/relayer/compile-contracts.ts` runs the same file, so forge and the deployment tools share one compiler.
//
// forge inlines every source, so --include-path and --allow-paths are accepted and need no effect. Those outside of its project it names by
// absolute paths, where imports among them, which are relative to --base-path, don't find them: the names are made relative here.

import { createRequire } from "node:module";
import { readFileSync, writeSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";

const require = createRequire(import.meta.url);

const USAGE = "usage: solc.mjs --version | --standard-json [path options] < input.json > output.json";
const OPTIONS_WITH_VALUE = new Set(["--base-path", "--include-path", "--allow-paths"]);

/** Loads the compiler without its npm wrapper, whose handlers turn every rejection of the process into a crash. */
function loadCompiler() {
  const listeners = process.listeners("uncaughtException");
  const rejections = process.listeners("unhandledRejection");
  const soljson = require("solc/soljson.js");
  restoreListeners("uncaughtException", listeners);
  restoreListeners("unhandledRejection", rejections);
  return soljson;
}

function restoreListeners(event, listeners) {
  process.removeAllListeners(event);
  for (const listener of listeners) process.on(event, listener);
}

/**
 * Compiles a standard-JSON input. The text is handed over in memory allocated by the compiler: npm `solc` passes it through the
 * WASM stack (cwrap's "string"), which a large project overflows.
 */
function compileStandardJson(soljson, input) {
  const size = soljson.lengthBytesUTF8(input) + 1;
  const pointer = soljson._malloc(size);
  if (pointer === 0) throw new Error(`the compiler could not allocate ${size} bytes for its input`);
  soljson.stringToUTF8(input, pointer, size);
  // No import callback (0) and no callback context (0): the sources are all in the input.
  const output = soljson.UTF8ToString(soljson._solidity_compile(pointer, 0, 0));
  soljson._free?.(pointer);
  return output;
}

/** A standard-JSON input whose sources have no absolute names. */
function withRelativeNames(input, basePath) {
  const { sources, ...rest } = JSON.parse(input);
  const named = Object.entries(sources).map(([name, source]) => [isAbsolute(name) ? relative(basePath, name).split(sep).join("/") : name, source]);
  return JSON.stringify({ ...rest, sources: Object.fromEntries(named) });
}

function compilerVersion(soljson) {
  return soljson.UTF8ToString(soljson._solidity_version());
}

function writeAll(text) {
  const bytes = Buffer.from(text, "utf8");
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(1, bytes, offset);
    } catch (error) {
      // A pipe whose reader is slower than us.
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function main(args) {
  const flags = [];
  let basePath = ".";
  for (let i = 0; i < args.length; i++) {
    if (OPTIONS_WITH_VALUE.has(args[i])) {
      if (args[i] === "--base-path") basePath = args[i + 1];
      i++;
    } else flags.push(args[i]);
  }
  if (flags.length !== 1 || (flags[0] !== "--version" && flags[0] !== "--standard-json")) {
    process.stderr.write(`unsupported arguments: ${args.join(" ")}\n${USAGE}\n`);
    return 2;
  }
  const soljson = loadCompiler();
  if (flags[0] === "--version") {
    writeAll(`solc, the solidity compiler commandline interface\nVersion: ${compilerVersion(soljson)}\n`);
  } else {
    writeAll(`${compileStandardJson(soljson, withRelativeNames(readFileSync(0, "utf8"), basePath))}\n`);
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
