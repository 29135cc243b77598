import { describe, expect, it } from "vitest";
import { expectedShortfall, TailError } from "../../src/risk/expected-shortfall.js";
import { seededRandom } from "../support/random.js";

/** Oracle: one entry a unit of weight, sorted, the worst T averaged with exact rationals. */
function sortedMeanCeil(losses: readonly bigint[], weights: readonly number[], tail: bigint): bigint {
  const units = losses.flatMap((loss, s) => new Array<bigint>(weights[s]!).fill(loss)).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  const sum = units.slice(0, Number(tail)).reduce((total, loss) => total + loss, 0n);
  // bigint division truncates: up for negative, down for positive.
  return sum / tail + (sum > 0n && sum % tail !== 0n ? 1n : 0n);
}

describe("expectedShortfall", () => {
  it("is the rounded-up mean of the worst T units of weight, by sorting them one by one", () => {
    const random = seededRandom(1);
    for (let run = 0; run < 500; run++) {
      const count = random.integer(1, 30);
      const spread = random.pick([1n, 4n, 1_000_000n, 1n << 61n]);
      const losses = Array.from({ length: count }, () => random.big(-spread, spread));
      const weights = losses.map((_, s) => (s === 0 ? 3 : random.pick([0, 1, 7, 20])));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const tail = BigInt(random.pick([1, total, random.integer(1, total)]));
      expect(expectedShortfall(losses, weights, tail).es).toBe(sortedMeanCeil(losses, weights, tail));
    }
  });

  it("gives a certificate: tail at or above the threshold, the rest at or below, boundary at it with enough weight", () => {
    const random = seededRandom(2);
    for (let run = 0; run < 200; run++) {
      const losses = Array.from({ length: 20 }, () => random.big(-3n, 3n));
      const weights = losses.map((_, s) => (s === 0 ? 3 : random.integer(0, 5)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const tail = BigInt(random.integer(1, total));
      const { threshold, inTail, boundary } = expectedShortfall(losses, weights, tail);
      losses.forEach((loss, s) => expect(inTail[s] ? loss >= threshold : loss <= threshold).toBe(true));
      const theta = tail - BigInt(weights.reduce((sum, weight, s) => sum + (inTail[s] ? weight : 0), 0));
      expect(losses[boundary]).toBe(threshold);
      expect(inTail[boundary]).toBe(false);
      expect(theta >= 0n && theta <= BigInt(weights[boundary]!)).toBe(true);
    }
  });

  it("refuses T of 0 and T above the total weight", () => {
    expect(() => expectedShortfall([1n], [5], 0n)).toThrow(TailError);
    expect(() => expectedShortfall([1n], [5], 6n)).toThrow("at most the total weight 5");
  });
});
