import { describe, expect, it } from "vitest";
import { readDeribitCsv } from "../../src/market/deribit-csv.js";
import { CSV_HEADER, csvFile, csvRow } from "./market-files.js";

const read = (...rows: string[]) => readDeribitCsv(csvFile(...rows).text, "chain.csv");

describe("Deribit chain CSV", () => {
  it("reads a row by its digits", () => {
    const chain = read(csvRow());
    expect(chain.time).toBe(Date.UTC(2025, 11, 30, 17, 31, 15) / 1000);
    expect(chain.options).toHaveLength(1);
    expect(chain.options[0]).toMatchObject({
      strike: 8_200_000_000_000n, expiry: Date.UTC(2026, 0, 16, 8) / 1000, optionType: "call",
      forward: 8_872_894_666_667n, volatility: 43_230_000n, openInterest: 30_000_000n, volumeQuote: 0n,
    });
    expect(chain.indexes).toEqual(new Map([["BTC", 8_853_023_000_000n]]));
    expect(chain.futures).toEqual([]);
  });

  it("takes dated futures from the rows that name them, at the median; synthetic ones are none", () => {
    const row = (name: string, strike: string, forward: string, future = "BTC-16JAN26") =>
      csvRow({ instrument_name: name, strike, futures_price: forward, futures_instrument_name: future });
    const chain = read(
      row("BTC-16JAN26-82000-C", "82000.0", "88728.9"), row("BTC-16JAN26-83000-C", "83000.0", "88700"),
      row("BTC-16JAN26-84000-C", "84000.0", "99999"), row("BTC-16JAN26-85000-C", "85000.0", "88000", "SYN.BTC-16JAN26"),
    );
    expect(chain.futures.map(({ name, mark }) => [name.name, mark])).toEqual([["BTC-16JAN26", 8_872_890_000_000n]]);
  });

  it("does not put the index in the place of a forward", () => {
    const bare = { futures_price: "", futures_instrument_name: "", underlying: "88530.23", underlying_name: "index_price" };
    expect(read(csvRow(bare)).options[0]).toMatchObject({ unusable: "no forward of its expiry" });
    const named = { futures_price: "88530.23", futures_instrument_name: "index_price" };
    expect(read(csvRow(named)).options[0]).toMatchObject({ unusable: "no forward of its expiry" });
  });

  it("gives the reason why a row prices nothing", () => {
    expect(read(csvRow({ implied_volatility: "" })).options[0]?.unusable).toBe("no implied volatility");
    expect(read(csvRow({ implied_volatility: "0.0" })).options[0]?.unusable).toBe("no implied volatility");
    expect(read(csvRow({ timestamp: "2026-01-16T08:00:00+00:00" })).options[0]?.unusable).toBe("expired");
    const old = csvRow({ instrument_name: "BTC-16JAN26-83000-C", strike: "83000", timestamp: "2025-12-30T17:21:14+00:00", index_price: "1", futures_instrument_name: "BTC-16JAN26" });
    expect(read(csvRow(), old).indexes.get("BTC")).toBe(8_853_023_000_000n);
    expect(read(csvRow(), old).futures).toEqual([]);
    expect(read(csvRow(), old).options.map(({ unusable }) => unusable)).toEqual([undefined, "quote is 601 s older than the newest"]);
  });

  it.each([
    ["a negative price", { mark_price: "-0.1" }, 'chain.csv, line 2, mark_price of BTC-16JAN26-82000-C: "-0.1" must not be negative'],
    ["a negative forward", { futures_price: "-88728" }, "must be above zero"],
    ["NaN", { implied_volatility: "NaN" }, 'implied_volatility of BTC-16JAN26-82000-C: "NaN" must be a finite decimal number'],
    ["an index that is missing", { index_price: "" }, "index_price of BTC-16JAN26-82000-C"],
    ["an index of zero", { index_price: "0.0" }, "must be above zero"],
    ["a strike that is not the name's", { strike: "83000.0" }, 'strike "83000.0" contradicts the name BTC-16JAN26-82000-C'],
    ["a type that is not the name's", { option_type: "put" }, 'option_type "put" contradicts the name'],
    ["an expiry that is not the name's", { expiry_datetime: "2026-01-17T08:00:00+00:00" }, "expiry_datetime"],
    ["a currency that is not the name's", { currency: "ETH" }, 'currency "ETH" contradicts the name'],
    ["a bad name", { instrument_name: "BTC-16JAN26-82000-X" }, 'instrument_name "BTC-16JAN26-82000-X" is no option\'s name'],
    ["a day that does not exist", { instrument_name: "BTC-30FEB26-82000-C" }, "is no option's name"],
    ["a future of another expiry", { futures_instrument_name: "BTC-17JAN26" }, 'futures_instrument_name "BTC-17JAN26" is no future of the expiry'],
    ["no time", { timestamp: "yesterday" }, 'timestamp "yesterday" is no time'],
  ])("%s is refused with its line", (_what, fields, message) => {
    expect(() => read(csvRow(fields))).toThrow(message);
  });

  it("refuses repeated rows, missing columns and truncated files", () => {
    expect(() => read(csvRow(), csvRow())).toThrow("chain.csv, line 3: BTC-16JAN26-82000-C is repeated");
    const { text } = csvFile(csvRow());
    expect(() => readDeribitCsv(text.replace("implied_volatility", "iv"), "chain.csv")).toThrow("column implied_volatility is missing");
    expect(() => readDeribitCsv(text.slice(0, -1), "chain.csv")).toThrow("ends inside a line (truncated?)");
    expect(() => readDeribitCsv(text.slice(0, -30), "chain.csv")).toThrow("is no well-formed CSV (truncated?)");
    expect(() => readDeribitCsv(`${CSV_HEADER}\n`, "chain.csv")).toThrow("holds no rows");
    expect(() => readDeribitCsv("", "chain.csv")).toThrow("is missing");
  });
});
