import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error circomlibjs has no types
import { buildPoseidonReference } from "circomlibjs";
import { P } from "../../src/math/field.js";
import { poseidon } from "../../src/math/poseidon.js";

let reference: ((inputs: readonly bigint[]) => unknown) & { F: { toObject(element: unknown): bigint } };

beforeAll(async () => {
  reference = await buildPoseidonReference();
});

describe("poseidon", () => {
  it("gives the published value of circomlib for 1 and 2", () => {
    expect(poseidon([1n, 2n])).toBe(7853200120776062878684798364095072458815029376092732009249414926327459813530n);
  });

  it("equals circomlibjs on random inputs of every length", () => {
    for (let length = 1; length <= 16; length++) {
      const inputs = fc.array(fc.bigInt({ min: 0n, max: P - 1n }), { minLength: length, maxLength: length });
      fc.assert(
        fc.property(inputs, (values) => void expect(poseidon(values)).toBe(reference.F.toObject(reference(values)))),
        { numRuns: 4 },
      );
    }
  });

  it("takes 1 to 16 inputs and only canonical ones, and does not show them", () => {
    expect(() => poseidon([])).toThrow("poseidon: number of inputs 0 must be 1 to 16");
    expect(() => poseidon(new Array<bigint>(17).fill(0n))).toThrow("number of inputs 17");
    expect(() => poseidon([0n, P])).toThrow("poseidon: input 1 must be in [0, p)");
    expect(() => poseidon([-1n])).toThrow("poseidon: input 0 must be in [0, p)");
    expect(poseidon([P - 1n])).toBeTypeOf("bigint");
  });

  it("leaves its argument as it was", () => {
    const inputs = Object.freeze([1n, 2n, 3n]);
    poseidon(inputs);
    expect(inputs).toEqual([1n, 2n, 3n]);
  });
});
