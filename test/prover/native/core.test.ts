/**
 * The engine's own tests in C++, compiled with the address and the undefined-behaviour sanitizer, and a run of the fuzzer of its file readers.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { loadNativeEngine } from "../../../prover/backends/native-engine.js";

interface ProgramResult {
  readonly name: string;
  readonly passed: boolean;
  /** Back ends that it tested, and those whose instructions this processor does not have. */
  readonly covers: readonly string[];
  readonly notCovered: readonly string[];
  readonly output: string;
}

const script = fileURLToPath(new URL("../../../scripts/native-tests.mjs", import.meta.url));

const programs = [
  ...readdirSync(fileURLToPath(new URL("../../../prover/native/test", import.meta.url))).flatMap((file) => /^(.*)\.test\.cpp$/.exec(file)?.[1] ?? []),
  "fuzz-files",
];

/** In a process of its own: whatever ends it ends no other test. */
function runAll(): Promise<readonly ProgramResult[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.once("error", reject);
    child.once("close", () => {
      if (output === "") reject(new Error(errors));
      else resolve((JSON.parse(output) as { programs: readonly ProgramResult[] }).programs);
    });
  });
}

describe("the engine's C++", () => {
  let results: readonly ProgramResult[];
  // What has changed is compiled first.
  beforeAll(async () => {
    results = await runAll();
  }, 1_200_000);

  it.each(programs)("passes %s under the sanitizers", (name) => {
    const result = results.find((each) => each.name === name);
    expect(result?.passed, result?.output).toBe(true);
  });

  const { backends } = loadNativeEngine().info();
  const names = (available: boolean) => new Set(backends.filter((each) => each.available === available).map(({ name }) => name));
  const missing = names(false).size === 0 ? "" : ` (not covered, as this processor can't run it: ${[...names(false)].join(", ")})`;

  it(`is tested in ${[...names(true)].join(", ")}${missing}`, () => {
    for (const program of ["multi-scalar", "transform", "rows"]) {
      const result = results.find(({ name }) => name === program)!;
      expect(new Set(result.covers), program).toEqual(names(true));
      expect(new Set(result.notCovered), program).toEqual(names(false));
    }
    for (const kernel of ["lanes", "list-sums"]) {
      const both = results.filter(({ name }) => name === kernel || name === `${kernel}-ifma`);
      expect(new Set(both.flatMap(({ covers }) => covers)), kernel).toEqual(names(true));
    }
  });
});
