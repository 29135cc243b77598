import { describe, expect, it } from "vitest";
import { type ImportRequest, importMarket } from "../../src/market/import-market.js";
import { ListingError, chooseTick } from "../../src/market/listing.js";
import { type ListedInstrument, type MarketSnapshot, SnapshotError, formatSnapshot } from "../../src/market/market-snapshot.js";
import { SettlementError, parseSettlements } from "../../src/market/settlements.js";
import { csvFile, csvRow } from "./market-files.js";

const unit = 100_000_000n;
const day = { first: "2025-12-30T17:31:15+00:00", second: "2025-12-31T17:31:15+00:00", after: "2026-01-16T09:00:00+00:00", later: "2026-01-17T09:00:00+00:00" };

/** Options of one expiry by strike and type; forward and volatility can be taken away. */
function option(date: string, strike: number, type: "C" | "P", timestamp: string, replace: Readonly<Record<string, string>> = {}): string {
  const expiry = { "16JAN26": "2026-01-16", "25DEC26": "2026-12-25", "2JAN26": "2026-01-02" }[date] as string;
  return csvRow({
    timestamp, instrument_name: `BTC-${date}-${strike}-${type}`, option_type: type === "C" ? "call" : "put", strike: String(strike),
    expiry_datetime: `${expiry}T08:00:00+00:00`, futures_price: "88600", futures_instrument_name: `BTC-${date}`, implied_volatility: "0.5", ...replace,
  });
}

const first = [option("16JAN26", 82_000, "C", day.first), option("16JAN26", 90_000, "P", day.first), option("25DEC26", 90_000, "C", day.first)];

function run(rows: readonly string[], more: Omit<ImportRequest, "chain"> = {}) {
  return importMarket({ chain: csvFile(...rows), ...more });
}
const asPrevious = (snapshot: MarketSnapshot) => ({ name: "previous.json", text: formatSnapshot(snapshot) });
const named = (snapshot: MarketSnapshot, name: string) => snapshot.instruments.find((listed) => listed.name === name) as ListedInstrument;
const settlementFile = (settled: boolean, price = "85000.50") => ({
  name: "settlements.json", text: JSON.stringify([{ asset: "BTC", expiry: "2026-01-16T08:00:00Z", price, settled }]),
});

describe("choice of the tick", () => {
  it.each([
    // forwards, tick, lot in 1e-8: BTC 0.01 and 0.0001, ETH at 3,000 0.001 and 0.001
    ["88524.21 and its forwards", [8_852_421_000_000n, 9_261_764_000_000n], 1_000_000n, 10_000n],
    ["2978.74", [297_874_000_000n, 308_682_000_000n], 100_000n, 100_000n],
    // ETH at 1635: 0.0001 would do for the index, not for 1680.1 > 2^24 ticks; 0.0005 is the coarsest that does.
    ["1635 to 1680", [163_592_000_000n, 168_010_000_000n], 50_000n, 200_000n],
    ["0.12", [12_000_000n], 1n, 10_000_000_000n],
    ["exactly 2^21 ticks of 1", [2_097_152n * unit], unit, 100n],
    ["exactly 2^24 ticks of 1", [16_777_216n * unit], unit, 100n],
  ])("%s", (_what, forwards, tick, lot) => {
    expect(chooseTick("X", forwards)).toEqual({ tick, lot });
  });

  it("says so where forwards are too far apart for one tick", () => {
    expect(() => chooseTick("X", [unit, 9n * unit])).toThrow(ListingError);
    expect(() => chooseTick("X", [unit, 9n * unit])).toThrow("X: no tick makes all of 1..9 between 2^21 and 2^24 ticks");
  });
});

describe("listing", () => {
  it("gives ids by kind, expiry, strike and type, whatever the order of the rows", () => {
    const { snapshot } = run(first);
    expect(snapshot.instruments.map(({ id, name, status }) => [id, name, status])).toEqual([
      [1, "BTC", "live"], [2, "BTC-16JAN26", "live"], [3, "BTC-25DEC26", "live"],
      [4, "BTC-16JAN26-82000-C", "live"], [5, "BTC-16JAN26-90000-P", "live"], [6, "BTC-25DEC26-90000-C", "live"],
    ]);
    expect(formatSnapshot(run([...first].reverse()).snapshot)).toBe(formatSnapshot(snapshot));
  });

  it("keeps ids, ticks and lots, gives new names the next ids, and prices what is not quoted from the surface", () => {
    const previous = run(first).snapshot;
    const rows = [
      option("16JAN26", 70_000, "P", day.second, { futures_price: "88600", implied_volatility: "0.6" }),
      option("16JAN26", 82_000, "C", day.second, { futures_price: "", futures_instrument_name: "", implied_volatility: "0.9" }),
      option("16JAN26", 95_000, "C", day.second, { futures_price: "88600", implied_volatility: "0.6" }),
    ];
    const { snapshot, report } = run(rows, { previous: asPrevious(previous) });
    const { openInterest: _interest, volumeQuote: _volume, ...before } = named(previous, "BTC-16JAN26-82000-C");
    // Quoted strikes on both sides at 60 %: the surface gives 60 % in between, not the row's own 90 %; the forward is its expiry's.
    expect(named(snapshot, "BTC-16JAN26-82000-C")).toEqual({ ...before, status: "stale", forward: "88600", volatility: "0.6" });
    expect(named(snapshot, "BTC-16JAN26-95000-C")).toMatchObject({ id: 8, status: "live" });
    expect(named(snapshot, "BTC-16JAN26-70000-P")).toMatchObject({ id: 7, status: "live" });
    // December is quoted nowhere: its future goes on at the carry of January's, ln(88600 / 88530.23) in 16.6 days, 358.6 days on.
    const december = Number(named(snapshot, "BTC-25DEC26").forward);
    expect(Math.abs(december / (88_530.23 * Math.exp((Math.log(88_600 / 88_530.23) * 358.6033) / 15.6033)) - 1)).toBeLessThan(1e-5);
    expect(report.stale).toEqual([
      { name: "BTC-25DEC26", reason: "no row in the chain" },
      { name: "BTC-16JAN26-82000-C", reason: "no forward of its expiry" },
      { name: "BTC-16JAN26-90000-P", reason: "no row in the chain" },
      { name: "BTC-25DEC26-90000-C", reason: "no row in the chain" },
    ]);
    expect(report).toMatchObject({ newlyListed: 2, notListed: [], instruments: { live: 4, stale: 4, expired: 0, settled: 0 } });
  });

  it("does not list a row without a forward that was not listed before", () => {
    const { snapshot, report } = run([...first, option("2JAN26", 90_000, "C", day.first, { futures_price: "", futures_instrument_name: "" })]);
    expect(report.notListed).toEqual([{ name: "BTC-2JAN26-90000-C", reason: "no forward of its expiry" }]);
    expect(snapshot.instruments).toHaveLength(6);
  });

  it("does not list a strike that is no whole number of ticks", () => {
    // The tick is 0.01; an option's name can carry a strike of 90000.005.
    const row = csvRow({ timestamp: day.first, instrument_name: "BTC-16JAN26-90000d005-C", strike: "90000.005", futures_price: "88600", futures_instrument_name: "BTC-16JAN26" });
    expect(run([...first, row]).report.notListed).toEqual([{ name: "BTC-16JAN26-90000d005-C", reason: "strike 90000.005 is no whole number of ticks of 0.01" }]);
  });

  it("does not list a row whose implied volatility pricing would refuse: it would stop every payload", () => {
    const wild = (volatility: string) => option("2JAN26", 90_000, "C", day.first, { implied_volatility: volatility });
    expect(run([...first, wild("100")]).report.notListed).toEqual([]);
    expect(run([...first, wild("100.01")]).report.notListed).toEqual([{ name: "BTC-2JAN26-90000-C", reason: "implied volatility above 10,000 %" }]);
  });

  it("does not list a strike whose put would not fit a leaf: it would stop every payload", () => {
    const huge = (strike: number) => option("16JAN26", strike, "P", day.first);
    // 2^27 ticks of 0.01 are 1,342,177.28.
    expect(run([...first, huge(1_342_177)]).report.notListed).toEqual([]);
    expect(run([...first, huge(1_342_178)]).report.notListed).toEqual([{ name: "BTC-16JAN26-1342178-P", reason: "strike 1342178 is 2^27 ticks of 0.01 or more: its value would not fit a leaf" }]);
  });

  it("names the instrument that neither a quote nor the surface prices", () => {
    const previous = run(first).snapshot;
    const bare = option("16JAN26", 82_000, "C", day.second, { futures_price: "", futures_instrument_name: "" });
    expect(() => run([bare], { previous: asPrevious(previous) })).toThrow("BTC-16JAN26: is listed, has no usable quote (no row in the chain), and no forward of any expiry is quoted");
    const eth = { ...JSON.parse(formatSnapshot(previous)) as MarketSnapshot };
    const withEth = { ...eth, assets: [...eth.assets, { symbol: "ETH", index: "3000", history: [] }], instruments: [...eth.instruments, { id: 40, name: "ETH", asset: "ETH", kind: "spot" as const, tick: "0.001", lot: "0.001", status: "live" as const, forward: "3000" }] };
    expect(() => run([option("16JAN26", 82_000, "C", day.second)], { previous: asPrevious(withEth) })).toThrow("ETH: is listed, has no usable quote (no row in the chain), and the chain gives no index of ETH");
  });

  it("times, epochs and the quote currency go on from the previous snapshot", () => {
    const previous = run(first, { epoch: 5 }).snapshot;
    expect(() => run(first, { previous: asPrevious(previous) })).toThrow("must be after the previous snapshot's");
    const second = first.map((row) => row.replaceAll(day.first, day.second));
    expect(() => run(second, { previous: asPrevious(previous), epoch: 5 })).toThrow("epoch 5: must be above the previous snapshot's 5");
    expect(run(second, { previous: asPrevious(previous), epoch: 6 }).snapshot.epoch).toBe(6);
    expect(() => run(second, { previous: asPrevious({ ...previous, quoteCurrency: "USDC" }), epoch: 6 })).toThrow(SnapshotError);
  });
});

describe("settlement", () => {
  const previous = asPrevious(run(first).snapshot);
  const after = [option("25DEC26", 90_000, "C", day.after)];

  it("an expired instrument waits at its payoff: calls, puts and futures", () => {
    const { snapshot, report } = run(after, { previous, settlements: settlementFile(false) });
    const value = (name: string) => { const { status, settlementValue, forward, volatility } = named(snapshot, name); return [status, settlementValue, forward, volatility]; };
    expect(value("BTC-16JAN26-82000-C")).toEqual(["expired", "3000.5", undefined, undefined]);
    expect(value("BTC-16JAN26-90000-P")).toEqual(["expired", "4999.5", undefined, undefined]);
    expect(value("BTC-16JAN26")).toEqual(["expired", "85000.5", undefined, undefined]);
    expect(report.instruments).toEqual({ live: 3, stale: 0, expired: 3, settled: 0 });
    expect(named(run(after, { previous, settlements: settlementFile(false, "80000") }).snapshot, "BTC-16JAN26-82000-C").settlementValue).toBe("0");
  });

  it("stays expired without a new price, becomes settled when told, keeps its id, and never changes its value", () => {
    const expired = asPrevious(run(after, { previous, settlements: settlementFile(false) }).snapshot);
    const later = [option("25DEC26", 90_000, "C", day.later), option("25DEC26", 95_000, "C", day.later)];
    expect(named(run(later, { previous: expired }).snapshot, "BTC-16JAN26-82000-C")).toMatchObject({ id: 4, status: "expired", settlementValue: "3000.5" });
    expect(() => run(later, { previous: expired, settlements: settlementFile(true, "85001") })).toThrow("expired at 85000.5, the price now given makes it 85001");
    const { snapshot } = run(later, { previous: expired, settlements: settlementFile(true) });
    expect(named(snapshot, "BTC-16JAN26-82000-C")).toMatchObject({ id: 4, status: "settled", settlementValue: "3000.5" });
    expect(named(snapshot, "BTC-25DEC26-95000-C").id).toBe(7);
  });

  it("names the expired instrument whose price is not given", () => {
    expect(() => run(after, { previous })).toThrow(SettlementError);
    expect(() => run(after, { previous })).toThrow("BTC-16JAN26: is past its expiry and no settlement price of BTC 2026-01-16T08:00:00Z is given");
  });

  it("calls out a price that no instrument waits for", () => {
    expect(run([option("25DEC26", 90_000, "C", day.after)], { settlements: settlementFile(false) }).report.warnings).toContain("settlement price of BTC 2026-01-16T08:00:00Z is of no listed instrument");
  });

  it.each([
    ["a price as a JSON number", [{ asset: "BTC", expiry: "2026-01-16T08:00:00Z", price: 1 }], "0.price"],
    ["a price of zero", [{ asset: "BTC", expiry: "2026-01-16T08:00:00Z", price: "0" }], "price must be above zero"],
    ["an expiry to come", [{ asset: "BTC", expiry: "2026-01-17T08:00:00Z", price: "1" }], "is after the snapshot's time 2026-01-16T09:00:00Z"],
    ["no time", [{ asset: "BTC", expiry: "16JAN26", price: "1" }], 'expiry "16JAN26" is no time'],
    ["a repeated expiry", [1, 2].map((price) => ({ asset: "BTC", expiry: "2026-01-16T08:00:00Z", price: String(price) })), "is repeated"],
    ["an unknown field", [{ asset: "BTC", expiry: "2026-01-16T08:00:00Z", price: "1", paid: true }], "0"],
    ["no list", { asset: "BTC" }, "the file"],
  ])("%s is refused", (_what, value, message) => {
    const parse = () => parseSettlements(JSON.stringify(value), "settlements.json", Date.UTC(2026, 0, 16, 9) / 1000);
    expect(parse).toThrow(SettlementError);
    expect(parse).toThrow(message);
  });
});
