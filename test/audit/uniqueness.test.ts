import { describe, expect, it } from "vitest";
import { tierCircuit } from "../../prover/artifacts.js";
import type { Template } from "../support/template.js";
import { compileSystem } from "./compile.js";
import { readSystem } from "./forms.js";
import { openSignals, rulesOf } from "./statements.js";
import { INPUTS, SUBJECTS } from "./subjects.js";
import { auditUniqueness, type Rule } from "./uniqueness.js";

describe.each(SUBJECTS)("$name", (subject) => {
  it.each(subject.statements)("$claim", async (statement) => {
    expect(openSignals(await compileSystem(subject), statement)).toEqual([]);
  });
});

function countOf(rules: readonly (Rule | undefined)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const rule of rules) counts[rule ?? "open"] = (counts[rule ?? "open"] ?? 0) + 1;
  return counts;
}

describe("Poseidon", () => {
  it.each([5, 8, 11, 16])("of %i inputs is a function of them by propagation alone", async (n) => {
    const rules = rulesOf(await compileSystem({ file: "lib/poseidon.circom", instance: `Poseidon(${n})` }), INPUTS);
    expect(Object.keys(countOf(rules)).sort()).toEqual(["given", "linear"]);
  });
});

describe("tier S as it is deployed", () => {
  it("has no wire that is not a function of the inputs", { timeout: 300_000 }, async () => {
    const { r1cs, sym, statistics } = await tierCircuit("S");
    const system = readSystem(r1cs, sym);
    const { given, linear, bits, ...byLemma } = countOf(auditUniqueness(system).rules);
    expect(given! + linear! + bits!).toBe(statistics.wires - 9);
    // Two results a division: ES, requirement and equity. One zero test an adjacent pair of buckets, whose inverse is free where they are equal.
    expect(byLemma).toEqual({ division: 6, "zero test": 1, free: 1, maximum: 1 });
  });
  it("has a row with each public input, so that none can be exchanged", async () => {
    const { r1cs, sym } = await tierCircuit("S");
    const { rows, names, outputs, publicInputs } = readSystem(r1cs, sym);
    const mentioned = new Set(rows.flatMap(({ a, b, c }) => [...a.keys(), ...b.keys(), ...c.keys()]));
    const inputs = Array.from({ length: publicInputs }, (_, i) => 1 + outputs + i);
    expect(inputs.map((wire) => names[wire])).toEqual(["main.context", "main.terms"]);
    expect(inputs.filter((wire) => !mentioned.has(wire))).toEqual([]);
  });
});

describe("the audit leaves open what is known to be open:", () => {
  const open = async (template: Template) => openSignals(await compileSystem(template), INPUTS);
  const bitify = "circomlib/circuits/bitify.circom";
  const comparators = "circomlib/circuits/comparators.circom";

  it("bits of a number that wraps: Num2Bits(254)", async () => {
    expect((await open({ file: bitify, instance: "Num2Bits(254)" })).length).toBe(254);
    expect(await open({ file: bitify, instance: "Num2Bits(253)" })).toEqual([]);
  });
  it("a zero test that may say no of zero, or yes of anything", async () => {
    expect(await open({ file: comparators, instance: "IsZero()" })).toEqual([]);
    expect(await open({ file: comparators, instance: "IsZero()", edits: [{ file: comparators, from: "in*out === 0;", to: "" }] })).toEqual(["main.out", "main.inv"]);
    expect(await open({ file: comparators, instance: "IsZero()", edits: [{ file: comparators, from: "out <== -in*inv +1;", to: "out <-- -in*inv +1;" }] })).toEqual(["main.out", "main.inv"]);
  });
  it("an inverse that is used: as an output of a zero test, the flag is concluded and the inverse is not", async () => {
    expect(await open({ file: comparators, instance: "IsZero()", edits: [{ file: comparators, from: "signal inv;", to: "signal output inv;" }] })).toEqual(["main.inv"]);
  });
  it.each([["weights that wrap", "Num2Bits(20);\n        weightRange", "Num2Bits(65);\n        weightRange"], ["distances that wrap", "side[s] = Num2Bits(63);", "side[s] = Num2Bits(101);"]])("a shortfall with %s", async (_, from, to) => {
    const file = "expected-shortfall.circom";
    const { statements: [, anyCertificate] } = SUBJECTS.find((subject) => subject.file === file)!;
    expect(openSignals(await compileSystem({ file, instance: "ExpectedShortfall(4)", edits: [{ file, from, to }] }), anyCertificate!)).toContain("main.es");
  });
  it.each([
    ["a quotient that wraps", "quotientRange.in <== ceil + 2 ** (bits - 1);", "quotientRange.in <== 0;"],
    ["a remainder below 0", "remainderRange.in <== multiple - in;", "remainderRange.in <== 0;"],
    ["a remainder above the divisor", "remainderBelow.in <== divisor - 1 - (multiple - in);", "remainderBelow.in <== 0;"],
    ["a remainder up to twice the divisor", "remainderBelow.in <== divisor - 1 - (multiple - in);", "remainderBelow.in <== 2 * divisor - 1 - (multiple - in);"],
  ])("%s", async (_, from, to) => {
    expect(await open({ file: "lib/division.circom", instance: "CeilDiv(3, 4)", edits: [{ file: "lib/division.circom", from, to }] })).toContain("main.ceil");
  });
  it("a division whose product wraps", async () => {
    const assertion = { file: "lib/division.circom", from: "assert(divisorBits + bits <= 250);", to: "" };
    expect(await open({ file: "lib/division.circom", instance: "CeilDiv(126, 127)", edits: [assertion] })).toContain("main.ceil");
    expect(await open({ file: "lib/division.circom", instance: "CeilDiv(125, 125)" })).toEqual([]);
  });
  it("a signal that nothing binds", async () => {
    expect(await open({ file: "lib/select.circom", instance: "Select(2)", edits: [{ file: "lib/select.circom", from: "out <== level[last];", to: "out <-- level[last];" }] })).toEqual(["main.out"]);
  });
});
