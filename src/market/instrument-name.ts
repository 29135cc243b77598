import type { InstrumentKind } from "./market-snapshot.js";
import { parseExchangePrice } from "./exchange-decimal.js";
import { calendarSeconds } from "./utc-time.js";

export interface InstrumentName {
  readonly name: string;
  readonly asset: string;
  /** "USD" for inverse contracts, else the currency after the underscore. */
  readonly quoteCurrency: string;
  readonly kind: Exclude<InstrumentKind, "spot">;
  readonly expiry?: number;
  /** Units of 1e-8. */
  readonly strike?: bigint;
  readonly optionType?: "call" | "put";
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/** Deribit's contracts expire at 08:00 UTC. */
const EXPIRY_HOUR = 8 * 3600;

/**
 * Reads Deribit's instrument names: BTC-PERPETUAL, BTC-25DEC26, BTC-25DEC26-40000-P, XRP_USDC-25DEC26-0d625-C ("d" is the
 * strike's point). Undefined for every other name, combinations and synthetic futures (SYN.BTC-16JAN26) included.
 */
export function parseInstrumentName(name: string): InstrumentName | undefined {
  const match = /^([A-Z0-9]+)(?:_([A-Z0-9]+))?-(?:(PERPETUAL)|(\d{1,2}[A-Z]{3}\d{2}))(?:-(\d+(?:d\d+)?)-([CP]))?$/.exec(name);
  if (match === null) return undefined;
  const [, asset, quote, perpetual, date, strikeText, type] = match;
  const base = { name, asset: asset as string, quoteCurrency: quote ?? "USD" };
  if (perpetual !== undefined) return strikeText === undefined ? { ...base, kind: "perpetual" } : undefined;
  const expiry = parseExpiry(date as string);
  if (expiry === undefined) return undefined;
  if (strikeText === undefined) return { ...base, kind: "future", expiry };
  const strike = parseExchangePrice(strikeText.replace("d", "."), `strike of ${name}`);
  return { ...base, kind: "option", expiry, strike, optionType: type === "C" ? "call" : "put" };
}

function parseExpiry(date: string): number | undefined {
  const month = MONTHS.indexOf(date.slice(-5, -2)) + 1;
  const day = calendarSeconds(2000 + Number(date.slice(-2)), month, Number(date.slice(0, -5)));
  return month === 0 || day === undefined ? undefined : day + EXPIRY_HOUR;
}

/** The date part of a name: 1767254400 -> "1JAN26". */
export function formatExpiryDate(expiry: number): string {
  const date = new Date(expiry * 1000);
  return `${date.getUTCDate()}${MONTHS[date.getUTCMonth()] as string}${String(date.getUTCFullYear()).slice(-2)}`;
}
