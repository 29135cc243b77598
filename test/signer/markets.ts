/** A small market of two assets, and sources that see it with errors of their own. */
import { parseDecimal } from "../../src/math/fixed-point.js";
import { snapshotDecimal } from "../../src/market/exchange-decimal.js";
import type { Bar, ListedInstrument, MarketSnapshot } from "../../src/market/market-snapshot.js";
import type { SourceSnapshot } from "../../src/signer/aggregate-snapshots.js";
import type { ProtocolStates } from "../../src/signer/derive-indices.js";
import { DAY, TIME, asset, option, snapshot, syntheticBars } from "../policy/synthetic-snapshot.js";

export const PROTOCOL: ProtocolStates = {
  BTC: { utilisation: "0.62", contagion: "0.05" },
  ETH: { utilisation: "0.4", contagion: "0.05", openInterest: { long: "300", short: "100" } },
};

export function smallMarket(bars = 90): MarketSnapshot {
  const instruments: ListedInstrument[] = ["BTC", "ETH"].flatMap((symbol, a): ListedInstrument[] => {
    const first = 10 * a + 1;
    const call = (id: number, days: number, strike: string, volatility: string, openInterest: string) =>
      option(id, symbol, days, strike, volatility, { name: `${symbol}-${days}-${strike}-C`, openInterest });
    const put = (id: number, days: number, strike: string, volatility: string, openInterest: string) =>
      option(id, symbol, days, strike, volatility, { name: `${symbol}-${days}-${strike}-P`, optionType: "put", openInterest });
    return [
      { id: first, name: `${symbol}-SPOT`, asset: symbol, kind: "spot", tick: "0.01", lot: "0.0001", status: "live", forward: "50000" },
      { id: first + 1, name: `${symbol}-PERP`, asset: symbol, kind: "perpetual", tick: "0.01", lot: "0.0001", status: "live", forward: "50010", volumeQuote: "1000" },
      call(first + 2, 20, "50000", "0.55", "120"),
      put(first + 3, 20, "50000", "0.57", "40"),
      call(first + 4, 40, "55000", "0.6", "30"),
      put(first + 5, 40, "45000", "0.65", "60"),
      {
        id: first + 6, name: `${symbol}-OLD`, asset: symbol, kind: "option", optionType: "call", strike: "49000", expiry: TIME - DAY,
        tick: "0.01", lot: "0.0001", status: "expired", settlementValue: "812.5",
      },
    ];
  });
  return snapshot([asset("BTC", syntheticBars(bars)), asset("ETH", syntheticBars(bars, { seed: 5, volume: "400000000" }))], instruments);
}

/** The market with every number multiplied by (10000 + move) / 10000; `move` is asked once for a number. */
export function moved(market: MarketSnapshot, move: () => number): MarketSnapshot {
  const by = (text: string, factor: number) => snapshotDecimal((parseDecimal(text, 8) * BigInt(10_000 + factor)) / 10_000n);
  const field = (listed: ListedInstrument, name: "forward" | "volatility" | "settlementValue" | "openInterest" | "volumeQuote") =>
    listed[name] === undefined ? {} : { [name]: by(listed[name], move()) };
  const bar = ({ time, open, high, low, close, quoteVolume }: Bar): Bar => {
    // One factor for the prices of a day keeps their order.
    const day = move();
    return { time, open: by(open, day), high: by(high, day), low: by(low, day), close: by(close, day), quoteVolume: by(quoteVolume, move()) };
  };
  return {
    ...market,
    assets: market.assets.map((entry) => ({ ...entry, index: by(entry.index, move()), history: entry.history.map(bar) })),
    instruments: market.instruments.map((listed) => ({
      ...listed, ...field(listed, "forward"), ...field(listed, "volatility"), ...field(listed, "settlementValue"),
      ...field(listed, "openInterest"), ...field(listed, "volumeQuote"),
    })),
  };
}

/** Named a, b, c... in the order given. */
export function named(...snapshots: readonly MarketSnapshot[]): SourceSnapshot[] {
  return snapshots.map((entry, i) => ({ source: String.fromCharCode(97 + i), snapshot: entry }));
}

/** Every number of a snapshot by its place, in units of 1e-8. */
export function numbersOf({ assets, instruments }: MarketSnapshot): ReadonlyMap<string, bigint> {
  const numbers = new Map<string, bigint>();
  for (const { symbol, index, history } of assets) {
    numbers.set(`${symbol} index`, parseDecimal(index, 8));
    for (const { time, ...bar } of history) {
      for (const [name, text] of Object.entries(bar)) numbers.set(`${symbol} ${time} ${name}`, parseDecimal(text, 8));
    }
  }
  for (const listed of instruments) {
    for (const name of ["forward", "volatility", "settlementValue", "openInterest", "volumeQuote"] as const) {
      if (listed[name] !== undefined) numbers.set(`${listed.name} ${name}`, parseDecimal(listed[name], 8));
    }
  }
  return numbers;
}
