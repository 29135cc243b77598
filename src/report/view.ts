/**
 * What the report shows of a margin: the same integers as the risk core's, put together by bucket, scenario and position. Secret, like the
 * portfolio. Amounts in value units throughout.
 */
import { ceilDiv, formatDecimalTrimmed, parseDecimal } from "../math/fixed-point.js";
import { NODES, REGIMES, REGIME_BLOCK, STRESS_ROWS } from "../policy/risk-model.js";
import { FACTOR_ONE, type Margin, type MarginTerms } from "../risk/margin.js";
import type { Holding, Portfolio } from "../risk/portfolio.js";
import type { RiskPayload } from "../risk/risk-payload.js";
import type { BucketExposure } from "../risk/scenario-pnl.js";
import { stressScenario } from "../risk/worst-loss.js";
import { level } from "./format.js";
import { tailWeights } from "./tail.js";

/** Decimals of the finest lot. */
const LOT_DECIMALS = 12;
const ROWS_PER_REGIME = STRESS_ROWS / REGIMES;

export interface ReportInput {
  readonly payload: RiskPayload;
  readonly riskRoot: bigint;
  readonly portfolio: Portfolio;
  readonly margin: Margin;
  readonly terms: MarginTerms;
}

export interface ReportView extends ReportInput {
  readonly currency: string;
  /** One a regime, all different. */
  readonly regimes: readonly string[];
  /** The larger of ES and the worst damped stress loss, and which of them it is. */
  readonly loss: bigint;
  readonly binding: "shortfall" | "stress";
  /** What the safety buffer adds to loss and short lots. */
  readonly buffer: bigint;
  readonly initialMargin: bigint;
  readonly totalWeight: bigint;
  readonly buckets: readonly BucketView[];
  readonly scenarios: readonly ScenarioView[];
  /** Members of the tail, largest loss first; the boundary is the last. */
  readonly tail: readonly ScenarioView[];
  readonly stress: readonly StressView[];
  /** Absent when no stress row loses. */
  readonly worst?: StressView;
  /** In the portfolio's order, the slots of an instrument together. */
  readonly positions: readonly PositionView[];
}

export interface BucketView {
  readonly exposure: BucketExposure;
  readonly title: string;
  /** [regime][node], per cent; "" where the payload has none. */
  readonly levels: readonly (readonly string[])[];
  /** Mean loss over the tail (Euler part of ES), truncated as `zkmargin margin` does. */
  readonly shortfall: bigint;
  /** Undamped loss in the worst stress row; 0 if there is none. */
  readonly worstLoss: bigint;
}

export interface ScenarioView {
  readonly scenario: number;
  readonly regime: number;
  readonly loss: bigint;
  readonly weight: bigint;
  /** Weight that counts in the tail: 0 outside, part of it for the boundary. */
  readonly counted: bigint;
  readonly boundary: boolean;
  /** Stress row 0..55. */
  readonly row?: number;
  /** Node of each bucket, in the order of the buckets; 14 is unmoved. */
  readonly nodes: readonly number[];
}

export interface StressView {
  readonly row: number;
  readonly scenario: number;
  readonly regime: number;
  /** Of the 1024ths that count. */
  readonly damping: number;
  readonly loss: bigint;
  /** ceil(damping x loss / 1024). */
  readonly damped: bigint;
  readonly nodes: readonly number[];
}

export interface PositionView {
  readonly instrument: string;
  readonly bucket: number;
  /** Signed, in the instrument's unit, decimal. */
  readonly quantity: string;
  readonly lots: bigint;
  readonly mark: bigint;
  /** P&L in the worst stress row, undamped. */
  readonly worstPnl: bigint;
  /** Mean loss over the tail, truncated. */
  readonly shortfall: bigint;
  readonly charges: bigint;
  readonly shortLots: bigint;
}

export function reportView(input: ReportInput): ReportView {
  const { payload, margin } = input;
  const counted = tailWeights(payload, margin);
  const nodes = (scenario: number) => margin.exposures.map(({ bucket }) => bucket.column[scenario]!);
  const rows = new Map(Array.from({ length: STRESS_ROWS }, (_, row) => [stressScenario(row), row]));
  const scenarios = margin.losses.map((loss, scenario): ScenarioView => {
    const row = rows.get(scenario);
    return {
      scenario, regime: Math.floor(scenario / REGIME_BLOCK), loss, weight: BigInt(payload.weights[scenario]!), counted: counted.get(scenario) ?? 0n,
      boundary: scenario === margin.shortfall.boundary, nodes: nodes(scenario), ...(row === undefined ? {} : { row }),
    };
  });
  const stress = payload.damping.map((field, row): StressView => {
    const scenario = stressScenario(row);
    const loss = margin.losses[scenario]!;
    return {
      row, scenario, regime: Math.floor(row / ROWS_PER_REGIME), damping: field + 1, loss, damped: ceilDiv(BigInt(field + 1) * loss, 1024n), nodes: nodes(scenario),
    };
  });
  const worst = margin.worst.row === undefined ? undefined : stress[margin.worst.row]!;
  const loss = margin.shortfall.es > margin.worst.worst ? margin.shortfall.es : margin.worst.worst;
  return {
    ...input, scenarios, stress, loss,
    currency: payload.quoteCurrency,
    regimes: regimeNames(payload),
    binding: margin.shortfall.es > margin.worst.worst ? "shortfall" : "stress",
    buffer: margin.maintenance - margin.charges - margin.liquidity - margin.shortLots - loss,
    initialMargin: ceilDiv(payload.initialFactor * margin.maintenance, FACTOR_ONE),
    totalWeight: payload.weights.reduce((sum, weight) => sum + BigInt(weight), 0n),
    buckets: margin.exposures.map((exposure) => bucketView(exposure, counted, payload.tail, worst)),
    tail: scenarios.filter((scenario) => scenario.counted > 0n).sort((a, b) => Number(a.boundary) - Number(b.boundary) || descending(a.loss, b.loss) || a.scenario - b.scenario),
    positions: positionViews(input, counted, worst),
    ...(worst === undefined ? {} : { worst }),
  };
}

/** The spot moves of a scenario, one for each asset of the book: "BTC -16.0 %, ETH +4.2 %". Buckets of an asset move alike. */
export function spotMoves({ buckets }: ReportView, regime: number, nodes: readonly number[]): string {
  return [...new Set(buckets.map(({ exposure, levels }, at) => `${exposure.bucket.symbol} ${nodeText(levels[regime]!, nodes[at]!)}`))].join(", ");
}

/** Buckets whose nodes are the same in every scenario, as those of an asset are: what they are called, and the place of the first. */
export function nodeGroups({ buckets }: ReportView): { readonly name: string; readonly at: number }[] {
  const groups = new Map<string, number>();
  buckets.forEach(({ exposure: { bucket } }, at) => {
    const key = `${bucket.symbol} ${bucket.column.join()}`;
    if (!groups.has(key)) groups.set(key, at);
  });
  const firsts = [...groups.values()];
  const symbol = (at: number) => buckets[at]!.exposure.bucket.symbol;
  return firsts.map((at) => ({ at, name: firsts.some((other) => other !== at && symbol(other) === symbol(at)) ? buckets[at]!.title : symbol(at) }));
}

/** A node's spot level, or its number where the payload has no levels. */
export function nodeText(levels: readonly string[], node: number): string {
  if (node >= NODES) return "unmoved";
  return levels[node] === "" ? `node ${node}` : levels[node]!;
}

/** Display names are no part of the commitment: they may be missing or equal. */
function regimeNames({ regimes }: RiskPayload): string[] {
  const names = Array.from({ length: REGIMES }, (_, r) => regimes[r] ?? "");
  const usable = new Set(names).size === REGIMES && !names.includes("");
  return usable ? names : names.map((name, r) => `regime ${r}${name === "" ? "" : ` (${name})`}`);
}

function bucketView(exposure: BucketExposure, counted: ReadonlyMap<number, bigint>, tail: bigint, worst?: StressView): BucketView {
  const { bucket, pnl } = exposure;
  const pnlIn = (scenario: number) => pnl[Math.floor(scenario / REGIME_BLOCK)]![bucket.column[scenario]!] ?? 0n;
  return {
    exposure,
    title: `${bucket.symbol}, band ${bucket.band} (bucket ${bucket.index})`,
    levels: Array.from({ length: REGIMES }, (_, r) => Array.from({ length: NODES }, (_, j) => {
      const ratio = bucket.spotLevels[r]?.[j];
      return ratio === undefined ? "" : level(ratio);
    })),
    shortfall: meanLoss(counted, tail, pnlIn),
    worstLoss: worst === undefined ? 0n : -pnlIn(worst.scenario),
  };
}

function positionViews({ payload, portfolio }: ReportInput, counted: ReadonlyMap<number, bigint>, worst?: StressView): PositionView[] {
  const slots = new Map<number, Holding>();
  for (const holding of portfolio.holdings) {
    const { id } = holding.location.instrument;
    slots.set(id, { ...holding, quantity: (slots.get(id)?.quantity ?? 0n) + holding.quantity });
  }
  return [...slots.values()].map(({ quantity, location: { bucket, instrument } }) => {
    const pnlIn = (scenario: number) => quantity * (instrument.scenarioDeltas[Math.floor(scenario / REGIME_BLOCK)]![bucket.column[scenario]!] ?? 0n);
    return {
      instrument: instrument.name, bucket: bucket.index, lots: quantity,
      quantity: formatDecimalTrimmed(quantity * parseDecimal(instrument.lot, LOT_DECIMALS), LOT_DECIMALS),
      mark: quantity * instrument.mark,
      worstPnl: worst === undefined ? 0n : pnlIn(worst.scenario),
      shortfall: meanLoss(counted, payload.tail, pnlIn),
      charges: quantity < 0n ? -quantity * instrument.shortCharge : quantity * instrument.longCharge,
      shortLots: quantity < 0n ? -quantity : 0n,
    };
  });
}

function meanLoss(counted: ReadonlyMap<number, bigint>, tail: bigint, pnlIn: (scenario: number) => bigint): bigint {
  let weighted = 0n;
  for (const [scenario, weight] of counted) weighted -= weight * pnlIn(scenario);
  return weighted / tail;
}

function descending(a: bigint, b: bigint): number {
  return a > b ? -1 : a < b ? 1 : 0;
}
