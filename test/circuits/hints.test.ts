/**
 * A hint (<--) is what a prover may choose: only the constraints behind it bind it. Each has a test in which a prover lies, and an
 * assert binds nobody, so signals never stand in one.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { circuitFiles, circuitSource, ROOT } from "../support/template.js";

interface Hint {
  readonly file: string;
  readonly statement: string;
}

/** A hint and the test file that forges it: there, the statement is what an edit replaces. */
const FORGED: readonly (Hint & { readonly forgedIn: string })[] = [
  { file: "lib/division.circom", statement: "out <-- (in + 2 ** shift - 1) >> shift;", forgedIn: "division.test.ts" },
  { file: "lib/division.circom", statement: "ceil <-- (in + divisor * 2 ** (bits - 1) + divisor - 1) \\ divisor - 2 ** (bits - 1);", forgedIn: "division.test.ts" },
  { file: "worst-loss.circom", statement: "maximum <-- best;", forgedIn: "worst-loss.test.ts" },
];

/** Asserts that hold or fail at compile time, and the template parameters in them. */
const ASSERTED: readonly (Hint & { readonly parameters: readonly string[] })[] = [
  { file: "lib/division.circom", statement: "assert(shift + bits <= 250);", parameters: ["shift", "bits"] },
  { file: "lib/division.circom", statement: "assert(divisorBits + bits <= 250);", parameters: ["divisorBits", "bits"] },
  { file: "margin.circom", statement: "assert(scenarios % 4 == 0);", parameters: ["scenarios"] },
  { file: "margin.circom", statement: "assert(stressRows % 4 == 0);", parameters: ["stressRows"] },
  { file: "scenario-pnl.circom", statement: "assert(positions <= 450);", parameters: ["positions"] },
  { file: "scenario-pnl.circom", statement: "assert(buckets <= 32);", parameters: ["buckets"] },
  { file: "scenario-pnl.circom", statement: "assert(scenarios % 4 == 0);", parameters: ["scenarios"] },
  { file: "scenario-pnl.circom", statement: "assert(scenarios / 4 <= 62);", parameters: ["scenarios"] },
];

const order = (hints: readonly Hint[]) => hints.map(({ file, statement }) => `${file}: ${statement}`).sort();
const found = (matches: (statement: string) => boolean): Hint[] =>
  circuitFiles().flatMap((file) => statementsOf(circuitSource(file)).filter(matches).map((statement) => ({ file, statement })));

describe("hints", () => {
  it("are all listed here with the test that forges them, and nothing else is", () => {
    expect(order(found((statement) => /<--|-->/.test(statement)))).toEqual(order(FORGED));
  });

  it.each(FORGED)("$statement is replaced by a lie in $forgedIn", ({ statement, forgedIn }) => {
    const test = readFileSync(join(ROOT, "test/circuits", forgedIn), "utf8");
    // A string literal in the test: as an edit's `from`, or as the constant that is one.
    const literal = statement.replaceAll("\\", "\\\\").replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    expect(test).toMatch(new RegExp(`\\bfrom(: | = )"${literal}"`));
    expect(test).toContain("expectRefused(");
  });
});

describe("asserts", () => {
  it("are all listed here, and nothing else is", () => {
    expect(order(found((statement) => /\bassert\b/.test(statement)))).toEqual(order(ASSERTED));
  });

  it.each(ASSERTED)("$statement names template parameters only, never a signal", ({ file, statement, parameters }) => {
    const names = [...new Set(statement.replace(/^assert/, "").match(/[A-Za-z_]\w*/g) ?? [])];
    expect(names.sort()).toEqual([...parameters].sort());
    const source = withoutComments(circuitSource(file));
    const template = source.slice(0, source.indexOf(statement)).match(/template \w+\(([^)]*)\)/g)!.at(-1)!;
    for (const name of names) expect(template).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

describe("statements of a circuit", () => {
  it("are found across lines and after braces, and not in comments", () => {
    const source = "// a <-- b;\n/* c <-- d; */\nif (x) { e <--\n    f; }\nfor (var i = 0; i < 2; i++) { g[i] <-- h; }";
    expect(statementsOf(source).filter((statement) => statement.includes("<--"))).toEqual(["e <-- f;", "g[i] <-- h;"]);
  });
});

/** With one space where the source has any white space. */
function statementsOf(source: string): string[] {
  return withoutComments(source).split(/(?<=;)|[{}]/).map((statement) => statement.replace(/\s+/g, " ").trim()).filter((statement) => statement.endsWith(";"));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
