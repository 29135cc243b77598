import { describe, expect, it } from "vitest";
import { P, toField } from "../../src/math/field.js";
import { packTerms, unpackTerms } from "../../src/witness/public-signals.js";
import { inverse } from "../audit/inverse.js";
import { expectRefused, type Lie } from "../support/lies.js";
import { compileTemplate, type Edit } from "../support/template.js";

const file = "requirement.circom";
const division = "lib/division.circom";
const bitify = "circomlib/circuits/bitify.circom";

/** Num2Bits with `by` more in each bit where `when` holds; the pin is that bits are 0 or 1. */
function forgedBits(when: string, by: string): Pick<Lie, "hints" | "pin" | "without"> {
  const lie = `out[i] <-- ((in >> i) & 1) + (${when} ? (${by}) : 0);`;
  return {
    hints: [{ file: bitify, from: "out[i] <-- (in >> i) & 1;", to: lie }],
    pin: { file: bitify, statement: `${lie}\n        out[i] * (out[i] -1 ) === 0;` }, without: lie,
  };
}
/** The top bit is the other one, and the bit below makes up for it by 2 or -2, so that the sum is right. */
const flipped = (when: string, top: number) =>
  forgedBits(when, `(1 - 2 * ((in >> ${top}) & 1)) * (i == ${top} ? 1 : (i == ${top - 1} ? -2 : 0))`);

const ceilPow2 = (by: number): Edit => ({ file: division, from: "out <-- (in + 2 ** shift - 1) >> shift;", to: `out <-- ((in + 2 ** shift - 1) >> shift) + (${by});` });
const pow2Remainder = { pin: { file: division, statement: "remainderRange.in <== out * 2 ** shift - in;" }, without: "remainderRange.in <== 0;" };

describe("MaintenanceMargin", () => {
  const parts = { shortLots: 100n, buffer: 6553n, liquidity: 30n, charges: 20n };
  const run = async (es: bigint, worst: bigint) => (await (await compileTemplate({ file, instance: "MaintenanceMargin()" })).run({ ...parts, es: toField(es), worst }))[0];

  it("takes the larger of shortfall and worst loss, adds short lots inside the buffer, the rest outside", async () => {
    // ceil(1.09999.. x (1000 + 100)) = ceil(72,089 x 1,100 / 65,536) = 1,210; + 50.
    expect(await run(1000n, 999n)).toBe(1260n);
    expect(await run(999n, 1000n)).toBe(1260n);
    expect(await run(1000n, 1000n)).toBe(1260n);
  });
  it("never takes a negative shortfall: a book that only gains still pays for its short lots", async () => {
    // ceil(1.09999.. x 100) = 110; + 50.
    expect(await run(-(1n << 62n), 0n)).toBe(160n);
    expect(await run(0n, 0n)).toBe(160n);
  });

  const template = { file, instance: "MaintenanceMargin()" };
  const book = (es: bigint, worst: bigint) => ({ ...parts, es: toField(es), worst });

  it("refuses the smaller of shortfall and worst loss, either way, with bits that sum up", async () => {
    for (const [es, worst] of [[1000n, 10n], [10n, 1000n], [-50n, 0n]] as const) {
      const { honest, forged } = await expectRefused({ template, honest: book(es, worst), ...flipped("n == 65", 64) });
      expect(forged[0]).toBeLessThan(honest[0]!);
    }
  });
  it("refuses the smaller of shortfall and worst loss, with bits that do not", () =>
    expectRefused({
      template, honest: book(1000n, 10n),
      hints: [{ file: bitify, from: "out[i] <-- (in >> i) & 1;", to: "out[i] <-- i == 64 ? 0 : (in >> i) & 1;" }], pin: { file: bitify, statement: "lc1 === in;" },
    }));
  it.each([-1, 1])("refuses a margin off by %i", async (by) => {
    const { honest, forged } = await expectRefused({ template, honest: book(1000n, 10n), hints: [ceilPow2(by)], ...pow2Remainder });
    expect(forged[0]).toBe(honest[0]! + BigInt(by));
  });
});

describe("Disclosure", () => {
  const template = { file, instance: "Disclosure()" };
  const base = { maintenance: 1000n, factor: 1n << 16n, equity: 1000n, granularity: 300n, disclose: [1, 1] };
  const OFFSET = 1n << 100n;
  const run = async (changes: object) => (await compileTemplate(template)).run({ ...base, ...changes });

  it("is healthy from equality on, and not below", async () => {
    expect((await run({}))[0]).toBe(1n);
    expect((await run({ equity: 999n }))[0]).toBe(0n);
    expect((await run({ equity: toField(-1n) }))[0]).toBe(0n);
    expect((await run({ maintenance: 0n, equity: 0n }))[0]).toBe(1n);
    expect((await run({ maintenance: 0n, equity: toField(-1n) }))[0]).toBe(0n);
  });
  it("rounds the requirement up by factor: 1001 / 1000 of 1000 is 1001, one unit of factor more is 1001 too", async () => {
    expect((await run({ factor: (1n << 16n) + 1n, equity: 1000n }))[0]).toBe(0n);
    expect((await run({ factor: (1n << 16n) + 1n, equity: 1001n }))[0]).toBe(1n);
  });
  it("discloses the requirement up and the equity down to the granularity", async () => {
    expect(await run({})).toEqual([1n, 1200n, OFFSET + 900n]);
    expect(await run({ equity: toField(-1n) })).toEqual([0n, 1200n, OFFSET - 300n]);
    expect(await run({ equity: toField(-300n) })).toEqual([0n, 1200n, OFFSET - 300n]);
    expect(await run({ maintenance: 900n })).toEqual([1n, 900n, OFFSET + 900n]);
  });
  it("discloses only what is asked for", async () => {
    expect(await run({ disclose: [0, 0] })).toEqual([1n, 0n, 0n]);
    expect(await run({ disclose: [1, 0] })).toEqual([1n, 1200n, 0n]);
    expect(await run({ disclose: [0, 1] })).toEqual([1n, 0n, OFFSET + 900n]);
  });

  it("refuses healthy flipped either way, with bits that sum up", async () => {
    for (const equity of [999n, 1000n]) {
      const { honest, forged } = await expectRefused({ template, honest: { ...base, equity }, ...flipped(`in == 2 ** 91 + (${equity - 1000n})`, 91) });
      expect(forged[0]).toBe(1n - honest[0]!);
    }
  });
  it.each([-1, 1])("refuses healthy flipped with a surplus off by %i, or any other number that has the bit", async (by) => {
    const lie = { file: bitify, from: "out[i] <-- (in >> i) & 1;", to: `out[i] <-- in == 2 ** 91 - (${by} + 1) / 2 ? ((in + (${by})) >> i) & 1 : (in >> i) & 1;` };
    const { honest, forged } = await expectRefused({ template, honest: { ...base, equity: by === 1 ? 999n : 1000n }, hints: [lie], pin: { file: bitify, statement: "lc1 === in;" } });
    expect(forged[0]).toBe(1n - honest[0]!);
  });
  it.each([-1, 1])("refuses a requirement off by %i, which flips healthy at the edge", async (by) => {
    const { honest, forged } = await expectRefused({ template, honest: { ...base, granularity: 1n, equity: by === 1 ? 1000n : 999n }, hints: [ceilPow2(by)], ...pow2Remainder });
    expect(forged).toEqual([1n - honest[0]!, honest[1]! + BigInt(by), honest[2]]);
  });

  const from = "ceil <-- (in + divisor * 2 ** (bits - 1) + divisor - 1) \\ divisor - 2 ** (bits - 1);";
  for (const [what, dividend, output, sense] of [["requirement", "1000", 1, 1n], ["equity", "-1000", 2, -1n]] as const) {
    it.each([-1, 1])(`refuses a disclosed ${what} off by %i granularity`, async (by) => {
      const { honest, forged } = await expectRefused({
        template, honest: base, hints: [{ file: division, from, to: from.replace(";", ` + (in == ${dividend} ? ${by} : 0);`) }],
        pin: { file: division, statement: by < 0 ? "remainderRange.in <== multiple - in;" : "remainderBelow.in <== divisor - 1 - (multiple - in);" },
        without: by < 0 ? "remainderRange.in <== 0;" : "remainderBelow.in <== 0;",
      });
      expect(forged).toEqual(honest.map((value, k) => (k === output ? value + sense * BigInt(by) * base.granularity : value)));
    });
  }
  it("refuses a factor wrapped modulo p: a requirement below 0", async () => {
    const { forged } = await expectRefused({
      template, honest: { ...base, equity: 0n }, forged: { factor: toField(-(1n << 16n)) },
      hints: [{ file: division, from: "out <-- (in + 2 ** shift - 1) >> shift;", to: "out <-- in == -(2 ** 16) * 1000 ? -1000 : (in + 2 ** shift - 1) >> shift;" }],
      pin: { file: division, statement: "quotientRange.in <== out;" }, without: "quotientRange.in <== 0;",
    });
    expect(forged[0]).toBe(1n);
  });
});

describe("Terms", () => {
  const template = { file, instance: "Terms()" };
  const terms = { factor: 85_197n, disclose: 2n, collateral: (1n << 72n) - 1n };

  it("splits what packTerms packs", async () => {
    const circuit = await compileTemplate(template);
    expect(await circuit.run({ terms: packTerms(terms) })).toEqual([85_197n, 0n, 1n, (1n << 72n) - 1n]);
    expect(await circuit.run({ terms: 0n })).toEqual([0n, 0n, 0n, 0n]);
    expect(unpackTerms(packTerms(terms))).toEqual(terms);
  });
  it("refuses terms of 2^98 and more: collateral or factor wrapped modulo p", async () => {
    const pin = { file, statement: "bits.in <== terms;" };
    for (const forged of [1n << 98n, P - 1n, inverse(1000n)]) {
      await expectRefused({ template, honest: { terms: 0n }, forged: { terms: forged }, pin, without: "bits.in <== 0;" });
    }
  });
  it("refuses collateral borrowed from the factor, and disclose from collateral: bits that sum up", async () => {
    const one = packTerms({ factor: 1n << 16n, disclose: 0n, collateral: 0n });
    // Bit 26 is one value unit of collateral, and 2^10 times bit 16.
    const wrapped = await expectRefused({ template, honest: { terms: one }, ...forgedBits(`in == ${one}`, "i == 26 ? 1 : (i == 16 ? -(2 ** 10) : 0)") });
    expect(wrapped.forged).toEqual([toField((1n << 16n) - (1n << 26n)), 0n, 0n, 1n]);
    const hidden = packTerms({ factor: 1n << 16n, disclose: 3n, collateral: 0n });
    // Nothing is disclosed: 3 x 2^24 goes into bit 0 of the factor.
    const silent = await expectRefused({ template, honest: { terms: hidden }, ...forgedBits(`in == ${hidden}`, "i == 24 || i == 25 ? -1 : (i == 0 ? 3 * 2 ** 24 : 0)") });
    expect(silent.forged.slice(1)).toEqual([0n, 0n, 0n]);
  });
  it("refuses a smaller factor than the terms say", () =>
    expectRefused({
      template, honest: { terms: packTerms(terms) }, hints: [{ file: bitify, from: "out[i] <-- (in >> i) & 1;", to: "out[i] <-- i == 16 ? 0 : (in >> i) & 1;" }],
      pin: { file: bitify, statement: "lc1 === in;" },
    }));
  it("are refused by packTerms when a part would spill into the next", () => {
    expect(() => packTerms({ ...terms, factor: 1n << 24n })).toThrow("factor");
    expect(() => packTerms({ ...terms, disclose: 4n })).toThrow("disclose");
    expect(() => packTerms({ ...terms, collateral: 1n << 72n })).toThrow("collateral");
    expect(() => unpackTerms(1n << 98n)).toThrow("terms");
  });
});
