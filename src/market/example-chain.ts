import { SECONDS_PER_YEAR, black76Delta, black76ValueQ56, black76Vega, rootTimeQ32, volTimeQ32 } from "../math/black76.js";
import { expQ32, lnQ32 } from "../math/elementary.js";
import { Q32, ceilDiv, clamp, floorDiv, formatDecimal, formatDecimalTrimmed, max, min, roundDiv } from "../math/fixed-point.js";
import { formatExpiryDate } from "./instrument-name.js";
import { DAY, formatUtcSeconds } from "./utc-time.js";

/**
 * An invented market in the exchanges' own file formats, for demonstrations and tests where no real files are at hand: a chain of
 * BTC and ETH options, marks of the perpetuals and daily bars. The same seed gives the same bytes; integers only.
 */
export const EXAMPLE_CHAIN_FILE = "deribit_options_snapshot_20260115T100000Z.csv";
/** 2026-01-15 10:00 UTC. */
export const EXAMPLE_TIME = 1_768_471_200;
export const EXAMPLE_ASSETS = ["BTC", "ETH"] as const;
export type ExampleAsset = (typeof EXAMPLE_ASSETS)[number];

const TIMESTAMP = "2026-01-15T10:00:00.000000+00:00";
const HISTORY_DAYS = 400;
/** Strikes on each side of the one nearest to the forward. */
const WING = 13;
/** Prices are in 1e-6 of the quote currency. */
const PRICE_UNIT = 1_000_000n;

interface Expiry {
  /** Seconds, 08:00 UTC. */
  readonly time: number;
  /** Index into an asset's strike steps. */
  readonly step: number;
  /** A future of the expiry is traded; else its forward is synthetic. */
  readonly dated: boolean;
  /** At-the-money volatility relative to the asset's, percent. */
  readonly level: bigint;
}

const EXPIRIES: readonly Expiry[] = [
  expiry("2026-01-16", 0, true, 92n), expiry("2026-01-17", 0, false, 86n), expiry("2026-01-18", 0, false, 84n),
  expiry("2026-01-19", 0, false, 90n), expiry("2026-01-23", 1, true, 95n), expiry("2026-01-30", 1, true, 98n),
  expiry("2026-02-06", 2, false, 100n), expiry("2026-02-27", 2, true, 103n), expiry("2026-03-27", 2, true, 107n),
  expiry("2026-04-24", 3, false, 109n), expiry("2026-06-26", 3, true, 113n), expiry("2026-09-25", 3, true, 116n),
  expiry("2026-12-25", 3, true, 118n),
];

interface ExampleMarket {
  /** Whole quote currency, as the steps. */
  readonly index: bigint;
  readonly steps: readonly bigint[];
  /** Of 30 days, percent a year. */
  readonly volatility: bigint;
  /** Daily deviation of the asset's own and of the common move, basis points. */
  readonly ownMove: bigint;
  readonly commonMove: bigint;
  /** Tick that values are computed in, in 1e-6. */
  readonly tick: bigint;
}

const MARKETS: Readonly<Record<ExampleAsset, ExampleMarket>> = {
  BTC: { index: 96_400n, steps: [500n, 1000n, 2000n, 5000n], volatility: 42n, ownMove: 40n, commonMove: 190n, tick: 10_000n },
  ETH: { index: 3_320n, steps: [25n, 50n, 100n, 200n], volatility: 63n, ownMove: 190n, commonMove: 260n, tick: 1_000n },
};
const HEADER =
  "timestamp,instrument_name,underlying,underlying_name,option_type,strike,expiry_datetime,time_to_maturity,bid_price,ask_price,mark_price,mid_price," +
  "futures_price,futures_instrument_name,implied_volatility,delta,vega,open_interest,volume,bid_ask_spread,currency,index_price,volume_usd";

/** Text of a Deribit chain CSV: 1,404 options of 13 expiries of BTC and ETH. */
export function exampleChain(seed = 1): string {
  const rows = EXAMPLE_ASSETS.flatMap((asset) => EXPIRIES.flatMap((at) => expiryRows(asset, at, seed)));
  return `${[HEADER, ...rows].join("\n")}\n`;
}

/** Text of a CSV with the perpetuals' marks at the chain's time. */
export function examplePerpetuals(seed = 1): string {
  const rows = EXAMPLE_ASSETS.map((asset) => {
    const mark = roundDiv(exampleIndex(asset, seed) * 10_002n, 10_000n);
    return `${EXAMPLE_CHAIN_FILE},${EXAMPLE_TIME}000,${asset}-PERPETUAL,${cents(mark)}`;
  });
  return `${["snapshot_file,snapshot_timestamp_ms,instrument_name,perp_futures_mark_price", ...rows].join("\n")}\n`;
}

/** Text of 400 daily bars in Binance's columns, the last one of the day before the chain. */
export function exampleHistory(asset: ExampleAsset, seed = 1): string {
  const { ownMove, commonMove } = MARKETS[asset];
  const common = randomSource(seed, 100);
  const own = randomSource(seed, asset.charCodeAt(0));
  const lastOpen = EXAMPLE_TIME - (EXAMPLE_TIME % DAY) - DAY;
  let close = exampleIndex(asset, seed);
  const rows: string[] = [];
  // From the last day back, so that the bars end where the chain is.
  for (let day = 0; day < HISTORY_DAYS; day++) {
    // One day of the past is a crash, larger than the usual moves make.
    const crash = day === 150 ? -Q32 / 9n : 0n;
    const move = (roughlyNormal(common) * commonMove + roughlyNormal(own) * ownMove) / 10_000n + crash;
    const open = roundDiv(close * expQ32(-move), Q32);
    const high = max(open, close) + wick(own, close, commonMove);
    const low = min(open, close) - wick(own, close, commonMove);
    const time = lastOpen - day * DAY;
    const quoteVolume = (2_000_000_000n + (own() % 4_000_000_000n)) * (asset === "BTC" ? 2n : 1n);
    const volume = roundDiv(quoteVolume * PRICE_UNIT * 100_000n, close);
    const opened = formatUtcSeconds(time).replace("T", " ").replace("Z", "+00:00");
    const prices = [open, high, low, close].map(cents).join(",");
    rows.push(`${opened},${prices},${formatDecimal(volume, 5)},${time + DAY - 1}999,${quoteVolume}.0,0,0.0,0.0,0`);
    close = open;
  }
  const header = "open_time,open,high,low,close,volume,close_time,quote_asset_volume,trades,taker_buy_base,taker_buy_quote,ignore";
  return `${[header, ...rows.reverse()].join("\n")}\n`;
}

function expiry(day: string, step: number, dated: boolean, level: bigint): Expiry {
  return { time: Date.parse(`${day}T08:00:00Z`) / 1000, step, dated, level };
}

/** Up to 3 % from the asset's usual index, by the seed. */
function exampleIndex(asset: ExampleAsset, seed: number): bigint {
  const random = randomSource(seed, 7);
  return roundDiv(MARKETS[asset].index * PRICE_UNIT * (9_700n + (random() % 601n)), 10_000n);
}

function expiryRows(asset: ExampleAsset, at: Expiry, seed: number): string[] {
  const market = MARKETS[asset];
  const index = exampleIndex(asset, seed);
  const random = randomSource(seed, asset.charCodeAt(0) + at.time);
  const tenor = BigInt(at.time - EXAMPLE_TIME);
  // Carry of 4.5 % a year; a traded future's price has cents, a synthetic one more digits.
  const exact = index + roundDiv(index * tenor * 45n, SECONDS_PER_YEAR * 1_000n);
  const forward = at.dated ? roundDiv(exact, 10_000n) * 10_000n : exact;
  const forwardName = `${at.dated ? "" : "SYN."}${asset}-${formatExpiryDate(at.time)}`;
  const step = (market.steps[at.step] as bigint) * PRICE_UNIT;
  const middle = roundDiv(forward, step);
  const strikes = Array.from({ length: 2 * WING + 1 }, (_, position) => (middle + BigInt(position - WING)) * step);
  const forwardText = formatDecimalTrimmed(forward, 6);
  const years = floorDiv(tenor * 10n ** 12n, SECONDS_PER_YEAR);
  return strikes.flatMap((strike) => {
    const sigma = smile(market, at, forward, strike, tenor);
    return (["call", "put"] as const).map((optionType) => {
      const quote = priceOption(market, forward, strike, sigma, tenor, optionType);
      const interest = random() % 20_000n;
      const volume = random() % 3n === 0n ? random() % 800n : 0n;
      const volumeUsd = roundDiv(volume * quote.mark * forward, 10n * 10n ** 8n * 10_000n);
      const whole = strike / PRICE_UNIT;
      return [
        TIMESTAMP, `${asset}-${formatExpiryDate(at.time)}-${whole}-${optionType === "call" ? "C" : "P"}`, forwardText, forwardName,
        optionType, `${whole}.0`, formatUtcSeconds(at.time).replace("Z", "+00:00"), formatDecimal(years, 12),
        ...quote.book, forwardText, forwardName, formatDecimal(sigma, 4), quote.delta, quote.vega,
        formatDecimal(interest, 1), formatDecimal(volume, 1), quote.spread, asset, cents(index), formatDecimal(volumeUsd, 2),
      ].join(",");
    });
  });
}

/** Volatility in 1e-4: level x (1 - 0.04 x + 0.015 x^2), x = ln(K/F) in standard deviations, clipped at 4. */
function smile(market: ExampleMarket, at: Expiry, forward: bigint, strike: bigint, tenor: bigint): bigint {
  const level = (market.volatility * at.level * Q32) / 10_000n;
  const deviation = volTimeQ32(level, tenor);
  const distance = lnQ32(roundDiv(strike * Q32, forward));
  const x = clamp(floorDiv(distance * Q32, deviation), -4n * Q32, 4n * Q32);
  const factor = Q32 - floorDiv(4n * x, 100n) + floorDiv(15n * x * x, 1_000n * Q32);
  return roundDiv(level * factor * 10_000n, Q32 * Q32);
}

interface PricedOption {
  /** Units of 1e-8 coin. */
  readonly mark: bigint;
  /** Bid, ask, mark, mid as text; bid and mid empty where nobody bids. */
  readonly book: readonly [string, string, string, string];
  readonly spread: string;
  readonly delta: string;
  readonly vega: string;
}

function priceOption(market: ExampleMarket, forward: bigint, strike: bigint, sigma: bigint, tenor: bigint, optionType: "call" | "put"): PricedOption {
  const forwardQ16 = roundDiv(forward << 16n, market.tick);
  const strikeQ16 = roundDiv(strike << 16n, market.tick);
  const input = {
    forwardQ16, strikeQ16, optionType,
    volTimeQ32: volTimeQ32(roundDiv(sigma * Q32, 10_000n), tenor),
    logForward: lnQ32(forwardQ16), logStrike: lnQ32(strikeQ16),
  };
  const mark = roundDiv(black76ValueQ56(input) * 10n ** 8n, forwardQ16 << 40n);
  const delta = roundDiv((black76Delta(input) << 16n) * 100_000n, forwardQ16);
  // Per volatility point, in the quote currency.
  const vega = roundDiv(black76Vega(input, rootTimeQ32(tenor)) * market.tick * 100_000n, PRICE_UNIT * 100n);
  // Quoted in steps of 0.0001 coin, about 1 % to each side.
  const bid = floorDiv(mark * 99n, 1_000_000n);
  const ask = max(ceilDiv(mark * 101n, 1_000_000n), bid + 1n);
  const text = (value: bigint) => formatDecimalTrimmed(value, 4);
  return {
    mark,
    book: [bid === 0n ? "" : text(bid), text(ask), formatDecimalTrimmed(mark, 8), bid === 0n ? "" : formatDecimalTrimmed((bid + ask) * 5n, 5)],
    spread: bid === 0n ? "" : text(ask - bid),
    delta: formatDecimalTrimmed(delta, 5),
    vega: formatDecimalTrimmed(vega, 5),
  };
}

function cents(price: bigint): string {
  return formatDecimal(roundDiv(price, 10_000n), 2);
}

/** Up to a day's common deviation beyond the body of a bar. */
function wick(random: RandomSource, price: bigint, move: bigint): bigint {
  return (price * move * (random() % 1_000n)) / 10_000_000n;
}

type RandomSource = () => bigint;

/** splitmix64: independent streams for (seed, stream), 64 bits a call. */
function randomSource(seed: number, stream: number): RandomSource {
  let state = BigInt.asUintN(64, BigInt(seed) * 0xd1342543de82ef95n + BigInt(stream) * 0x2545f4914f6cdd1dn);
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}

/** Sum of twelve uniform numbers less 6: mean 0, deviation 1, Q32. */
function roughlyNormal(random: RandomSource): bigint {
  let sum = -6n * Q32;
  for (let draw = 0; draw < 12; draw++) sum += random() & (Q32 - 1n);
  return sum;
}
