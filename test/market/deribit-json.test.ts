import { describe, expect, it } from "vitest";
import { readDeribitJson } from "../../src/market/deribit-json.js";
import { importMarket } from "../../src/market/import-market.js";
import { csvFile, csvRow } from "./market-files.js";

/** The instrument of the CSV row, a put beside it, their dated future and the perpetual, in the exchange's shape. */
const optionSummaries = `{"jsonrpc":"2.0","id":1,"result":[
  {"instrument_name":"BTC-16JAN26-82000-C","underlying_price":88728.94666666667,"underlying_index":"SYN.BTC-16JAN26","mark_iv":43.23,"mark_price":0.08550357,
   "open_interest":0.3,"volume":0.0,"volume_usd":0.0,"bid_price":0.084,"ask_price":null,"mid_price":null,"estimated_delivery_price":88530.23,"interest_rate":0.0,
   "creation_timestamp":1767115875944,"base_currency":"BTC","quote_currency":"BTC","low":null,"high":null,"last":1e-05,"price_change":null},
  {"instrument_name":"BTC-25DEC26-40000-P","underlying_price":92617.64,"underlying_index":"BTC-25DEC26","mark_iv":58.24,"mark_price":0.01203577,
   "open_interest":3.1,"volume":3.1,"volume_usd":3272.77,"bid_price":0.011,"ask_price":0.013,"estimated_delivery_price":88530.46,"creation_timestamp":1767115875944,
   "base_currency":"BTC"}],"usIn":1,"usOut":2,"usDiff":1,"testnet":false}`;
const futureSummaries = `{"jsonrpc":"2.0","result":[
  {"instrument_name":"BTC-PERPETUAL","mark_price":88539.0,"open_interest":1000000,"volume_usd":5.5,"estimated_delivery_price":88530.23,"creation_timestamp":1767115875000,"base_currency":"BTC","funding_8h":-1.2e-07},
  {"instrument_name":"BTC-25DEC26","mark_price":92617.64,"creation_timestamp":1767115875000,"estimated_delivery_price":88530.46,"base_currency":"BTC"},
  {"instrument_name":"BTC-FS-25DEC26_PERP","mark_price":-12.5,"creation_timestamp":1767115875000,"base_currency":"BTC"}]}`;
const instruments = `{"result":[
  {"instrument_name":"BTC-16JAN26-82000-C","kind":"option","strike":82000.0,"option_type":"call","expiration_timestamp":1768550400000,"is_active":true,"settlement_period":"week","tick_size":0.0001,"contract_size":1.0},
  {"instrument_name":"BTC-25DEC26-40000-P","kind":"option","strike":40000,"option_type":"put","expiration_timestamp":1798185600000,"is_active":true,"settlement_period":"month"},
  {"instrument_name":"BTC-PERPETUAL","kind":"future","expiration_timestamp":32503708800000,"is_active":true,"settlement_period":"perpetual","tick_size":0.5,"contract_size":10.0}]}`;
const all = `[${optionSummaries},${futureSummaries},${instruments}]`;

const put = csvRow({
  instrument_name: "BTC-25DEC26-40000-P", option_type: "put", strike: "40000.0", expiry_datetime: "2026-12-25T08:00:00+00:00",
  futures_price: "92617.64", futures_instrument_name: "BTC-25DEC26", implied_volatility: "0.5824", open_interest: "3.1", volume_usd: "3272.77", index_price: "88530.46",
});
const perpetuals = "snapshot_file,snapshot_timestamp_ms,instrument_name,perp_futures_mark_price\nother.csv,1767115875944,BTC-PERPETUAL,88539.0\nother.csv,1767115876944,BTC-PERPETUAL,1\n";

describe("Deribit JSON responses", () => {
  it("give the snapshot that the CSV of the same market gives", () => {
    const fromCsv = importMarket({ chain: csvFile(csvRow(), put), futures: [{ name: "perpetuals.csv", text: perpetuals }] });
    const fromJson = importMarket({ chain: { name: "chain.json", text: all } });
    expect(fromJson.report).toMatchObject({ format: "deribit-json", formatDetected: true, rows: 5 });
    expect(fromJson.report.notListed).toEqual([{ name: "BTC-FS-25DEC26_PERP", reason: "no option, dated future or perpetual by its name" }]);
    // The exchange's response has open interest and volume of the perpetual, which the table of marks has not.
    const instruments = fromJson.snapshot.instruments.map(({ openInterest, volumeQuote, ...listed }) => (listed.kind === "perpetual" ? listed : { ...listed, openInterest, volumeQuote }));
    expect(instruments.map((listed) => listed.name)).toEqual(["BTC", "BTC-PERPETUAL", "BTC-25DEC26", "BTC-16JAN26-82000-C", "BTC-25DEC26-40000-P"]);
    expect(instruments).toEqual(fromCsv.snapshot.instruments.map((listed) => (listed.kind === "perpetual" ? listed : { openInterest: undefined, volumeQuote: undefined, ...listed })));
    // Median of four index prices in the JSON (two of the futures), of two in the CSV: the same.
    expect(fromJson.snapshot.assets).toEqual([{ symbol: "BTC", index: "88530.345", history: [] }]);
    expect({ ...fromJson.snapshot, instruments: [] }).toEqual({ ...fromCsv.snapshot, instruments: [] });
  });

  it("may be one envelope, bare arrays, or an object of bookSummary and instruments", () => {
    const expected = readDeribitJson(all, "chain.json");
    const bare = (text: string) => JSON.stringify((JSON.parse(text) as { result: unknown }).result);
    const summaries = `${bare(optionSummaries).slice(0, -1)},${bare(futureSummaries).slice(1)}`;
    expect(readDeribitJson(`{"bookSummary":${summaries},"instruments":${bare(instruments)}}`, "chain.json")).toEqual(expected);
    expect(readDeribitJson(`{"bookSummary":[${optionSummaries},${futureSummaries}],"instruments":${instruments}}`, "chain.json")).toEqual(expected);
    expect(readDeribitJson(`[${summaries},${bare(instruments)}]`, "chain.json")).toEqual(expected);
    expect(readDeribitJson(optionSummaries, "chain.json").options).toEqual(expected.options);
  });

  it("takes a dated future from the options' forwards where no summary of it is given", () => {
    expect(readDeribitJson(optionSummaries, "chain.json").futures.map(({ name, mark }) => [name.name, mark])).toEqual([["BTC-25DEC26", 9_261_764_000_000n]]);
  });

  it("does not put the index in the place of a forward", () => {
    const text = optionSummaries.replace('"SYN.BTC-16JAN26"', '"index_price"');
    expect(readDeribitJson(text, "chain.json").options[0]).toMatchObject({ unusable: "no forward of its expiry" });
  });

  it("leaves out what is not active and contracts in another currency", () => {
    expect(readDeribitJson(all.replace('"is_active":true', '"is_active":false'), "c").options[0]?.unusable).toBe("not active");
    const linear = all.replace("BTC-FS-25DEC26_PERP", "SOL_USDC-PERPETUAL").replace("-12.5", "12.5");
    expect(readDeribitJson(linear, "c").unreadable).toEqual([{ name: "SOL_USDC-PERPETUAL", reason: "quoted in USDC, the snapshot in USD" }]);
  });

  it("leaves out a future whose summary is old", () => {
    const text = all.replace('"creation_timestamp":1767115875000', '"creation_timestamp":1767115274000');
    expect(readDeribitJson(text, "c").unreadable[0]).toEqual({ name: "BTC-PERPETUAL", reason: "quote is 601 s older than the newest" });
  });

  it.each([
    ["a truncated response", (text: string) => text.slice(0, 700), "chain.json is not JSON (truncated?)"],
    ["an error response", () => '{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests"}}', "holds an error response"],
    ["a strike that is not the name's", (text: string) => text.replace('"strike":82000.0', '"strike":82001'), "strike 82001 of get_instruments contradicts the name"],
    ["an expiry that is not the name's", (text: string) => text.replace("1768550400000", "1768550401000"), "expiration_timestamp 1768550401000 of get_instruments contradicts"],
    ["a repeated summary", (text: string) => text.replace("BTC-25DEC26-40000-P", "BTC-16JAN26-82000-C"), "BTC-16JAN26-82000-C is repeated"],
    ["a negative price", (text: string) => text.replace('"mark_price":88539.0', '"mark_price":-88539.0'), 'mark_price of BTC-PERPETUAL: "-88539.0" must not be negative'],
    ["a number in quotes", (text: string) => text.replace('"mark_iv":43.23', '"mark_iv":"43.23"'), "chain.json, BTC-16JAN26-82000-C: mark_iv"],
    ["no summaries", () => instruments, "holds no book summary"],
    ["something else", () => '{"a":1}', "must hold responses of the exchange"],
  ])("%s is refused", (_what, change, message) => {
    expect(() => readDeribitJson(change(all), "chain.json")).toThrow(message);
  });
});
