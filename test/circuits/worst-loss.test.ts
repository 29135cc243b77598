import { describe, expect, it } from "vitest";
import { ceilDiv } from "../../src/math/fixed-point.js";
import { toField } from "../../src/math/field.js";
import { expectRefused } from "../support/lies.js";
import { seededRandom } from "../support/random.js";
import { compileTemplate } from "../support/template.js";

const file = "worst-loss.circom";
const template = { file, instance: "WorstLoss(4)" };

describe("WorstLoss", () => {
  it("is the largest damped loss, at least 0, rounded up", async () => {
    const circuit = await compileTemplate(template);
    const random = seededRandom(11);
    for (let run = 0; run < 40; run++) {
      const size = random.pick([2n, 1000n, 1n << 61n]);
      const losses = [0, 1, 2, 3].map(() => random.big(-size, size));
      const damping = losses.map(() => random.integer(0, 1023));
      const candidates = losses.map((loss, k) => ceilDiv(BigInt(damping[k]! + 1) * loss, 1024n));
      const expected = [0n, ...candidates].reduce((a, b) => (a > b ? a : b));
      expect(await circuit.run({ loss: losses.map(toField), damping })).toEqual([expected]);
    }
  });

  it("is 0 for a book that gains in every row", async () => {
    const circuit = await compileTemplate(template);
    expect(await circuit.run({ loss: [-1n, -5n, -1n << 60n, -2n].map(toField), damping: [0, 1023, 5, 9] })).toEqual([0n]);
  });

  // Damped: 512 x 100 = 51,200 is the largest.
  const honest = { loss: [100n, 30n, -7n, 0n].map(toField), damping: [511, 1023, 1023, 0] };
  const hint = (value: string) => [{ file, from: "maximum <-- best;", to: `maximum <-- ${value};` }];

  it("refuses another row's loss as the maximum", () =>
    expectRefused({ template, honest, hints: hint("damped[1]"), pin: { file, statement: "atLeast[k].in <== maximum - damped[k];" }, without: "atLeast[k].in <== 0;" }));
  it("refuses a maximum that no row has, above and within them", () =>
    expectRefused({ template, honest, hints: hint("best + 1"), pin: { file, statement: "product[rows] === 0;" } }));
  it("refuses a negative maximum for a book that gains", () =>
    expectRefused({
      template, honest: { loss: [-100n, -30n, -7n, -2048n].map(toField), damping: [1023, 1023, 1023, 1023] },
      hints: hint("damped[2]"),
      pin: { file, statement: "notNegative.in <== maximum;" }, without: "notNegative.in <== 0;",
      alsoWithout: [{ file: "lib/division.circom", from: "quotientRange.in <== out;", to: "quotientRange.in <== 0;" }, { file: "lib/division.circom", from: "out <-- (in + 2 ** shift - 1) >> shift;", to: "out <-- -7;" }],
    }));
  it.each([-1, 1])("refuses a worst loss off by %i", async (by) => {
    const division = "lib/division.circom";
    const outcome = await expectRefused({
      template, honest, hints: [{ file: division, from: "out <-- (in + 2 ** shift - 1) >> shift;", to: `out <-- ((in + 2 ** shift - 1) >> shift) + (${by});` }],
      pin: { file: division, statement: "remainderRange.in <== out * 2 ** shift - in;" }, without: "remainderRange.in <== 0;",
    });
    expect(outcome.forged).toEqual([50n + BigInt(by)]);
  });
  it("refuses damping carried between lanes", () =>
    // field 0 is 1,024 too low and field 1 one too high: the same packed element, and row 0 gains.
    expectRefused({
      template, honest, forged: { damping: [toField(511n - 1024n), 1024, 1023, 0] },
      pin: { file, statement: "dampingRange[k].in <== damping[k];" }, without: "dampingRange[k].in <== 0;",
    }));
});
