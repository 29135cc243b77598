/**
 * RiskPayload: what is published for an epoch and committed to by riskRoot (SPEC.md section 2).
 */

export interface RiskPayload {
  readonly format: "zkmargin-risk-payload-1";
  readonly epoch: number;
  readonly time: number;
  readonly tail: bigint;
  readonly buffer: bigint;
  readonly granularity: bigint;
  readonly weights: readonly number[];
  readonly damping: readonly number[];
  /** Occupied buckets only, strictly ascending index. */
  readonly buckets: readonly RiskBucket[];
}

export interface RiskBucket {
  readonly index: number;
  /** Asset number, 1.. (0 is the empty bucket's). */
  readonly asset: number;
  readonly symbol: string;
  /** Expiry band, index into the policy's bands. */
  readonly band: number;
  readonly column: readonly number[];
  readonly lambdaDelta: bigint;
  readonly lambdaVega: bigint;
  /** At most 255, at places 1.. in this order; place 0 is empty. */
  readonly instruments: readonly PricedInstrument[];
}

/** One leaf; all money in value units per lot. */
export interface PricedInstrument {
  readonly id: number;
  readonly name: string;
  readonly lot: string;
  readonly stale: boolean;
  /** d[regime][node] = floor(V' - V). */
  readonly scenarioDeltas: readonly (readonly bigint[])[];
  readonly mark: bigint;
  readonly dollarDelta: bigint;
  readonly vega: bigint;
  readonly longCharge: bigint;
  readonly shortCharge: bigint;
}
