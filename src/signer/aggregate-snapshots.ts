/**
 * Several sources' snapshots of one moment -> one snapshot.
 *
 * Each number is the median over the sources used, so it lies between the honest sources' numbers as long as at most
 * (minimumSources - 1) / 2 of all sources are dishonest: whichever are left out, `minimumSources` remain or there is no result. That holds for each
 * number, not for what is computed from several. Listing, days of the histories and what is expired or settled are no numbers: most sources
 * must have the same.
 */
import { snapshotDecimal, SNAPSHOT_DECIMALS } from "../market/exchange-decimal.js";
import {
  type AssetMarket, type Bar, type ListedInstrument, type MarketSnapshot, SnapshotError, checkSnapshot,
} from "../market/market-snapshot.js";
import { Q32, parseDecimal } from "../math/fixed-point.js";
import { AggregationError, aggregateValues, medianOf, timeAverage, type OutlierRule, type SourceValue } from "./aggregate.js";

export interface SourceSnapshot {
  /** Unique; appears in reports and errors. */
  readonly source: string;
  readonly snapshot: MarketSnapshot;
}

export interface AggregationRule {
  /** Sources that must be used at least: 2f + 1 withstand f dishonest ones. */
  readonly minimumSources: number;
  /** Sources that must agree on an index, forward, volatility or settlement value at least. */
  readonly minimumAgreeing: number;
  /** Index, forwards, settlement values. */
  readonly price: OutlierRule;
  readonly volatility: OutlierRule;
}

/** One dishonest source of three. Prices agree within 0.5 % to 5 % of the median, volatilities within 5 % to 50 %. */
export const DEFAULT_AGGREGATION: AggregationRule = {
  minimumSources: 3,
  minimumAgreeing: 2,
  price: { deviations: 5n, least: Q32 / 200n, most: Q32 / 20n },
  volatility: { deviations: 5n, least: Q32 / 20n, most: Q32 / 2n },
};

/** Why a source was not used. */
export interface SourceFault {
  readonly source: string;
  /** The instrument, the asset, or the snapshot itself. */
  readonly where: string;
  readonly field: string;
  readonly value: string;
  readonly rule: string;
}

/** A number of a source that was far off. */
export interface SourceOutlier {
  readonly source: string;
  readonly where: string;
  readonly field: string;
}

export interface AggregatedMarket {
  readonly snapshot: MarketSnapshot;
  /** Names of the sources used, sorted. */
  readonly used: readonly string[];
  readonly faults: readonly SourceFault[];
  readonly outliers: readonly SourceOutlier[];
}

/**
 * The market of a moment from its sources, in any order. `at` is the time and the epoch that the signers have agreed on; a source with
 * another is left out as stale.
 * - index, forwards, volatilities, settlement values: median; far-off sources are named.
 * - bars: median of each number of the day. open interest, volume: median, where not quoted 0; absent if half or more don't quote it.
 * - a listed instrument is live if it is at more than half of the sources.
 * @throws AggregationError for a source named twice or a rule that contradicts itself; TooFewSourcesError; DisagreementError.
 */
export function aggregateSnapshots(
  sources: readonly SourceSnapshot[], at: Pick<MarketSnapshot, "time" | "epoch">, rule: AggregationRule = DEFAULT_AGGREGATION,
): AggregatedMarket {
  checkRule(rule);
  const sorted = [...sources].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
  sorted.forEach(({ source }, i) => {
    if (source === sorted[i - 1]?.source) throw new AggregationError("source", source, "must be named once");
  });
  const { used, faults } = usable(sorted, at);
  const first = used[0];
  if (first === undefined || used.length < rule.minimumSources) throw new TooFewSourcesError(used.length, rule.minimumSources, faults);

  const outliers: SourceOutlier[] = [];
  const agreed = (where: string, field: string, own: OutlierRule, values: readonly SourceValue[]): string => {
    const aggregate = aggregateValues(`${where}: ${field}`, values, own, rule.minimumAgreeing);
    outliers.push(...aggregate.outliers.map((source) => ({ source, where, field })));
    return snapshotDecimal(aggregate.value);
  };

  const assets = first.snapshot.assets.map(({ symbol, history }, a): AssetMarket => {
    const own = used.map(({ source, snapshot }) => ({ source, market: snapshot.assets[a]! }));
    return {
      symbol,
      index: agreed(`asset ${symbol}`, "index", rule.price, own.map(({ source, market }) => ({ source, value: units(market.index) }))),
      history: history.map((bar, b) => medianBar(bar.time, own.map(({ source, market }) => ({ source, bar: market.history[b]! })))),
    };
  });
  const instruments = first.snapshot.instruments.map((terms, i) => {
    const quotes = used.map(({ source, snapshot }) => ({ source, quote: snapshot.instruments[i]! }));
    return aggregateInstrument(terms, quotes, (field, own, values) => agreed(`instrument ${terms.name}`, field, own, values), rule);
  });
  const snapshot = checkSnapshot({ ...first.snapshot, assets, instruments });
  return { snapshot, used: used.map(({ source }) => source), faults, outliers };
}

type Agreed = (field: string, rule: OutlierRule, values: readonly SourceValue[]) => string;

interface SourceQuote {
  readonly source: string;
  readonly quote: ListedInstrument;
}

function aggregateInstrument(terms: ListedInstrument, quotes: readonly SourceQuote[], agreed: Agreed, rule: AggregationRule): ListedInstrument {
  const { id, name, asset, kind, optionType, strike, expiry, tick, lot } = terms;
  const live = quotes.filter(({ quote }) => quote.status === "live").length;
  const status = terms.status === "expired" || terms.status === "settled" ? terms.status : 2 * live > quotes.length ? "live" : "stale";
  // The terms are the same everywhere, so a price field is there at all sources or at none.
  const price = (field: "forward" | "volatility" | "settlementValue", own: OutlierRule) =>
    terms[field] === undefined
      ? {}
      : { [field]: agreed(field, own, quotes.map(({ source, quote }) => ({ source, value: units(quote[field]!) }))) };
  const amount = (field: "openInterest" | "volumeQuote") => {
    const quoted = quotes.filter(({ quote }) => quote[field] !== undefined).length;
    if (2 * quoted <= quotes.length) return {};
    return { [field]: snapshotDecimal(medianOf(field, quotes.map(({ source, quote }) => ({ source, value: units(quote[field] ?? "0") })))) };
  };
  return {
    id, name, asset, kind,
    ...(optionType === undefined ? {} : { optionType }),
    ...(strike === undefined ? {} : { strike }),
    ...(expiry === undefined ? {} : { expiry }),
    tick, lot, status,
    ...price("forward", rule.price), ...price("volatility", rule.volatility), ...price("settlementValue", rule.price),
    ...amount("openInterest"), ...amount("volumeQuote"),
  };
}

/** The median keeps an order that all sources have, so low <= open, close <= high holds. */
function medianBar(time: number, bars: readonly { readonly source: string; readonly bar: Bar }[]): Bar {
  const of = (field: Exclude<keyof Bar, "time">) =>
    snapshotDecimal(medianOf(field, bars.map(({ source, bar }) => ({ source, value: units(bar[field]) }))));
  return { time, open: of("open"), high: of("high"), low: of("low"), close: of("close"), quoteVolume: of("quoteVolume") };
}

/** Sources that are well-formed, of the moment, and have the terms that more than half of those have. */
function usable(
  sources: readonly SourceSnapshot[], at: Pick<MarketSnapshot, "time" | "epoch">,
): { readonly used: readonly SourceSnapshot[]; readonly faults: readonly SourceFault[] } {
  const faults: SourceFault[] = [];
  const current: { readonly source: string; readonly snapshot: MarketSnapshot; readonly terms: readonly Term[]; readonly key: string }[] = [];
  for (const { source, snapshot } of sources) {
    try {
      const checked = checkSnapshot(snapshot);
      const stale = (["time", "epoch"] as const).find((field) => checked[field] !== at[field]);
      if (stale === undefined) {
        const terms = termsOf(checked);
        current.push({ source, snapshot: checked, terms, key: JSON.stringify(terms) });
      } else {
        faults.push({ source, where: "snapshot", field: stale, value: String(checked[stale]), rule: `must be ${at[stale]}` });
      }
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      faults.push({ source, where: error.where, field: error.field, value: error.value, rule: error.rule });
    }
  }
  const sharing = (key: string) => current.filter((entry) => entry.key === key);
  const reference = current.find(({ key }) => 2 * sharing(key).length > current.length);
  if (reference === undefined) {
    const [first, ...others] = current;
    return { used: [], faults: first === undefined ? faults : [...faults, ...others.flatMap((entry) => firstDifference(entry, first))] };
  }
  const others = current.filter(({ key }) => key !== reference.key);
  return { used: sharing(reference.key), faults: [...faults, ...others.flatMap((entry) => firstDifference(entry, reference))] };
}

type Term = readonly [where: string, field: string, value: string];

/** What must be the same at all sources: nothing of it is a number that can be averaged. */
function termsOf({ quoteCurrency, assets, instruments }: MarketSnapshot): readonly Term[] {
  return [
    ["snapshot", "quoteCurrency", quoteCurrency],
    ["snapshot", "assets", assets.map(({ symbol }) => symbol).join(" ")],
    ...assets.flatMap(({ symbol, history }): Term[] => [
      [`asset ${symbol}`, "bars", String(history.length)],
      ...history.map(({ time }, at): Term => [`asset ${symbol}, bar ${at}`, "time", String(time)]),
    ]),
    ["snapshot", "instruments", String(instruments.length)],
    ...instruments.flatMap((listed): Term[] => [
      ...(["id", "name", "asset", "kind", "optionType", "strike", "expiry", "tick", "lot"] as const).map(
        (field): Term => [`instrument ${listed.name}`, field, String(listed[field] ?? "absent")],
      ),
      [`instrument ${listed.name}`, "status", listed.status === "stale" ? "live" : listed.status],
    ]),
  ];
}

function firstDifference(
  { source, terms }: { readonly source: string; readonly terms: readonly Term[] },
  reference: { readonly source: string; readonly terms: readonly Term[] },
): SourceFault[] {
  const at = terms.findIndex((term, i) => JSON.stringify(term) !== JSON.stringify(reference.terms[i]));
  const [where, field, value] = terms[at < 0 ? terms.length - 1 : at]!;
  const [otherWhere, otherField, expected] = reference.terms[at < 0 ? terms.length : at] ?? ["snapshot", "terms", "none"];
  const other = where === otherWhere && field === otherField ? expected : `${otherWhere}: ${otherField} ${expected}`;
  return [{ source, where, field, value, rule: `must be as at ${reference.source}: ${other}` }];
}

/**
 * One source's market over time: index and forwards are time averages over the `length` seconds up to the newest snapshot, everything else is
 * the newest's. Ascending in time. An instrument's average is over the snapshots that price it.
 * @throws AggregationError for no snapshots; ObservationError
 */
export function averageOverTime(source: string, snapshots: readonly MarketSnapshot[], length: number): MarketSnapshot {
  const newest = snapshots.at(-1);
  if (newest === undefined) throw new AggregationError(`snapshots of ${source}`, "none", "must have one");
  const window = { end: newest.time, length, maximumAge: 0 };
  const average = (field: string, observations: readonly { readonly time: number; readonly text: string | undefined }[]) =>
    snapshotDecimal(
      timeAverage(`${source}, ${field}`, observations.flatMap(({ time, text }) => (text === undefined ? [] : [{ time, value: units(text) }])), window),
    );
  const maps = snapshots.map(({ time, assets, instruments }) => ({
    time,
    indexes: new Map(assets.map(({ symbol, index }) => [symbol, index])),
    forwards: new Map(instruments.map(({ id, forward }) => [id, forward])),
  }));
  return checkSnapshot({
    ...newest,
    assets: newest.assets.map((asset) => ({
      ...asset,
      index: average(`index of ${asset.symbol}`, maps.map(({ time, indexes }) => ({ time, text: indexes.get(asset.symbol) }))),
    })),
    instruments: newest.instruments.map((listed) =>
      listed.forward === undefined
        ? listed
        : { ...listed, forward: average(`forward of ${listed.name}`, maps.map(({ time, forwards }) => ({ time, text: forwards.get(listed.id) }))) },
    ),
  });
}

function checkRule({ minimumSources, minimumAgreeing, price, volatility }: AggregationRule): void {
  const whole = Number.isInteger(minimumSources) && minimumSources >= 1;
  if (!whole) throw new AggregationError("minimumSources", String(minimumSources), "must be a whole number, at least 1");
  const agreeing = Number.isInteger(minimumAgreeing) && minimumAgreeing >= 1 && minimumAgreeing <= minimumSources;
  if (!agreeing) throw new AggregationError("minimumAgreeing", String(minimumAgreeing), `must be a whole number from 1 to minimumSources ${minimumSources}`);
  for (const [name, { deviations, least, most }] of Object.entries({ price, volatility })) {
    if (deviations < 1n) throw new AggregationError(`${name}.deviations`, String(deviations), "must be at least 1");
    if (least < 0n || least > most) throw new AggregationError(`${name}.least`, String(least), `must be from 0 to most ${most}`);
  }
}

function units(text: string): bigint {
  return parseDecimal(text, SNAPSHOT_DECIMALS);
}

export class TooFewSourcesError extends Error {
  override readonly name = "TooFewSourcesError";

  constructor(
    readonly used: number,
    readonly minimum: number,
    readonly faults: readonly SourceFault[],
  ) {
    const reasons = faults.map(({ source, where, field, value, rule }) => `${source}: ${where}: ${field} ${value.slice(0, 64)}: ${rule}`);
    super(`${used} sources can be used, ${minimum} must be${reasons.length === 0 ? "" : `; ${reasons.join("; ")}`}`);
  }
}
