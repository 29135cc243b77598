/** What is tested of a tier; compiled and analysed once. */
import { describe, expect, it } from "vitest";
import { readCircuitsConfig } from "../../../prover/circuits-config.js";
import { audit, packings, readMargin, type Audit } from "./audit.js";
import { claims } from "./claims.js";
import { RANGES_FILE, columnOf, linesOf, rangeOf, readTable, writeTable, type Tier } from "./table.js";
import { HALF } from "./value.js";

const PACKED = [
  ...[0, 1, 2, 3].map((k) => `main.bucket[].bucket.inputs[${k}]`),
  "main.instrument[].leafHash.inputs[15]",
  ...Array.from({ length: 15 }, (_, k) => `main.portfolio.link[].inputs[${k + 1}]`),
  ...[3, 4, 5].map((k) => `main.root.hash.inputs[${k}]`),
  ...Array.from({ length: 16 }, (_, k) => `main.root.weights.inputs[${k}]`),
];

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
  const result = () => (audited ??= readMargin([positions, buckets, grid.scenarios, grid.stressRows]).then((system) => audit(system)));

  describe(`tier ${tier}`, () => {
    it("can't wrap, has a range for each signal that needs one, and keeps lanes and packed fields apart", async () => {
      const { findings, largest, unchecked } = await result();
      expect(findings).toEqual([]);
      expect(largest).toBeLessThan(HALF);
      // A slot that the tier leaves empty is the constant zero.
      const packed = PACKED.filter((name) => positions >= 15 || !name.startsWith("main.portfolio.link") || Number(/\d+/.exec(name)![0]) <= positions);
      expect([...packings(unchecked).packed].sort()).toEqual(packed.sort());
    });

    it("stays within the ranges that the templates' headers state", async () => {
      expect(brokenClaims(await result(), positions)).toEqual([]);
    });

    it(`has the ranges of ${RANGES_FILE} (UPDATE_SNAPSHOTS=1 renews it; its difference is reviewed)`, async () => {
      const lines = linesOf(await result());
      if (process.env.UPDATE_SNAPSHOTS === "1") writeTable(new Map([[tier, lines]]), readTable());
      expect(lines).toEqual(columnOf(readTable(), tier));
    });
  });
}
