/** The audit of one instance of the whole circuit: its ranges, and whatever speaks against them. */
import { compileFiles, opaqueHash, type Edit } from "../../support/template.js";
import { readFacts } from "./facts.js";
import { analyse, type Analysis } from "./propagate.js";
import { readRows, type Linear, type Rows } from "./rows.js";
import { assume, fieldReason, riskCheck } from "./sources.js";
import { fits, magnitude, type Range, type Value } from "./value.js";
import { P } from "../../../src/math/field.js";

export interface Audit {
  /** Under what `risk check` promises. */
  readonly checked: Analysis;
  /** From constraints alone. */
  readonly unchecked: Analysis;
  /** Empty if all holds. */
  readonly findings: readonly string[];
  /** The largest integer in any row. */
  readonly largest: bigint;
}

const HASHING = ["portfolio-commitment.circom", "instrument-tree.circom", "risk-root.circom"];

/** Every constraint of the source is a row; hashes are opaque, since nothing is known of their outputs but what constraints say. */
export async function readMargin(parameters: readonly number[], edits: readonly Edit[] = []): Promise<Rows> {
  const template = { file: "margin.circom", instance: `Margin(${parameters.join(", ")})`, edits: [...HASHING.map(opaqueHash), ...edits] };
  return readTemplate(template);
}

export async function readTemplate(template: { file: string; instance: string; edits?: readonly Edit[] }): Promise<Rows> {
  const { r1cs, sym } = await compileFiles(template, { optimisation: "O0", calculator: false });
  return readRows(r1cs, sym);
}

export function audit(system: Rows, promised: ReadonlyMap<string, Value> = riskCheck()): Audit {
  const checked = analyse(system, assume(system, promised));
  const unchecked = analyse(system, new Map());
  const { findings, largest } = wraps(checked, true);
  return { checked, unchecked, largest, findings: [...findings, ...wraps(unchecked, false).findings, ...laneFindings(checked), ...packings(unchecked).findings] };
}

/** The system without the digits of some signals. */
export function withoutChecks(system: Rows, signals: readonly string[]): Rows {
  const wires = new Set(signals.flatMap((signal) => system.signals.get(signal) ?? []));
  const out = new Set(readFacts(system).decompositions.flatMap(({ whole, row }) => (wires.has(whole) ? [row] : [])));
  return { ...system, rows: system.rows.filter((_, row) => !out.has(row)) };
}

/**
 * Each row whose wires have ranges is an equation of integers: neither side reaches p / 2. Each wire without a range is one of those that need none.
 */
export function wraps({ system, values, valueOf, productOf }: Analysis, checked: boolean): { findings: string[]; largest: bigint } {
  const findings = new Set<string>();
  const label = checked ? "" : "without risk check: ";
  for (const [signal, wires] of system.signals) {
    if (wires.some((wire) => values[wire] === undefined) && fieldReason(signal, checked) === undefined) findings.add(`${label}${signal} has no range`);
  }
  let largest = 0n;
  const integer = (range: Range | undefined, wire: number) => {
    if (range === undefined) return;
    if (!fits(range)) findings.add(`${label}a row of ${system.nameOf(wire)} can wrap`);
    if (magnitude(range) > largest) largest = magnitude(range);
  };
  for (const row of system.rows) {
    const wire = row.c.wires.find((w) => w !== 0) ?? row.b.wires.find((w) => w !== 0)!;
    integer(valueOf(row.c), wire);
    if (row.a.wires.length > 0 && valueOf(row.c) !== undefined) integer(productOf(row), wire);
  }
  return { findings: [...findings], largest };
}

/**
 * A packed element is the integer sum of lanes 2^(63 k), lanes in [-2^62, 2^62), so that with 2^62 added to each it is below 2^252 and its windows of 63 bits are
 * its lanes.
 */
export function laneFindings({ system, facts, values }: Analysis): string[] {
  const findings = new Set<string>();
  for (const { whole, bits } of facts.decompositions) {
    if (bits.length !== 252) continue;
    const lanes = values[whole]?.lanes;
    if (lanes === undefined) findings.add(`${system.nameOf(whole)} has no lanes`);
    else if (lanes.some(({ lo, hi }) => lo < 0n || hi >= 1n << 63n)) findings.add(`a lane of ${system.nameOf(whole)} overflows`);
  }
  return [...findings];
}

/**
 * What is packed before a hash, inputs of the circuit aside, which are not packed from anything: each part has a range from constraints, each step exceeds what the smaller parts add up to, and all parts together span
 * less than p. So different parts are different inputs of the hash.
 */
export function packings({ system, values }: Analysis): { readonly packed: ReadonlySet<string>; readonly findings: readonly string[] } {
  const inputs = new Map(system.hashInputs.map(({ wire, name }) => [wire, name]));
  const packed = new Set<string>();
  const findings = new Set<string>();
  for (const { a, c } of system.rows) {
    if (a.wires.length > 0) continue;
    for (const [i, wire] of c.wires.entries()) {
      const name = inputs.get(wire);
      const unit = c.coefficients[i];
      if (name === undefined || system.inputs.has(wire) || (unit !== 1n && unit !== -1n)) continue;
      const parts = partsOf(c, wire);
      if (parts.length < 2) continue;
      packed.add(name);
      let span = 0n;
      for (const [part, size] of parts) {
        const range = values[part];
        if (range === undefined) findings.add(`${name} packs ${system.nameOf(part)}, which has no range`);
        if (size <= span) findings.add(`${name} packs ${system.nameOf(part)} over what lies below it`);
        if (range !== undefined) span += size * (range.hi - range.lo);
      }
      if (span >= P) findings.add(`${name} packs more than the field holds`);
    }
  }
  return { packed, findings: [...findings] };
}

function partsOf(form: Linear, packed: number): (readonly [wire: number, size: bigint])[] {
  return form.wires
    .flatMap((wire, i) => (wire === 0 || wire === packed ? [] : [[wire, magnitude({ lo: form.coefficients[i]!, hi: form.coefficients[i]! })] as const]))
    .sort(([, x], [, y]) => (x < y ? -1 : x > y ? 1 : 0));
}
