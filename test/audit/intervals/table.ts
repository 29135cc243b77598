/** circuits/ranges.csv: the range of each signal in each tier, its indices collapsed. */
import { parse } from "csv-parse/sync";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/template.js";
import type { Audit } from "./audit.js";
import type { Analysis } from "./propagate.js";
import { fieldReason, riskCheck } from "./sources.js";
import { hull, type Range } from "./value.js";

export const RANGES_FILE = "circuits/ranges.csv";
export const TIERS = ["S", "M", "L", "XL"] as const;
export type Tier = (typeof TIERS)[number];

export interface Line {
  readonly signal: string;
  readonly range: string;
  /**
   * boolean, range check: of the signal itself. derived: from other ranges, by constraints alone. risk check: promised of the payload; "derived, risk
   * check" would be wider without it. hashed: an input of a hash that has a range. Else the reason why it has none.
   */
  readonly source: string;
}

/** Without the bits of range checks, which are all boolean. */
export function linesOf({ checked, unchecked }: Audit): Line[] {
  // Of Num2Bits; a column is a sum of bits too.
  const ranged = new Set([...checked.system.signals].flatMap(([name, wires]) => (name.endsWith(".in") ? wires : [])));
  const wholes = new Set(checked.facts.decompositions.flatMap(({ whole }) => (ranged.has(whole) ? [whole] : [])));
  const promised = new Set([...riskCheck().keys()].flatMap((name) => checked.system.signals.get(`main.${name}`) ?? []));
  // Inputs of hashes have their own lines, as what is packed into one is not what is in the next.
  const hashed = new Map<string, number[]>();
  for (const { name, wire } of checked.system.hashInputs) hashed.set(name, [...(hashed.get(name) ?? []), wire]);
  const packed = [...hashed].flatMap(([signal, wires]): Line[] => {
    const range = hullOf(checked, wires);
    return range === undefined ? [] : [{ signal, range: describe(range), source: "hashed" }];
  });
  const lines = [...checked.system.signals].flatMap(([signal, wires]) => {
    if (signal.endsWith(".inputs[]")) return [];
    const range = rangeOf(checked, signal);
    const source = range === undefined ? `field: ${fieldReason(signal, true) ?? "unexplained"}`
      : wires.every((wire) => promised.has(wire)) ? "risk check"
        : wires.every((wire) => checked.facts.booleans[wire] === 1) ? "boolean"
          : wires.every((wire) => wholes.has(wire)) ? "range check"
            : equal(rangeOf(unchecked, signal), range) ? "derived" : "derived, risk check";
    if (source === "boolean" && signal.endsWith(".out[]")) return [];
    return [{ signal, range: range === undefined ? "field" : describe(range), source }];
  });
  return [...lines, ...packed].sort(bySignal);
}

const bySignal = (x: { signal: string }, y: { signal: string }) => (x.signal < y.signal ? -1 : 1);

/** Of all wires of a signal; undefined if one has none. */
export function rangeOf(analysis: Analysis, signal: string): Range | undefined {
  const wires = analysis.system.signals.get(signal);
  if (wires === undefined) throw new Error(`no signal ${signal}`);
  return hullOf(analysis, wires);
}

function hullOf({ values }: Analysis, wires: readonly number[]): Range | undefined {
  const ranges = wires.map((wire) => values[wire]);
  return ranges.every((range) => range !== undefined) ? ranges.reduce<Range>(hull, ranges[0]!) : undefined;
}

const equal = (x: Range | undefined, y: Range) => x?.lo === y.lo && x.hi === y.hi;

/** Exact where an end is small, or a power of two or one off it; else rounded outwards to a hundredth of a bit. */
export function describe({ lo, hi }: Range): string {
  return lo === hi ? end(lo, true) : `${end(lo, lo < 0n)}..${end(hi, hi >= 0n)}`;
}

function end(value: bigint, outwards: boolean): string {
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? "-" : "";
  if (size <= 1024n) return String(value);
  const bits = size.toString(2).length;
  if (size === 1n << BigInt(bits - 1)) return `${sign}2^${bits - 1}`;
  if (size + 1n === 1n << BigInt(bits)) return `${sign}2^${bits}${value < 0n ? "+1" : "-1"}`;
  const shift = bits > 50 ? bits - 50 : 0;
  const hundredths = 100 * (Math.log2(Number(size >> BigInt(shift))) + shift);
  return `${sign}2^${((outwards ? Math.ceil(hundredths) : Math.floor(hundredths)) / 100).toFixed(2)}`;
}

export type Table = ReadonlyMap<string, { readonly ranges: Readonly<Partial<Record<Tier, string>>>; readonly source: string }>;

export function readTable(): Table {
  const lines = parse(readFileSync(join(ROOT, RANGES_FILE), "utf8"), { columns: true }) as readonly Readonly<Record<"signal" | "source" | Tier, string>>[];
  return new Map(lines.map(({ signal, source, ...ranges }) => [signal, { ranges, source }]));
}

const HEAD = `signal,${TIERS.join(",")},source`;

/** Replaces the column of a tier; the others stay. */
export function writeColumn(tier: Tier, lines: readonly Line[]): void {
  const rows = new Map([...readTable()].flatMap(([signal, { ranges: { [tier]: _, ...others }, source }]) => (Object.values(others).some((range) => range !== "") ? [[signal, { ranges: others, source }] as const] : [])));
  for (const { signal, range, source } of lines) rows.set(signal, { ranges: { ...rows.get(signal)?.ranges, [tier]: range }, source });
  const text = [...rows].map(([signal, row]) => ({ signal, ...row })).sort(bySignal)
    .map(({ signal, ranges, source }) => [signal, ...TIERS.map((each) => (ranges as Partial<Record<Tier, string>>)[each] ?? ""), source.includes(",") ? `"${source}"` : source].join(","));
  writeFileSync(join(ROOT, RANGES_FILE), `${[HEAD, ...text].join("\n")}\n`);
}

/** A tier's column and the sources, as linesOf gives them. */
export function columnOf(table: Table, tier: Tier): Line[] {
  return [...table].flatMap(([signal, { ranges, source }]) => (ranges[tier] === "" ? [] : [{ signal, range: ranges[tier]!, source }]));
}
