import { parseDecimal } from "../math/fixed-point.js";
import { SNAPSHOT_DECIMALS, snapshotDecimal } from "./exchange-decimal.js";
import type { FutureQuote, MarketChain, OptionQuote, UnusableRow } from "./market-chain.js";
import type { InstrumentKind, ListedInstrument } from "./market-snapshot.js";
import { type Settlements, requireSettlements, settle } from "./settlements.js";
import { type VolatilitySurface, SurfaceError, buildSurface, surfaceForward, surfaceVolatility } from "./volatility-surface.js";

/** A forward is this many ticks at listing: fine enough for margins, far enough below the 2^28 a leaf can hold. */
export const MIN_LISTING_TICKS = 1n << 21n;
export const MAX_LISTING_TICKS = 1n << 24n;
/** A put is worth up to its strike, and 2^28 ticks do not fit a leaf. */
const MAX_STRIKE_TICKS = 1n << 27n;
/** tick x lot in units of 1e-16. */
const VALUE_UNIT = 10n ** 10n;
const KIND_ORDER: readonly InstrumentKind[] = ["spot", "perpetual", "future", "option"];

export interface Listing {
  /** Sorted by id. */
  readonly instruments: readonly ListedInstrument[];
  readonly notListed: readonly UnusableRow[];
  readonly stale: readonly UnusableRow[];
  readonly newlyListed: number;
}

/** What a quote says of an instrument now. */
interface Quote {
  readonly name: string;
  readonly asset: string;
  readonly kind: InstrumentKind;
  readonly optionType?: "call" | "put";
  readonly strike?: bigint;
  readonly expiry?: number;
  readonly forward: bigint;
  readonly volatility?: bigint;
  readonly openInterest?: bigint;
  readonly volumeQuote?: bigint;
}

/**
 * The listing at the chain's time. Instruments of `previous` keep id, tick and lot: live where a usable row quotes them, stale and
 * priced from the surface where none does, expired or settled past their expiry. Usable rows of other names are
 * listed, by asset, spot, perpetual, future, option, then expiry, strike, calls first, with the ids that follow the highest
 * ever given. Throws ListingError and SettlementError.
 */
export function buildListing(
  chain: MarketChain,
  perpetuals: readonly FutureQuote[],
  previous: readonly ListedInstrument[],
  settlements: Settlements,
): Listing {
  const quotes = readQuotes(chain, perpetuals);
  const reasons = new Map([...chain.unreadable, ...unusableOptions(chain.options)].map(({ name, reason }) => [name, reason]));
  const surfaces = buildSurfaces(chain);
  const stale: UnusableRow[] = [];
  requireSettlements(previous.filter(({ status, expiry }) => status !== "settled" && status !== "expired" && expiry !== undefined && expiry <= chain.time), settlements);
  const carried = previous.map((listed): ListedInstrument => {
    if (listed.status === "settled") return listed;
    if (listed.expiry !== undefined && listed.expiry <= chain.time) return settle(listed, settlements);
    const quote = quotes.get(listed.name);
    if (quote !== undefined) return liveInstrument(termsOf(listed), quote);
    const reason = reasons.get(listed.name) ?? "no row in the chain";
    stale.push({ name: listed.name, reason });
    return staleInstrument(termsOf(listed), surfaces.get(listed.asset), chain.time, reason);
  });
  const known = new Set(previous.map(({ name }) => name));
  const added = listNew([...quotes.values()].filter(({ name }) => !known.has(name)), chain, previous);
  const notListed = [...reasons].flatMap(([name, reason]) => (known.has(name) ? [] : [{ name, reason }]));
  return {
    instruments: [...carried, ...added.instruments],
    notListed: [...notListed, ...added.refused],
    stale,
    newlyListed: added.instruments.length,
  };
}

/**
 * Tick and lot (units of 1e-8) with which the index and every forward are 2^21..2^24 ticks: the power of ten that does it, else
 * the coarsest of 1, 2, 5 times a power of ten, which leaves the most room above. Throws ListingError where none does.
 */
export function chooseTick(asset: string, forwards: readonly bigint[]): { readonly tick: bigint; readonly lot: bigint } {
  const fits = (tick: bigint) => forwards.every((forward) => forward >= tick * MIN_LISTING_TICKS && forward <= tick * MAX_LISTING_TICKS);
  const powers = Array.from({ length: SNAPSHOT_DECIMALS + 3 }, (_, at) => 10n ** BigInt(at));
  const series = powers.flatMap((power) => [power, 2n * power, 5n * power]).filter((tick) => VALUE_UNIT % tick === 0n);
  const tick = powers.find(fits) ?? series.reverse().find(fits);
  if (tick === undefined) {
    const sorted = [...forwards].sort((a, b) => (a < b ? -1 : 1)).map(snapshotDecimal);
    throw new ListingError(asset, `no tick makes all of ${sorted[0] ?? ""}..${sorted.at(-1) ?? ""} between 2^21 and 2^24 ticks`);
  }
  return { tick, lot: VALUE_UNIT / tick };
}

function readQuotes(chain: MarketChain, perpetuals: readonly FutureQuote[]): Map<string, Quote> {
  const quotes = new Map<string, Quote>();
  for (const [asset, index] of chain.indexes) quotes.set(asset, { name: asset, asset, kind: "spot", forward: index });
  for (const { name, mark, ...interest } of [...chain.futures, ...perpetuals]) {
    const { asset, kind, expiry } = name;
    quotes.set(name.name, { name: name.name, asset, kind, ...(expiry === undefined ? {} : { expiry }), forward: mark, ...interest });
  }
  for (const { name, forward, volatility, unusable, ...rest } of chain.options) {
    if (unusable !== undefined || forward === undefined || volatility === undefined) continue;
    quotes.set(name.name, { ...rest, name: name.name, asset: name.asset, kind: "option", forward, volatility });
  }
  for (const { name, asset } of quotes.values()) {
    if (!chain.indexes.has(asset)) throw new ListingError(name, `the chain gives no index of ${asset}`);
  }
  return quotes;
}

function unusableOptions(options: readonly OptionQuote[]): UnusableRow[] {
  return options.flatMap(({ name, unusable }) => (unusable === undefined ? [] : [{ name: name.name, reason: unusable }]));
}

function buildSurfaces(chain: MarketChain): Map<string, VolatilitySurface> {
  const surfaces = new Map<string, VolatilitySurface>();
  for (const [asset, index] of chain.indexes) {
    const quotes = chain.options.flatMap(({ name, strike, expiry, optionType, forward, volatility, unusable }) =>
      name.asset !== asset || unusable !== undefined || forward === undefined || volatility === undefined
        ? []
        : [{ tenor: expiry - chain.time, strike, optionType, forward, volatility }],
    );
    const futures = chain.futures.flatMap(({ name, mark }) =>
      name.asset !== asset || name.expiry === undefined ? [] : [{ tenor: name.expiry - chain.time, forward: mark }],
    );
    surfaces.set(asset, buildSurface(index, quotes, futures));
  }
  return surfaces;
}

type Terms = Pick<ListedInstrument, "id" | "name" | "asset" | "kind" | "optionType" | "strike" | "expiry" | "tick" | "lot">;

function termsOf(listed: ListedInstrument): Terms {
  const { status: _status, forward: _forward, volatility: _volatility, openInterest: _interest, volumeQuote: _volume, ...terms } = listed;
  return terms;
}

function liveInstrument(terms: Terms, quote: Quote): ListedInstrument {
  const { forward, volatility, openInterest, volumeQuote } = quote;
  return {
    ...terms,
    status: "live",
    forward: snapshotDecimal(forward),
    ...(volatility === undefined ? {} : { volatility: snapshotDecimal(volatility) }),
    ...(openInterest === undefined ? {} : { openInterest: snapshotDecimal(openInterest) }),
    ...(volumeQuote === undefined ? {} : { volumeQuote: snapshotDecimal(volumeQuote) }),
  };
}

/** Open interest and volume are left out: they are of another moment. */
function staleInstrument(terms: Terms, surface: VolatilitySurface | undefined, time: number, reason: string): ListedInstrument {
  if (surface === undefined) throw new ListingError(terms.name, `is listed, has no usable quote (${reason}), and the chain gives no index of ${terms.asset}`);
  try {
    const tenor = (terms.expiry ?? time) - time;
    // A perpetual has no expiry to take a forward of: the index.
    const forward = terms.expiry === undefined ? surface.index : surfaceForward(surface, tenor);
    if (terms.strike === undefined) return { ...terms, status: "stale", forward: snapshotDecimal(forward) };
    const volatility = surfaceVolatility(surface, tenor, parseDecimal(terms.strike, SNAPSHOT_DECIMALS), forward);
    return { ...terms, status: "stale", forward: snapshotDecimal(forward), volatility: snapshotDecimal(volatility) };
  } catch (error) {
    if (!(error instanceof SurfaceError)) throw error;
    throw new ListingError(terms.name, `is listed, has no usable quote (${reason}), and ${error.rule}`);
  }
}

function listNew(quotes: readonly Quote[], chain: MarketChain, previous: readonly ListedInstrument[]): { instruments: ListedInstrument[]; refused: UnusableRow[] } {
  const grids = new Map<string, ReturnType<typeof chooseTick>>();
  for (const asset of new Set(quotes.map((quote) => quote.asset))) {
    const forwards = quotes.filter((quote) => quote.asset === asset).map(({ forward }) => forward);
    grids.set(asset, chooseTick(asset, [chain.indexes.get(asset) as bigint, ...forwards]));
  }
  let id = previous.at(-1)?.id ?? 0;
  const instruments: ListedInstrument[] = [];
  const refused: UnusableRow[] = [];
  for (const quote of [...quotes].sort(compareQuotes)) {
    const { tick, lot } = grids.get(quote.asset) as ReturnType<typeof chooseTick>;
    const { name, asset, kind, optionType, strike, expiry } = quote;
    if (strike !== undefined && strike % tick !== 0n) {
      refused.push({ name, reason: `strike ${snapshotDecimal(strike)} is no whole number of ticks of ${snapshotDecimal(tick)}` });
      continue;
    }
    if (strike !== undefined && strike >= MAX_STRIKE_TICKS * tick) {
      refused.push({ name, reason: `strike ${snapshotDecimal(strike)} is 2^27 ticks of ${snapshotDecimal(tick)} or more: its value would not fit a leaf` });
      continue;
    }
    id += 1;
    const terms: Terms = {
      id, name, asset, kind,
      ...(optionType === undefined ? {} : { optionType }),
      ...(strike === undefined ? {} : { strike: snapshotDecimal(strike) }),
      ...(expiry === undefined ? {} : { expiry }),
      tick: snapshotDecimal(tick),
      lot: snapshotDecimal(lot),
    };
    instruments.push(liveInstrument(terms, quote));
  }
  return { instruments, refused };
}

function compareQuotes(a: Quote, b: Quote): number {
  if (a.asset !== b.asset) return a.asset < b.asset ? -1 : 1;
  if (a.kind !== b.kind) return KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind);
  if (a.expiry !== b.expiry) return (a.expiry ?? 0) - (b.expiry ?? 0);
  if (a.strike !== b.strike) return (a.strike ?? 0n) < (b.strike ?? 0n) ? -1 : 1;
  if (a.optionType !== b.optionType) return a.optionType === "call" ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

/** An instrument that cannot be listed or carried on. */
export class ListingError extends Error {
  readonly code = "LISTING";
  constructor(
    /** Instrument, or asset. */
    readonly subject: string,
    readonly rule: string,
  ) {
    super(`${subject}: ${rule}`);
    this.name = "ListingError";
  }
}
