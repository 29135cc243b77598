/**
 * P&L of a book at the grid nodes and in the joint scenarios (circuits/scenario-pnl.circom).
 */
import { NODES, REGIMES, REGIME_BLOCK } from "../policy/risk-model.js";
import type { RiskBucket } from "./risk-payload.js";
import type { Holding } from "./portfolio.js";

/** Sums over the positions of one bucket, value units. */
export interface BucketExposure {
  readonly bucket: RiskBucket;
  /** V_b[r][j]: P&L at each grid node. */
  readonly pnl: readonly (readonly bigint[])[];
  readonly mark: bigint;
  readonly dollarDelta: bigint;
  /** Per 1.00 of volatility. */
  readonly vega: bigint;
}

/** Exposure of each bucket the book touches, ascending bucket index. */
export function bucketExposures(holdings: readonly Holding[]): BucketExposure[] {
  const byBucket = new Map<number, Holding[]>();
  for (const holding of holdings) {
    const index = holding.location.bucket.index;
    const list = byBucket.get(index);
    if (list === undefined) byBucket.set(index, [holding]);
    else list.push(holding);
  }
  return [...byBucket.entries()].sort(([a], [b]) => a - b).map(([, list]) => bucketExposure(list));
}

function bucketExposure(holdings: readonly Holding[]): BucketExposure {
  const pnl = Array.from({ length: REGIMES }, () => new Array<bigint>(NODES).fill(0n));
  let mark = 0n;
  let dollarDelta = 0n;
  let vega = 0n;
  for (const { quantity, location } of holdings) {
    const instrument = location.instrument;
    for (let r = 0; r < REGIMES; r++) {
      const deltas = instrument.scenarioDeltas[r]!;
      const row = pnl[r]!;
      for (let j = 0; j < NODES; j++) row[j] = row[j]! + quantity * deltas[j]!;
    }
    mark += quantity * instrument.mark;
    dollarDelta += quantity * instrument.dollarDelta;
    vega += quantity * instrument.vega;
  }
  return { bucket: holdings[0]!.location.bucket, pnl, mark, dollarDelta, vega };
}

/** loss_s = - sum_b V_b[r(s)][node_b(s)], for each of the scenarios. Nodes 14 and 15 are unmoved. */
export function scenarioLosses(exposures: readonly BucketExposure[]): bigint[] {
  const losses: bigint[] = [];
  for (let s = 0; s < REGIMES * REGIME_BLOCK; s++) {
    const regime = Math.floor(s / REGIME_BLOCK);
    let pnl = 0n;
    for (const exposure of exposures) pnl += exposure.pnl[regime]![exposure.bucket.column[s]!] ?? 0n;
    losses.push(-pnl);
  }
  return losses;
}
