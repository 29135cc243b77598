import { describe, expect, it } from "vitest";
import { buildPayload } from "../../src/risk/build-payload.js";
import { computeMargin, MarginRangeError } from "../../src/risk/margin.js";
import { canonicalPortfolio } from "../../src/risk/portfolio.js";
import { RiskRangeError } from "../../src/risk/risk-check.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import { listed, riskModel, snapshotOf } from "./synthetic-market.js";

describe("a payload that is built", () => {
  it.each([["tail", { tail: 0n }], ["buffer", { buffer: 1n << 16n }], ["granularity", { granularity: 0n }]] as const)("is refused where its %s is out of the circuit's range", (field, change) => {
    expect(() => buildPayload(snapshotOf(listed({})), riskModel(change))).toThrow(RiskRangeError);
    expect(() => buildPayload(snapshotOf(listed({})), riskModel(change))).toThrow(field);
  });
});

describe("a book whose liquidity add-on reaches 2^80", () => {
  // lambda D^2 = 2^60 x (2^25 2^25)^2 = 2^160.
  const random = randomPayload(seededRandom(5), { assets: [1], instrumentsPerBucket: 1 });
  const bucket = random.buckets[0]!;
  const payload: RiskPayload = {
    ...random, buckets: [{ ...bucket, lambdaDelta: 1n << 60n, lambdaVega: 0n, instruments: [{ ...bucket.instruments[0]!, dollarDelta: 1n << 25n }] }],
  };
  const book = (lots: bigint) => canonicalPortfolio(0n, [{ quantity: lots, location: indexInstruments(payload).byId.get(bucket.instruments[0]!.id)! }]);
  const margin = (lots: bigint) => computeMargin(payload, book(lots), { factor: 1n << 16n, collateral: 0n });

  it("is refused by name, with nothing of the book in the message", () => {
    const error: unknown = (() => { try { return margin(1n << 25n); } catch (caught) { return caught; } })();
    expect(error).toBeInstanceOf(MarginRangeError);
    expect((error as Error).message).toBe("liquidity add-on must be below 2^80 value units: no tier can prove this book");
  });
  it("and is margined a lot below", () => {
    expect(margin((1n << 25n) - 1n).liquidity).toBeLessThan(1n << 80n);
  });
});

describe("the terms of a margin", () => {
  const payload = randomPayload(seededRandom(6), { assets: [1], instrumentsPerBucket: 1 });
  it.each([["factor", 1n << 24n, 0n], ["factor", -1n, 0n], ["collateral", 1n << 16n, 1n << 72n], ["collateral", 1n << 16n, -1n]] as const)("are refused beyond the circuit's range: %s", (field, factor, collateral) => {
    expect(() => computeMargin(payload, canonicalPortfolio(0n, []), { factor, collateral })).toThrow(MarginRangeError);
    expect(() => computeMargin(payload, canonicalPortfolio(0n, []), { factor, collateral })).toThrow(field);
  });
});
