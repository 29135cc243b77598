/** Options under regimes that no policy has, and their gaps on a fine grid. */
import { Q32 } from "../../src/math/fixed-point.js";
import type { ListedInstrument } from "../../src/market/market-snapshot.js";
import { NODES, REGIMES, type RiskModel, STRESS_ROWS } from "../../src/policy/risk-model.js";
import { intervalDamping } from "../../src/risk/gap-charge.js";
import { DAY, TIME, assetRisk, option, ratio, riskModel } from "../risk/synthetic-market.js";
import type { Random } from "../support/random.js";
import { cellsOf, fineValues } from "./fine-grid.js";

const SIZE = { mixes: 24, steps: 24 };
const CELLS = cellsOf(SIZE);

/** Regimes in any order: volatility that rises while time runs out, levels and carry of their own, moves that end at an expiry or do not. */
export function oddModel(random: Random): RiskModel {
  const own = riskModel();
  const spotLevels = Array.from({ length: REGIMES }, () => {
    const size = random.integer(3_000, 9_000);
    return Array.from({ length: NODES }, (_, j) => ratio((j - 6) * (j < 6 ? size * 12 : size * 20) + random.integer(0, 30_000)));
  });
  return {
    ...own,
    horizon: random.pick([DAY, DAY / 2, 14 * DAY]),
    gapSafety: Q32,
    weights: own.weights.map(() => 0),
    damping: Array.from({ length: STRESS_ROWS }, () => random.pick([1023, 511, 99])),
    assets: [assetRisk({ spotLevels: random.chance(0.5) ? spotLevels : assetRisk().spotLevels, shortOptionMinimum: 0n })],
    regimes: own.regimes.map((regime) => ({
      ...regime,
      elapsed: ratio(random.pick([0, 0, 300_000, 1_000_000])),
      endsAtExpiry: random.chance(0.4),
      volShock: ratio(random.integer(-600_000, 900_000)),
      skewShock: ratio(random.pick([0, 0, 400_000, -800_000])),
      rateShock: ratio(random.pick([0, 50_000, -100_000])),
    })),
  };
}

export function oddOption(random: Random, model: RiskModel): ListedInstrument {
  const seconds = random.pick([60, 1_800, model.horizon / 3, model.horizon - 1, model.horizon, model.horizon + 600, 3 * DAY, 20 * DAY, 90 * DAY, 700 * DAY]);
  return option({
    strike: String(random.pick([50_000, random.integer(30_000, 70_000), random.integer(10_000, 150_000)])),
    optionType: random.pick(["call", "put"]), expiry: TIME + Math.round(seconds), volatility: random.pick(["0.2", "0.6", "1.5"]),
  });
}

/** Largest damped gaps over the fine points. */
export function fineGaps(instrument: ListedInstrument, model: RiskModel): { long: number; short: number } {
  const { values } = fineValues(instrument, model, SIZE);
  const damping = intervalDamping(model, model.assets[0]!);
  const gaps = { long: 0, short: 0 };
  for (const { pair, interval, corners, points } of CELLS) {
    const factor = Number(damping[pair]![interval]!) / 1024;
    for (const { at, weights } of points) {
      const gap = factor * (corners.reduce((sum, corner, k) => sum + weights[k]! * values[corner]!, 0) - values[at]!);
      gaps.long = Math.max(gaps.long, gap);
      gaps.short = Math.max(gaps.short, -gap);
    }
  }
  return gaps;
}
