import { describe, expect, it } from "vitest";
import { P, toField } from "../../src/math/field.js";
import { packTerms, unpackTerms } from "../../src/witness/public-signals.js";
import { expectRefused } from "../support/lies.js";
import { compileTemplate } from "../support/template.js";

const file = "requirement.circom";

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
    for (const forged of [1n << 98n, P - 1n, modularInverse(1000n)]) {
      await expectRefused({ template, honest: { terms: 0n }, forged: { terms: forged }, pin, without: "bits.in <== 0;" });
    }
  });
  it("are refused by packTerms when a part would spill into the next", () => {
    expect(() => packTerms({ ...terms, factor: 1n << 24n })).toThrow("factor");
    expect(() => packTerms({ ...terms, disclose: 4n })).toThrow("disclose");
    expect(() => packTerms({ ...terms, collateral: 1n << 72n })).toThrow("collateral");
    expect(() => unpackTerms(1n << 98n)).toThrow("terms");
  });
});

/** x^(p-2) */
function modularInverse(x: bigint): bigint {
  let result = 1n;
  for (let base = x, exponent = P - 2n; exponent > 0n; exponent >>= 1n, base = (base * base) % P) if (exponent & 1n) result = (result * base) % P;
  return result;
}
