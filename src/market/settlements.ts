import { z } from "zod";
import { max, parseDecimal } from "../math/fixed-point.js";
import { SNAPSHOT_DECIMALS, snapshotDecimal } from "./exchange-decimal.js";
import type { ListedInstrument } from "./market-snapshot.js";
import { formatUtcSeconds, parseUtcSeconds } from "./utc-time.js";

const entrySchema = z.strictObject({
  asset: z.string().regex(/^[A-Z0-9]{1,16}$/),
  expiry: z.string(),
  price: z.string().regex(/^(?:0|[1-9]\d{0,23})(?:\.\d{1,8})?$/, "must be a plain decimal, at most 8 digits after the point"),
  settled: z.boolean().default(false),
});

export interface Settlement {
  readonly asset: string;
  readonly expiry: number;
  /** Units of 1e-8. */
  readonly price: bigint;
  /** Everything of this expiry is paid out: it leaves the payload. */
  readonly settled: boolean;
}

/** By settlementKey. */
export type Settlements = ReadonlyMap<string, Settlement>;

export function settlementKey(asset: string, expiry: number): string {
  return `${asset} ${formatUtcSeconds(expiry)}`;
}

/**
 * Reads [{ "asset": "BTC", "expiry": "2026-02-06T08:00:00Z", "price": "67000.00", "settled": false }]. Throws SettlementError for
 * another shape, a repeated expiry, or one after `time`.
 */
export function parseSettlements(text: string, source: string, time: number): Settlements {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SettlementError(source, "is not JSON (truncated?)");
  }
  const parsed = z.array(entrySchema).safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw new SettlementError(`${source}, ${issue.path.join(".") || "the file"}`, issue.message);
  }
  const settlements = new Map<string, Settlement>();
  for (const { asset, expiry: expiryText, price: priceText, settled } of parsed.data) {
    const expiry = parseUtcSeconds(expiryText);
    if (expiry === undefined) throw new SettlementError(`${source}, ${asset}`, `expiry ${JSON.stringify(expiryText.slice(0, 64))} is no time`);
    const key = settlementKey(asset, expiry);
    const price = parseDecimal(priceText, SNAPSHOT_DECIMALS);
    if (price === 0n) throw new SettlementError(`${source}, ${key}`, "price must be above zero");
    if (expiry > time) throw new SettlementError(`${source}, ${key}`, `is after the snapshot's time ${formatUtcSeconds(time)}`);
    if (settlements.has(key)) throw new SettlementError(`${source}, ${key}`, "is repeated");
    settlements.set(key, { asset, expiry, price, settled });
  }
  return settlements;
}

/** Throws SettlementError naming every expiry of these instruments that has no price, so that they can be given at once. */
export function requireSettlements(expired: readonly ListedInstrument[], settlements: Settlements): void {
  const missing = new Set(expired.map(({ asset, expiry }) => settlementKey(asset, expiry as number)).filter((key) => !settlements.has(key)));
  if (missing.size === 0) return;
  const first = expired.find(({ asset, expiry }) => missing.has(settlementKey(asset, expiry as number))) as ListedInstrument;
  throw new SettlementError(first.name, `is past its expiry and no settlement price of ${[...missing].join(", ")} is given`);
}

/**
 * An instrument past its expiry: expired at its settlement value, settled where the settlement says so. One that is expired already
 * keeps its value. Throws SettlementError where no price is given, or another than the one it expired at.
 */
export function settle(listed: ListedInstrument, settlements: Settlements): ListedInstrument {
  const { status, forward: _forward, volatility: _volatility, openInterest: _interest, volumeQuote: _volume, ...terms } = listed;
  const key = settlementKey(listed.asset, listed.expiry as number);
  const settlement = settlements.get(key);
  if (settlement === undefined) {
    if (status === "expired") return listed;
    throw new SettlementError(listed.name, `is past its expiry and no settlement price of ${key} is given`);
  }
  const settlementValue = snapshotDecimal(payoff(listed, settlement.price));
  if (status === "expired" && listed.settlementValue !== settlementValue) {
    throw new SettlementError(listed.name, `expired at ${listed.settlementValue ?? ""}, the price now given makes it ${settlementValue}`);
  }
  return { ...terms, status: settlement.settled ? "settled" : "expired", settlementValue };
}

function payoff({ optionType, strike }: ListedInstrument, price: bigint): bigint {
  if (strike === undefined) return price;
  const units = parseDecimal(strike, SNAPSHOT_DECIMALS);
  return max(optionType === "call" ? price - units : units - price, 0n);
}

export class SettlementError extends Error {
  readonly code = "SETTLEMENT";
  constructor(
    /** Instrument, or place in the file. */
    readonly subject: string,
    readonly rule: string,
  ) {
    super(`${subject}: ${rule}`);
    this.name = "SettlementError";
  }
}
