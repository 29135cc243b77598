#!/usr/bin/env node
// The command line of the native compiler, as far as forge uses it, on top of npm `solc`: `--version`, and `--standard-json` from
// stdin to stdout. `src/relayer/compile-contracts.ts` runs the same file, so forge and the deployment tools share one compiler.
//
// forge inlines every source, so the path options (--base-path, --include-path, --allow-paths) are accepted and need no effect.

import { createRequire } from "node:module";
import { readFileSync, writeSync } from "node:fs";

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
  for (let i = 0; i < args.length; i++) {
    if (OPTIONS_WITH_VALUE.has(args[i])) i++;
    else flags.push(args[i]);
  }
  if (flags.length !== 1 || (flags[0] !== "--version" && flags[0] !== "--standard-json")) {
    process.stderr.write(`unsupported arguments: ${args.join(" ")}\n${USAGE}\n`);
    return 2;
  }
  const soljson = loadCompiler();
  if (flags[0] === "--version") {
    writeAll(`solc, the solidity compiler commandline interface\nVersion: ${compilerVersion(soljson)}\n`);
  } else {
    writeAll(`${compileStandardJson(soljson, readFileSync(0, "utf8"))}\n`);
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
