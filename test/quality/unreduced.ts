/**
 * Expected shortfall over unreduced paths, in floats: every book is revalued at each path with a Black-76 of its own (test/risk/float-pricing.ts).
 * An instrument depends on its asset's move and on the regime only, so its profit is tabulated finely and read linearly between.
 */
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import { simulatePaths } from "../../src/policy/paths.js";
import { parsePolicy, type Policy } from "../../src/policy/policy.js";
import { REGIMES, REGIME_BLOCK, type RiskModel } from "../../src/policy/risk-model.js";
import type { CorrelationMatrix } from "../../src/policy/correlation.js";
import { horizonSigma } from "../../src/policy/volatility.js";
import { priceInstruments } from "../../src/risk/scenario-prices.js";
import { toFloat } from "../policy/synthetic-snapshot.js";
import { black76, volMultiplier } from "../risk/float-pricing.js";

const YEAR = 365 * 86_400;

/** Points are equally far apart in asinh(move / BEND): 0.02 % of spot at no move, 0.4 % of the move far out. */
const BEND = 0.05;
const STEP = 0.004;
const LOWEST = Math.asinh(-1 / BEND);
const POINTS = Math.ceil((Math.asinh(60 / BEND) - LOWEST) / STEP) + 2;

export interface Sample {
  readonly weights: Float64Array;
  readonly regimes: Uint8Array;
  /** moves[asset][path], relative. */
  readonly moves: readonly Float64Array[];
  /** Where a move is in the table: index and fraction, [asset][path]. */
  readonly cells: readonly Uint16Array[];
  readonly fractions: readonly Float64Array[];
  readonly tail: number;
}

/** Fresh paths of the model: another seed, four blocks of pathsPerBlock. */
export function freshSample(policy: Policy, model: RiskModel, correlation: CorrelationMatrix, pathsPerBlock: number, seed: number): Sample {
  const paths = simulatePaths(parsePolicy({ ...policy, scenarios: { ...policy.scenarios, pathsPerBlock, seed } }), correlation);
  const moves = model.assets.map(({ volatility }, asset) => {
    const sigma = toFloat(horizonSigma(volatility, model.horizon));
    return Float64Array.from(paths, ({ draws }) => {
      const log = toFloat(draws[asset]!) * sigma;
      return log < 0 ? Math.expm1(log) : log;
    });
  });
  const positions = moves.map((own) => own.map((move) => (Math.asinh(move / BEND) - LOWEST) / STEP));
  return {
    weights: Float64Array.from(paths, ({ weight }) => weight),
    regimes: Uint8Array.from(paths, ({ regime }) => regime),
    moves,
    cells: positions.map((own) => Uint16Array.from(own, (x) => Math.min(POINTS - 2, Math.floor(x)))),
    fractions: positions.map((own) => own.map((x) => x - Math.min(POINTS - 2, Math.floor(x)))),
    tail: Number(model.tail),
  };
}

/** What a book holds of one instrument, in contracts. */
export interface Leg {
  readonly instrument: ListedInstrument;
  readonly quantity: number;
}

/** An instrument by both ways: table[regime * POINTS + point] of the profit of one contract, and the model's own figures; quote currency. */
export interface Valued {
  readonly asset: number;
  readonly table: Float64Array;
  /** nodes[regime][node]. */
  readonly nodes: readonly (readonly number[])[];
  readonly longCharge: number;
  readonly shortCharge: number;
}

export function valueInstruments(market: MarketSnapshot, model: RiskModel, instruments: readonly ListedInstrument[]): Map<number, Valued> {
  const priced = priceInstruments({ ...market, instruments }, model);
  return new Map(instruments.map((instrument, at) => {
    const { scenarioDeltas, longCharge, shortCharge } = priced[at]!;
    // A lot times a tick is a value unit of 1e-6.
    const perContract = (value: bigint) => Number(value) / (1e6 * Number(instrument.lot));
    return [instrument.id, {
      asset: model.assets.findIndex(({ symbol }) => symbol === instrument.asset),
      table: profitTable(instrument, model),
      nodes: scenarioDeltas.map((row) => row.map(perContract)),
      longCharge: perContract(longCharge),
      shortCharge: perContract(shortCharge),
    }];
  }));
}

function profitTable(instrument: ListedInstrument, model: RiskModel): Float64Array {
  const table = new Float64Array(REGIMES * POINTS);
  for (let r = 0; r < REGIMES; r++) for (let k = 0; k < POINTS; k++) table[r * POINTS + k] = profitAt(instrument, model, r, BEND * Math.sinh(LOWEST + k * STEP));
  return table;
}

/** Profit of one contract in regime r at a relative spot move; expiries beyond the horizon only. */
export function profitAt(instrument: ListedInstrument, model: RiskModel, r: number, move: number): number {
  const regime = model.regimes[r]!;
  const forward = Number(instrument.forward);
  const seconds = instrument.expiry === undefined ? 0 : instrument.expiry - model.time;
  const shocked = forward * Math.max(0, 1 + move) * (1 + (toFloat(regime.rateShock) * seconds) / YEAR);
  if (instrument.kind !== "option") return shocked - forward;
  const [strike, sigma, type] = [Number(instrument.strike), Number(instrument.volatility), instrument.optionType!];
  const left = Math.max(0, seconds - toFloat(regime.elapsed) * model.horizon);
  const shockedSigma = sigma * volMultiplier(regime, seconds, forward / strike);
  return black76(Math.max(shocked, 1e-9 * forward), strike, shockedSigma, left / YEAR, type) - black76(forward, strike, sigma, seconds / YEAR, type);
}

/** Table read as the sample reads it; for the check of its error. */
export function tabulated({ table }: Valued, regime: number, move: number): number {
  const x = (Math.asinh(move / BEND) - LOWEST) / STEP;
  const k = Math.min(POINTS - 2, Math.floor(x));
  const low = table[regime * POINTS + k]!;
  return low + (x - k) * (table[regime * POINTS + k + 1]! - low);
}

/** Expected shortfall of a book over the sample. */
export function sampleShortfall(sample: Sample, book: readonly Leg[], valued: ReadonlyMap<number, Valued>): number {
  const losses = new Float64Array(sample.weights.length);
  sample.moves.forEach((_, asset) => {
    const legs = book.filter(({ instrument }) => valued.get(instrument.id)!.asset === asset);
    if (legs.length === 0) return;
    const table = new Float64Array(REGIMES * POINTS);
    for (const { instrument, quantity } of legs) {
      const own = valued.get(instrument.id)!.table;
      for (let k = 0; k < table.length; k++) table[k]! -= quantity * own[k]!;
    }
    const [cells, fractions] = [sample.cells[asset]!, sample.fractions[asset]!];
    for (let p = 0; p < losses.length; p++) {
      const k = sample.regimes[p]! * POINTS + cells[p]!;
      losses[p]! += table[k]! + fractions[p]! * (table[k + 1]! - table[k]!);
    }
  });
  return tailMean(losses, sample.weights, sample.tail);
}

/** Expected shortfall of spot quantities, one an asset. */
export function linearShortfall(sample: Sample, quantities: readonly number[]): number {
  const losses = new Float64Array(sample.weights.length);
  sample.moves.forEach((own, asset) => {
    const quantity = quantities[asset]!;
    if (quantity !== 0) for (let p = 0; p < losses.length; p++) losses[p]! -= quantity * own[p]!;
  });
  return tailMean(losses, sample.weights, sample.tail);
}

/** Mean of the worst `tail` of the weight. Only losses above a rough quantile are sorted. */
function tailMean(losses: Float64Array, weights: Float64Array, tail: number): number {
  const rough = losses.filter((_, p) => p % 16 === 0).sort();
  for (let share = 0.95; ; share -= 0.2) {
    const limit = share < 0 ? -Infinity : rough[Math.floor(share * rough.length)]!;
    const worst = Array.from(losses.keys()).filter((p) => losses[p]! >= limit).sort((a, b) => losses[b]! - losses[a]!);
    let left = tail;
    let sum = 0;
    for (const p of worst) {
      const part = Math.min(left, weights[p]!);
      sum += part * losses[p]!;
      left -= part;
      if (left <= 0) return sum / tail;
    }
  }
}

/** Expected shortfall of the N scenarios, and what the instruments charge on top. */
export function reducedShortfall(model: RiskModel, book: readonly Leg[], valued: ReadonlyMap<number, Valued>): { readonly es: number; readonly charges: number } {
  const losses = scenarioLosses(model, (s, r) => {
    let profit = 0;
    for (const { instrument, quantity } of book) {
      const { asset, nodes } = valued.get(instrument.id)!;
      profit += quantity * (nodes[r]![model.assets[asset]!.column[s]!] ?? 0);
    }
    return profit;
  });
  const charges = book.reduce((sum, { instrument, quantity }) => {
    const { longCharge, shortCharge } = valued.get(instrument.id)!;
    return sum + (quantity < 0 ? -quantity * shortCharge : quantity * longCharge);
  }, 0);
  return { es: tailMean(losses, Float64Array.from(model.weights), Number(model.tail)), charges };
}

export function reducedLinearShortfall(model: RiskModel, quantities: readonly number[]): number {
  const losses = scenarioLosses(model, (s, r) =>
    model.assets.reduce((sum, { column, spotLevels }, i) => sum + quantities[i]! * (column[s] === 14 ? 0 : toFloat(spotLevels[r]![column[s]!]!)), 0));
  return tailMean(losses, Float64Array.from(model.weights), Number(model.tail));
}

function scenarioLosses(model: RiskModel, profit: (scenario: number, regime: number) => number): Float64Array {
  return Float64Array.from(model.weights, (_, s) => -profit(s, Math.floor(s / REGIME_BLOCK)));
}
