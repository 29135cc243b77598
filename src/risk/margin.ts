/**
 * The margin of a portfolio under a risk payload (design: requirement.circom, margin.circom). Value units throughout.
 */
import { ceilDiv, mulDivUp } from "../math/fixed-point.js";
import { expectedShortfall, type ExpectedShortfall } from "./expected-shortfall.js";
import { liquidityAddOn } from "./liquidity.js";
import type { Portfolio } from "./portfolio.js";
import type { RiskPayload } from "./risk-payload.js";
import { bucketExposures, scenarioLosses, type BucketExposure } from "./scenario-pnl.js";
import { worstLoss, type WorstLoss } from "./worst-loss.js";

/** Q16 one. */
export const FACTOR_ONE = 1n << 16n;
export const MAX_FACTOR = (1n << 24n) - 1n;
const MAX_LIQUIDITY = 1n << 80n;
export const MAX_COLLATERAL = (1n << 72n) - 1n;

export interface Margin {
  readonly exposures: readonly BucketExposure[];
  readonly losses: readonly bigint[];
  readonly shortfall: ExpectedShortfall;
  readonly worst: WorstLoss;
  /** Gross short lots: one value unit a lot covers the floors of d and mark. */
  readonly shortLots: bigint;
  readonly liquidity: bigint;
  readonly charges: bigint;
  /** MM. */
  readonly maintenance: bigint;
  /** collateral + cash + marks - short lots, signed. */
  readonly equity: bigint;
  /** ceil(factor x MM). */
  readonly requirement: bigint;
  readonly healthy: boolean;
}

export interface MarginTerms {
  /** Q16, in [0, 2^24). */
  readonly factor: bigint;
  /** Value units, in [0, 2^72). */
  readonly collateral: bigint;
}

/** @throws MarginRangeError if a term is out of the circuit's range */
export function computeMargin(payload: RiskPayload, portfolio: Portfolio, { factor, collateral }: MarginTerms): Margin {
  requireRange("factor", factor, 0n, MAX_FACTOR);
  requireRange("collateral", collateral, 0n, MAX_COLLATERAL);
  const exposures = bucketExposures(portfolio.holdings);
  const losses = scenarioLosses(exposures);
  const shortfall = expectedShortfall(losses, payload.weights, payload.tail);
  const worst = worstLoss(losses, payload.damping);

  let shortLots = 0n;
  let charges = 0n;
  for (const { quantity, location } of portfolio.holdings) {
    if (quantity < 0n) shortLots -= quantity;
    charges += quantity < 0n ? -quantity * location.instrument.shortCharge : quantity * location.instrument.longCharge;
  }

  // worst is at least 0, so this is max(ES, worst, 0).
  const loss = shortfall.es > worst.worst ? shortfall.es : worst.worst;
  const liquidity = liquidityAddOn(exposures);
  // The value is the account's secret and stays out of the message.
  if (liquidity >= MAX_LIQUIDITY) throw new MarginRangeError("liquidity add-on", "", "must be below 2^80 value units: no tier can prove this book");
  const buffered = mulDivUp(loss + shortLots, FACTOR_ONE + payload.buffer, FACTOR_ONE);
  const maintenance = buffered + liquidity + charges;

  const marks = exposures.reduce((sum, exposure) => sum + exposure.mark, 0n);
  const equity = collateral + portfolio.cash + marks - shortLots;
  const requirement = ceilDiv(factor * maintenance, FACTOR_ONE);
  return {
    exposures, losses, shortfall, worst, shortLots, liquidity, charges, maintenance, equity, requirement,
    healthy: equity >= requirement,
  };
}

function requireRange(name: string, value: bigint, low: bigint, high: bigint): void {
  if (value < low || value > high) throw new MarginRangeError(name, String(value), `must lie in ${low}..${high}`);
}

export class MarginRangeError extends Error {
  constructor(readonly field: string, readonly value: string, readonly rule: string) {
    super(`${field}${value === "" ? "" : ` ${value}`} ${rule}`);
    this.name = "MarginRangeError";
  }
}
