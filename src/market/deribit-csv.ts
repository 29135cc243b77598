import { parse } from "csv-parse/sync";
import { median, parseExchangeAmount, parseExchangePrice } from "./exchange-decimal.js";
import { type InstrumentName, parseInstrumentName } from "./instrument-name.js";
import { type FutureQuote, type MarketChain, MarketChainError, type OptionQuote, ageReason, unusableReason } from "./market-chain.js";
import { parseUtcSeconds } from "./utc-time.js";

/** Columns that are read; others may stand beside them. */
export const DERIBIT_CSV_COLUMNS = [
  "timestamp", "instrument_name", "option_type", "strike", "expiry_datetime", "bid_price", "ask_price", "mark_price",
  "futures_price", "futures_instrument_name", "implied_volatility", "open_interest", "volume", "currency", "index_price", "volume_usd",
] as const;

type Row = Readonly<Record<(typeof DERIBIT_CSV_COLUMNS)[number], string>>;

interface ReadRow {
  readonly time: number;
  readonly asset: string;
  readonly index: bigint;
  readonly quote: OptionQuote;
  /** Name and price of the expiry's dated future, where the row's forward is one and not synthetic. */
  readonly future?: { readonly name: InstrumentName; readonly price: bigint };
}

/**
 * Reads a Deribit option chain with a row an option (columns above). A row's forward is its `futures_price`; `underlying` is not
 * used in its place, since it is the bare index where no future of the expiry exists. Dated futures are those the rows name,
 * at the median of what they say. Throws MarketChainError or ExchangeDecimalError with the line.
 */
export function readDeribitCsv(text: string, source: string): MarketChain {
  const records = readRecords(text, source);
  const seen = new Set<string>();
  const rows = records.map((row, at) => {
    const place = `${source}, line ${at + 2}`;
    if (seen.has(row.instrument_name)) throw new MarketChainError(place, `${row.instrument_name} is repeated`);
    seen.add(row.instrument_name);
    return readRow(row, place);
  });
  const time = rows.reduce((newest, row) => Math.max(newest, row.time), 0);
  const options = rows.map(({ quote, time: quoteTime }) => {
    const unusable = unusableReason(quote, quoteTime, time);
    return unusable === undefined ? quote : { ...quote, unusable };
  });
  const fresh = rows.filter((row) => ageReason(row.time, time) === undefined);
  return {
    time, quoteCurrency: "USD", rows: rows.length, options, unreadable: [],
    futures: readFutures(fresh, time), indexes: readIndexes(fresh),
  };
}

function readRecords(text: string, source: string): Row[] {
  let records: string[][];
  try {
    records = parse(text, { bom: true });
  } catch (error) {
    // csv-parse's messages name the line and the count of fields, never more of the content than that.
    throw new MarketChainError(source, `is no well-formed CSV (truncated?): ${(error as Error).message}`);
  }
  const header = records[0] ?? [];
  const missing = DERIBIT_CSV_COLUMNS.filter((column) => !header.includes(column));
  if (missing.length > 0) throw new MarketChainError(`${source}, line 1`, `column ${missing.join(", ")} is missing`);
  if (!text.endsWith("\n")) throw new MarketChainError(source, "ends inside a line (truncated?)");
  if (records.length < 2) throw new MarketChainError(source, "holds no rows");
  const columns = DERIBIT_CSV_COLUMNS.map((column) => [column, header.indexOf(column)] as const);
  return records.slice(1).map((record) => Object.fromEntries(columns.map(([column, at]) => [column, record[at] as string])) as Row);
}

function readRow(row: Row, place: string): ReadRow {
  const name = parseInstrumentName(row.instrument_name);
  if (name?.kind !== "option") throw new MarketChainError(place, `instrument_name ${JSON.stringify(row.instrument_name.slice(0, 64))} is no option's name`);
  const field = (column: keyof Row) => `${place}, ${column} of ${name.name}`;
  const { strike, expiry, optionType } = name as Required<InstrumentName>;
  const mismatch = (column: keyof Row) => new MarketChainError(place, `${column} ${JSON.stringify(row[column].slice(0, 64))} contradicts the name ${name.name}`);
  if (parseExchangePrice(row.strike, field("strike")) !== strike) throw mismatch("strike");
  if (row.option_type !== optionType) throw mismatch("option_type");
  if (parseUtcSeconds(row.expiry_datetime) !== expiry) throw mismatch("expiry_datetime");
  if (row.currency !== name.asset) throw mismatch("currency");
  const time = parseUtcSeconds(row.timestamp);
  if (time === undefined) throw new MarketChainError(place, `timestamp ${JSON.stringify(row.timestamp.slice(0, 64))} is no time`);
  for (const column of ["bid_price", "ask_price", "mark_price", "volume"] as const) {
    if (row[column] !== "") parseExchangeAmount(row[column], field(column));
  }
  const volatility = row.implied_volatility === "" ? 0n : parseExchangeAmount(row.implied_volatility, field("implied_volatility"));
  const quoted = row.futures_price === "" ? undefined : parseExchangePrice(row.futures_price, field("futures_price"));
  // The index is no forward of any expiry.
  const forward = row.futures_instrument_name === "index_price" ? undefined : quoted;
  const quote: OptionQuote = {
    name, strike, expiry, optionType,
    ...(forward === undefined ? {} : { forward }),
    ...(volatility === 0n ? {} : { volatility }),
    ...(row.open_interest === "" ? {} : { openInterest: parseExchangeAmount(row.open_interest, field("open_interest")) }),
    ...(row.volume_usd === "" ? {} : { volumeQuote: parseExchangeAmount(row.volume_usd, field("volume_usd")) }),
  };
  const index = parseExchangePrice(row.index_price, field("index_price"));
  const future = forward === undefined ? undefined : readForwardName(row.futures_instrument_name, name, place);
  return { time, asset: name.asset, index, quote, ...(future === undefined ? {} : { future: { name: future, price: forward as bigint } }) };
}

/** The future that a forward comes from; undefined for synthetic ones. */
function readForwardName(text: string, option: InstrumentName, place: string): InstrumentName | undefined {
  const name = parseInstrumentName(text.replace(/^SYN\./, ""));
  if (name?.kind !== "future" || name.asset !== option.asset || name.expiry !== option.expiry) {
    throw new MarketChainError(place, `futures_instrument_name ${JSON.stringify(text.slice(0, 64))} is no future of the expiry of ${option.name}`);
  }
  return text.startsWith("SYN.") ? undefined : name;
}

function readFutures(rows: readonly ReadRow[], time: number): FutureQuote[] {
  const prices = new Map<string, { name: InstrumentName; values: bigint[] }>();
  for (const { future } of rows) {
    if (future === undefined || (future.name.expiry as number) <= time) continue;
    const entry = prices.get(future.name.name) ?? { name: future.name, values: [] };
    entry.values.push(future.price);
    prices.set(future.name.name, entry);
  }
  return [...prices.values()].map(({ name, values }) => ({ name, mark: median(values) }));
}

function readIndexes(rows: readonly ReadRow[]): Map<string, bigint> {
  const prices = new Map<string, bigint[]>();
  for (const { asset, index } of rows) {
    const values = prices.get(asset) ?? [];
    values.push(index);
    prices.set(asset, values);
  }
  return new Map([...prices].map(([asset, values]) => [asset, median(values)]));
}
