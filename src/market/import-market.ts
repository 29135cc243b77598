import { readDailyHistory, assetOfFile, HistoryError } from "./daily-history.js";
import { readDeribitCsv } from "./deribit-csv.js";
import { readDeribitJson } from "./deribit-json.js";
import { snapshotDecimal } from "./exchange-decimal.js";
import { buildListing } from "./listing.js";
import { type FutureQuote, type MarketChain, MarketChainError, type UnusableRow } from "./market-chain.js";
import {
  type AssetMarket, type Bar, type InstrumentStatus, type MarketSnapshot, SnapshotError, checkSnapshot, parseSnapshot,
} from "./market-snapshot.js";
import { readPerpetualCsv } from "./perpetual-csv.js";
import { type Settlements, parseSettlements } from "./settlements.js";
import { DAY, formatUtcSeconds } from "./utc-time.js";

export const IMPORT_FORMATS = ["deribit-csv", "deribit-json", "snapshot"] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** A file that was read: its name without folders, and its text. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export interface ImportRequest {
  readonly chain: SourceFile;
  /** Detected from the text where absent. */
  readonly format?: ImportFormat;
  /** Daily bars; the asset is that of the file's name where absent. */
  readonly history?: readonly (SourceFile & { readonly asset?: string })[];
  /** Marks of perpetuals; needed only where the chain has none of its own. */
  readonly futures?: readonly SourceFile[];
  readonly previous?: SourceFile;
  readonly settlements?: SourceFile;
  /** The snapshot's time where absent. */
  readonly epoch?: number;
}

export interface ImportReport {
  readonly format: ImportFormat;
  readonly formatDetected: boolean;
  readonly time: number;
  readonly epoch: number;
  /** Rows or summaries of the chain file. */
  readonly rows: number;
  readonly instruments: Readonly<Record<InstrumentStatus, number>>;
  readonly newlyListed: number;
  /** Rows of which nothing is listed, each with the reason. */
  readonly notListed: readonly UnusableRow[];
  readonly stale: readonly UnusableRow[];
  readonly history: readonly HistoryCoverage[];
  readonly warnings: readonly string[];
}

export interface HistoryCoverage {
  readonly asset: string;
  readonly bars: number;
  /** Opening times of the first and last bar. */
  readonly first?: number;
  readonly last?: number;
  /** Whole days between the last bar's close and the snapshot. */
  readonly daysBehind?: number;
}

/** A history that ends longer ago than this is called out. */
const FRESH_DAYS = 2;

/**
 * A market snapshot from an exchange's files, with a report of what was left out and why. Pure: the same texts give the same
 * snapshot. Throws MarketChainError, ExchangeDecimalError, LexicalJsonError, HistoryError, SettlementError, ListingError, SnapshotError.
 */
export function importMarket(request: ImportRequest): { readonly snapshot: MarketSnapshot; readonly report: ImportReport } {
  const format = request.format ?? detectFormat(request.chain);
  const previous = request.previous === undefined ? undefined : parseSnapshot(request.previous.text);
  const draft = format === "snapshot" ? draftFromSnapshot(request, previous) : draftFromChain(request, format, previous);
  const epoch = request.epoch ?? draft.epoch;
  if (previous !== undefined) checkOrder(previous, draft.time, epoch, draft.quoteCurrency);
  const { assets, history, warnings } = addHistory(draft, request);
  const snapshot = checkSnapshot({
    format: "zkmargin-market-snapshot-1", time: draft.time, epoch, quoteCurrency: draft.quoteCurrency, assets, instruments: draft.instruments,
  });
  const count = (status: InstrumentStatus) => snapshot.instruments.filter((listed) => listed.status === status).length;
  const report: ImportReport = {
    format,
    formatDetected: request.format === undefined,
    time: snapshot.time,
    epoch,
    rows: draft.rows,
    instruments: { live: count("live"), stale: count("stale"), expired: count("expired"), settled: count("settled") },
    newlyListed: draft.newlyListed,
    notListed: draft.notListed,
    stale: draft.stale,
    history,
    warnings: [...draft.warnings, ...warnings],
  };
  return { snapshot, report };
}

/** The format that a text has. Throws MarketChainError. */
export function detectFormat({ name, text }: SourceFile): ImportFormat {
  const start = text.replace(/^\uFEFF/, "").trimStart();
  if (/^[[{]/.test(start)) return /^\{\s*"format"\s*:\s*"zkmargin-market-snapshot-/.test(start) ? "snapshot" : "deribit-json";
  const header = start.split(/\r?\n/, 1)[0] as string;
  if (header.split(",").includes("instrument_name")) return "deribit-csv";
  throw new MarketChainError(name, `is none of the formats ${IMPORT_FORMATS.join(", ")}`);
}

interface Draft extends Pick<MarketSnapshot, "time" | "epoch" | "quoteCurrency" | "assets" | "instruments"> {
  readonly rows: number;
  readonly newlyListed: number;
  readonly notListed: readonly UnusableRow[];
  readonly stale: readonly UnusableRow[];
  readonly warnings: readonly string[];
}

function draftFromChain(request: ImportRequest, format: "deribit-csv" | "deribit-json", previous: MarketSnapshot | undefined): Draft {
  const { name, text } = request.chain;
  const chain = format === "deribit-csv" ? readDeribitCsv(text, name) : readDeribitJson(text, name);
  const warnings: string[] = [];
  const perpetuals = readPerpetuals(request, chain, warnings);
  const settlements: Settlements =
    request.settlements === undefined ? new Map() : parseSettlements(request.settlements.text, request.settlements.name, chain.time);
  const listing = buildListing(chain, perpetuals, previous?.instruments ?? [], settlements);
  for (const key of settlements.keys()) {
    const used = listing.instruments.some((listed) => listed.expiry !== undefined && `${listed.asset} ${formatUtcSeconds(listed.expiry)}` === key);
    if (!used) warnings.push(`settlement price of ${key} is of no listed instrument`);
  }
  const priced = new Set(listing.instruments.flatMap((listed) => (listed.kind === "perpetual" && listed.status === "live" ? [listed.asset] : [])));
  for (const asset of [...chain.indexes.keys()].sort()) {
    if (!priced.has(asset)) warnings.push(`no mark of a perpetual of ${asset}: not listed, or stale at the index`);
  }
  return {
    time: chain.time,
    epoch: chain.time,
    quoteCurrency: chain.quoteCurrency,
    assets: [...chain.indexes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([symbol, index]) => ({ symbol, index: snapshotDecimal(index), history: [] })),
    instruments: listing.instruments,
    rows: chain.rows,
    newlyListed: listing.newlyListed,
    notListed: listing.notListed,
    stale: listing.stale,
    warnings,
  };
}

function readPerpetuals({ chain: { name }, futures = [] }: ImportRequest, chain: MarketChain, warnings: string[]): FutureQuote[] {
  const own = new Set(chain.futures.map((quote) => quote.name.name));
  const perpetuals = new Map<string, FutureQuote>();
  for (const file of futures) {
    const quotes = readPerpetualCsv(file.text, file.name, name, chain.time);
    if (quotes.length === 0) warnings.push(`${file.name} has no mark for ${name} at ${formatUtcSeconds(chain.time)}`);
    for (const quote of quotes) {
      const label = quote.name.name;
      if (perpetuals.has(label)) throw new MarketChainError(file.name, `${label} is in another file too`);
      if (!chain.indexes.has(quote.name.asset)) warnings.push(`${file.name}: ${label} is not listed, the chain gives no index of ${quote.name.asset}`);
      else if (own.has(label)) warnings.push(`${file.name}: ${label} is not used, the chain has its own mark`);
      else perpetuals.set(label, quote);
    }
  }
  return [...perpetuals.values()];
}

/** Our own file is taken as it is, with another epoch or other history where they are given. */
function draftFromSnapshot(request: ImportRequest, previous: MarketSnapshot | undefined): Draft {
  const { chain: { name, text }, futures = [], settlements } = request;
  if (futures.length > 0 || settlements !== undefined) throw new MarketChainError(name, "is a snapshot: marks of futures and settlements do not apply to it");
  const snapshot = parseSnapshot(text);
  const listed = new Map(snapshot.instruments.map((instrument) => [instrument.name, instrument]));
  for (const before of previous?.instruments ?? []) {
    const now = listed.get(before.name);
    const fail = (field: string, value: string, rule: string) => new SnapshotError(`instrument ${before.name}`, field, value, rule);
    if (now === undefined) throw fail("id", String(before.id), "was listed before and must be in the snapshot");
    if (before.status === "settled" && now.status !== "settled") throw fail("status", now.status, "must be settled as in the snapshot before");
    for (const field of ["id", "asset", "kind", "optionType", "strike", "expiry", "tick", "lot"] as const) {
      if (now[field] !== before[field]) throw fail(field, String(now[field]), `must be ${String(before[field])} as in the snapshot before`);
    }
  }
  const known = new Set(previous?.instruments.map((instrument) => instrument.name));
  const highest = previous?.instruments.at(-1)?.id ?? 0;
  for (const { id, name } of snapshot.instruments) {
    if (!known.has(name) && id <= highest) throw new SnapshotError(`instrument ${name}`, "id", String(id), `must be above ${highest}, the highest given before`);
  }
  const stale = snapshot.instruments.flatMap((instrument) => (instrument.status === "stale" ? [{ name: instrument.name, reason: "stale in the snapshot" }] : []));
  const newlyListed = snapshot.instruments.filter((instrument) => !known.has(instrument.name)).length;
  return { ...snapshot, rows: snapshot.instruments.length, newlyListed, notListed: [], stale, warnings: [] };
}

function checkOrder(previous: MarketSnapshot, time: number, epoch: number, quoteCurrency: string): void {
  const fail = (field: string, value: string | number, rule: string) => new SnapshotError("snapshot", field, String(value), rule);
  if (time <= previous.time) throw fail("time", time, `must be after the previous snapshot's ${previous.time}`);
  if (epoch <= previous.epoch) throw fail("epoch", epoch, `must be above the previous snapshot's ${previous.epoch}`);
  if (quoteCurrency !== previous.quoteCurrency) throw fail("quoteCurrency", quoteCurrency, `must be the previous snapshot's ${previous.quoteCurrency}`);
}

interface WithHistory {
  readonly assets: readonly AssetMarket[];
  readonly history: readonly HistoryCoverage[];
  readonly warnings: readonly string[];
}

function addHistory({ assets, time }: Draft, { history: files = [] }: ImportRequest): WithHistory {
  const warnings: string[] = [];
  const given = new Map<string, readonly Bar[]>();
  for (const file of files) {
    const asset = file.asset ?? assetOfFile(file.name);
    if (asset === undefined) throw new HistoryError(file.name, "does not name its asset (BTCUSDT_1d.csv); write ASSET=path");
    if (given.has(asset)) throw new HistoryError(file.name, `history of ${asset} is given twice`);
    const { bars, gaps } = readDailyHistory(file.text, file.name, time);
    given.set(asset, bars);
    for (const gap of gaps) warnings.push(`history of ${asset}: ${gap.days} days missing after ${formatUtcSeconds(gap.after).slice(0, 10)}`);
    if (!assets.some(({ symbol }) => symbol === asset)) warnings.push(`history of ${asset} is not used: the chain has no such asset`);
  }
  const merged = assets.map((asset) => ({ ...asset, history: given.get(asset.symbol) ?? asset.history }));
  const history = merged.map(({ symbol, history: bars }): HistoryCoverage => {
    const [first, last] = [bars[0], bars.at(-1)];
    if (first === undefined || last === undefined) {
      warnings.push(`no daily history of ${symbol}`);
      return { asset: symbol, bars: 0 };
    }
    const daysBehind = Math.floor((time - last.time) / DAY) - 1;
    if (daysBehind > FRESH_DAYS) warnings.push(`history of ${symbol} ends ${daysBehind} days before the snapshot`);
    return { asset: symbol, bars: bars.length, first: first.time, last: last.time, daysBehind };
  });
  return { assets: merged, history, warnings };
}
