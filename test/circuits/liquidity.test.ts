import { describe, expect, it } from "vitest";
import { ceilDiv } from "../../src/math/fixed-point.js";
import { toField } from "../../src/math/field.js";
import { expectRefused } from "../support/lies.js";
import { seededRandom } from "../support/random.js";
import { compileTemplate, type Edit } from "../support/template.js";

const file = "liquidity.circom";
const LAMBDA = 1n << 60n;

describe("Liquidity", () => {
  it("sees an asset's whole delta, over all its buckets", async () => {
    const circuit = await compileTemplate({ file, instance: "Liquidity(3)" });
    const cost = (asset: number[], delta: bigint[], lambda: bigint[]) =>
      circuit.run({ asset, lambdaDelta: lambda, lambdaVega: [0n, 0n, 0n], dollarDelta: delta.map(toField), vega: [0, 0, 0] });
    const D = 1n << 30n;
    const whole = ceilDiv(LAMBDA * (2n * D) ** 2n, 1n << 80n);
    // Split over two buckets of one asset it costs the same as whole; two assets cost less; an opposite half costs nothing.
    expect(await cost([1, 1, 2], [2n * D, 0n, 0n], [LAMBDA, LAMBDA, 5n])).toEqual([whole]);
    expect(await cost([1, 1, 2], [D, D, 0n], [LAMBDA, LAMBDA, 5n])).toEqual([whole]);
    expect(await cost([3, 2, 2], [0n, D, D], [7n, LAMBDA, LAMBDA])).toEqual([whole]);
    expect(await cost([1, 1, 1], [D, 3n * D, -2n * D], [LAMBDA, LAMBDA, LAMBDA])).toEqual([whole]);
    expect(await cost([1, 2, 3], [D, D, 0n], [LAMBDA, LAMBDA, LAMBDA])).toEqual([whole / 2n]);
    expect(await cost([1, 1, 2], [D, -D, 0n], [LAMBDA, LAMBDA, LAMBDA])).toEqual([0n]);
  });

  it("adds vega bucket by bucket and rounds up once", async () => {
    const circuit = await compileTemplate({ file, instance: "Liquidity(3)" });
    const random = seededRandom(13);
    for (let run = 0; run < 20; run++) {
      const lambdaDelta = random.big(0n, 1n << 40n);
      const lambdaVega = [0, 1, 2].map(() => random.big(0n, 1n << 40n));
      const delta = [0, 1, 2].map(() => random.big(-(1n << 45n), 1n << 45n));
      const vega = [0, 1, 2].map(() => random.big(-(1n << 45n), 1n << 45n));
      const scaled = lambdaDelta * (delta[0]! + delta[1]! + delta[2]!) ** 2n + lambdaVega.reduce((sum, lambda, b) => sum + lambda * vega[b]! ** 2n, 0n);
      expect(await circuit.run({ asset: [4, 4, 4], lambdaDelta: [lambdaDelta, lambdaDelta, lambdaDelta], lambdaVega, dollarDelta: delta.map(toField), vega: vega.map(toField) }))
        .toEqual([ceilDiv(scaled, 1n << 80n)]);
    }
  });

  const comparators = "circomlib/circuits/comparators.circom";
  const template = { file, instance: "Liquidity(3)" };
  const D = 1n << 45n;
  const book = (asset: readonly number[], delta: readonly bigint[]) => ({
    asset, lambdaDelta: [LAMBDA, LAMBDA, LAMBDA], lambdaVega: [0n, 0n, 0n], dollarDelta: delta.map(toField), vega: [0n, 0n, 0n],
  });

  it("refuses equal assets called different, which breaks the run of their delta", async () => {
    // (3 D)^2 becomes three times D^2.
    const { honest, forged } = await expectRefused({
      template, honest: book([4, 4, 4], [D, D, D]),
      hints: [{ file: comparators, from: "out <== -in*inv +1;", to: "out <-- 0;\n    out === -in*inv +1;" }],
      pin: { file: comparators, statement: "out === -in*inv +1;" },
    });
    expect(forged[0]).toBe(honest[0]! / 3n);
  });
  it("refuses different assets called equal, which nets their deltas", async () => {
    const { honest, forged } = await expectRefused({
      template, honest: book([4, 5, 6], [D, -D, 0n]),
      hints: [{ file: comparators, from: "inv <-- in!=0 ? 1/in : 0;", to: "inv <-- 0;" }],
      pin: { file: comparators, statement: "in*out === 0;" },
    });
    expect(honest[0]).toBeGreaterThan(0n);
    expect(forged).toEqual([0n]);
  });
  it("refuses a flag of equality that is neither 0 nor 1", async () => {
    // With 1/2 the second run takes over half of the first's 2 D, which nets its own -D, and the first pays half of its cost.
    const { honest, forged } = await expectRefused({
      template, honest: book([4, 5, 6], [2n * D, -D, 0n]),
      hints: [{ file: comparators, from: "inv <-- in!=0 ? 1/in : 0;", to: "inv <-- (1 / 2) / in;" }],
      pin: { file: comparators, statement: "in*out === 0;" },
    });
    expect(forged[0]).toBeLessThan(honest[0]!);
  });
  it.each([-1, 1])("refuses a cost off by %i", async (by) => {
    const division = "lib/division.circom";
    const hint: Edit = { file: division, from: "out <-- (in + 2 ** shift - 1) >> shift;", to: `out <-- ((in + 2 ** shift - 1) >> shift) + (${by});` };
    const { honest, forged } = await expectRefused({
      template, honest: book([4, 5, 6], [D + 1n, 0n, 0n]), hints: [hint],
      pin: { file: division, statement: "remainderRange.in <== out * 2 ** shift - in;" }, without: "remainderRange.in <== 0;",
    });
    expect(forged[0]).toBe(honest[0]! + BigInt(by));
  });
});
