import { describe, expect, it } from "vitest";
import { toField } from "../../src/math/field.js";
import { poseidon } from "../../src/math/poseidon.js";
import { expectRefused } from "../support/lies.js";
import { compileTemplate, openHash } from "../support/template.js";

const file = "risk-root.circom";
const honest = {
  node: [11, 12, 13, 14, 15, 16, 17, 18], weight: Array.from({ length: 16 }, (_, s) => 1000 + s), damping: Array.from({ length: 8 }, (_, k) => 100 + k),
  tail: 777, buffer: 6554, granularity: 100_000_000, epoch: 5, time: 1_770_306_692,
};

describe("RiskRoot", () => {
  it("commits to every parameter", async () => {
    const circuit = await compileTemplate({ file, instance: "RiskRoot(16, 8)" });
    const pack = (values: readonly number[], bits: number) => values.reduce((sum, value, k) => sum + BigInt(value) * 2n ** BigInt(bits * k), 0n);
    const expected = poseidon([
      1n, poseidon(honest.node.map(BigInt)), poseidon([pack(honest.weight.slice(0, 12), 20), pack(honest.weight.slice(12), 20)]),
      pack(honest.damping, 10), 777n, 6554n, 100_000_000n, 5n, 1_770_306_692n,
    ]);
    expect(await circuit.run(honest)).toEqual([expected]);
  });

  const template = { file, instance: "RiskRoot(16, 8)", edits: [openHash(file)] };
  for (const [name, component, beyond] of [["tail", "tailRange", 2 ** 28], ["buffer", "bufferRange", 2 ** 16], ["granularity", "granularityRange", 2 ** 40]] as const) {
    it(`bounds ${name}`, async () => {
      const pin = { file, statement: `${component}.in <== ${name};` };
      // A buffer of -2^16 would be a margin of 0 times the loss.
      for (const forged of [beyond, toField(-1n), toField(-BigInt(beyond))]) {
        await expectRefused({ template, honest, forged: { [name]: forged }, pin, without: `${component}.in <== 0;` });
      }
    });
  }
});
