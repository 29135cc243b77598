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

/** One of several that come from the same runs. */
export interface Ratio {
  readonly name: string;
  /** undefined when one of the two did not run. */
  readonly value: number | undefined;
  /** What it is to be at most. */
  readonly target?: number;
}

/** One table, or none when no ratio has a value. */
export function ratioTables(ratios: readonly Ratio[]): readonly ReportTable[] {
  const rows = ratios.flatMap(({ name, value, target }) =>
    value === undefined ? [] : [[name, value.toPrecision(3), target === undefined ? "" : `at most ${target}: ${value <= target ? "met" : "missed"}`]]);
  if (rows.length === 0) return [];
  const columns = ratios.some(({ target }) => target !== undefined) ? 3 : 2;
  return [{ head: ["ratio of medians", "", "target"].slice(0, columns), rows: rows.map((row) => row.slice(0, columns)) }];
}

/** 63186 -> "63,186" */
export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
