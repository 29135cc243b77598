import { describe, expect, it } from "vitest";
import { packLanes, toField } from "../../src/math/field.js";
import { expectRefused } from "../support/lies.js";
import { seededRandom } from "../support/random.js";
import { compileTemplate } from "../support/template.js";

const file = "scenario-pnl.circom";

describe("UnpackLanes", () => {
  const template = { file, instance: "UnpackLanes()" };
  const bitify = "circomlib/circuits/bitify.circom";
  const lanes = [-5n, 7n, (1n << 62n) - 1n, -(1n << 62n)];
  const honest = { packed: packLanes(lanes) };
  const from = "out[i] <-- (in >> i) & 1;";

  it("gives back what packLanes packs, at the ends of the lanes too", async () => {
    expect(await (await compileTemplate(template)).run(honest)).toEqual(lanes.map(toField));
  });
  it("refuses a lane's unit read as 2^63 of its neighbour's", async () => {
    const lie = "out[i] <-- ((in >> i) & 1) + (i == 63 ? -1 : (i == 62 ? 2 : 0));";
    const { forged } = await expectRefused({
      template, honest, hints: [{ file: bitify, from, to: lie }], pin: { file: bitify, statement: `${lie}\n        out[i] * (out[i] -1 ) === 0;` }, without: lie,
    });
    expect(forged).toEqual([lanes[0]! + (1n << 63n), lanes[1]! - 1n, lanes[2]!, lanes[3]!].map(toField));
  });
  it("refuses the lanes of the sum plus p: 252 bits have no room for it, 254 would", async () => {
    // in + p, in two halves of 128 bits; -1 is p - 1.
    const low = "((in & (2 ** 128 - 1)) + ((-1) & (2 ** 128 - 1)) + 1)";
    const high = `((in >> 128) + ((-1) >> 128) + (${low} >> 128))`;
    const statement = (width: number) => `component bits = Num2Bits(${width});\n    bits.in <== packed + offset;`;
    const { forged } = await expectRefused({
      template, honest, hints: [{ file: bitify, from, to: `out[i] <-- i < 128 ? (${low} >> i) & 1 : (${high} >> (i - 128)) & 1;` }],
      pin: { file, statement: statement(252) }, without: statement(254),
    });
    expect(forged[0]).not.toBe(toField(lanes[0]!));
  });
});

describe("GridPnl", () => {
  it("sums quantity x d in each lane of each bucket, at the largest sizes too", async () => {
    const circuit = await compileTemplate({ file, instance: "GridPnl(3, 2)" });
    const random = seededRandom(9);
    const lane = (1n << 28n) - 1n;
    for (const extreme of [true, false]) {
      const d = () => (extreme ? -lane : random.big(-lane, lane));
      const leaves = [0, 1, 2].map(() => ({ grid: Array.from({ length: 14 }, () => [d(), d(), d(), d()]), linear: [d(), d(), d(), 0n] }));
      const quantity = [0, 1, 2].map(() => (extreme ? (1n << 25n) - 1n : random.big(-(1n << 25n) + 1n, (1n << 25n) - 1n)));
      const bucket = [0, 1, 0];
      const outputs = await circuit.run({
        signedQuantity: quantity.map(toField), inBucket: bucket.map((b) => [0, 1].map((k) => Number(k === b))),
        gridElement: leaves.map(({ grid }) => grid.map(packLanes)), linearElement: leaves.map(({ linear }) => packLanes(linear)),
      });
      const sum = (b: number, value: (i: number) => bigint) => toField([0, 1, 2].filter((i) => bucket[i] === b).reduce((total, i) => total + quantity[i]! * value(i), 0n));
      const expected = [0, 1].flatMap((b) => [0, 1, 2, 3].flatMap((r) => Array.from({ length: 14 }, (_, j) => sum(b, (i) => leaves[i]!.grid[j]![r]!))));
      const linear = [0, 1, 2].flatMap((k) => [0, 1].map((b) => sum(b, (i) => leaves[i]!.linear[k]!)));
      expect(outputs).toEqual([...expected, ...linear]);
    }
  });
});

describe("ScenarioColumn", () => {
  const template = { file, instance: "ScenarioColumn(8)" };
  const pnl = [0, 1, 2, 3].map((r) => Array.from({ length: 14 }, (_, j) => BigInt(100 * r + j + 1)));
  const nodes = [0, 13, 14, 15, 7, 8, 1, 2];
  const bits = (node: number) => [0, 1, 2, 3].map((i) => (node >> i) & 1);

  it("reads each scenario's node, 14 and 15 as unmoved, and packs the column by regime", async () => {
    const circuit = await compileTemplate(template);
    expect(await circuit.run({ nodeBit: nodes.map(bits), pnl })).toEqual([
      1n, 14n, 0n, 0n, 208n, 209n, 302n, 303n,
      0n + 16n * 13n, 14n + 16n * 15n, 7n + 16n * 8n, 1n + 16n * 2n,
    ]);
  });

  it("refuses node bits that are not boolean", () =>
    // 2 in the lowest bit packs as node 2, and reads 2 V_1 - V_0: a P&L at no node.
    expectRefused({
      template, honest: { nodeBit: nodes.map(bits), pnl }, forged: { nodeBit: nodes.map((node, s) => (s === 7 ? [2, 0, 0, 0] : bits(node))) },
      pin: { file, statement: "bits[s].in <== nodeBit[s];" }, without: "for (var i = 0; i < 4; i++) { bits[s].in[i] <== 0; }",
    }));
});
