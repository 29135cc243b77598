import { describe, expect, it } from "vitest";
import { P, toField } from "../../src/math/field.js";
import { poseidon } from "../../src/math/poseidon.js";
import { expectRefused } from "../support/lies.js";
import { compileTemplate, ConstraintViolation, openHash } from "../support/template.js";

const file = "portfolio-commitment.circom";

/** The first `count` of positions (id 7, 8, ..; quantity 100, 101, ..; odd ones short), then nothing. */
function book(slots: number, count: number) {
  const used = Array.from({ length: slots }, (_, i) => Number(i < count));
  return {
    count, used, salt: 4242, cash: toField(-5_000_000n),
    id: used.map((flag, i) => flag * (7 + i)), quantity: used.map((flag, i) => flag * (100 + i)), sign: used.map((flag, i) => flag * (i % 2)),
  };
}

/** SPEC.md section 2, written again with one hash a line. */
function commitment(input: ReturnType<typeof book>): bigint {
  const slots = input.id.map((id, i) => BigInt(id) + BigInt(input.quantity[i]!) * 2n ** 32n + BigInt(input.sign[i]!) * 2n ** 57n).slice(0, input.count);
  let chain = 0n;
  for (let from = 0; from === 0 || from < slots.length; from += 15) {
    const block = slots.slice(from, from + 15);
    chain = poseidon([chain, ...block, ...new Array<bigint>(15 - block.length).fill(0n)]);
  }
  return poseidon([2n, BigInt(input.count), BigInt(input.salt), 2n ** 71n - 5_000_000n, chain]);
}

describe("PortfolioCommitment", () => {
  it("is the same in every tier that holds the book", async () => {
    for (const count of [0, 1, 3]) {
      const small = await compileTemplate({ file, instance: "PortfolioCommitment(3)" });
      const large = await compileTemplate({ file, instance: "PortfolioCommitment(31)" });
      expect(await small.run(book(3, count))).toEqual([commitment(book(3, count))]);
      expect(await large.run(book(31, count))).toEqual([commitment(book(3, count))]);
    }
  });

  it("chains blocks of 15, as many as the count needs", async () => {
    const large = await compileTemplate({ file, instance: "PortfolioCommitment(31)" });
    for (const count of [14, 15, 16, 30, 31]) expect(await large.run(book(31, count)), String(count)).toEqual([commitment(book(31, count))]);
  });

  it("bounds cash on both sides", async () => {
    const circuit = await compileTemplate({ file, instance: "PortfolioCommitment(3)", edits: [openHash(file)] });
    const edge = 2n ** 71n;
    await circuit.run({ ...book(3, 1), cash: toField(-edge) });
    await circuit.run({ ...book(3, 1), cash: edge - 1n });
    await expect(circuit.run({ ...book(3, 1), cash: edge })).rejects.toBeInstanceOf(ConstraintViolation);
    await expect(circuit.run({ ...book(3, 1), cash: toField(-edge - 1n) })).rejects.toBeInstanceOf(ConstraintViolation);
  });

  // None of these lies is about the hash.
  const template = { file, instance: "PortfolioCommitment(20)", edits: [openHash(file)] };
  const honest = book(20, 2);
  const with_ = (changes: Partial<Record<"id" | "quantity" | "sign" | "used", readonly (readonly [number, number | bigint])[]>>) =>
    Object.fromEntries(Object.entries(changes).map(([name, entries]) => [name, (honest[name as "id"] as readonly (number | bigint)[]).map((value, i) => entries!.find(([at]) => at === i)?.[1] ?? value)]));

  it("refuses a count that leaves positions out, and one too large", async () => {
    for (const count of [1, 0, 3]) await expectRefused({ template, honest, forged: { count }, pin: { file, statement: "count === sum;" } });
  });
  it("refuses a free hedge in a slot beyond the committed prefix", () =>
    expectRefused({ template, honest, forged: with_({ id: [[5, 9]], quantity: [[5, 1000]] }), pin: { file, statement: "(1 - used[i]) * slot[i] === 0;" } }));
  it("refuses quantity in a null slot of a block that is not counted, where the commitment would be the same", async () => {
    // Slot 16 is in the second block: an instrument, one of id 0, and nothing but the sign of a short.
    for (const slot of [{ id: 9, quantity: 1000, sign: 1 }, { id: 0, quantity: 1000, sign: 0 }, { id: 0, quantity: 0, sign: 1 }]) {
      const outcome = await expectRefused({
        template, honest, forged: with_({ id: [[16, slot.id]], quantity: [[16, slot.quantity]], sign: [[16, slot.sign]] }),
        pin: { file, statement: "(1 - used[i]) * slot[i] === 0;" },
      });
      expect(outcome.forged).toEqual(outcome.honest);
    }
  });
  it("refuses the suffix of a chain: used slots that do not start at slot 0", () => {
    const two = book(20, 16);
    const shifted = two.used.map((_, i) => Number(i >= 4));
    return expectRefused({
      template, honest: two, forged: { used: shifted, id: shifted.map((flag) => 9 * flag), quantity: shifted, sign: shifted.map(() => 0) },
      pin: { file, statement: "used[i] * (1 - used[i - 1]) === 0;" },
    });
  });
  it("gives a smaller tier no commitment of a two-block book, whatever suffix it opens", async () => {
    const registered = commitment(book(31, 17));
    const whole = book(31, 17);
    const small = await compileTemplate({ file, instance: "PortfolioCommitment(3)" });
    // The last block alone (two slots), under its own count and under the book's.
    const suffix = { ...book(3, 2), id: [...whole.id.slice(15, 17), 0], quantity: [...whole.quantity.slice(15, 17), 0], sign: [...whole.sign.slice(15, 17), 0] };
    expect(await small.run(suffix)).not.toEqual([registered]);
    await expect(small.run({ ...suffix, count: 17 })).rejects.toBeInstanceOf(ConstraintViolation);
    // A chain that starts at the first block's hash instead of 0 would open it: the start is a constant.
    const open = await compileTemplate({
      file, instance: "PortfolioCommitment(3)",
      edits: [
        { file, from: "signal input salt;", to: "signal input salt;\n    signal input start;" },
        { file, from: "link[k].inputs[0] <== 0;", to: "link[k].inputs[0] <== start;" },
        { file, from: "count === sum;", to: "" },
      ],
    });
    const slots = whole.id.slice(0, 15).map((id, i) => BigInt(id) + BigInt(whole.quantity[i]!) * 2n ** 32n + BigInt(whole.sign[i]!) * 2n ** 57n);
    expect(await open.run({ ...suffix, count: 17, start: poseidon([0n, ...slots]) })).toEqual([registered]);
  });
  it("refuses id carried into quantity", () =>
    // id - 2^32 with one lot more: the same packed slot.
    expectRefused({
      template, honest, forged: with_({ id: [[0, P + 7n - 2n ** 32n]], quantity: [[0, 101]] }),
      pin: { file, statement: "idRange[i].in <== id[i];" }, without: "idRange[i].in <== 0;",
    }));
  it("refuses quantity carried into the sign", () =>
    expectRefused({
      template, honest, forged: with_({ quantity: [[1, 101 + 2 ** 25]], sign: [[1, 0]] }),
      pin: { file, statement: "quantityRange[i].in <== quantity[i];" }, without: "quantityRange[i].in <== 0;",
    }));
  it("refuses a sign of 2", () =>
    expectRefused({
      template, honest, forged: with_({ sign: [[0, 2]] }),
      pin: { file, statement: "signBits.in <== sign;" }, without: "for (var i = 0; i < positions; i++) { signBits.in[i] <== 0; }",
    }));
  it("refuses fractional prefix flags", () =>
    // 2 + 0 instead of 1 + 1.
    expectRefused({
      template, honest, forged: { ...with_({ used: [[0, 2], [1, 0]] }), id: honest.id.map((id, i) => (i === 0 ? id : 0)), quantity: honest.quantity.map(() => 0), sign: honest.sign.map(() => 0) },
      pin: { file, statement: "usedBits.in <== used;" }, without: "for (var i = 0; i < positions; i++) { usedBits.in[i] <== 0; }",
      alsoWithout: [{ file, from: "(1 - used[i]) * slot[i] === 0;", to: "" }],
    }));
  it("refuses cash wrapped modulo p, and the first beyond its range on both sides", async () => {
    for (const cash of [P / 2n, 2n ** 71n, toField(-(2n ** 71n) - 1n)]) {
      await expectRefused({ template, honest, forged: { cash }, pin: { file, statement: "cashRange.in <== cash + 2 ** 71;" }, without: "cashRange.in <== 0;" });
    }
  });
});
