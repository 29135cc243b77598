import { z } from "zod";
import { parseDecimal } from "../math/fixed-point.js";
import { PlainJsonError, parsePlainJson } from "./plain-json.js";
import { SNAPSHOT_DECIMALS, snapshotDecimal } from "./exchange-decimal.js";
import { DAY } from "./utc-time.js";

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
  /** Expired and settled: settlement value per contract in the quote currency (options: the payoff). */
  readonly settlementValue?: string;
  /** As quoted, for the policy's liquidity terms and for display; absent where not quoted. */
  readonly openInterest?: string;
  readonly volumeQuote?: string;
}

/** Bars that a snapshot keeps of an asset at most. */
export const MAX_HISTORY = 730;
/** tick x lot in units of 1e-16: one value unit, 1e-6. */
const VALUE_UNIT = 10n ** 10n;
const MAX_ID = 2 ** 32 - 1;
/** 9999-12-31. */
const MAX_TIME = 253_402_214_400;

const seconds = z.number().int().min(1).max(MAX_TIME);
const symbol = z.string().regex(/^[A-Z0-9]{1,16}$/, "must be 1 to 16 capital letters or digits");
/** Not negative; "1.50" and "1.5" are one number, so that one snapshot has one text. */
const amount = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,23})(?:\.\d{1,8})?$/, "must be a plain decimal, not negative, at most 8 digits after the point")
  .transform((text) => snapshotDecimal(units(text)));
const price = amount.refine((text) => text !== "0", "must be above zero");

const bar = z.strictObject({ time: seconds, open: price, high: price, low: price, close: price, quoteVolume: amount });

const asset = z.strictObject({ symbol, index: price, history: z.array(bar).max(MAX_HISTORY) });

const instrument = z.strictObject({
  id: z.number().int().min(1).max(MAX_ID),
  name: z.string().regex(/^[A-Z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, '.', '_' or '-'"),
  asset: symbol,
  kind: z.enum(["option", "future", "perpetual", "spot"]),
  optionType: z.enum(["call", "put"]).exactOptional(),
  strike: price.exactOptional(),
  expiry: seconds.exactOptional(),
  tick: price,
  lot: price,
  status: z.enum(["live", "stale", "expired", "settled"]),
  forward: price.exactOptional(),
  volatility: price.exactOptional(),
  settlementValue: amount.exactOptional(),
  openInterest: amount.exactOptional(),
  volumeQuote: amount.exactOptional(),
});

const snapshotSchema = z.strictObject({
  format: z.literal("zkmargin-market-snapshot-1"),
  time: seconds,
  epoch: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  quoteCurrency: symbol,
  assets: z.array(asset).min(1),
  instruments: z.array(instrument),
});

/** Reads and checks a snapshot file. Throws SnapshotError for the first thing wrong. */
export function parseSnapshot(text: string): MarketSnapshot {
  let value: unknown;
  try {
    value = parsePlainJson(text);
  } catch (error) {
    throw error instanceof PlainJsonError ? new SnapshotError("snapshot", "text", `${text.length} characters`, error.rule) : error;
  }
  return checkSnapshot(value);
}

/** Checks the shape, every field and the rules between them; returns the snapshot with canonical decimals. Throws SnapshotError. */
export function checkSnapshot(value: unknown): MarketSnapshot {
  const result = snapshotSchema.safeParse(value);
  if (!result.success) throw schemaError(value, result.error);
  const snapshot: MarketSnapshot = result.data;
  checkAssets(snapshot);
  checkInstruments(snapshot);
  return snapshot;
}

/** Canonical text: fixed order of keys, one bar or instrument a line, a newline at the end; one snapshot has one text. Throws SnapshotError. */
export function formatSnapshot(value: MarketSnapshot): string {
  const snapshot = checkSnapshot(value);
  const assets = snapshot.assets.map(({ symbol, index, history }) => {
    const head = JSON.stringify({ symbol, index }).slice(0, -1);
    return `${head},"history":${lines(history.map(barText), "  ")}}`;
  });
  const { format, time, epoch, quoteCurrency } = snapshot;
  const head = JSON.stringify({ format, time, epoch, quoteCurrency }).slice(1, -1);
  return `{${head},\n"assets":${lines(assets, "")},\n"instruments":${lines(snapshot.instruments.map(instrumentText), "")}}\n`;
}

function barText({ time, open, high, low, close, quoteVolume }: AssetMarket["history"][number]): string {
  return JSON.stringify({ time, open, high, low, close, quoteVolume });
}

function instrumentText(listed: ListedInstrument): string {
  const { id, name, asset, kind, optionType, strike, expiry, tick, lot, status } = listed;
  const { forward, volatility, settlementValue, openInterest, volumeQuote } = listed;
  return JSON.stringify({
    id, name, asset, kind, optionType, strike, expiry, tick, lot, status,
    forward, volatility, settlementValue, openInterest, volumeQuote,
  });
}

function lines(items: readonly string[], indent: string): string {
  return items.length === 0 ? "[]" : `[\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}]`;
}

function checkAssets(snapshot: MarketSnapshot): void {
  let previous = "";
  for (const { symbol, history } of snapshot.assets) {
    requireRule(symbol > previous, `asset ${symbol}`, "symbol", symbol, `must sort after ${previous}: assets are sorted and unique`);
    previous = symbol;
    history.forEach((entry, at) => {
      const where = `asset ${symbol}, bar ${at}`;
      const before = history[at - 1];
      requireRule(before === undefined || entry.time >= before.time + DAY, where, "time", entry.time, "must be a day or more after the bar before it");
      requireRule(entry.time + DAY <= snapshot.time, where, "time", entry.time, `must be closed at the snapshot's time ${snapshot.time}`);
      const [open, high, low, close] = [entry.open, entry.high, entry.low, entry.close].map(units) as [bigint, bigint, bigint, bigint];
      requireRule(low <= open && low <= close, where, "low", entry.low, "must not be above open or close");
      requireRule(high >= open && high >= close, where, "high", entry.high, "must not be below open or close");
    });
  }
}

function checkInstruments(snapshot: MarketSnapshot): void {
  const symbols = new Set(snapshot.assets.map(({ symbol }) => symbol));
  const names = new Set<string>();
  let previous = 0;
  for (const listed of snapshot.instruments) {
    const where = `instrument ${listed.name}`;
    requireRule(listed.id > previous, where, "id", listed.id, `must be above ${previous}: ids are sorted and unique`);
    previous = listed.id;
    requireRule(!names.has(listed.name), where, "name", listed.name, "must be unique");
    names.add(listed.name);
    requireRule(listed.status === "settled" || symbols.has(listed.asset), where, "asset", listed.asset, "must be one of the snapshot's assets");
    checkTerms(listed, where);
    checkStatus(listed, where, snapshot.time);
  }
}

/** The fields that are fixed at listing. */
function checkTerms(listed: ListedInstrument, where: string): void {
  const { kind, optionType, strike, expiry, tick, lot } = listed;
  const option = kind === "option";
  requirePresence(option, where, "optionType", optionType, kind);
  requirePresence(option, where, "strike", strike, kind);
  requirePresence(option || kind === "future", where, "expiry", expiry, kind);
  requireRule(units(tick) * units(lot) === VALUE_UNIT, where, "lot", lot, `must be 0.000001 / tick ${tick} exactly`);
  if (strike !== undefined) {
    requireRule(units(strike) % units(tick) === 0n, where, "strike", strike, `must be a whole number of ticks of ${tick}`);
  }
}

function checkStatus(listed: ListedInstrument, where: string, time: number): void {
  const { kind, status, expiry, forward, volatility, settlementValue } = listed;
  const priced = status === "live" || status === "stale";
  requirePresence(priced, where, "forward", forward, status);
  requirePresence(priced && kind === "option", where, "volatility", volatility, `${status} ${kind}`);
  if (priced) {
    requirePresence(false, where, "settlementValue", settlementValue, status);
    requireRule(expiry === undefined || expiry > time, where, "expiry", expiry ?? "", `must be after the snapshot's time ${time} while ${status}`);
    return;
  }
  requireRule(expiry !== undefined, where, "status", status, `must not be given to a ${kind}, which has no expiry`);
  requireRule(expiry !== undefined && expiry <= time, where, "expiry", expiry ?? "", `must not be after the snapshot's time ${time} when ${status}`);
  requirePresence(true, where, "settlementValue", settlementValue, status);
}

function requirePresence(wanted: boolean, where: string, field: string, value: string | number | undefined, of: string): void {
  requireRule((value !== undefined) === wanted, where, field, value ?? "absent", `must be ${wanted ? "present" : "absent"}: ${of}`);
}

function requireRule(holds: boolean, where: string, field: string, value: string | number, rule: string): void {
  if (!holds) throw new SnapshotError(where, field, String(value), rule);
}

function units(text: string): bigint {
  return parseDecimal(text, SNAPSHOT_DECIMALS);
}

/** Names the instrument or asset that zod's path leads to. */
function schemaError(root: unknown, error: z.ZodError): SnapshotError {
  const issue = error.issues[0] as z.core.$ZodIssue;
  let value = root;
  let where = "snapshot";
  for (const [depth, key] of issue.path.entries()) {
    value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
    if (depth !== 1) continue;
    const entry = value as { name?: unknown; symbol?: unknown } | undefined;
    const label = entry?.name ?? entry?.symbol;
    where = `${String(issue.path[0])}[${String(key)}]${typeof label === "string" ? ` ${label.slice(0, 64)}` : ""}`;
  }
  const field = issue.path.slice(where === "snapshot" ? 0 : 2).join(".") || "(itself)";
  const shown = value === undefined ? "absent" : typeof value === "object" ? "an object or array" : JSON.stringify(value).slice(0, 64);
  return new SnapshotError(where, field, shown, issue.message);
}

export class SnapshotError extends Error {
  readonly code = "SNAPSHOT";
  constructor(
    /** The instrument, the asset, or the snapshot itself. */
    readonly where: string,
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`${where}: ${field} ${value}: ${rule}`);
    this.name = "SnapshotError";
  }
}
