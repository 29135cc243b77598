/** circuits/ranges.csv: the range of each signal in each tier, its indices collapsed. */
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
   * check" would be wider without it. Else the reason why it has no range.
   */
  readonly source: string;
}

/** Without the bits of range checks, which are all boolean. */
export function linesOf({ checked, unchecked }: Audit): Line[] {
  // Of Num2Bits; a column is a sum of bits too.
  const ranged = new Set([...checked.system.signals].flatMap(([name, wires]) => (name.endsWith(".in") ? wires : [])));
  const wholes = new Set(checked.facts.decompositions.flatMap(({ whole }) => (ranged.has(whole) ? [whole] : [])));
  const promised = new Set([...riskCheck().keys()].flatMap((name) => checked.system.signals.get(`main.${name}`) ?? []));
  return [...checked.system.signals].flatMap(([signal, wires]) => {
    const range = rangeOf(checked, signal);
    const source = range === undefined ? `field: ${fieldReason(signal, true) ?? "unexplained"}`
      : wires.every((wire) => promised.has(wire)) ? "risk check"
        : wires.every((wire) => checked.facts.booleans[wire] === 1) ? "boolean"
          : wires.every((wire) => wholes.has(wire)) ? "range check"
            : equal(rangeOf(unchecked, signal), range) ? "derived" : "derived, risk check";
    if (source === "boolean" && signal.endsWith(".out[]")) return [];
    return [{ signal, range: range === undefined ? "field" : describe(range), source }];
  });
}

/** Of all wires of a signal; undefined if one has none. */
export function rangeOf({ system, values }: Analysis, signal: string): Range | undefined {
  const wires = system.signals.get(signal);
  if (wires === undefined) throw new Error(`no signal ${signal}`);
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
  const [head, ...lines] = readFileSync(join(ROOT, RANGES_FILE), "utf8").trimEnd().split("\n");
  if (head !== HEAD) throw new Error(`${RANGES_FILE} begins with ${head}`);
  return new Map(lines.map((line) => {
    const [signal, S, M, L, XL, ...source] = line.split(",");
    return [signal!, { ranges: { S, M, L, XL } as Partial<Record<Tier, string>>, source: source.join(",").replaceAll('"', "") }];
  }));
}

const HEAD = `signal,${TIERS.join(",")},source`;

/** Replaces the columns of the tiers given; the others stay. */
export function writeTable(columns: ReadonlyMap<Tier, readonly Line[]>, before: Table): void {
  const signals = new Map<string, { ranges: Partial<Record<Tier, string>>; source: string }>();
  for (const [tier, lines] of columns) {
    for (const { signal, range, source } of lines) {
      const row = signals.get(signal) ?? { ranges: { ...before.get(signal)?.ranges }, source };
      row.ranges[tier] = range;
      row.source = source;
      signals.set(signal, row);
    }
  }
  const text = [...signals].map(([signal, { ranges, source }]) => [signal, ...TIERS.map((tier) => ranges[tier] ?? ""), source.includes(",") ? `"${source}"` : source].join(","));
  writeFileSync(join(ROOT, RANGES_FILE), `${[HEAD, ...text].join("\n")}\n`);
}

/** A tier's column and the sources, as linesOf gives them. */
export function columnOf(table: Table, tier: Tier): Line[] {
  return [...table].map(([signal, { ranges, source }]) => ({ signal, range: ranges[tier] ?? "", source }));
}
