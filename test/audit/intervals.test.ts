/**
 * The range of every signal, concluded from constraints and from what `risk check` promises; that no row of integers can wrap; that what is packed can be told
 * apart. Tier XL, whose compilation takes longest, is in test/fuzz/intervals.test.ts.
 */
import { describe, expect, it } from "vitest";
import { readCircuitsConfig } from "../../prover/circuits-config.js";
import { checkRanges } from "../../src/risk/risk-check.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import type { Edit } from "../support/template.js";
import { audit, laneFindings, packings, readMargin, readTemplate, type Audit } from "./intervals/audit.js";
import { claims } from "./intervals/claims.js";
import { analyse } from "./intervals/propagate.js";
import { assume, riskCheck } from "./intervals/sources.js";
import { RANGES_FILE, columnOf, linesOf, rangeOf, readTable, writeTable, type Tier } from "./intervals/table.js";
import { HALF } from "./intervals/value.js";

const { grid, tiers } = readCircuitsConfig();
const TESTED: readonly Tier[] = ["S", "M", "L"];
const parametersOf = (tier: Tier) => [tiers[tier]!.positions, tiers[tier]!.buckets, grid.scenarios, grid.stressRows];

const PACKED = [
  ...[0, 1, 2, 3].map((k) => `main.bucket[].bucket.inputs[${k}]`),
  "main.instrument[].leafHash.inputs[15]",
  ...Array.from({ length: 15 }, (_, k) => `main.portfolio.link[].inputs[${k + 1}]`),
  ...[3, 4, 5].map((k) => `main.root.hash.inputs[${k}]`),
  ...Array.from({ length: 16 }, (_, k) => `main.root.weights.inputs[${k}]`),
];

const audits = new Map<Tier, Promise<Audit>>();
function audited(tier: Tier): Promise<Audit> {
  const result = audits.get(tier) ?? readMargin(parametersOf(tier)).then((system) => audit(system));
  audits.set(tier, result);
  return result;
}

describe.each(TESTED)("tier %s", (tier) => {
  it("can't wrap, has a range for each signal that needs one, and keeps lanes and packed fields apart", async () => {
    const { findings, largest, unchecked } = await audited(tier);
    expect(findings).toEqual([]);
    expect(largest).toBeLessThan(HALF);
    // A slot that the tier leaves empty is the constant zero.
    const packed = PACKED.filter((name) => tier !== "S" || name !== "main.portfolio.link[].inputs[15]");
    expect([...packings(unchecked).packed].sort()).toEqual(packed.sort());
  });

  it("stays within the ranges that the templates' headers state", async () => {
    const { checked, unchecked } = await audited(tier);
    const broken = claims(parametersOf(tier)[0]!).flatMap((claim) => {
      const range = rangeOf(claim.checked ? checked : unchecked, claim.signal);
      return range !== undefined && range.lo >= claim.range.lo && range.hi <= claim.range.hi ? [] : [{ ...claim, range, claimed: claim.range }];
    });
    expect(broken).toEqual([]);
  });
});

describe(`${RANGES_FILE} (UPDATE_SNAPSHOTS=1 renews it; its difference is reviewed)`, () => {
  it.runIf(process.env.UPDATE_SNAPSHOTS === "1")("is written anew", async () => {
    const columns = new Map<Tier, ReturnType<typeof linesOf>>();
    for (const tier of TESTED) columns.set(tier, linesOf(await audited(tier)));
    writeTable(columns, readTable());
  });

  it.each(TESTED)("has the ranges of tier %s and their sources", async (tier) => {
    expect(linesOf(await audited(tier))).toEqual(columnOf(readTable(), tier));
  });
});
