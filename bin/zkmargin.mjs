#!/usr/bin/env node
// The command line, compiled. In a checkout it is built by the demo, the tests, or `npm run build`.
import { existsSync } from "node:fs";

const main = new URL("../dist/src/cli/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write("error: not built yet: run npm run build (or npm run demo) first\n");
  process.exitCode = 2;
}
