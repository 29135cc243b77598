/**
 * Values of a chain between the nodes of its scenario grid, in floating point and from SPEC.md section 3 alone: nothing of the risk core's
 * pricing is used here.
 */
import type { ListedInstrument } from "../../src/market/market-snapshot.js";
import { NODES, REGIMES, type RiskModel } from "../../src/policy/risk-model.js";
import { normalCdf, volMultiplier } from "../risk/float-pricing.js";

const YEAR = 365 * 86_400;
const PAIRS = REGIMES - 1;
const INTERVALS = NODES - 1;

/** Points of a pair of regimes: mixes 0, 1/mixes .. 1, and so many steps of spot in each interval. */
export interface GridSize {
  readonly mixes: number;
  readonly steps: number;
}

export function pointsOf({ mixes, steps }: GridSize): number {
  return PAIRS * (mixes + 1) * (INTERVALS * steps + 1);
}

/** A pair of regimes and an interval of nodes with the points in it. */
export interface Cell {
  readonly pair: number;
  readonly interval: number;
  /** Where its four nodes are among the points, and their [regime, node]. */
  readonly corners: readonly number[];
  readonly nodes: readonly (readonly [number, number])[];
  /** Every point of it, with the four bilinear weights, corner by corner. */
  readonly points: readonly { readonly at: number; readonly weights: readonly number[] }[];
}

export function cellsOf(size: GridSize): Cell[] {
  const { mixes, steps } = size;
  const at = (pair: number, mix: number, step: number) => (pair * (mixes + 1) + mix) * (INTERVALS * steps + 1) + step;
  return Array.from({ length: PAIRS * INTERVALS }, (_, k) => {
    const [pair, interval] = [Math.floor(k / INTERVALS), k % INTERVALS];
    const [left, right] = [interval * steps, (interval + 1) * steps];
    const points = Array.from({ length: (mixes + 1) * (steps + 1) }, (__, p) => {
      const [mix, step] = [Math.floor(p / (steps + 1)), p % (steps + 1)];
      const [m, u] = [mix / mixes, step / steps];
      return { at: at(pair, mix, left + step), weights: [(1 - m) * (1 - u), (1 - m) * u, m * (1 - u), m * u] };
    });
    return {
      pair, interval, points,
      corners: [at(pair, 0, left), at(pair, 0, right), at(pair, mixes, left), at(pair, mixes, right)],
      nodes: [[pair, interval], [pair, interval + 1], [pair + 1, interval], [pair + 1, interval + 1]],
    };
  });
}

/** Ticks at every point, and before any shock. */
export interface FineValues {
  readonly base: number;
  readonly values: Float64Array;
}

export function fineValues(instrument: ListedInstrument, model: RiskModel, size: GridSize): FineValues {
  const { mixes, steps } = size;
  const asset = model.assets.find(({ symbol }) => symbol === instrument.asset)!;
  const tick = Number(instrument.tick);
  const forward = Number(instrument.forward) / tick;
  const seconds = instrument.expiry === undefined ? 0 : instrument.expiry - model.time;
  const ends = instrument.expiry !== undefined && seconds < model.horizon;
  const option = instrument.kind === "option";
  const strike = option ? Number(instrument.strike) / tick : 0;
  const sigma = Number(instrument.volatility);
  const put = instrument.optionType === "put";
  const price = (at: number, v: number) => (option ? black76(at, strike, v, put) : at);

  const forwards = model.regimes.map(({ endsAtExpiry, rateShock }, r) => {
    const share = ends && endsAtExpiry ? Math.sqrt(seconds / model.horizon) : 1;
    const carry = 1 + (ratio(rateShock) * seconds) / YEAR;
    return asset.spotLevels[r]!.map((level) => forward * (1 + share * ratio(level)) * carry);
  });
  const multipliers = model.regimes.map((regime) => (option ? volMultiplier(regime, seconds, forward / strike) : 1));
  const left = model.regimes.map(({ elapsed }) => seconds - ratio(elapsed) * model.horizon);

  const values = new Float64Array(pointsOf(size));
  let at = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    for (let mix = 0; mix <= mixes; mix++) {
      const m = mix / mixes;
      const mixed = (of: readonly number[]) => (1 - m) * of[pair]! + m * of[pair + 1]!;
      const v = sigma * mixed(multipliers) * Math.sqrt(Math.max(0, mixed(left)) / YEAR);
      const nodes = forwards[pair]!.map((below, j) => (1 - m) * below + m * forwards[pair + 1]![j]!);
      for (let j = 0; j < INTERVALS; j++) {
        for (let step = 0; step < steps; step++) values[at++] = price(nodes[j]! + ((nodes[j + 1]! - nodes[j]!) * step) / steps, v);
      }
      values[at++] = price(nodes[INTERVALS]!, v);
    }
  }
  return { base: price(forward, sigma * Math.sqrt(seconds / YEAR)), values };
}

function ratio(q32: bigint): number {
  return Number(q32) / 2 ** 32;
}

/** @param v sigma sqrt(T) */
function black76(forward: number, strike: number, v: number, put: boolean): number {
  const call = v === 0 ? Math.max(0, forward - strike) : callValue(forward, strike, v);
  return put ? call - forward + strike : call;
}

function callValue(forward: number, strike: number, v: number): number {
  const d1 = Math.log(forward / strike) / v + v / 2;
  return forward * cdf(d1) - strike * cdf(d1 - v);
}

const GRID = 1024;
const TABLE = Float64Array.from({ length: 16 * GRID + 1 }, (_, k) => normalCdf((k - 8 * GRID) / GRID));

/** By the third-order Taylor series from the nearest of 16,385 places, to 1e-14. */
function cdf(x: number): number {
  if (x <= -8) return 0;
  if (x >= 8) return 1;
  const k = Math.round(x * GRID);
  const from = k / GRID;
  const h = x - from;
  const density = Math.exp((-from * from) / 2) * 0.3989422804014327;
  return TABLE[k + 8 * GRID]! + density * h * (1 - (h * (from - ((from * from - 1) * h) / 3)) / 2);
}
