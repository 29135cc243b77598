import { SNAPSHOT_DECIMALS } from "./exchange-decimal.js";
import type { InstrumentName } from "./instrument-name.js";

/** What an adapter reads from an exchange's chain, before anything is listed. All decimals are integers of 1e-8. */
export interface MarketChain {
  /** Unix seconds of the newest quote, rounded down. */
  readonly time: number;
  readonly quoteCurrency: string;
  /** Rows or summaries read. */
  readonly rows: number;
  readonly options: readonly OptionQuote[];
  /** One per name. */
  readonly futures: readonly FutureQuote[];
  /** Index by asset: the median over the asset's rows. */
  readonly indexes: ReadonlyMap<string, bigint>;
  /** What cannot be used at all, with the reason. */
  readonly unreadable: readonly UnusableRow[];
}

export interface OptionQuote {
  readonly name: InstrumentName;
  readonly strike: bigint;
  readonly expiry: number;
  readonly optionType: "call" | "put";
  /** The row's own forward; absent where the exchange gave none for this expiry. */
  readonly forward?: bigint;
  /** 1.0 = 100 % a year; above zero where present. */
  readonly volatility?: bigint;
  readonly openInterest?: bigint;
  readonly volumeQuote?: bigint;
  /** Why the row prices nothing; absent where it does. */
  readonly unusable?: string;
}

/** A dated future or a perpetual. */
export interface FutureQuote {
  readonly name: InstrumentName;
  readonly mark: bigint;
  readonly openInterest?: bigint;
  readonly volumeQuote?: bigint;
}

export interface UnusableRow {
  readonly name: string;
  readonly reason: string;
}

/** Seconds; rows older than this, counted from the newest of the file, price nothing and say nothing of the index. */
export const MAX_QUOTE_AGE = 600;

/** Why a quote of its time is too old, or undefined. */
export function ageReason(quoteTime: number, chainTime: number): string | undefined {
  const age = chainTime - quoteTime;
  return age > MAX_QUOTE_AGE ? `quote is ${age} s older than the newest` : undefined;
}

/** 1e-8 units: what pricing takes at most. */
const MAX_VOLATILITY = 100n * 10n ** BigInt(SNAPSHOT_DECIMALS);

/** Why an option row cannot be priced from, or undefined. */
export function unusableReason(
  row: { readonly forward?: bigint; readonly volatility?: bigint; readonly expiry: number },
  quoteTime: number,
  chainTime: number,
): string | undefined {
  if (row.expiry <= chainTime) return "expired";
  if (row.forward === undefined) return "no forward of its expiry";
  if (row.volatility === undefined) return "no implied volatility";
  if (row.volatility > MAX_VOLATILITY) return "implied volatility above 10,000 %";
  return ageReason(quoteTime, chainTime);
}

/** A chain file that is not what its format says; nothing of it is used. */
export class MarketChainError extends Error {
  readonly code = "MARKET_CHAIN";
  constructor(
    /** File, and line or entry. */
    readonly place: string,
    readonly rule: string,
  ) {
    super(`${place}: ${rule}`);
    this.name = "MarketChainError";
  }
}
