import { describe, expect, it } from "vitest";
import { type MarketSnapshot, SnapshotError, formatSnapshot, parseSnapshot } from "../../src/market/market-snapshot.js";

const DAY = 86_400;
const time = 100 * DAY;
const snapshot: MarketSnapshot = {
  format: "zkmargin-market-snapshot-1",
  time,
  epoch: 7,
  quoteCurrency: "USD",
  assets: [
    { symbol: "BTC", index: "88524.21", history: [
      { time: 97 * DAY, open: "1", high: "3", low: "0.5", close: "2", quoteVolume: "0" },
      { time: 99 * DAY, open: "2", high: "2", low: "2", close: "2", quoteVolume: "12.5" },
    ] },
    { symbol: "ETH", index: "2978.74", history: [] },
  ],
  instruments: [
    { id: 1, name: "BTC", asset: "BTC", kind: "spot", tick: "0.01", lot: "0.0001", status: "live", forward: "88524.21" },
    { id: 2, name: "BTC-1JAN26", asset: "BTC", kind: "future", expiry: time, tick: "0.01", lot: "0.0001", status: "expired", settlementValue: "88000" },
    { id: 5, name: "ETH-1JAN26-3000-C", asset: "ETH", kind: "option", optionType: "call", strike: "3000", expiry: time - 1, tick: "0.001", lot: "0.001", status: "settled", settlementValue: "0" },
    { id: 6, name: "ETH-2JAN26-3000-P", asset: "ETH", kind: "option", optionType: "put", strike: "3000", expiry: time + 1, tick: "0.001", lot: "0.001", status: "stale", forward: "2980", volatility: "0.5", openInterest: "0", volumeQuote: "1.5" },
    { id: 9, name: "ETH-PERPETUAL", asset: "ETH", kind: "perpetual", tick: "0.0005", lot: "0.002", status: "live", forward: "2979" },
  ],
};

/** The snapshot with one change made to a deep copy. */
function changed(change: (copy: any) => void): string {
  const copy = structuredClone(snapshot);
  change(copy);
  return JSON.stringify(copy);
}

describe("market snapshot", () => {
  it("comes back from its text, and the text from it, byte for byte", () => {
    const text = formatSnapshot(snapshot);
    expect(parseSnapshot(text)).toEqual(snapshot);
    expect(formatSnapshot(parseSnapshot(text))).toBe(text);
    expect(text.endsWith("}\n")).toBe(true);
    expect(text.split("\n")[9]).toBe('  {"id":1,"name":"BTC","asset":"BTC","kind":"spot","tick":"0.01","lot":"0.0001","status":"live","forward":"88524.21"},');
  });

  it("has the same text whatever the order of keys and the zeros at the end of decimals", () => {
    const { assets, ...rest } = snapshot;
    const reordered = { assets: [{ history: assets[0]!.history, index: "88524.2100", symbol: "BTC" }, assets[1]!], ...rest };
    expect(formatSnapshot(parseSnapshot(JSON.stringify(reordered)))).toBe(formatSnapshot(snapshot));
  });

  const cases: [string, (copy: any) => void, string][] = [
    ["ids out of order", (copy) => { copy.instruments[2].id = 2; }, "instrument ETH-1JAN26-3000-C: id 2: must be above 2"],
    ["id 0", (copy) => { copy.instruments[0].id = 0; }, "instruments[0] BTC: id 0"],
    ["id 2^32", (copy) => { copy.instruments[4].id = 2 ** 32; }, "instruments[4] ETH-PERPETUAL: id 4294967296"],
    ["a repeated name", (copy) => { copy.instruments[4].name = "BTC"; }, "instrument BTC: name BTC: must be unique"],
    ["an unknown asset", (copy) => { copy.instruments[4].asset = "SOL"; }, "instrument ETH-PERPETUAL: asset SOL: must be one of the snapshot's assets"],
    ["tick x lot not 1e-6", (copy) => { copy.instruments[0].lot = "0.0002"; }, "instrument BTC: lot 0.0002: must be 0.000001 / tick 0.01 exactly"],
    ["a strike off the grid", (copy) => { copy.instruments[3].strike = "3000.0005"; }, "strike 3000.0005: must be a whole number of ticks of 0.001"],
    ["no forward while live", (copy) => { delete copy.instruments[0].forward; }, "instrument BTC: forward absent: must be present: live"],
    ["no volatility of a stale option", (copy) => { delete copy.instruments[3].volatility; }, "volatility absent: must be present: stale option"],
    ["volatility of a perpetual", (copy) => { copy.instruments[4].volatility = "1"; }, "volatility 1: must be absent: live perpetual"],
    ["a stale option past its expiry", (copy) => { copy.instruments[3].expiry = time; }, "expiry 8640000: must be after the snapshot's time 8640000 while stale"],
    ["an expired future before its expiry", (copy) => { copy.instruments[1].expiry = time + 1; }, "expiry 8640001: must not be after the snapshot's time 8640000 when expired"],
    ["no settlement value of an expired one", (copy) => { delete copy.instruments[1].settlementValue; }, "settlementValue absent: must be present: expired"],
    ["a perpetual that expired", (copy) => { Object.assign(copy.instruments[4], { status: "expired", settlementValue: "1", forward: undefined }); delete copy.instruments[4].forward; }, "status expired: must not be given to a perpetual"],
    ["a future with a strike", (copy) => { copy.instruments[1].strike = "1"; }, "strike 1: must be absent: future"],
    ["an option without a strike", (copy) => { delete copy.instruments[3].strike; }, "strike absent: must be present: option"],
    ["a negative forward", (copy) => { copy.instruments[0].forward = "-1"; }, 'instruments[0] BTC: forward "-1"'],
    ["a forward of zero", (copy) => { copy.instruments[0].forward = "0.00"; }, "must be above zero"],
    ["nine digits after the point", (copy) => { copy.assets[0].index = "1.000000001"; }, 'assets[0] BTC: index "1.000000001": must be a plain decimal'],
    ["a JSON number for a decimal", (copy) => { copy.assets[0].index = 1.5; }, "assets[0] BTC: index 1.5"],
    ["an exponent", (copy) => { copy.assets[0].index = "1e5"; }, 'index "1e5"'],
    ["assets out of order", (copy) => { copy.assets.reverse(); }, "asset BTC: symbol BTC: must sort after ETH"],
    ["a bar that is not closed", (copy) => { copy.assets[0].history[1].time = 99 * DAY + 1; }, "asset BTC, bar 1: time 8553601: must be closed"],
    ["bars out of order", (copy) => { copy.assets[0].history[1].time = 97 * DAY; }, "asset BTC, bar 1: time 8380800: must be a day or more after"],
    ["low above close", (copy) => { copy.assets[0].history[0].low = "2.5"; }, "asset BTC, bar 0: low 2.5: must not be above open or close"],
    ["high below close", (copy) => { copy.assets[0].history[0].high = "1.5"; }, "asset BTC, bar 0: high 1.5: must not be below open or close"],
    ["an unknown field", (copy) => { copy.extra = 1; }, "extra"],
    ["another format", (copy) => { copy.format = "zkmargin-market-snapshot-2"; }, 'snapshot: format "zkmargin-market-snapshot-2"'],
    ["a time that is no integer", (copy) => { copy.time = 1.5; }, "snapshot: time 1.5"],
    ["no instruments field", (copy) => { delete copy.instruments; }, "snapshot: instruments absent"],
  ];
  it.each(cases)("%s is refused, naming the place", (_what, change, message) => {
    const act = () => parseSnapshot(changed(change));
    expect(act).toThrow(SnapshotError);
    expect(act).toThrow(message);
  });

  it("a text in which a key stands twice is refused: a reader would see the first, the program the last", () => {
    const text = formatSnapshot(snapshot);
    const twice = text.replace(/"epoch":\s*(\d+)/, (epoch) => `${epoch},"epoch":7`);
    expect(twice).not.toBe(text);
    expect(() => parseSnapshot(twice)).toThrow("no key twice");
  });

  it("a truncated text is refused", () => {
    expect(() => parseSnapshot(formatSnapshot(snapshot).slice(0, 400))).toThrow("must be JSON (truncated?)");
  });
});
