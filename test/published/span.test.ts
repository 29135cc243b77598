import { describe, expect, it } from "vitest";
import { presetPolicy } from "../../src/policy/presets.js";
import { NODES, REGIMES } from "../../src/policy/risk-model.js";
import { gridNodes, worstCaseModel } from "../../src/policy/worst-case-model.js";
import { parseWorstCasePolicy } from "../../src/policy/worst-case-policy.js";
import { checkRanges } from "../../src/risk/risk-check.js";
import { computeMargin, FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type PricedInstrument, type RiskPayload } from "../../src/risk/risk-payload.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import { listed, snapshotOf } from "../risk/synthetic-market.js";

/**
 * Risk arrays of a long S&P 500 future (price scan range 20 points of $500) and a long December 410 call as printed in L. G. McMillan,
 * Options as a Strategic Investment (chapter 34, pages 668-670): dollars, in the exchange's order of the 16 scenarios. The
 * last two are 35 % of what a move of two ranges makes.
 */
const FUTURE = [0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10_000, 10_000, -10_000, -10_000, 7000, -7000];
const CALL = [460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500];

/** Move in ranges and direction of volatility of the 16 scenarios, in the same order. */
const MOVES = [0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3, 6, -6].map((thirds) => thirds / 3);
const DIRECTIONS = [1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 0, 0];
const COVER = 0.35;

/** One lot is a thousandth of a contract, so that a risk array fits the lanes. */
const LOTS = 1000n;

const preset = presetPolicy("span16");

/** Regime and node of a scenario. */
function gridNode(scenario: number): { readonly regime: number; readonly node: number } {
  const regime = preset.scenarios.regimes.findIndex(({ rows, volShock }) => rows.length > 0 && Math.sign(Number(volShock)) === DIRECTIONS[scenario]);
  const node = gridNodes(preset.scenarios.regimes[regime]!.rows).findIndex(({ move }) => move !== undefined && Math.abs(Number(move) - MOVES[scenario]!) < 1e-7);
  if (node < 0) throw new Error(`scenario ${scenario} is not in the preset`);
  return { regime, node };
}

/** Fillers have the value of the node they stand next to. */
function leaf(id: number, array: readonly number[]): PricedInstrument {
  const scenarioDeltas = Array.from({ length: REGIMES }, () => new Array<bigint>(NODES).fill(0n));
  array.forEach((dollars, scenario) => {
    const { regime, node } = gridNode(scenario);
    scenarioDeltas[regime]![node] = BigInt(Math.round((dollars / (scenario < 14 ? 1 : COVER)) * 1000));
  });
  for (const [r, { rows }] of preset.scenarios.regimes.entries()) {
    if (rows.length === 0) continue;
    gridNodes(rows).forEach(({ move }, node) => {
      if (move === undefined) scenarioDeltas[r]![node] = scenarioDeltas[r]![node - 1]!;
    });
  }
  return { id, name: `I${id}`, lot: "0.001", stale: false, scenarioDeltas, mark: 0n, dollarDelta: 0n, vega: 0n, longCharge: 0n, shortCharge: 0n };
}

const payload = ((): RiskPayload => {
  const model = worstCaseModel(snapshotOf(), preset);
  const { column, spotLevels } = model.assets[0]!;
  const empty = buildPayload(snapshotOf(), model).payload;
  const bucket = { index: 0, asset: 1, symbol: "SP", band: 0, spotLevels, column, lambdaDelta: 0n, lambdaVega: 0n, instruments: [leaf(1, FUTURE), leaf(2, CALL)] };
  return { ...empty, buckets: [bucket] };
})();

/** Worst loss in dollars and its scenario, 1..16, of a book in contracts. */
function scan(future: bigint, call: bigint): { readonly loss: number; readonly scenario: number } {
  const { byId } = indexInstruments(payload);
  const book = [[1, future], [2, call]] as const;
  const positions = book.filter(([, contracts]) => contracts !== 0n).map(([id, contracts]) => ({ location: byId.get(id)!, quantity: contracts * LOTS }));
  const { worst, shortfall } = computeMargin(payload, canonicalPortfolio(0n, positions), { factor: FACTOR_ONE, collateral: 0n });
  expect(shortfall.es).toBe(0n);
  const row = worst.row!;
  const scenario = MOVES.findIndex((_, k) => gridNode(k).regime * NODES + gridNode(k).node === row);
  return { loss: Number(worst.worst) / 1e6, scenario: scenario + 1 };
}

describe("the published SPAN example through the payload of preset span16", () => {
  it("keeps the payload's ranges", () => {
    expect(() => checkRanges(payload)).not.toThrow();
  });

  it("scans a future at its price scan range, 10,000", () => {
    expect(scan(1n, 0n).loss).toBe(10_000);
    expect(scan(-1n, 0n).loss).toBe(10_000);
  });

  it("scans the long call at 3,990: down three thirds, volatility down", () => {
    expect(scan(0n, 1n)).toEqual({ loss: 3990, scenario: 14 });
  });

  it("scans the short call at 8,060: up three thirds, volatility up", () => {
    expect(scan(0n, -1n)).toEqual({ loss: 8060, scenario: 11 });
  });

  it("scans the covered write, one future less one call, at 6,620: down three thirds, volatility up", () => {
    expect(scan(1n, -1n)).toEqual({ loss: 6620, scenario: 13 });
  });

  it("covers 35 % of an extreme move, rounded up to 359 of 1024", () => {
    const published = (future: bigint, call: bigint) => Math.max(...FUTURE.map((dollars, k) => -Number(future) * dollars - Number(call) * CALL[k]!));
    // Half a value unit a lot, from the division of the printed values by 0.35.
    const rounding = 0.01;
    let extremes = 0;
    for (let call = -12n; call <= 12n; call++) {
      for (let future = -6n; future <= 6n; future++) {
        if (call === 0n && future === 0n) continue;
        const { loss, scenario } = scan(future, call);
        const expected = published(future, call);
        expect(loss).toBeGreaterThan(expected - rounding);
        expect(loss).toBeLessThan(expected * (scenario > 14 ? 359 / (1024 * COVER) : 1) + rounding);
        extremes += Number(scenario > 14);
      }
    }
    // In some of these books an extreme move is the worst, in most it is not.
    expect(extremes).toBeGreaterThan(5);
    expect(extremes).toBeLessThan(150);
  });

  it("has the printed array of the future by the product's own pricing, to the printed ten dollars", () => {
    const policy = parseWorstCasePolicy({ ...preset, assetDefaults: { priceRange: (20 / 410).toFixed(8) } });
    const market = snapshotOf(listed({ id: 1, name: "SP", kind: "future", expiry: snapshotOf().time + 86_400 * 60, forward: "410", tick: "0.0001", lot: "0.01" }));
    const [future] = buildPayload(market, worstCaseModel(market, policy)).payload.buckets[0]!.instruments;
    FUTURE.forEach((dollars, k) => {
      const { regime, node } = gridNode(k);
      // 50,000 lots of 0.01 are the contract's 500.
      const own = (Number(future!.scenarioDeltas[regime]![node]!) * 50_000 * (k < 14 ? 1 : COVER)) / 1e6;
      expect(Math.abs(own - dollars), `scenario ${k + 1}`).toBeLessThan(5.1);
    });
  });
});
