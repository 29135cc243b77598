import { describe, expect, it } from "vitest";
import { EXAMPLE_CHAIN_FILE, EXAMPLE_TIME, exampleChain, exampleHistory, examplePerpetuals } from "../../src/market/example-chain.js";
import { type ImportRequest, type SourceFile, detectFormat, importMarket } from "../../src/market/import-market.js";
import { type ListedInstrument, type MarketSnapshot, formatSnapshot, parseSnapshot } from "../../src/market/market-snapshot.js";
import { csvFile, csvRow, dataFile, haveData } from "./market-files.js";

const chainFile = (stamp: string) => dataFile(`options/deribit_options_snapshot_${stamp}.csv`);
const asFile = (snapshot: MarketSnapshot): SourceFile => ({ name: "previous.json", text: formatSnapshot(snapshot) });
const named = (snapshot: MarketSnapshot, name: string) => snapshot.instruments.find((listed) => listed.name === name) as ListedInstrument;
const kinds = (snapshot: MarketSnapshot) =>
  (["option", "future", "perpetual", "spot"] as const).map((kind) => snapshot.instruments.filter((listed) => listed.kind === kind).length);
const tick = (snapshot: MarketSnapshot, asset: string) => [...new Set(snapshot.instruments.filter((listed) => listed.asset === asset).map((listed) => listed.tick))];

describe.runIf(haveData)("real chains", () => {
  const more = (): Omit<ImportRequest, "chain"> => ({
    history: [dataFile("prices/BTCUSDT_1d.csv"), dataFile("prices/ETHUSDT_1d.csv")],
    futures: [dataFile("futures/perpetual_futures_prices.csv")],
  });

  // Rows, dated futures and medians of the index were counted from the files with another program.
  it.each([
    ["20251230T173115Z", 1304, 0, 16, 2, "88524.21", "2978.74", "0.001", 0],
    ["20260131T153300Z", 1498, 0, 14, 2, "81221.2", "2541.6", "0.001", 29],
    ["20260205T155132Z", 1782, 0, 14, 2, "67984.99", "1965.63", "0.0005", 34],
    ["20260308T153245Z", 1780, 0, 14, 2, "67198.03", "1938.98", "0.0005", 65],
    ["20260610T123339Z", 1708, 232, 16, 0, "61684.97", "1635.92", "0.0005", 159],
    ["20260808T094856Z", 1532, 0, 22, 0, "64956.73", "1918.03", "0.0005", 218],
  ])("%s: every row is listed or named with its reason", (stamp, rows, bare, futures, perpetuals, btc, eth, ethTick, behind) => {
    const { snapshot, report } = importMarket({ chain: chainFile(stamp), ...more() });
    expect(report).toMatchObject({ format: "deribit-csv", formatDetected: true, rows, newlyListed: rows - bare + futures + perpetuals + 2 });
    expect(report.notListed.map(({ reason }) => reason)).toEqual(Array.from({ length: bare }, () => "no forward of its expiry"));
    expect(new Set(report.notListed.map(({ name }) => name)).size).toBe(bare);
    expect(kinds(snapshot)).toEqual([rows - bare, futures, perpetuals, 2]);
    expect(snapshot.assets.map(({ symbol, index, history }) => [symbol, index, history.length])).toEqual([["BTC", btc, 730], ["ETH", eth, 730]]);
    expect([tick(snapshot, "BTC"), tick(snapshot, "ETH")]).toEqual([["0.01"], [ethTick]]);
    // The table of perpetuals ends before the last two chains, the histories on 2026-01-01.
    expect(report.warnings).toEqual([
      ...(perpetuals === 0 ? [`perpetual_futures_prices.csv has no mark for deribit_options_snapshot_${stamp}.csv at ${new Date(snapshot.time * 1000).toISOString().replace(".000", "")}`] : []),
      ...(perpetuals === 0 ? ["BTC", "ETH"].map((asset) => `no mark of a perpetual of ${asset}: not listed, or stale at the index`) : []),
      ...(behind === 0 ? [] : ["BTC", "ETH"].map((asset) => `history of ${asset} ends ${behind} days before the snapshot`)),
    ]);
    const text = formatSnapshot(snapshot);
    expect(formatSnapshot(parseSnapshot(text))).toBe(text);
  });

  it("a row comes through with every digit", () => {
    const { snapshot } = importMarket({ chain: chainFile("20251230T173115Z"), ...more() });
    expect(snapshot.time).toBe(Date.UTC(2025, 11, 30, 17, 31, 15) / 1000);
    expect(named(snapshot, "BTC-16JAN26-82000-C")).toMatchObject({
      forward: "88728.94666667", volatility: "0.4323", strike: "82000", tick: "0.01", lot: "0.0001", openInterest: "0.3", volumeQuote: "0", status: "live",
    });
    expect(named(snapshot, "ETH-PERPETUAL")).toMatchObject({ forward: "2978.35", tick: "0.001", lot: "0.001" });
    // Closed by the snapshot: the bar of 29 December, not that of the 30th.
    expect(snapshot.assets[0]?.history.at(-1)?.time).toBe(Date.UTC(2025, 11, 29) / 1000);
  });

  it("the same files give the same bytes", () => {
    const text = () => formatSnapshot(importMarket({ chain: chainFile("20260205T155132Z"), ...more() }).snapshot);
    expect(text()).toBe(text());
  });

  it("the listing of 2025-12-30 is carried to 2026-01-31 with settlement prices", () => {
    const previous = importMarket({ chain: chainFile("20251230T173115Z"), ...more() }).snapshot;
    const days = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-09", "2026-01-16", "2026-01-30"];
    const prices = [["BTC", "85000"], ["ETH", "2800.5"]] as const;
    const entries = prices.flatMap(([asset, price]) => days.map((day) => ({ asset, expiry: `${day}T08:00:00Z`, price, settled: day < "2026-01-16" })));
    const request = (list: readonly unknown[]) => ({
      chain: chainFile("20260131T153300Z"), ...more(), previous: asFile(previous), settlements: { name: "settlements.json", text: JSON.stringify(list) },
    });
    const { snapshot, report } = importMarket(request(entries));
    // 558 options and 6 futures of the seven days are past; none that lives on is missing in the new chain.
    expect(report.instruments.expired + report.instruments.settled).toBe(558 + 6);
    expect(report.instruments.stale).toBe(0);
    // 752 options and BTC and ETH futures of 6 and 13 February are new.
    expect(report.newlyListed).toBe(752 + 4);
    expect(snapshot.instruments).toHaveLength(1324 + 756);
    for (const before of previous.instruments) {
      const now = named(snapshot, before.name);
      expect([now.id, now.tick, now.lot]).toEqual([before.id, before.tick, before.lot]);
    }
    expect(snapshot.instruments.slice(1324).map(({ id }) => id)).toEqual(Array.from({ length: 756 }, (_, at) => 1325 + at));
    expect(named(snapshot, "BTC-16JAN26-82000-C")).toMatchObject({ status: "expired", settlementValue: "3000" });
    expect(named(snapshot, "ETH-30JAN26")).toMatchObject({ status: "expired", settlementValue: "2800.5" });
    expect(named(snapshot, "BTC-2JAN26").status).toBe("settled");
    expect(() => importMarket(request(entries.slice(1)))).toThrow("is past its expiry and no settlement price of BTC 2025-12-31T08:00:00Z is given");
  });

  it("the 232 rows of 2026-06-10 without a forward stay, stale, when they were listed before", () => {
    const file = chainFile("20260610T123339Z");
    const header = file.text.slice(0, file.text.indexOf("\n")).split(",");
    const at = (column: string) => header.indexOf(column);
    // The day before, as if each expiry had had its synthetic forward.
    const earlier = file.text.replaceAll("2026-06-10T12:33:39.006339", "2026-06-09T12:33:39.006339").split("\n").map((line) => {
      const cells = line.split(",");
      if (cells[at("futures_price")] !== "") return line;
      cells[at("futures_price")] = cells[at("underlying")] as string;
      cells[at("futures_instrument_name")] = `SYN.${(cells[at("instrument_name")] as string).split("-").slice(0, 2).join("-")}`;
      return cells.join(",");
    }).join("\n");
    const previous = importMarket({ chain: { name: "earlier.csv", text: earlier } }).snapshot;
    const { snapshot, report } = importMarket({ chain: file, previous: asFile(previous) });
    expect(report).toMatchObject({ newlyListed: 0, notListed: [], instruments: { live: 1494, stale: 232, expired: 0, settled: 0 } });
    expect(new Set(report.stale.map(({ reason }) => reason))).toEqual(new Set(["no forward of its expiry"]));
    // The exchange's own index is the check: a forward of one to four days is within 0.3 % of it.
    for (const { name } of report.stale) {
      const listed = named(snapshot, name);
      const index = Number(snapshot.assets.find(({ symbol }) => symbol === listed.asset)?.index);
      expect(Math.abs(Number(listed.forward) / index - 1)).toBeLessThan(0.003);
    }
    // And so are the quoted volatilities of the stale rows: the surface is near them in the middle of the smile.
    const quoted = named(previous, "BTC-13JUN26-62000-P").volatility;
    expect(Math.abs(Number(named(snapshot, "BTC-13JUN26-62000-P").volatility) / Number(quoted) - 1)).toBeLessThan(0.15);
  });
});

describe("example market", () => {
  const example = (seed?: number): ImportRequest => ({
    chain: { name: EXAMPLE_CHAIN_FILE, text: exampleChain(seed) },
    history: [{ name: "BTCUSDT_1d.csv", text: exampleHistory("BTC", seed) }, { name: "ETHUSDT_1d.csv", text: exampleHistory("ETH", seed) }],
    futures: [{ name: "perpetuals.csv", text: examplePerpetuals(seed) }],
  });

  it.each([1, 2, 77])("seed %i: all 1,404 rows, 16 futures, perpetuals, spots and 400 days are imported, none refused", (seed) => {
    const { snapshot, report } = importMarket(example(seed));
    expect(report).toMatchObject({ time: EXAMPLE_TIME, rows: 1404, newlyListed: 1404 + 16 + 4, notListed: [], stale: [], warnings: [] });
    expect(kinds(snapshot)).toEqual([1404, 16, 2, 2]);
    expect(snapshot.assets.map(({ history }) => history.length)).toEqual([400, 400]);
    for (const asset of ["BTC", "ETH"]) {
      const expiries = new Set(snapshot.instruments.flatMap((listed) => (listed.asset === asset && listed.kind === "option" ? [listed.expiry] : [])));
      expect(expiries.size).toBe(13);
    }
  });

  it("the same seed gives the same bytes, another one another market", () => {
    expect(exampleChain(3)).toBe(exampleChain(3));
    expect(exampleHistory("ETH", 3)).toBe(exampleHistory("ETH", 3));
    expect(exampleChain(4)).not.toBe(exampleChain(3));
  });

  it("marks are Black-76 of the row's own numbers", () => {
    const [header, ...rows] = exampleChain().trimEnd().split("\n").map((line) => line.split(","));
    const value = (row: readonly string[], column: string) => row[(header as string[]).indexOf(column)] as string;
    for (const row of rows.filter((_, at) => at % 50 === 0)) {
      const [forward, strike, years, sigma] = ["futures_price", "strike", "time_to_maturity", "implied_volatility"].map((column) => Number(value(row, column))) as [number, number, number, number];
      const deviation = sigma * Math.sqrt(years);
      const d1 = Math.log(forward / strike) / deviation + deviation / 2;
      const sign = value(row, "option_type") === "call" ? 1 : -1;
      const price = sign * (normalCdf(sign * d1) - (strike / forward) * normalCdf(sign * (d1 - deviation)));
      expect(Math.abs(price - Number(value(row, "mark_price")))).toBeLessThan(1e-6);
      expect(Math.abs(sign * normalCdf(sign * d1) - Number(value(row, "delta")))).toBeLessThan(2e-5);
    }
  });
});

describe("import", () => {
  it("says which format it found, and refuses what it does not know", () => {
    const { snapshot } = importMarket({ chain: csvFile(csvRow()) });
    expect(detectFormat(csvFile(csvRow()))).toBe("deribit-csv");
    expect(detectFormat({ name: "a", text: ' [{"result":[]}]' })).toBe("deribit-json");
    expect(detectFormat(asFile(snapshot))).toBe("snapshot");
    expect(() => detectFormat({ name: "a.csv", text: "a,b\n1,2\n" })).toThrow("a.csv: is none of the formats deribit-csv, deribit-json, snapshot");
    expect(() => importMarket({ chain: csvFile(csvRow()), format: "deribit-json" })).toThrow("chain.csv is not JSON");
    expect(() => importMarket({ chain: { name: "a.json", text: "[]" }, format: "deribit-csv" })).toThrow("is missing");
  });

  it("takes a snapshot as it is, with another epoch, and only if the listing goes on", () => {
    const { snapshot } = importMarket({ chain: csvFile(csvRow()) });
    const { snapshot: again, report } = importMarket({ chain: asFile(snapshot), epoch: 9 });
    expect(again).toEqual({ ...snapshot, epoch: 9 });
    expect(report).toMatchObject({ format: "snapshot", rows: 2 });
    const next = { ...snapshot, time: snapshot.time + 1, epoch: snapshot.epoch + 1 };
    const moved = { ...next, instruments: next.instruments.map((listed) => ({ ...listed, id: listed.id + 1 })) };
    expect(importMarket({ chain: asFile(next), previous: asFile(snapshot) }).report.newlyListed).toBe(0);
    expect(() => importMarket({ chain: asFile(moved), previous: asFile(snapshot) })).toThrow("instrument BTC: id 2: must be 1 as in the snapshot before");
    expect(() => importMarket({ chain: asFile({ ...next, instruments: next.instruments.slice(1) }), previous: asFile(snapshot) })).toThrow("instrument BTC: id 1: was listed before");
  });

  it("calls out a history that is missing, gapped, foreign or old", () => {
    const bars = "time,open,high,low,close,quote_volume\n2025-12-20,1,1,1,1,1\n2025-12-23,1,1,1,1,1\n";
    const { report } = importMarket({ chain: csvFile(csvRow()), history: [{ name: "bars.csv", asset: "BTC", text: bars }, { name: "SOLUSDT_1d.csv", text: bars }] });
    expect(report.warnings).toEqual([
      "no mark of a perpetual of BTC: not listed, or stale at the index",
      "history of BTC: 2 days missing after 2025-12-20",
      "history of SOL: 2 days missing after 2025-12-20",
      "history of SOL is not used: the chain has no such asset",
      "history of BTC ends 6 days before the snapshot",
    ]);
    expect(importMarket({ chain: csvFile(csvRow()) }).report.warnings).toContain("no daily history of BTC");
    expect(() => importMarket({ chain: csvFile(csvRow()), history: [{ name: "bars.csv", text: bars }] })).toThrow("write ASSET=path");
  });

  it("takes a perpetual's mark by the chain's file name or time, and calls out a table without one", () => {
    const table = (file: string, time: string, mark = "88539.0") => [{ name: "marks.csv", text: `snapshot_file,snapshot_timestamp_ms,instrument_name,perp_futures_mark_price\n${file},${time},BTC-PERPETUAL,${mark}\n` }];
    const forward = (futures: readonly SourceFile[]) => named(importMarket({ chain: csvFile(csvRow()), futures }).snapshot, "BTC-PERPETUAL")?.forward;
    expect(forward(table("chain.csv", "1000000000000"))).toBe("88539");
    expect(forward(table("other.csv", "1767115875944"))).toBe("88539");
    expect(forward(table("other.csv", "1767115876944"))).toBeUndefined();
    expect(importMarket({ chain: csvFile(csvRow()), futures: table("other.csv", "1000000000000") }).report.warnings[0]).toBe("marks.csv has no mark for chain.csv at 2025-12-30T17:31:15Z");
    expect(() => forward(table("chain.csv", "1767115875944", "-1"))).toThrow("must be above zero");
    expect(() => forward([...table("chain.csv", "1767115875944"), ...table("chain.csv", "1767115875944")])).toThrow("is in another file too");
  });
});

/** N(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...). */
function normalCdf(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let k = 1; k < 200; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + sum * Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
}
