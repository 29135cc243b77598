import { describe, expect, it } from "vitest";
import { toField } from "../../src/math/field.js";
import { expectedShortfall } from "../../src/risk/expected-shortfall.js";
import { expectRefused } from "../support/lies.js";
import { seededRandom } from "../support/random.js";
import { compileTemplate, type Edit } from "../support/template.js";

const file = "expected-shortfall.circom";
const N = 8;
const template = { file, instance: `ExpectedShortfall(${N})` };

function honest(losses: readonly bigint[], weights: readonly number[], tail: bigint) {
  const { threshold, inTail, boundary } = expectedShortfall(losses, weights, tail);
  return {
    loss: losses.map(toField), weight: weights, tail, threshold: toField(threshold),
    inTail: inTail.map(Number), boundary: losses.map((_, s) => Number(s === boundary)),
  };
}

// Worst first: 90 (weight 3), 70 (4), 50 (5), 50 (2) ...; T = 10 takes 3 x 90 + 4 x 70 + 3 x 50 = 700, ES = 70.
const LOSSES = [50n, -20n, 90n, 10n, 70n, 50n, 0n, -5n];
const WEIGHTS = [5, 8, 3, 9, 4, 2, 1, 7];

describe("ExpectedShortfall", () => {
  it("takes the mean of the worst T", async () => {
    const circuit = await compileTemplate(template);
    expect(await circuit.run(honest(LOSSES, WEIGHTS, 10n))).toEqual([70n]);
  });

  it("gives the risk core's value for random losses, with ties, zero weights and all of the weight in the tail", async () => {
    const circuit = await compileTemplate(template);
    const random = seededRandom(7);
    for (let run = 0; run < 40; run++) {
      const spread = random.pick([1n, 3n, 1n << 61n]);
      const losses = LOSSES.map(() => random.big(-spread, spread));
      const weights = LOSSES.map((_, s) => (s === 0 ? 5 : random.integer(0, 9)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const tail = BigInt(random.pick([1, total, random.integer(1, total)]));
      expect(await circuit.run(honest(losses, weights, tail))).toEqual([toField(expectedShortfall(losses, weights, tail).es)]);
    }
  });

  const base = honest(LOSSES, WEIGHTS, 10n);
  const side = { file, statement: "side[s].in <== 2 * excess[s] - (loss[s] - threshold);" };
  const thetaRange = { file, statement: "thetaRange.in <== tail - tailSum;" };
  const thetaBelow = { file, statement: "thetaBelow.in <== boundarySum - (tail - tailSum);" };
  const boundaryPin = { file, statement: "boundary[s] * (2 * (loss[s] - threshold) + inTail[s]) === 0;" };

  // A wrong side can give less than ES. A wrong weight with right sides can only give more: the account might be liquidated by it.
  it("refuses a lower threshold with a boundary that is honest there", async () => {
    // t = 10: the 50s count in neither tail nor boundary.
    const { forged } = await expectRefused({ template, honest: base, forged: { threshold: 10, boundary: [0, 0, 0, 1, 0, 0, 0, 0] }, pin: side, without: "side[s].in <== 0;" });
    expect(forged).toEqual([58n]);
  });
  it("refuses a higher threshold that leaves weight uncovered", async () => {
    // t = 70 with 90 in the tail: 7 is left for a boundary of weight 4.
    const { forged } = await expectRefused({
      template, honest: base, forged: { threshold: 70, inTail: [0, 0, 1, 0, 0, 0, 0, 0], boundary: [0, 0, 0, 0, 1, 0, 0, 0] },
      pin: thetaBelow, without: "thetaBelow.in <== 0;",
    });
    expect(forged).toEqual([76n]);
  });
  it("refuses exchanged tail members", async () => {
    // 90 out, 50 in.
    const { forged } = await expectRefused({
      template, honest: base, forged: { inTail: [1, 0, 0, 0, 1, 0, 0, 0], boundary: [0, 0, 0, 0, 0, 1, 0, 0] }, pin: side, without: "side[s].in <== 0;",
    });
    expect(forged).toEqual([58n]);
  });
  it("refuses a tail heavier than T", async () => {
    // t = 10 with both 50s in the tail: 14 of 10.
    const { forged } = await expectRefused({
      template, honest: base, forged: { threshold: 10, inTail: [1, 0, 1, 0, 1, 1, 0, 0], boundary: [0, 0, 0, 1, 0, 0, 0, 0] },
      pin: thetaRange, without: "thetaRange.in <== 0;", alsoWithout: [{ file, from: thetaBelow.statement, to: "thetaBelow.in <== 0;" }],
    });
    expect(forged).toEqual([86n]);
  });
  it("refuses a boundary that is not at the threshold", async () => {
    const { forged } = await expectRefused({ template, honest: base, forged: { threshold: 60, boundary: [1, 0, 0, 0, 0, 0, 0, 0] }, pin: boundaryPin });
    expect(forged).toEqual([73n]);
  });
  it("refuses a boundary that is in the tail", async () => {
    // 70 is both in the tail and the boundary of what is left: nothing of the 50s is counted.
    const { forged } = await expectRefused({
      template, honest: base, forged: { threshold: 70, boundary: [0, 0, 0, 0, 1, 0, 0, 0] }, pin: boundaryPin,
      without: "boundary[s] * (loss[s] - threshold) === 0;",
    });
    expect(forged).toEqual([76n]);
  });
  it("refuses a second boundary, though at the same loss it gives the same ES", async () => {
    const { forged } = await expectRefused({ template, honest: base, forged: { boundary: [1, 0, 0, 0, 0, 1, 0, 0] }, pin: { file, statement: "boundaries === 1;" } });
    expect(forged).toEqual([70n]);
  });
  it("refuses boundary flags that are not boolean", () =>
    // Weights 5 and 2 of the two at 50: 2 x 5 - 2 = 8 covers what two flags could not.
    expectRefused({
      template, honest: base,
      forged: { boundary: [2, 0, 0, 0, 0, toField(-1n), 0, 0] },
      pin: { file, statement: "boundaryBits.in <== boundary;" }, without: "for (var s = 0; s < scenarios; s++) { boundaryBits.in[s] <== 0; }",
    }));
  it("refuses tail flags that are not boolean", () =>
    expectRefused({
      template, honest: honest([0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n], WEIGHTS, 10n),
      forged: { inTail: [0, 0, 0, toField(-1n), 0, 0, 3, 0], tail: 8, boundary: [0, 1, 0, 0, 0, 0, 0, 0], threshold: 0 },
      pin: { file, statement: "tailBits.in <== inTail;" }, without: "for (var s = 0; s < scenarios; s++) { tailBits.in[s] <== 0; }",
      alsoWithout: [
        { file, from: thetaRange.statement, to: "thetaRange.in <== 0;" },
        { file, from: thetaBelow.statement, to: "thetaBelow.in <== 0;" },
      ],
    }));
  it("refuses T = 0, which would free ES", () => {
    // The forger's ES is 0, whatever the losses.
    const zeroSafe: Edit = {
      file: "lib/division.circom", from: "ceil <-- (in + divisor * 2 ** (bits - 1) + divisor - 1) \\ divisor - 2 ** (bits - 1);",
      to: "ceil <-- divisor == 0 ? 0 : (in + divisor * 2 ** (bits - 1) + divisor - 1) \\ (divisor == 0 ? 1 : divisor) - 2 ** (bits - 1);",
    };
    return expectRefused({
      template, honest: base, hints: [zeroSafe],
      forged: { tail: 0, threshold: 90, inTail: [0, 0, 0, 0, 0, 0, 0, 0], boundary: [0, 0, 1, 0, 0, 0, 0, 0] },
      pin: { file: "lib/division.circom", statement: "remainderBelow.in <== divisor - 1 - (multiple - in);" }, without: "remainderBelow.in <== 0;",
    });
  });
  it.each([-1, 1])("refuses a mean off by %i", async (by) => {
    const division = "lib/division.circom";
    const from = "ceil <-- (in + divisor * 2 ** (bits - 1) + divisor - 1) \\ divisor - 2 ** (bits - 1);";
    const pinned = by < 0 ? { range: "remainderRange", value: "multiple - in" } : { range: "remainderBelow", value: "divisor - 1 - (multiple - in)" };
    const outcome = await expectRefused({
      template, honest: base, hints: [{ file: division, from, to: from.replace(";", ` + (${by});`) }],
      pin: { file: division, statement: `${pinned.range}.in <== ${pinned.value};` }, without: `${pinned.range}.in <== 0;`,
    });
    expect(outcome.forged).toEqual([70n + BigInt(by)]);
  });
  it("refuses weight carried from one lane to the next: 1 more here, 2^20 less there, with the same packed element", () =>
    // Lanes of scenario 3 and 4: the packed sum w_3 2^60 + w_4 2^80 stays, and the weight of the loss of 70 is gone.
    expectRefused({
      template, honest: honest(LOSSES, WEIGHTS, 10n),
      forged: { ...honestWith(WEIGHTS.map((weight, s) => (s === 3 ? weight + 2 ** 20 : s === 4 ? weight - 1 : weight))) },
      pin: { file, statement: "weightRange[s].in <== weight[s];" }, without: "weightRange[s].in <== 0;",
    }));

  function honestWith(weights: readonly number[]) {
    return honest(LOSSES, weights, 10n);
  }
});
