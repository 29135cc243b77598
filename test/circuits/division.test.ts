import { describe, expect, it } from "vitest";
import { P, toField } from "../../src/math/field.js";
import { expectRefused } from "../support/lies.js";
import { compileTemplate, ConstraintViolation, type Edit } from "../support/template.js";

const file = "lib/division.circom";

describe("CeilDivPow2", () => {
  const template = { file, instance: "CeilDivPow2(4, 8)" };

  it("rounds up", async () => {
    const circuit = await compileTemplate(template);
    for (const [value, ceil] of [[0n, 0n], [1n, 1n], [16n, 1n], [17n, 2n], [4080n, 255n], [P - 15n, 0n]] as const) {
      expect(await circuit.run({ in: value }), String(value)).toEqual([ceil]);
    }
  });

  it("has no witness beyond its range", async () => {
    const circuit = await compileTemplate(template);
    for (const value of [4081n, P - 16n, P / 2n]) await expect(circuit.run({ in: value }), String(value)).rejects.toBeInstanceOf(ConstraintViolation);
  });

  const hint = (lie: string): Edit => ({ file, from: "out <-- (in + 2 ** shift - 1) >> shift;", to: `out <-- ((in + 2 ** shift - 1) >> shift)${lie};` });
  const remainder = { file, statement: "remainderRange.in <== out * 2 ** shift - in;" };

  it("refuses a quotient one too low, with the remainder that fits it", () =>
    expectRefused({ template, honest: { in: 40 }, hints: [hint(" - 1")], pin: remainder, without: "remainderRange.in <== 0;" }));
  it("refuses a quotient one too high", () =>
    expectRefused({ template, honest: { in: 40 }, hints: [hint(" + 1")], pin: remainder, without: "remainderRange.in <== 0;" }));
  it("refuses a quotient that wraps modulo p", () =>
    // 2^-4 in the field: times 16 it is 1, with remainder 1 for 0.
    expectRefused({
      template, honest: { in: 0 }, hints: [{ file, from: "out <-- (in + 2 ** shift - 1) >> shift;", to: "out <-- 1 / 16;" }],
      pin: { file, statement: "component quotientRange = Num2Bits(bits);\n    quotientRange.in <== out;" },
    }));
});

describe("CeilDiv", () => {
  const template = { file, instance: "CeilDiv(8, 16)" };

  it("rounds a signed dividend up and gives the multiple", async () => {
    const circuit = await compileTemplate(template);
    for (const [dividend, divisor, ceil] of [[7n, 2n, 4n], [-7n, 2n, -3n], [0n, 255n, 0n], [-255n, 255n, -1n], [32767n, 1n, 32767n], [-32768n, 1n, -32768n]] as const) {
      expect(await circuit.run({ in: toField(dividend), divisor }), `${dividend} / ${divisor}`).toEqual([toField(ceil), toField(ceil * divisor)]);
    }
  });

  it("has no witness for a divisor of 0 or a quotient beyond its range", async () => {
    const circuit = await compileTemplate({ ...template, edits: [zeroSafe] });
    await expect(circuit.run({ in: 5, divisor: 0 })).rejects.toBeInstanceOf(ConstraintViolation);
    await expect(circuit.run({ in: 0, divisor: 0 })).rejects.toBeInstanceOf(ConstraintViolation);
    await expect(circuit.run({ in: 32768, divisor: 1 })).rejects.toBeInstanceOf(ConstraintViolation);
  });

  const from = "ceil <-- (in + divisor * 2 ** (bits - 1) + divisor - 1) \\ divisor - 2 ** (bits - 1);";
  // The honest hint divides by the divisor; a forger's need not.
  const zeroSafe: Edit = { file, from, to: from.replace("\\ divisor", "\\ (divisor == 0 ? 1 : divisor)") };
  const hint = (lie: string): Edit => ({ file, from, to: from.replace(";", `${lie};`) });

  it("refuses a signed quotient one too low, with the remainder that fits it", () =>
    expectRefused({ template, honest: { in: 40, divisor: 7 }, hints: [hint(" - 1")], pin: { file, statement: "remainderRange.in <== multiple - in;" }, without: "remainderRange.in <== 0;" }));
  it("refuses a signed quotient one too high, whose remainder is the divisor or more", () =>
    expectRefused({ template, honest: { in: 40, divisor: 7 }, hints: [hint(" + 1")], pin: { file, statement: "remainderBelow.in <== divisor - 1 - (multiple - in);" }, without: "remainderBelow.in <== 0;" }));
  it("refuses a signed quotient that wraps modulo p", () =>
    expectRefused({
      template, honest: { in: 0, divisor: 2 }, hints: [{ file, from, to: "ceil <-- 1 / 2;" }],
      pin: { file, statement: "quotientRange.in <== ceil + 2 ** (bits - 1);" }, without: "quotientRange.in <== 0;",
    }));
});
