import { z } from "zod";
import { median, parseExchangeAmount, parseExchangeDecimal, parseExchangePrice } from "./exchange-decimal.js";
import { type InstrumentName, parseInstrumentName } from "./instrument-name.js";
import { type LexicalJson, parseLexicalJson } from "./lexical-json.js";
import { type FutureQuote, type MarketChain, MarketChainError, type OptionQuote, type UnusableRow, ageReason, unusableReason } from "./market-chain.js";
import { parseUtcSeconds } from "./utc-time.js";

/** Kept as the digits the exchange sent. */
const number = z.strictObject({ number: z.string() }).transform((value) => value.number);
const maybe = number.nullish();

/** An entry of public/get_book_summary_by_currency; other fields may stand beside these. */
const bookSummary = z.object({
  instrument_name: z.string(),
  creation_timestamp: number,
  estimated_delivery_price: maybe,
  underlying_price: maybe,
  underlying_index: z.string().nullish(),
  mark_iv: maybe,
  mark_price: maybe,
  bid_price: maybe,
  ask_price: maybe,
  open_interest: maybe,
  volume: maybe,
  volume_usd: maybe,
});
type BookSummary = z.infer<typeof bookSummary>;

/** An entry of public/get_instruments. */
const instrumentEntry = z.object({
  instrument_name: z.string(),
  kind: z.string(),
  expiration_timestamp: number,
  is_active: z.boolean(),
  strike: maybe,
  option_type: z.string().nullish(),
  settlement_period: z.string().nullish(),
});
type InstrumentEntry = z.infer<typeof instrumentEntry>;

/**
 * Reads the exchange's own responses: get_book_summary_by_currency of options and of futures, and get_instruments. A file
 * holds one response, an array of them, or an object { bookSummary, instruments }, each with or without its JSON-RPC
 * envelope. Numbers are read by their digits. Without get_instruments an option's terms are those of its name.
 * Throws LexicalJsonError, MarketChainError or ExchangeDecimalError.
 */
export function readDeribitJson(text: string, source: string): MarketChain {
  const { summaries, instruments } = collect(parseLexicalJson(text, source), source);
  if (summaries.length === 0) throw new MarketChainError(source, "holds no book summary");
  const times = summaries.map((entry) => readTime(entry.creation_timestamp, `${source}, ${entry.instrument_name}, creation_timestamp`));
  const time = times.reduce((newest, at) => Math.max(newest, at), 0);
  const named = summaries.map((entry) => parseInstrumentName(entry.instrument_name));
  // One quote currency a snapshot: inverse contracts are in USD; a chain of linear ones only is in theirs.
  const quoted = new Set(named.flatMap((name) => (name === undefined ? [] : [name.quoteCurrency])));
  const quoteCurrency = quoted.has("USD") ? "USD" : ([...quoted].sort()[0] ?? "USD");

  const options: OptionQuote[] = [];
  const futures: FutureQuote[] = [];
  const unreadable: UnusableRow[] = [];
  const indexPrices = new Map<string, bigint[]>();
  summaries.forEach((entry, at) => {
    const name = named[at];
    const refuse = (reason: string) => unreadable.push({ name: entry.instrument_name.slice(0, 64), reason });
    if (name === undefined) return refuse("no option, dated future or perpetual by its name");
    if (name.quoteCurrency !== quoteCurrency) return refuse(`quoted in ${name.quoteCurrency}, the snapshot in ${quoteCurrency}`);
    const field = (key: keyof BookSummary) => `${source}, ${key} of ${name.name}`;
    checkAmounts(entry, field);
    const old = ageReason(times[at] as number, time);
    if (entry.estimated_delivery_price != null && old === undefined) {
      const prices = indexPrices.get(name.asset) ?? [];
      prices.push(parseExchangePrice(entry.estimated_delivery_price, field("estimated_delivery_price")));
      indexPrices.set(name.asset, prices);
    }
    const inactive = checkTerms(name, instruments.get(name.name), source);
    if (name.kind === "option") {
      const quote = readOption(name as OptionName, entry, field);
      const unusable = inactive ?? unusableReason(quote, times[at] as number, time);
      options.push(unusable === undefined ? quote : { ...quote, unusable });
      return;
    }
    const closed = inactive ?? old;
    if (closed !== undefined) return refuse(closed);
    if (entry.mark_price == null) return refuse("no mark price");
    if (name.expiry !== undefined && name.expiry <= time) return refuse("expired");
    futures.push({ name, mark: parseExchangePrice(entry.mark_price, field("mark_price")), ...interest(entry, field) });
  });
  return {
    time, quoteCurrency, rows: summaries.length, options, unreadable,
    futures: addForwards(futures, options, summaries, unreadable),
    indexes: new Map([...indexPrices].map(([asset, values]) => [asset, median(values)])),
  };
}

type OptionName = InstrumentName & Required<Pick<InstrumentName, "strike" | "expiry" | "optionType">>;
type FieldName = (key: keyof BookSummary) => string;

function collect(root: LexicalJson, source: string): { summaries: BookSummary[]; instruments: Map<string, InstrumentEntry> } {
  const summaries = new Map<string, BookSummary>();
  const instruments = new Map<string, InstrumentEntry>();
  for (const entry of flatten(root, source)) {
    const isSummary = "creation_timestamp" in entry && !("expiration_timestamp" in entry);
    const label = typeof entry["instrument_name"] === "string" ? entry["instrument_name"].slice(0, 64) : "an entry without instrument_name";
    const parsed = (isSummary ? bookSummary : instrumentEntry).safeParse(entry);
    if (!parsed.success) {
      const issue = parsed.error.issues[0] as z.core.$ZodIssue;
      throw new MarketChainError(`${source}, ${label}`, `${issue.path.join(".")}: ${issue.message}`);
    }
    const target: Map<string, unknown> = isSummary ? summaries : instruments;
    if (target.has(label)) throw new MarketChainError(source, `${label} is repeated`);
    target.set(label, parsed.data);
  }
  return { summaries: [...summaries.values()], instruments };
}

/** The entries of all responses, whatever they are wrapped in. */
function flatten(value: LexicalJson, source: string): Readonly<Record<string, LexicalJson>>[] {
  if (Array.isArray(value)) return (value as readonly LexicalJson[]).flatMap((entry) => flatten(entry, source));
  if (value === null || typeof value !== "object") throw new MarketChainError(source, "must hold responses of the exchange");
  const object = value as Readonly<Record<string, LexicalJson>>;
  if ("instrument_name" in object) return [object];
  if ("error" in object) throw new MarketChainError(source, "holds an error response of the exchange");
  const parts = ["result", "bookSummary", "instruments"].filter((key) => key in object);
  if (parts.length === 0) throw new MarketChainError(source, "must hold responses of the exchange: result, bookSummary or instruments");
  return parts.flatMap((key) => flatten(object[key] as LexicalJson, source));
}

function readTime(text: string, field: string): number {
  const time = parseUtcSeconds(text);
  if (time === undefined) throw new MarketChainError(field, `${text.slice(0, 64)} is no time in milliseconds`);
  return time;
}

/** Every number of a summary is read, so that a negative one is refused wherever it stands. */
function checkAmounts(entry: BookSummary, field: FieldName): void {
  // bid, ask and mark of options are in coin and may be zero; spreads of combinations, which can be negative, do not come here.
  for (const key of ["bid_price", "ask_price", "mark_price", "volume"] as const) {
    const text = entry[key];
    if (text != null) parseExchangeAmount(text, field(key));
  }
}

/** Throws where get_instruments contradicts the name; gives a reason where the instrument is not traded. */
function checkTerms(name: InstrumentName, entry: InstrumentEntry | undefined, source: string): string | undefined {
  if (entry === undefined) return undefined;
  const place = `${source}, ${name.name}`;
  const contradicts = (field: string, value: string) => new MarketChainError(place, `${field} ${value} of get_instruments contradicts the name`);
  const kind = name.kind === "perpetual" ? "future" : name.kind;
  if (entry.kind !== kind) throw contradicts("kind", entry.kind);
  if (name.kind === "perpetual") {
    if (entry.settlement_period !== "perpetual") throw contradicts("settlement_period", String(entry.settlement_period));
  } else if (readTime(entry.expiration_timestamp, `${place}, expiration_timestamp`) !== name.expiry) {
    throw contradicts("expiration_timestamp", entry.expiration_timestamp);
  }
  if (name.kind === "option") {
    if (entry.strike == null || parseExchangePrice(entry.strike, `${place}, strike`) !== name.strike) throw contradicts("strike", String(entry.strike));
    if (entry.option_type !== name.optionType) throw contradicts("option_type", String(entry.option_type));
  }
  return entry.is_active ? undefined : "not active";
}

function readOption(name: OptionName, entry: BookSummary, field: FieldName): OptionQuote {
  const { strike, expiry, optionType } = name;
  const volatility = entry.mark_iv == null ? 0n : parseExchangeDecimal(entry.mark_iv, field("mark_iv"), -2);
  if (volatility < 0n) throw new MarketChainError(field("mark_iv"), `${entry.mark_iv as string} must not be negative`);
  const ofIndex = entry.underlying_index == null || entry.underlying_index === "index_price";
  return {
    name, strike, expiry, optionType,
    ...(ofIndex || entry.underlying_price == null ? {} : { forward: parseExchangePrice(entry.underlying_price, field("underlying_price")) }),
    ...(volatility === 0n ? {} : { volatility }),
    ...interest(entry, field),
  };
}

function interest(entry: BookSummary, field: FieldName): { openInterest?: bigint; volumeQuote?: bigint } {
  return {
    ...(entry.open_interest == null ? {} : { openInterest: parseExchangeAmount(entry.open_interest, field("open_interest")) }),
    ...(entry.volume_usd == null ? {} : { volumeQuote: parseExchangeAmount(entry.volume_usd, field("volume_usd")) }),
  };
}

/** Dated futures that have no summary of their own, at the median of what the options' rows say. */
function addForwards(
  futures: readonly FutureQuote[],
  options: readonly OptionQuote[],
  summaries: readonly BookSummary[],
  unreadable: readonly UnusableRow[],
): FutureQuote[] {
  const known = new Set([...futures.map(({ name }) => name.name), ...unreadable.map(({ name }) => name)]);
  const underlying = new Map(summaries.map((entry) => [entry.instrument_name, entry.underlying_index ?? ""]));
  const added = new Map<string, { name: InstrumentName; values: bigint[] }>();
  for (const { name, forward, expiry, unusable } of options) {
    const future = parseInstrumentName(underlying.get(name.name) ?? "");
    if (forward === undefined || unusable !== undefined || future === undefined || known.has(future.name)) continue;
    if (future.kind !== "future" || future.expiry !== expiry || future.asset !== name.asset) continue;
    const entry = added.get(future.name) ?? { name: future, values: [] };
    entry.values.push(forward);
    added.set(future.name, entry);
  }
  return [...futures, ...[...added.values()].map(({ name, values }) => ({ name, mark: median(values) }))];
}
