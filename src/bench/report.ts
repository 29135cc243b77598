/**
 * What a section of the benchmark found: tables to read, and the same as data for --json.
 */
import { printLine, printTable } from "../cli/output.js";
import { duration, summarize, type Measurement } from "./measure.js";

export interface ReportTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Section {
  readonly title: string;
  readonly tables: readonly ReportTable[];
  readonly notes: readonly string[];
  readonly data: unknown;
}

/** Columns after the first are numbers. */
export function printSection({ title, tables, notes }: Section): void {
  printLine(`\n${title}`);
  for (const { head, rows } of tables) printTable(head, rows, head.map((_, at) => at).slice(1));
  for (const note of notes) printLine(note);
}

export function timesTable(first: string, measurements: readonly Measurement[]): ReportTable {
  return {
    head: [first, "median", "min", "max", "runs"],
    rows: measurements.map(summarize).map(({ name, median, min, max, runs }) => [name, duration(median), duration(min), duration(max), String(runs)]),
  };
}

/** 63186 -> "63,186" */
export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
