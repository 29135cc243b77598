import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "../../src/market/import-market.js";

/** Real market files beside the project; tests on them run only where they are. */
const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

export const haveData = existsSync(join(DATA, "options"));
if (!haveData) console.warn("no ../shared/data beside the project: tests on real market files are skipped");

export function dataFile(path: string): SourceFile {
  return { name: basename(path), text: readFileSync(join(DATA, path), "utf8") };
}

export const CSV_HEADER =
  "timestamp,instrument_name,underlying,underlying_name,option_type,strike,expiry_datetime,time_to_maturity,bid_price,ask_price,mark_price,mid_price," +
  "futures_price,futures_instrument_name,implied_volatility,delta,vega,open_interest,volume,bid_ask_spread,currency,index_price,volume_usd";

/** A call of BTC expiring 2026-01-16, as the first row of a real file has it; fields can be replaced by column. */
export function csvRow(replace: Readonly<Record<string, string>> = {}): string {
  const values =
    "2025-12-30T17:31:15.944181+00:00,BTC-16JAN26-82000-C,88728.94666666667,SYN.BTC-16JAN26,call,82000.0,2026-01-16T08:00:00+00:00,0.045457324252129436,0.084,0.088,0.08550357,0.086," +
    "88728.94666666667,SYN.BTC-16JAN26,0.43229999999999996,0.81644,50.27111,0.3,0.0,0.00399999999999999,BTC,88530.23,0.0";
  const columns = CSV_HEADER.split(",");
  return values.split(",").map((value, at) => replace[columns[at] as string] ?? value).join(",");
}

export function csvFile(...rows: readonly string[]): SourceFile {
  return { name: "chain.csv", text: `${[CSV_HEADER, ...rows].join("\n")}\n` };
}
