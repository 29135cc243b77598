import { parse } from "csv-parse/sync";
import { parseExchangePrice } from "./exchange-decimal.js";
import { parseInstrumentName } from "./instrument-name.js";
import { type FutureQuote, MarketChainError } from "./market-chain.js";
import { parseUtcSeconds } from "./utc-time.js";

const COLUMNS = ["snapshot_file", "snapshot_timestamp_ms", "instrument_name", "perp_futures_mark_price"] as const;

/**
 * Marks of perpetuals at a chain's time, from a table of many chains: the rows whose `snapshot_file` is the chain's file name or
 * whose time is the chain's to the second. Throws MarketChainError or ExchangeDecimalError.
 */
export function readPerpetualCsv(text: string, source: string, chainFile: string, chainTime: number): FutureQuote[] {
  let records: Record<string, string>[];
  try {
    records = parse(text, { bom: true, columns: true });
  } catch (error) {
    throw new MarketChainError(source, `is no well-formed CSV (truncated?): ${(error as Error).message}`);
  }
  const missing = COLUMNS.filter((column) => records[0]?.[column] === undefined);
  if (missing.length > 0) throw new MarketChainError(source, records.length === 0 ? "holds no rows" : `column ${missing.join(", ")} is missing`);
  const quotes = new Map<string, FutureQuote>();
  records.forEach((record, at) => {
    const row = record as Record<(typeof COLUMNS)[number], string>;
    const place = `${source}, line ${at + 2}`;
    const time = parseUtcSeconds(row.snapshot_timestamp_ms);
    if (time === undefined) throw new MarketChainError(place, `snapshot_timestamp_ms ${JSON.stringify(row.snapshot_timestamp_ms.slice(0, 64))} is no time`);
    if (row.snapshot_file !== chainFile && time !== chainTime) return;
    const name = parseInstrumentName(row.instrument_name);
    if (name?.kind !== "perpetual") throw new MarketChainError(place, `instrument_name ${JSON.stringify(row.instrument_name.slice(0, 64))} is no perpetual's name`);
    if (quotes.has(name.name)) throw new MarketChainError(place, `${name.name} is repeated`);
    quotes.set(name.name, { name, mark: parseExchangePrice(row.perp_futures_mark_price, `${place}, perp_futures_mark_price of ${name.name}`) });
  });
  return [...quotes.values()];
}
