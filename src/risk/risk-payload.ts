/**
 * RiskPayload: what is published for an epoch and committed to by riskRoot (SPEC.md section 2).
 * It is data only: a wallet downloads it, finds its instruments and opens them in a proof.
 */

export interface RiskPayload {
  readonly format: "zkmargin-risk-payload-1";
  readonly epoch: number;
  /** Valuation time, unix seconds. */
  readonly time: number;
  readonly quoteCurrency: string;
  /** T: weight of the tail, in the unit of the scenario weights. */
  readonly tail: bigint;
  /** Q16. */
  readonly buffer: bigint;
  /** Value units. */
  readonly granularity: bigint;
  /** Initial margin as a multiple of maintenance margin, Q16. A convention for users; the contract asks for its own factor. */
  readonly initialFactor: bigint;
  readonly weights: readonly number[];
  readonly damping: readonly number[];
  /** Names of the regimes, for display; not committed to. */
  readonly regimes: readonly string[];
  /** Occupied buckets only, strictly ascending index. */
  readonly buckets: readonly RiskBucket[];
  /** Names that were listed once and are settled: a portfolio that names one gets an error of its own. */
  readonly settled: readonly string[];
}

export interface RiskBucket {
  readonly index: number;
  /** Asset number, 1.. (0 is the empty bucket's). */
  readonly asset: number;
  readonly symbol: string;
  /** Expiry band, index into the policy's bands. */
  readonly band: number;
  /** Relative spot shock of each grid node [regime][node], Q32, for display; not committed to (d is). */
  readonly spotLevels: readonly (readonly bigint[])[];
  /** Node (0..14) of each scenario. */
  readonly column: readonly number[];
  /** x 2^-80 per value unit. */
  readonly lambdaDelta: bigint;
  readonly lambdaVega: bigint;
  /** At most 255, at places 1.. in this order; place 0 is empty. */
  readonly instruments: readonly PricedInstrument[];
}

/** One leaf; all money in value units per lot. */
export interface PricedInstrument {
  readonly id: number;
  /** Name and lot are not committed to: a wallet that does not rebuild the payload takes them from the protocol's listing. */
  readonly name: string;
  /** Quantity unit, decimal. */
  readonly lot: string;
  /** Priced from the surface because the market gives no quote. */
  readonly stale: boolean;
  /** d[regime][node] = floor(V' - V). */
  readonly scenarioDeltas: readonly (readonly bigint[])[];
  readonly mark: bigint;
  readonly dollarDelta: bigint;
  readonly vega: bigint;
  readonly longCharge: bigint;
  readonly shortCharge: bigint;
}

/** Places of a bucket, and the empty one at its start. */
export const BUCKETS = 64;
export const PLACES = 256;

/** Where an instrument is. */
export interface InstrumentLocation {
  readonly bucket: RiskBucket;
  readonly place: number;
  readonly instrument: PricedInstrument;
}

/** Instruments by name and by id, with their places. */
export interface InstrumentIndex {
  readonly byName: ReadonlyMap<string, InstrumentLocation>;
  readonly byId: ReadonlyMap<number, InstrumentLocation>;
}

export function indexInstruments(payload: RiskPayload): InstrumentIndex {
  const byName = new Map<string, InstrumentLocation>();
  const byId = new Map<number, InstrumentLocation>();
  for (const bucket of payload.buckets) {
    bucket.instruments.forEach((instrument, at) => {
      const location = { bucket, place: at + 1, instrument };
      byName.set(instrument.name, location);
      byId.set(instrument.id, location);
    });
  }
  return { byName, byId };
}
