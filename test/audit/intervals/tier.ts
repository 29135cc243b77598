/** What is tested of a tier; compiled and analysed once. */
import { afterAll, describe, expect, it } from "vitest";
import { readCircuitsConfig } from "../../../prover/circuits-config.js";
import { audit, packings, readMargin, withoutChecks, type Audit } from "./audit.js";
import { claims, dividend, signed, unsigned } from "./claims.js";
import { analyse } from "./propagate.js";
import { assume, riskCheck } from "./sources.js";
import { RANGES_FILE, columnOf, linesOf, rangeOf, readTable, writeColumn, type Tier } from "./table.js";
import { HALF, meet } from "./value.js";

/** Milliseconds: minutes for tier XL. */
const COMPILATION = 600_000;

const PACKED = [
  ...[0, 1, 2, 3].map((k) => `main.bucket[].bucket.inputs[${k}]`),
  "main.instrument[].leafHash.inputs[15]",
  ...Array.from({ length: 15 }, (_, k) => `main.portfolio.link[].inputs[${k + 1}]`),
  ...[3, 4, 5].map((k) => `main.root.hash.inputs[${k}]`),
  ...Array.from({ length: 16 }, (_, k) => `main.root.weights.inputs[${k}]`),
];

/**
 * Range checks that refuse nothing that the rest of the circuit allows: their form lies within without them. (In two sets, so that neither bounds another's
 * form.) The others restrict: beyond them an input has no witness. Those on hints find quotients, a maximum or a threshold of values that claims.ts bounds (a
 * mean lies among its losses); of these only liquidity's refuses an honest book, at 2^80 value units or more (SECURITY.md).
 */
const SPARED = [
  {
    checks: ["main.margin.difference.in", "main.disclosure.scaled.quotientRange.in"],
    within: [["main.margin.difference.in", unsigned(65)], ["main.disclosure.scaled.in", dividend(16, 90)]],
  },
  {
    checks: ["main.margin.buffered.quotientRange.in", "main.disclosure.surplus.in"],
    within: [["main.margin.buffered.in", dividend(16, 66)], ["main.disclosure.surplus.in", unsigned(92)], ["main.disclosure.equity", signed(75)]],
  },
] as const;

/** Headers that state a narrower range than was concluded. */
export function brokenClaims({ checked, unchecked }: Audit, positions: number): string[] {
  return claims(positions).flatMap((claim) => {
    const range = rangeOf(claim.checked ? checked : unchecked, claim.signal);
    return range !== undefined && range.lo >= claim.range.lo && range.hi <= claim.range.hi ? [] : [`${claim.template}: ${claim.signal}`];
  });
}

export function describeTier(tier: Tier): void {
  const { grid, tiers } = readCircuitsConfig();
  const { positions, buckets } = tiers[tier]!;
  let audited: Promise<Audit> | undefined;
  const result = () => (audited ??= readMargin([positions, buckets, grid.scenarios!, grid.stressRows!]).then((system) => audit(system)));

  describe(`tier ${tier}`, () => {
    // A gigabyte for the largest.
    afterAll(() => {
      audited = undefined;
    });

    it("can't wrap, has a range for each signal that needs one, and keeps lanes and packed fields apart", async () => {
      const { findings, largest, unchecked } = await result();
      expect(findings).toEqual([]);
      expect(largest).toBeLessThan(HALF);
      // A slot that the tier leaves empty is the constant zero.
      const packed = PACKED.filter((name) => positions >= 15 || !name.startsWith("main.portfolio.link") || Number(/\d+/.exec(name)![0]) <= positions);
      expect([...packings(unchecked).packed].sort()).toEqual(packed.sort());
    }, COMPILATION);

    it("stays within the ranges that the templates' headers state", async () => {
      expect(brokenClaims(await result(), positions)).toEqual([]);
    });

    it.each(SPARED)("loses no book by the widths of $checks.0 and $checks.1", async ({ checks, within }) => {
      const { system } = (await result()).checked;
      const free = analyse(withoutChecks(system, checks), assume(system, riskCheck()));
      for (const [signal, range] of within) {
        const found = rangeOf(free, signal);
        expect(found, signal).toBeDefined();
        expect(meet(found!, range), signal).toEqual({ lo: found!.lo, hi: found!.hi });
      }
    });

    it(`has the ranges of ${RANGES_FILE} (UPDATE_SNAPSHOTS=1 renews it; its difference is reviewed)`, async () => {
      const lines = linesOf(await result());
      if (process.env.UPDATE_SNAPSHOTS === "1") writeColumn(tier, lines);
      expect(lines).toEqual(columnOf(readTable(), tier));
    });
  });
}
