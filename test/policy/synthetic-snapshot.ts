import type { AssetMarket, Bar, ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";

export const DAY = 86_400;
/** 2026-01-01 12:00 UTC. */
export const TIME = 1_767_268_800;

/** Bars of a walk with a common and an own part, in integers, so that they are the same everywhere. `move` is the largest part of either, in 1/10000. */
export function syntheticBars(count: number, { seed = 1, move = 300n, volume = "1000000000" }: { seed?: number; move?: bigint; volume?: string } = {}): Bar[] {
  const common = uniform(77n);
  const own = uniform(BigInt(seed));
  let close = 5_000_000n;
  return Array.from({ length: count }, (_, i) => {
    const open = close;
    close += (close * (common(move) + own(move) / 2n)) / 10_000n;
    const [low, high] = open < close ? [open, close] : [close, open];
    const wick = (close * move) / 40_000n;
    return { time: TIME - TIME % DAY - (count - i) * DAY, open: cents(open), high: cents(high + wick), low: cents(low - wick), close: cents(close), quoteVolume: volume };
  });
}

/** Integers in [-limit, limit]. */
function uniform(seed: bigint): (limit: bigint) => bigint {
  let state = seed;
  return (limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % (1n << 64n);
    return ((state >> 33n) % (2n * limit + 1n)) - limit;
  };
}

function cents(value: bigint): string {
  return `${value / 100n}.${(value % 100n).toString().padStart(2, "0")}`;
}

export function asset(symbol: string, history: readonly Bar[] = []): AssetMarket {
  return { symbol, index: "50000", history };
}

export function snapshot(assets: readonly AssetMarket[], instruments: readonly ListedInstrument[] = []): MarketSnapshot {
  return { format: "zkmargin-market-snapshot-1", time: TIME, epoch: TIME, quoteCurrency: "USD", assets, instruments };
}

export function option(id: number, symbol: string, days: number, strike: string, volatility: string, more: Partial<ListedInstrument> = {}): ListedInstrument {
  return {
    id, name: `${symbol}-${days}-${strike}`, asset: symbol, kind: "option", optionType: "call", strike, expiry: TIME + days * DAY,
    tick: "0.01", lot: "0.0001", status: "live", forward: "50000", volatility, ...more,
  };
}

export const toFloat = (q32: bigint): number => Number(q32) / 2 ** 32;
