import { describe, expect, it } from "vitest";
import { checkRanges, RiskRangeError } from "../../src/risk/risk-check.js";
import type { PricedInstrument, RiskBucket, RiskPayload } from "../../src/risk/risk-payload.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const good = randomPayload(seededRandom(1), { assets: [2, 1], instrumentsPerBucket: 3 });
const LANE = 1n << 28n;

function withBucket(at: number, change: Partial<RiskBucket>): RiskPayload {
  return { ...good, buckets: good.buckets.map((bucket, i) => (i === at ? { ...bucket, ...change } : bucket)) };
}
function withInstrument(change: Partial<PricedInstrument>): RiskPayload {
  return withBucket(0, { instruments: good.buckets[0]!.instruments.map((instrument, i) => (i === 1 ? { ...instrument, ...change } : instrument)) });
}
const deltas = (value: bigint) => good.buckets[0]!.instruments[1]!.scenarioDeltas.map((row, r) => row.map((d, j) => (r === 2 && j === 9 ? value : d)));

describe("checkRanges", () => {
  it("accepts a payload within its ranges, at their edges too", () => {
    checkRanges(good);
    checkRanges(withInstrument({ scenarioDeltas: deltas(LANE - 1n), mark: -LANE + 1n, longCharge: LANE - 1n }));
    checkRanges({ ...good, tail: 1n, buffer: 65_535n, granularity: (1n << 40n) - 1n });
  });

  const column = (scenario: number, node: number) => good.buckets[0]!.column.map((old, s) => (s === scenario ? node : old));
  for (const [what, payload, field] of [
    ["T = 0", { ...good, tail: 0n }, "tail"],
    ["T above the total weight", { ...good, tail: 1n << 27n }, "tail"],
    ["a buffer of 2^16", { ...good, buffer: 1n << 16n }, "buffer"],
    ["a granularity of 0", { ...good, granularity: 0n }, "granularity"],
    ["a weight of 2^20", { ...good, weights: good.weights.map((w, s) => (s === 5 ? 1 << 20 : w)) }, "weights.5"],
    ["a negative weight", { ...good, weights: good.weights.map((w, s) => (s === 5 ? -1 : w)) }, "weights.5"],
    ["a damping of 2^10", { ...good, damping: good.damping.map((d, k) => (k === 9 ? 1024 : d)) }, "damping.9"],
    ["a missing weight", { ...good, weights: good.weights.slice(1) }, "weights"],
    ["d of 2^28", withInstrument({ scenarioDeltas: deltas(LANE) }), "I2.scenarioDeltas.2.9"],
    ["d of -2^28", withInstrument({ scenarioDeltas: deltas(-LANE) }), "I2.scenarioDeltas.2.9"],
    ["a mark of 2^28", withInstrument({ mark: LANE }), "I2.mark"],
    ["a dollar delta of -2^28", withInstrument({ dollarDelta: -LANE }), "I2.dollarDelta"],
    ["a vega of 2^28", withInstrument({ vega: LANE }), "I2.vega"],
    ["a negative charge", withInstrument({ longCharge: -1n }), "I2.longCharge"],
    ["a charge of 2^28", withInstrument({ shortCharge: LANE }), "I2.shortCharge"],
    ["id 0", withInstrument({ id: 0 }), "I2.id"],
    ["an id of another bucket", withInstrument({ id: good.buckets[2]!.instruments[0]!.id }), "I7.id"],
    ["node 15", withBucket(0, { column: column(0, 15) }), `buckets.${good.buckets[0]!.index}.column.0`],
    ["a stress row that misses a node", withBucket(0, { column: column(47, good.buckets[0]!.column[46]!) }), `buckets.${good.buckets[0]!.index}.column`],
    ["lambda of 2^64", withBucket(2, { lambdaVega: 1n << 64n }), `buckets.${good.buckets[2]!.index}.lambdaVega`],
    ["another lambda_D in the same asset", withBucket(1, { lambdaDelta: good.buckets[0]!.lambdaDelta + 1n }), `buckets.${good.buckets[1]!.index}.lambdaDelta`],
    ["an asset whose buckets are apart", { ...good, buckets: [good.buckets[0]!, { ...good.buckets[2]!, index: 20 }, { ...good.buckets[1]!, index: 21 }] }, "buckets.21.asset"],
    ["asset 0 in an occupied bucket", withBucket(2, { asset: 0 }), `buckets.${good.buckets[2]!.index}.asset`],
    ["a bucket index of 64", withBucket(2, { index: 64 }), "buckets.64.index"],
    ["a gap in an asset's run, in which an empty bucket could be opened to split its delta", { ...good, buckets: [good.buckets[0]!, { ...good.buckets[1]!, index: 20 }, { ...good.buckets[2]!, index: 21 }] }, "buckets.20.index"],
    ["indices that fall from asset to asset", { ...good, buckets: [{ ...good.buckets[0]!, index: 30 }, { ...good.buckets[1]!, index: 31 }, good.buckets[2]!] }, `buckets.${good.buckets[2]!.index}.index`],
    ["a name of another bucket", withInstrument({ name: "I7" }), "I7.name"],
    ["a missing damping", { ...good, damping: good.damping.slice(1) }, "damping"],
    ["a missing node of a column", withBucket(0, { column: good.buckets[0]!.column.slice(1) }), `buckets.${good.buckets[0]!.index}.column`],
    ["256 instruments in a bucket", withBucket(2, { instruments: Array.from({ length: 256 }, (_, i) => ({ ...good.buckets[2]!.instruments[0]!, id: 1000 + i, name: `N${i}` })) }), `buckets.${good.buckets[2]!.index}.instruments`],
    ["a missing regime", withInstrument({ scenarioDeltas: deltas(0n).slice(1) }), "I2.scenarioDeltas"],
    ["a missing grid node", withInstrument({ scenarioDeltas: deltas(0n).map((row, r) => (r === 1 ? row.slice(1) : row)) }), "I2.scenarioDeltas.1"],
    ["an initial factor below 1", { ...good, initialFactor: 65_535n }, "initialFactor"],
    ["a negative epoch", { ...good, epoch: -1 }, "epoch"],
    ["a time of half seconds", { ...good, time: 0.5 }, "time"],
    ["a repeated index", withBucket(1, { index: good.buckets[0]!.index }), `buckets.${good.buckets[0]!.index}.index`],
  ] as const) {
    it(`refuses ${what}`, () => {
      try {
        checkRanges(payload as RiskPayload);
      } catch (error) {
        expect(error).toBeInstanceOf(RiskRangeError);
        expect((error as RiskRangeError).field).toBe(field);
        return;
      }
      throw new Error("accepted");
    });
  }
});
