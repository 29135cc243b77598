/**
 * MarketSnapshot: one moment of the market and the listing, complete in itself: everything the risk payload is built from.
 * All decimals are strings ("88728.95"), exact, at most 8 decimals; times are unix seconds, UTC.
 */

export interface MarketSnapshot {
  readonly format: "zkmargin-market-snapshot-1";
  readonly time: number;
  /** Strictly increasing from snapshot to snapshot; by default the time. */
  readonly epoch: number;
  readonly quoteCurrency: string;
  /** Sorted by symbol. */
  readonly assets: readonly AssetMarket[];
  /** Sorted by id; ids 1..2^32-1, unique, never reused (a settled instrument keeps its entry). */
  readonly instruments: readonly ListedInstrument[];
}

export interface AssetMarket {
  readonly symbol: string;
  readonly index: string;
  /** Daily bars, ascending in time, the last one closed before the snapshot; empty where none were given. */
  readonly history: readonly Bar[];
}

export interface Bar {
  /** Opening time. */
  readonly time: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** Traded volume in the quote currency. */
  readonly quoteVolume: string;
}

export type InstrumentKind = "option" | "future" | "perpetual" | "spot";

/** live: quoted now; stale: listed, no usable quote now, priced from the surface; expired: waits at its settlement value; settled: gone from the payload. */
export type InstrumentStatus = "live" | "stale" | "expired" | "settled";

export interface ListedInstrument {
  readonly id: number;
  readonly name: string;
  readonly asset: string;
  readonly kind: InstrumentKind;
  /** Options only. */
  readonly optionType?: "call" | "put";
  readonly strike?: string;
  /** Options and dated futures. */
  readonly expiry?: number;
  /** Price unit and quantity unit, fixed at listing; tick x lot = 0.000001 exactly. */
  readonly tick: string;
  readonly lot: string;
  readonly status: InstrumentStatus;
  /** Live and stale: forward of the expiry (futures, perpetual: their mark; spot: the index). */
  readonly forward?: string;
  /** Live and stale options: implied volatility, annual, 1.0 = 100 %. */
  readonly volatility?: string;
  /** Expired: settlement value per contract in the quote currency (options: the payoff). */
  readonly settlementValue?: string;
  /** As quoted, for the policy's liquidity terms and for display; absent where not quoted. */
  readonly openInterest?: string;
  readonly volumeQuote?: string;
}
