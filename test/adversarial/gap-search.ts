/**
 * The adversary of the gap charges: looks for a book that loses more at some point between nodes than at the worst of the four nodes
 * around by more than its gap charges, counted by the damping of the interval as SPEC.md section 3 defines.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { marketSource } from "../../src/demo/market-source.js";
import { importMarket } from "../../src/market/import-market.js";
import type { ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import { Q32 } from "../../src/math/fixed-point.js";
import { buildRiskModel } from "../../src/policy/build-risk-model.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import type { RiskModel } from "../../src/policy/risk-model.js";
import { intervalDamping } from "../../src/risk/gap-charge.js";
import { priceInstruments } from "../../src/risk/scenario-prices.js";
import type { Random } from "../support/random.js";
import { ROOT } from "../support/template.js";
import { type Cell, type GridSize, cellsOf, fineValues } from "./fine-grid.js";
import { worstBook } from "./worst-book.js";

const DATA = join(ROOT, "../shared/data");
const MOST_LOTS = 2 ** 25 - 1;
/** Positions of the tier that books are for. */
const MOST_POSITIONS = 30;

/** 13 x 31 + 1 = 404 spots at each mix, 9 mixes of each two regimes. */
export const FINE: GridSize = { mixes: 8, steps: 31 };

export interface ChainName {
  readonly name: string;
  /** A file of ../shared/data/options; the generated example chain where absent. */
  readonly file?: string;
  /** Moves the clock to so many seconds before the chain's first expiry. */
  readonly secondsLeft?: number;
}

/** The chains that are there; the generated one where none is. */
export function presentChains(chains: readonly ChainName[]): ChainName[] {
  const present = chains.filter(({ file }) => file !== undefined && existsSync(join(DATA, "options", file)));
  if (present.length > 0) return present;
  console.warn("no ../shared/data beside the project: gaps are searched on the generated chain");
  return [{ name: "generated chain" }, { name: "generated chain, 10 minutes to an expiry", secondsLeft: 600 }];
}

/** One asset's instruments at all fine points. */
export interface GapMarket {
  readonly name: string;
  readonly cells: readonly Cell[];
  /** Damping, 1, by pair and interval. */
  readonly damping: readonly (readonly number[])[];
  readonly instruments: readonly GapInstrument[];
}

export interface GapInstrument {
  readonly listed: ListedInstrument;
  /** Ticks at every fine point less the value before any shock: what a lot gains. */
  readonly gains: Float64Array;
  /** What the payload shows at the nodes, [regime][node], and charges for gaps alone, with gapSafety 1. */
  readonly shown: readonly (readonly number[])[];
  readonly long: number;
  readonly short: number;
}

/** The assets of a chain, with the default policy, priced by the risk core with nothing in the charges but the bound of the gaps. */
export function gapMarkets(chain: ChainName, size: GridSize = FINE): GapMarket[] {
  const { request } = chain.file === undefined ? marketSource(join(ROOT, "no-such-folder"), undefined) : marketSource(DATA, join(DATA, "options", chain.file));
  const imported = importMarket(request).snapshot;
  const built = buildRiskModel(imported, defaultPolicy);
  const { snapshot, time } = movedClock(imported, chain.secondsLeft);
  const bare = { shortOptionMinimum: 0n, futureCharge: 0n, spotHaircut: 0n, shortSpotCharge: 0n };
  const model: RiskModel = { ...built, time, gapSafety: Q32, assets: built.assets.map((asset) => ({ ...asset, ...bare })) };
  const priced = new Map(priceInstruments(snapshot, model).map((instrument) => [instrument.id, instrument]));
  const cells = cellsOf(size);
  return model.assets.map((asset) => ({
    name: `${chain.name}, ${asset.symbol}`,
    cells,
    damping: intervalDamping(model, asset).map((row) => row.map((factor) => Number(factor) / 1024)),
    instruments: snapshot.instruments.filter(({ asset: symbol, status }) => symbol === asset.symbol && (status === "live" || status === "stale")).map((listed) => {
      const { base, values } = fineValues(listed, model, size);
      const own = priced.get(listed.id)!;
      return {
        listed, gains: values.map((value) => value - base), shown: own.scenarioDeltas.map((row) => row.map(Number)),
        long: Number(own.longCharge), short: Number(own.shortCharge),
      };
    }),
  }));
}

function movedClock(snapshot: MarketSnapshot, secondsLeft: number | undefined): { snapshot: MarketSnapshot; time: number } {
  if (secondsLeft === undefined) return { snapshot, time: snapshot.time };
  const expiries = snapshot.instruments.flatMap(({ kind, status, expiry }) => (kind === "option" && status === "live" && expiry !== undefined ? [expiry] : []));
  const time = Math.min(...expiries) - secondsLeft;
  const instruments = snapshot.instruments.filter(({ expiry }) => expiry === undefined || expiry > time);
  return { snapshot: { ...snapshot, time, instruments }, time };
}

export interface Position {
  /** Index into the market's instruments. */
  readonly at: number;
  /** Whole lots, not 0, below 2^25 in size. */
  readonly lots: number;
}

export interface Excess {
  /** Loss at the point less the worst of the four nodes' losses, damped, less the charges: value units. */
  readonly excess: number;
  readonly charges: number;
  readonly cell: number;
}

/**
 * The greatest excess of a book over all points. Nodes are what the payload shows; a floor can hide up to a unit of a short lot (the margin adds the
 * gross short lots) and the error of the CDF half a unit of any lot.
 * @param share of the charges that is taken off
 */
export function greatestExcess(market: GapMarket, book: readonly Position[], share = 1): Excess {
  const charges = share * book.reduce((sum, { at, lots }) => sum + Math.abs(lots) * (lots > 0 ? market.instruments[at]!.long : market.instruments[at]!.short), 0);
  const forgiven = book.reduce((sum, { lots }) => sum + 0.5 * Math.abs(lots) + Math.max(0, -lots), 0);
  const size = market.instruments[0]!.gains.length;
  const gains = new Float64Array(size);
  for (const { at, lots } of book) {
    const own = market.instruments[at]!.gains;
    for (let p = 0; p < size; p++) gains[p]! += lots * own[p]!;
  }
  let worst: Excess = { excess: -Infinity, charges, cell: 0 };
  market.cells.forEach(({ pair, interval, nodes, points }, cell) => {
    const seen = nodes.map(([r, j]) => book.reduce((sum, { at, lots }) => sum + lots * market.instruments[at]!.shown[r]![j]!, 0));
    const least = Math.min(...seen);
    let lowest = Infinity;
    for (const { at } of points) if (gains[at]! < lowest) lowest = gains[at]!;
    const excess = market.damping[pair]![interval]! * (least - lowest) - charges - forgiven;
    if (excess > worst.excess) worst = { excess, charges, cell };
  });
  return worst;
}

export interface Hot {
  readonly cell: number;
  /** Index into the cell's points. */
  readonly point: number;
  /** Damped gap over the charge, at most 1 if the charge is a bound. */
  readonly ratio: number;
  readonly instrument: number;
  readonly side: "long" | "short";
}

/**
 * Every instrument, both signs, at every point, against the bilinear mixture of its four nodes. The mixture is a certificate of duality: if no
 * instrument is beyond its charge at a point, no book can be there. Worst ratio of each instrument and side, by falling ratio.
 */
export function singleGaps(market: GapMarket): Hot[] {
  const hot: Hot[] = [];
  market.instruments.forEach(({ gains, long, short }, instrument) => {
    const worst: Record<"long" | "short", Hot | undefined> = { long: undefined, short: undefined };
    market.cells.forEach(({ pair, interval, corners, points }, cell) => {
      const factor = market.damping[pair]![interval]!;
      const [a, b, c, d] = corners.map((at) => gains[at]!) as [number, number, number, number];
      points.forEach(({ at, weights }, point) => {
        const gap = factor * (weights[0]! * a + weights[1]! * b + weights[2]! * c + weights[3]! * d - gains[at]!);
        const side = gap > 0 ? "long" : "short";
        // Half a unit for the CDF's error, as in greatestExcess.
        const ratio = (Math.abs(gap) - 0.5) / Math.max(1, side === "long" ? long : short);
        if (ratio > (worst[side]?.ratio ?? 0)) worst[side] = { cell, point, ratio, instrument, side };
      });
    });
    for (const found of [worst.long, worst.short]) if (found !== undefined) hot.push(found);
  });
  return hot.sort((x, y) => y.ratio - x.ratio);
}

/** The worst book of the whole market at a point, by linear programming, in whole lots. */
export function worstBookAt(market: GapMarket, cell: number, point: number, share = 1): Position[] {
  const { corners, points, pair, interval } = market.cells[cell]!;
  const { at } = points[point]!;
  const factor = market.damping[pair]![interval]!;
  const columns = market.instruments.map(({ gains, long, short }) => ({
    ahead: corners.map((corner) => factor * (gains[corner]! - gains[at]!)), long: share * long, short: share * short,
  }));
  const { lots } = worstBook(columns);
  const largest = Math.max(0, ...[...lots.values()].map(Math.abs));
  if (largest === 0) return [];
  const scaled = [...lots].map(([instrument, size]) => ({ at: instrument, lots: Math.round((size / largest) * MOST_LOTS) }));
  return scaled.filter(({ lots: size }) => size !== 0);
}

/** Spreads, butterflies, calendars, straddles and hedged options that a trader would hold. */
export function structuredBook(random: Random, market: GapMarket): Position[] {
  const options = market.instruments.flatMap(({ listed }, at) => (listed.kind === "option" ? [{ at, listed }] : []));
  const first = random.pick(options);
  const same = options.filter(({ listed }) => listed.expiry === first.listed.expiry && listed.optionType === first.listed.optionType)
    .sort((x, y) => Number(x.listed.strike) - Number(y.listed.strike));
  const place = same.indexOf(first);
  const near = (step: number) => same[Math.min(same.length - 1, Math.max(0, place + step))]!;
  const step = random.integer(1, 3);
  const size = random.integer(1, MOST_LOTS >> 2) * (random.chance(0.5) ? 1 : -1);
  const calendar = options.filter(({ listed }) => listed.strike === first.listed.strike && listed.optionType === first.listed.optionType && listed.expiry !== first.listed.expiry);
  const opposite = options.find(({ listed }) => listed.strike === first.listed.strike && listed.expiry === first.listed.expiry && listed.optionType !== first.listed.optionType) ?? first;
  const linear = market.instruments.flatMap(({ listed }, at) => (listed.kind === "option" ? [] : [at]));
  const books: Position[][] = [
    [{ at: first.at, lots: size }, { at: near(step).at, lots: -size }],
    [{ at: near(-step).at, lots: -size }, { at: first.at, lots: 2 * size }, { at: near(step).at, lots: -size }],
    [{ at: first.at, lots: size }, { at: (calendar.length > 0 ? random.pick(calendar) : first).at, lots: -size }],
    [{ at: first.at, lots: size }, { at: opposite.at, lots: size }],
    [{ at: first.at, lots: size }, { at: linear.length > 0 ? random.pick(linear) : first.at, lots: Math.round(size * (random.integer(-100, 100) / 100)) }],
  ];
  return merged(random.pick(books));
}

/** From a book, by changes of one position at a time that raise its excess over the charges, relative to its size. */
export function climb(random: Random, market: GapMarket, start: readonly Position[], tries: number, share = 1): { book: Position[]; found: Excess } {
  let book = [...start];
  let found = greatestExcess(market, book, share);
  for (let k = 0; k < tries; k++) {
    const next = changed(random, market, book);
    if (next.length === 0 || next.length > MOST_POSITIONS) continue;
    const own = greatestExcess(market, next, share);
    if (own.excess / lotsOf(next) > found.excess / lotsOf(book)) {
      book = next;
      found = own;
    }
  }
  return { book, found };
}

function changed(random: Random, market: GapMarket, book: readonly Position[]): Position[] {
  const way = random.integer(0, 3);
  if (way === 0 || book.length === 0) {
    return merged([...book, { at: random.integer(0, market.instruments.length - 1), lots: random.integer(1, MOST_LOTS >> random.integer(0, 8)) * (random.chance(0.5) ? 1 : -1) }]);
  }
  const chosen = random.integer(0, book.length - 1);
  if (way === 1) return book.filter((_, k) => k !== chosen);
  const scale = random.pick([-1, 0.5, 0.9, 0.97, 1.03, 1.1, 2]);
  return merged(book.map((position, k) => (k === chosen ? { ...position, lots: Math.round(position.lots * scale) } : position)));
}

function lotsOf(book: readonly Position[]): number {
  return book.reduce((sum, { lots }) => sum + Math.abs(lots), 0);
}

function merged(book: readonly Position[]): Position[] {
  const lots = new Map<number, number>();
  for (const position of book) lots.set(position.at, (lots.get(position.at) ?? 0) + position.lots);
  return [...lots].filter(([, size]) => size !== 0).map(([at, size]) => ({ at, lots: Math.max(-MOST_LOTS, Math.min(MOST_LOTS, size)) }));
}

/** What a search at the limits of a book's size found. */
export interface Found {
  /** The book that is furthest beyond its charges, or nearest to them, relative to them. */
  readonly book: readonly Position[];
  readonly excess: Excess;
}

/** The book that comes furthest at the points where single options come near their charges, and at others, by linear programming. */
export function exactSearch(random: Random, market: GapMarket, hot: readonly Hot[], points: number, share = 1): Found | undefined {
  let worst: Found | undefined;
  for (let k = 0; k < points; k++) {
    const near = hot[k % 2 === 0 ? Math.floor(k / 2) % hot.length : random.integer(0, hot.length - 1)];
    const cell = near !== undefined && k % 4 !== 3 ? near.cell : random.integer(0, market.cells.length - 1);
    const point = near !== undefined && k % 4 !== 3 ? near.point : random.integer(0, market.cells[cell]!.points.length - 1);
    const book = worstBookAt(market, cell, point, share);
    if (book.length === 0) continue;
    const excess = greatestExcess(market, book, share);
    if (worst === undefined || excess.excess > worst.excess.excess) worst = { book, excess };
  }
  return worst;
}

/** A book as a reader can check it. */
export function described(market: GapMarket, { book, excess }: Found): string {
  const { pair, interval } = market.cells[excess.cell]!;
  const positions = book.map(({ at, lots }) => `${lots} x ${market.instruments[at]!.listed.name}`).join(", ");
  return `${market.name}: ${excess.excess.toFixed(0)} beyond charges of ${excess.charges.toFixed(0)} between regimes ${pair} and ${pair + 1}, nodes ${interval} and ${interval + 1}: ${positions}`;
}
