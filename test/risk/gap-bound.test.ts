import { describe, expect, it } from "vitest";
import { priceInstruments } from "../../src/risk/scenario-prices.js";
import { fineGaps, oddModel, oddOption } from "../adversarial/odd-gaps.js";
import { seededRandom } from "../support/random.js";
import { DAY, TIME, listed, snapshotOf } from "./synthetic-market.js";

describe("bounds of the gaps", () => {
  it("are not below the gap at any point of a fine grid, whatever the regimes, and little above the largest", () => {
    const random = seededRandom(5);
    let [charged, met] = [0, 0];
    for (let run = 0; run < 800; run++) {
      const model = oddModel(random);
      const instrument = oddOption(random, model);
      const [priced] = priceInstruments(snapshotOf(instrument), model);
      const gaps = fineGaps(instrument, model);
      const name = `run ${run}: ${JSON.stringify(instrument)}, charges ${priced!.longCharge} ${priced!.shortCharge}, gaps ${gaps.long} ${gaps.short}`;
      expect(Number(priced!.longCharge), name).toBeGreaterThanOrEqual(gaps.long - 0.3);
      expect(Number(priced!.shortCharge), name).toBeGreaterThanOrEqual(gaps.short - 0.3);
      const share = 100 * Math.min(50_000, Number(instrument.strike));
      expect(Number(priced!.longCharge), name).toBeLessThanOrEqual(1.15 * gaps.long + share / 2 ** 12 + 2);
      charged += Number(priced!.longCharge);
      met += gaps.long;
    }
    expect(charged / met).toBeLessThan(1.07);
  });

  it("are 0 for what is worth its forward: the interpolation of a future is exact, with any carry and share of the move", () => {
    const random = seededRandom(7);
    for (let run = 0; run < 20; run++) {
      const model = oddModel(random);
      const gaps = fineGaps(listed({ kind: "future", expiry: TIME + random.integer(60, 200 * DAY) }), model);
      expect(Math.max(gaps.long, gaps.short)).toBeLessThan(1e-6);
    }
  });
});
