/**
 * The range of every signal, concluded from constraints and from what `risk check` promises; that no row of integers can wrap; that what is packed can be told
 * apart; and that the audit sees it where a check is gone or too wide. Tier XL, whose compilation takes longest, is in test/fuzz/intervals.test.ts.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { checkRanges } from "../../src/risk/risk-check.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import type { Edit } from "../support/template.js";
import { audit, laneFindings, readMargin, readTemplate } from "./intervals/audit.js";
import { analyse } from "./intervals/propagate.js";
import type { Rows } from "./intervals/rows.js";
import { LANE, assume, riskCheck } from "./intervals/sources.js";
import { linesOf, type Line } from "./intervals/table.js";
import { brokenClaims, describeTier } from "./intervals/tier.js";
import type { Range } from "./intervals/value.js";

describeTier("S");
describeTier("M");
describeTier("L");

describe("what risk check promises", () => {
  const payload = randomPayload(seededRandom(3), { assets: [1], instrumentsPerBucket: 1 });
  const [bucket] = payload.buckets;

  // Lanes, charges and lambda_V: test/risk/risk-check.test.ts.
  it.each([["lambdaDelta", 1n << 64n], ["lambdaDelta", -1n], ["asset", 2 ** 32]] as const)("is refused beyond: %s of %s", (field, value) => {
    expect(() => checkRanges({ ...payload, buckets: [{ ...bucket!, [field]: value }] })).toThrow(`buckets.${bucket!.index}.${field}`);
  });
});

describe("the lanes of a bucket", () => {
  const lanes = async (positions: number, lane: Range, edits: readonly Edit[] = []) => {
    const system = await readTemplate({ file: "scenario-pnl.circom", instance: `GridPnl(${positions}, 1)`, edits });
    const quantity = { lo: 1n - (1n << 25n), hi: (1n << 25n) - 1n };
    return laneFindings(analyse(system, assume(system, new Map([...riskCheck(lane), ["signedQuantity[]", quantity], ["inBucket[][]", { lo: 0n, hi: 1n }]]))));
  };
  const unlimited = { file: "scenario-pnl.circom", from: "assert(positions <= 450);", to: "" };

  it("hold the largest book, of 450 positions", async () => {
    expect(await lanes(450, LANE)).toEqual([]);
  });
  it("don't hold 900 positions", async () => {
    expect(await lanes(900, LANE, [unlimited])).toEqual(["a lane of main.grid[][].bits.in overflows", "a lane of main.linear[].bits.in overflows"]);
  });
  it("don't hold values of 2^29 a lot", async () => {
    const wide = { lo: 2n * LANE.lo, hi: 2n * LANE.hi };
    expect(await lanes(450, wide)).toEqual(["a lane of main.grid[][].bits.in overflows", "a lane of main.linear[].bits.in overflows"]);
  });
});

const SMALL = [2, 2, 4, 4];

describe("the audit", () => {
  let system: Rows;
  let lines: readonly Line[];
  beforeAll(async () => {
    system = await readMargin(SMALL);
    lines = linesOf(audit(system));
  });

  it("finds nothing in a small circuit", () => {
    expect(audit(system).findings).toEqual([]);
  });

  it("misses each range check that is taken out: a line of the table differs, which compares the bound of a check's own wire too", () => {
    const { facts } = audit(system).checked;
    const rowsOf = new Map(facts.decompositions.map(({ whole, row }) => [whole, row]));
    let checks = 0;
    for (const [name, wires] of system.signals) {
      if (!name.endsWith(".in") || !wires.some((wire) => rowsOf.has(wire))) continue;
      checks++;
      const out = new Set(wires.map((wire) => rowsOf.get(wire)));
      expect(linesOf(audit({ ...system, rows: system.rows.filter((_, row) => !out.has(row)) })), name).not.toEqual(lines);
    }
    expect(checks).toBe(40);
  });

  const overlap = (packed: string, part: string) => `main.${packed} packs main.${part} over what lies below it`;
  it.each([
    ["portfolio-commitment.circom", "idRange[i] = Num2Bits(32);", "idRange[i] = Num2Bits(33);", overlap("portfolio.link[].inputs[1]", "quantity[]")],
    ["portfolio-commitment.circom", "quantityRange[i] = Num2Bits(25);", "quantityRange[i] = Num2Bits(26);", overlap("portfolio.link[].inputs[1]", "sign[]")],
    ["instrument-tree.circom", "longRange = Num2Bits(28);", "longRange = Num2Bits(29);", overlap("instrument[].leafHash.inputs[15]", "shortCharge[]")],
    ["expected-shortfall.circom", "weightRange[s] = Num2Bits(20);", "weightRange[s] = Num2Bits(21);", overlap("root.weights.inputs[0]", "weight[]")],
    ["worst-loss.circom", "dampingRange[k] = Num2Bits(10);", "dampingRange[k] = Num2Bits(11);", overlap("root.hash.inputs[3]", "damping[]")],
    ["scenario-pnl.circom", "component bits = Num2Bits(252);", "component bits = Num2Bits(253);", "without risk check: main.grid.grid[][].bits.in has no range"],
    ["risk-root.circom", "granularityRange = Num2Bits(40);", "granularityRange = Num2Bits(42);", "Disclosure: main.disclosure.granularity"],
    ["requirement.circom", "component bits = Num2Bits(98);", "component bits = Num2Bits(99);", "Terms: main.asked.terms"],
  ])("sees a check of %s that is too wide: %s", async (file, from, to, expected) => {
    const wide = audit(await readMargin(SMALL, [{ file, from, to }]));
    expect([...wide.findings, ...brokenClaims(wide, SMALL[0]!)]).toContain(expected);
  });
});
