import { parse } from "csv-parse/sync";
import { parseExchangeAmount, parseExchangePrice, snapshotDecimal } from "./exchange-decimal.js";
import { type Bar, MAX_HISTORY } from "./market-snapshot.js";
import { DAY, formatUtcSeconds, parseUtcSeconds } from "./utc-time.js";

/** Names of a column in the forms that are read; the first occurrence in a header counts. */
const COLUMNS = {
  time: ["open_time", "time", "date", "timestamp"],
  open: ["open"],
  high: ["high"],
  low: ["low"],
  close: ["close"],
  quoteVolume: ["quote_asset_volume", "quote_volume", "volume_quote", "quoteVolume"],
} as const;
/** Positions in a Binance file, which its own downloads give no header. */
const POSITIONS = { time: 0, open: 1, high: 2, low: 3, close: 4, quoteVolume: 7 } as const;

export interface DailyHistory {
  /** Closed before the snapshot, at most the last 730. */
  readonly bars: readonly Bar[];
  /** Days missing between bars that are kept. */
  readonly gaps: readonly HistoryGap[];
}

export interface HistoryGap {
  readonly after: number;
  readonly days: number;
}

/** The asset of a file named as the exchange names its pairs: "BTCUSDT_1d.csv" -> "BTC"; undefined for other names. */
export function assetOfFile(file: string): string | undefined {
  return /^([A-Z0-9]+?)(?:USDT|USDC|USD)(?![A-Z0-9])/.exec(file)?.[1];
}

/**
 * Reads daily bars, Binance's columns (with or without header) or a header with time, open, high, low, close and
 * quote_volume. Every row is checked; bars that close after `time` (the snapshot's) are left out. Throws HistoryError for a
 * missing column, unordered, repeated or shorter bars, and low or high on the wrong side; ExchangeDecimalError for numbers.
 */
export function readDailyHistory(text: string, source: string, time: number): DailyHistory {
  let records: string[][];
  try {
    records = parse(text, { bom: true });
  } catch (error) {
    throw new HistoryError(source, `is no well-formed CSV (truncated?): ${(error as Error).message}`);
  }
  const headless = /^\d+$/.test(records[0]?.[0] ?? "");
  const columns = headless ? POSITIONS : findColumns(records[0] ?? [], source);
  const bars = (headless ? records : records.slice(1)).map((record, at) => readBar(record, columns, `${source}, line ${at + (headless ? 1 : 2)}`));
  bars.forEach((bar, at) => {
    const before = bars[at - 1];
    if (before === undefined || bar.time >= before.time + DAY) return;
    const place = `${source}, line ${at + (headless ? 1 : 2)}`;
    if (bar.time === before.time) throw new HistoryError(place, `${formatUtcSeconds(bar.time)} is repeated`);
    if (bar.time < before.time) throw new HistoryError(place, `${formatUtcSeconds(bar.time)} is before the bar above it`);
    throw new HistoryError(place, `opens ${bar.time - before.time} s after the bar above it: bars must be daily`);
  });
  const kept = bars.filter((bar) => bar.time + DAY <= time).slice(-MAX_HISTORY);
  const gaps = kept.flatMap((bar, at) => {
    const before = kept[at - 1];
    if (before === undefined || bar.time === before.time + DAY) return [];
    return [{ after: before.time, days: Math.ceil((bar.time - before.time) / DAY) - 1 }];
  });
  return { bars: kept, gaps };
}

type Columns = Readonly<Record<keyof typeof COLUMNS, number>>;

function findColumns(header: readonly string[], source: string): Columns {
  const entries = Object.entries(COLUMNS).map(([field, names]) => {
    const found = names.map((name) => header.indexOf(name)).find((at) => at >= 0);
    if (found === undefined) throw new HistoryError(`${source}, line 1`, `column ${names.join(" or ")} is missing`);
    return [field, found] as const;
  });
  return Object.fromEntries(entries) as Columns;
}

function readBar(record: readonly string[], columns: Columns, place: string): Bar {
  const text = (field: keyof Columns) => record[columns[field]] ?? "";
  const time = parseUtcSeconds(text("time"));
  if (time === undefined) throw new HistoryError(place, `time ${JSON.stringify(text("time").slice(0, 64))} is no time`);
  const price = (field: keyof Columns) => parseExchangePrice(text(field), `${place}, ${field}`);
  const [open, high, low, close] = [price("open"), price("high"), price("low"), price("close")];
  if (low > open || low > close || low > high) throw new HistoryError(place, `low ${text("low")} must not be above open, close or high`);
  if (high < open || high < close) throw new HistoryError(place, `high ${text("high")} must not be below open or close`);
  return {
    time,
    open: snapshotDecimal(open),
    high: snapshotDecimal(high),
    low: snapshotDecimal(low),
    close: snapshotDecimal(close),
    quoteVolume: snapshotDecimal(parseExchangeAmount(text("quoteVolume"), `${place}, quoteVolume`)),
  };
}

export class HistoryError extends Error {
  readonly code = "HISTORY";
  constructor(
    /** File and line. */
    readonly place: string,
    readonly rule: string,
  ) {
    super(`${place}: ${rule}`);
    this.name = "HistoryError";
  }
}
