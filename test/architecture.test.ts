import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/template.js";

/** Earlier to later; imports run from later to earlier only. */
const STAGES = ["src/math", "src/market", "src/policy", "src/risk", "src/witness", "src/signer", "src/report", "prover", "src/relayer", "src/cli", "src/demo", "src/bench"];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function stageOf(path: string): number {
  return STAGES.findIndex((stage) => path.startsWith(`${stage}/`));
}

const files = STAGES.flatMap((stage) => sources(stage));
const imports = files.flatMap((file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)]
    .map(([, target]) => relative(ROOT, resolve(dirname(join(ROOT, file)), target!)))
    .filter((target) => stageOf(target) >= 0)
    .map((target) => ({ file, target }));
});

describe("the source tree", () => {
  it("has every file in a stage", () => {
    expect(readdirSync(join(ROOT, "src")).map((name) => `src/${name}`).filter((name) => !STAGES.includes(name))).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });
  it("imports from later to earlier stages only", () => {
    expect(imports.filter(({ file, target }) => stageOf(target) > stageOf(file))).toEqual([]);
  });
  it("has no floating point in the risk core", () => {
    const core = files.filter((file) => /^src\/(math|policy|risk|witness|signer)\//.test(file));
    const floats = core.filter((file) => /\bMath\.(?!(floor|max|min|ceil|imul)\()|parseFloat|\d\.\d+(?!["\d])\b/.test(stripped(file)));
    expect(floats).toEqual([]);
  });
  it("has neither default exports nor barrels", () => {
    expect(files.filter((file) => /^export (default|\* from)/m.test(readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
  });
});

/** Without comments and strings, where decimals are text. */
function stripped(file: string): string {
  return readFileSync(join(ROOT, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/`[^`]*`|"(?:\\.|[^"\n])*"|'[^'\n]*'/g, "");
}
