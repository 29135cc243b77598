import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AssetCountError, buildRiskModel, traceRiskModel } from "../../src/policy/build-risk-model.js";
import { optionVega } from "../../src/policy/liquidity.js";
import { pathMoves } from "../../src/policy/paths.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import { describeRiskModel } from "../../src/policy/risk-model-report.js";
import type { RiskModel } from "../../src/policy/risk-model.js";
import { horizonSigma } from "../../src/policy/volatility.js";
import { TIME, DAY, asset, option, snapshot, syntheticBars, toFloat } from "./synthetic-snapshot.js";

const SYMBOLS = ["BTC", "ETH", "SOL", "XRP", "ZEC"];
const market = (assets: number) => snapshot(SYMBOLS.slice(0, assets).map((symbol, i) => asset(symbol, syntheticBars(200, { seed: i + 1 }))));
const traces = new Map([1, 2, 5].map((assets) => [assets, traceRiskModel(market(assets), defaultPolicy)]));
const hash = (model: RiskModel) => createHash("sha256").update(JSON.stringify(model, (_, value) => (typeof value === "bigint" ? `${value}n` : value))).digest("hex");

/** Mean of the worst T of the weight, sorted, in floats. */
function expectedShortfall(outcomes: (readonly [loss: number, weight: number])[], tail: number): number {
  let left = tail;
  let sum = 0;
  for (const [loss, weight] of outcomes.toSorted(([a], [b]) => b - a)) {
    const part = Math.min(left, weight);
    sum += part * loss;
    left -= part;
  }
  return sum / tail;
}

function modelLosses(model: RiskModel, book: readonly number[]): (readonly [number, number])[] {
  return model.weights.map((weight, s) => {
    const moves = model.assets.map(({ column, spotLevels }) => (column[s] === 14 ? 0 : toFloat(spotLevels[Math.floor(s / 48)]![column[s]!]!)));
    return [-moves.reduce((sum, move, i) => sum + move * book[i]!, 0), weight] as const;
  });
}

describe("buildRiskModel", () => {
  it("is the same on every machine", () => {
    expect(hash(buildRiskModel(market(2), defaultPolicy))).toBe(hash(traces.get(2)!.model));
    expect(hash(traces.get(2)!.model)).toBe("2d89d1b77ff86ab8d5ce766addcb045ce8d119ffd4291269a655bf08c8c23f01");
  });

  it.each([1, 2, 5])("keeps the model's ranges for %i assets", (assets) => {
    const { model } = traces.get(assets)!;
    expect(model.weights).toHaveLength(192);
    expect(model.weights.reduce((a, b) => a + b, 0)).toBe(1048576);
    expect(model.weights.every((weight) => weight >= 0 && weight < 2 ** 20)).toBe(true);
    expect(model.weights.filter((_, s) => s % 48 >= 34)).toEqual(Array(56).fill(0));
    expect(model.damping).toHaveLength(56);
    // 1 % of 2^20, rounded down
    expect(model.tail).toBe(10485n);
    expect(model.bands).toEqual([7 * DAY, 35 * DAY, 100 * DAY, Number.MAX_SAFE_INTEGER]);
    for (const { column, lambdaDelta, lambdaVega } of model.assets) {
      expect(column.every((node, s) => node >= 0 && node <= 14 && (node < 14 || model.weights[s] === 0))).toBe(true);
      for (let r = 0; r < 4; r++) expect(new Set(column.slice(48 * r + 34, 48 * r + 48)).size).toBe(14);
      expect(lambdaDelta > 0n && lambdaDelta < 1n << 64n && lambdaVega > 0n && lambdaVega < 1n << 64n).toBe(true);
    }
  });

  it.each([1, 2, 5])("has an expected shortfall near that of the paths and hardly below it, long, short and spread, of %i assets", (assets) => {
    const { model, origin } = traces.get(assets)!;
    const books = SYMBOLS.slice(0, assets).flatMap((_, i) => {
      const unit = (k: number, size: number) => Array.from({ length: assets }, (_, j) => (j === k ? size : 0));
      const spreads = Array.from({ length: assets }, (_, k) => k).filter((k) => k !== i).map((k) => unit(i, 1).map((x, j) => (j === k ? -1 : x)));
      return [unit(i, 1), unit(i, -1), ...spreads];
    });
    const sigmas = model.assets.map(({ volatility }) => horizonSigma(volatility, model.horizon));
    for (const book of books) {
      const exact = expectedShortfall(origin.paths.map((path) => [-pathMoves(path, sigmas).reduce((sum, move, i) => sum + toFloat(move) * book[i]!, 0), path.weight]), Number(model.tail));
      const reduced = expectedShortfall(modelLosses(model, book), Number(model.tail));
      expect(reduced / exact, book.join(" ")).toBeGreaterThan(0.97);
      expect(reduced / exact, book.join(" ")).toBeLessThan(assets === 5 ? 1.8 : 1.3);
    }
  });

  it("keeps its scenarios when volatility changes, and moves only their weights", () => {
    const at = (floor: string) => {
      const assets = { BTC: { ...defaultPolicy.assets.BTC, volatilityFloor: floor }, ETH: { ...defaultPolicy.assets.ETH, volatilityFloor: floor } };
      return buildRiskModel(market(2), { ...defaultPolicy, assets });
    };
    const [calm, lively, wild] = ["0.8", "0.808", "2"].map(at);
    expect(calm!.assets[0]!.volatility).toBeLessThan(lively!.assets[0]!.volatility);
    for (const other of [lively!, wild!]) expect(other.assets.map(({ column }) => column)).toEqual(calm!.assets.map(({ column }) => column));
    const moved = calm!.weights.reduce((sum, weight, s) => sum + Math.abs(weight - lively!.weights[s]!), 0);
    // 1 % more volatility moves well below 5 % of the weight of 2^20.
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(2 ** 20 / 20);
  });

  it("has each node of a single asset as a scenario of its own, with the weight that the split gives it", () => {
    const { model, origin } = traces.get(1)!;
    for (let r = 0; r < 4; r++) {
      const byNode = Array.from({ length: 14 }, () => 0);
      for (const { nodes, weight } of origin.tuples[r]!) byNode[nodes[0]!]! += weight;
      const scenarios = Array.from({ length: 34 }, (_, k) => 48 * r + k).filter((s) => model.assets[0]!.column[s]! < 14);
      expect(scenarios.map((s) => [model.assets[0]!.column[s], model.weights[s]])).toEqual(byNode.map((weight, node) => [node, weight]));
    }
  });

  it("gets wider and dearer when volatility rises", () => {
    const [calm, wild] = [300n, 900n].map((move) => buildRiskModel(snapshot([asset("BTC", syntheticBars(200, { move }))]), defaultPolicy).assets[0]!);
    expect(wild!.volatility).toBeGreaterThan(calm!.volatility);
    expect(wild!.lambdaDelta).toBeGreaterThan(calm!.lambdaDelta);
    expect(wild!.lambdaVega).toBeGreaterThan(calm!.lambdaVega);
    expect(wild!.spotHaircut).toBeGreaterThan(calm!.spotHaircut);
    expect(wild!.spotLevels[0]![2]!).toBeLessThan(calm!.spotLevels[0]![2]!);
    expect(wild!.spotLevels[0]![10]!).toBeGreaterThan(calm!.spotLevels[0]![10]!);
  });

  it("costs half as much to unwind when the volume doubles", () => {
    const [thin, deep] = ["1000000000", "2000000000"].map((volume) => buildRiskModel(snapshot([asset("BTC", syntheticBars(200, { volume }))]), defaultPolicy).assets[0]!);
    expect(thin!.lambdaDelta - 2n * deep!.lambdaDelta).toBeGreaterThanOrEqual(-1n);
    expect(thin!.lambdaDelta - 2n * deep!.lambdaDelta).toBeLessThanOrEqual(0n);
    // impact 1 x sigma_h / (5 % x 1e9 x 1e6 value units) x 2^80
    expect(Number(thin!.lambdaDelta) / 2 ** 80).toBeCloseTo(toFloat(thin!.volatility) / Math.sqrt(365) / 5e13, 22);
  });

  it("costs less to trade vega when more options are open, and takes the policy's depth where none are", () => {
    const at = (openInterest?: string) => {
      const chain = [option(1, "BTC", 30, "50000", "0.6", openInterest === undefined ? {} : { openInterest })];
      return traceRiskModel(snapshot([asset("BTC")], chain), defaultPolicy);
    };
    expect(at("2000").model.assets[0]!.lambdaVega).toBeLessThan(at("1000").model.assets[0]!.lambdaVega);
    expect(at("1000").origin.liquidity[0]!.vegaSource).toBe("open interest");
    expect(at().origin.liquidity[0]).toMatchObject({ vegaSource: "policy", vegaDepth: 5_000_000_000_000n, volumeSource: "policy" });
  });

  it("refuses no assets and more than eight", () => {
    expect(() => buildRiskModel(snapshot([]), defaultPolicy)).toThrow(AssetCountError);
    const nine = snapshot(Array.from({ length: 9 }, (_, i) => asset(`A${i}`)));
    expect(() => buildRiskModel(nine, defaultPolicy)).toThrow("snapshot has 9 assets: a risk model holds 1 to 8");
  });
});

describe("optionVega", () => {
  it("is Black-76's: F = 100,000, K = 110,000, three months, 60 %", () => {
    // scipy: F norm.pdf(d1) sqrt(T)
    const quote = { strike: "110000", forward: "100000", volatility: "0.6", expiry: TIME + 31_536_000 / 4 };
    expect(toFloat(optionVega(quote, TIME))).toBeCloseTo(19668.585666, 3);
  });
});

describe("describeRiskModel", () => {
  it("tells volatility with its source, tail and regimes in words", () => {
    const { model, origin } = traces.get(2)!;
    const report = describeRiskModel(model, origin);
    const value = (lines: readonly { name: string; value: string }[], name: string) => lines.find((line) => line.name === name)?.value;
    expect(value(report.parameters, "horizon")).toBe("24 h");
    expect(value(report.parameters, "tail")).toBe("worst 1.00 % of the weight (10485 of 1048576)");
    expect(value(report.regimes[2]!.lines, "volatility at 30 d")).toBe("+60.00 %");
    expect(report.assets.map(({ symbol }) => symbol)).toEqual(["BTC", "ETH"]);
    expect(value(report.assets[0]!.lines, "volatility from")).toBe("history (199 daily returns)");
    expect(value(describeRiskModel(model).assets[0]!.lines, "volatility from")).toBeUndefined();
  });
});
