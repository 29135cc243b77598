import { describe, expect, it } from "vitest";
import { HistoryError, assetOfFile, readDailyHistory } from "../../src/market/daily-history.js";

const header = "open_time,open,high,low,close,volume,close_time,quote_asset_volume,trades,taker_buy_base,taker_buy_quote,ignore";
const bar = (day: string, prices = "10,12,9,11") => `${day} 00:00:00+00:00,${prices},5.0,0,114799747.44197056,1,1,1,0`;
const read = (lines: readonly string[], time = Date.UTC(2026, 0, 10) / 1000) => readDailyHistory(`${lines.join("\n")}\n`, "BTCUSDT_1d.csv", time);
const opened = (day: number) => Date.UTC(2026, 0, day) / 1000;

describe("daily history", () => {
  it("reads Binance's columns, also with repeated ones at the end and without a header", () => {
    const expected = [{ time: opened(2), open: "10", high: "12", low: "9", close: "11", quoteVolume: "114799747.44197056" }];
    expect(read([header, bar("2026-01-02")]).bars).toEqual(expected);
    expect(read([`${header},open_time.1,open_time`, `${bar("2026-01-02")},,`]).bars).toEqual(expected);
    expect(read(["1767312000000,10,12,9,11,5.0,0,114799747.44197056,1,1,1,0"]).bars).toEqual(expected);
    expect(read(["1767312000000000,10,12,9,11,5.0,0,114799747.44197056,1,1,1,0"]).bars).toEqual(expected);
    expect(read(["close,quote_volume,time,low,high,open", "11,114799747.44197056,2026-01-02,9,12,10"]).bars).toEqual(expected);
  });

  it("keeps bars closed by the snapshot's time, the last 730", () => {
    const lines = [header, bar("2026-01-02"), bar("2026-01-03"), bar("2026-01-04")];
    expect(read(lines, opened(4)).bars.map(({ time }) => time)).toEqual([opened(2), opened(3)]);
    expect(read(lines, opened(4) - 1).bars.map(({ time }) => time)).toEqual([opened(2)]);
    const days = Array.from({ length: 800 }, (_, day) => bar(new Date(Date.UTC(2023, 0, 1 + day)).toISOString().slice(0, 10)));
    const { bars } = read([header, ...days]);
    expect([bars.length, bars[0]?.time]).toEqual([730, Date.UTC(2023, 0, 71) / 1000]);
  });

  it("counts the days missing", () => {
    expect(read([header, bar("2026-01-02"), bar("2026-01-05"), bar("2026-01-06")]).gaps).toEqual([{ after: opened(2), days: 2 }]);
  });

  it.each([
    ["a repeated day", [header, bar("2026-01-02"), bar("2026-01-02")], "BTCUSDT_1d.csv, line 3: 2026-01-02T00:00:00Z is repeated"],
    ["days out of order", [header, bar("2026-01-03"), bar("2026-01-02")], "line 3: 2026-01-02T00:00:00Z is before the bar above it"],
    ["bars of four hours", ["time,open,high,low,close,quote_volume", "2026-01-02 00:00:00,1,1,1,1,1", "2026-01-02 04:00:00,1,1,1,1,1"], "opens 14400 s after the bar above it: bars must be daily"],
    ["low above open", [header, bar("2026-01-02", "10,12,10.5,11")], "low 10.5 must not be above open, close or high"],
    ["high below close", [header, bar("2026-01-02", "10,10.5,9,11")], "high 10.5 must not be below open or close"],
    ["low above high", [header, bar("2026-01-02", "10,9,10,10")], "must not be"],
    ["a column missing", ["timestamp,open,high,low,close,volume", "2026-01-02,1,1,1,1,1"], "column quote_asset_volume or quote_volume"],
    ["a line cut short", [header, bar("2026-01-02").slice(0, 40)], "is no well-formed CSV (truncated?)"],
    ["no time", [header, bar("2026-02-30")], 'time "2026-02-30 00:00:00+00:00" is no time'],
  ])("%s is refused", (_what, lines, message) => {
    expect(() => read(lines)).toThrow(HistoryError);
    expect(() => read(lines)).toThrow(message);
  });

  it.each([["-10,12,9,11"], ["10,12,0,11"], ["10,NaN,9,11"]])("prices %s are refused", (prices) => {
    expect(() => read([header, bar("2026-01-02", prices)])).toThrow("BTCUSDT_1d.csv, line 2");
  });

  it("takes the asset from the pair in the file's name", () => {
    expect(["BTCUSDT_1d.csv", "DOGEUSDT_1d.csv", "ETHUSDC-1d-2025.csv", "bars.csv", "BTC.csv"].map(assetOfFile)).toEqual(["BTC", "DOGE", "ETH", undefined, undefined]);
  });
});
