/**
 * What commands print: tables with units on standard output, or JSON with --json; progress and errors on standard error.
 */
import Table from "cli-table3";
import { formatDecimal } from "../math/fixed-point.js";

/** bigint as decimal text, so that nothing is rounded. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item), 2)}\n`);
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[], numeric: readonly number[] = []): void {
  const table = new Table({
    head: [...head],
    // No line between rows.
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    style: { head: [], border: [] },
    colAligns: head.map((_, at) => (numeric.includes(at) ? "right" : "left")),
  });
  for (const row of rows) table.push([...row]);
  process.stdout.write(`${table.toString()}\n`);
}

export function printLine(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Value units as an amount of the quote currency with two decimals and thousands separators, rounded up in size for display only. */
export function money(units: bigint, currency: string): string {
  const negative = units < 0n;
  const cents = ((negative ? -units : units) + 9_999n) / 10_000n;
  const [whole, fraction] = formatDecimal(cents, 2).split(".") as [string, string];
  return `${negative && cents > 0n ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction} ${currency}`;
}

export function utc(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

export function hex32(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
