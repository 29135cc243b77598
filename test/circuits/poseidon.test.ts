import { describe, expect, it } from "vitest";
// @ts-expect-error circomlibjs has no types
import { buildPoseidonReference } from "circomlibjs";
import { P } from "../../src/math/field.js";
import { poseidon } from "../../src/math/poseidon.js";
import { compileTemplate } from "../support/template.js";

const reference = (await buildPoseidonReference()) as ((inputs: readonly bigint[]) => unknown) & { F: { toObject(element: unknown): bigint } };

describe("Poseidon", () => {
  it.each([1, 2, 5, 8, 11, 16])("of %i inputs is circomlibjs's and the risk core's", async (n) => {
    const circuit = await compileTemplate({ file: "lib/poseidon.circom", instance: `Poseidon(${n})` });
    const vectors = [new Array<bigint>(n).fill(0n), new Array<bigint>(n).fill(P - 1n), Array.from({ length: n }, (_, k) => (P / 7n) * BigInt(k) + 3n ** BigInt(20 * k))];
    for (const inputs of vectors.map((vector) => vector.map((value) => value % P))) {
      const [hash] = await circuit.run({ inputs });
      expect(hash).toBe(poseidon(inputs));
      expect(hash).toBe(reference.F.toObject(reference(inputs)));
    }
  });
});
