/**
 * Money by row and column as coloured cells.
 */
import { abs, max } from "../math/fixed-point.js";
import { NODES } from "../policy/risk-model.js";
import type { Chart } from "./chart.js";
import { signedCompact, toQuote } from "./format.js";
import { html, type Markup } from "./html.js";

/** Steps of colour on either side of zero; step k ends at (k / 5)^2 of the largest amount, so that small amounts differ too. */
const STEPS = 5;

export interface Cell {
  readonly row: string;
  readonly column: string;
  readonly value: bigint;
  /** Second line of the cell. */
  readonly note?: string;
  readonly tip: string;
  readonly marked?: boolean;
}

export interface HeatMap {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly columnTitle: string;
  readonly cells: readonly Cell[];
  /** Largest amount of all heat maps that share a scale. */
  readonly largest: bigint;
}

/** The colours' names from the largest loss to the largest gain: l5 .. l1, zero, g1 .. g5. */
export const SHADES: readonly string[] = [
  ...Array.from({ length: STEPS }, (_, k) => `l${STEPS - k}`), "zero", ...Array.from({ length: STEPS }, (_, k) => `g${k + 1}`),
];

export function largestAmount(values: readonly bigint[]): bigint {
  return values.reduce((largest, value) => max(largest, abs(value)), 0n);
}

/** Name of the colour of an amount. */
export function shade(value: bigint, largest: bigint): string {
  if (value === 0n || largest === 0n) return "zero";
  const step = Math.min(STEPS, Math.max(1, Math.ceil(STEPS * Math.sqrt(toQuote(abs(value)) / toQuote(largest)))));
  return `${value < 0n ? "l" : "g"}${step}`;
}

export function heatMap({ id, title, description, columnTitle, cells, largest }: HeatMap): Chart {
  const rows = new Set(cells.map(({ row }) => row)).size;
  const lines = cells.some(({ note }) => note !== undefined) ? 2 : 1;
  const height = rows * (lines === 2 ? 44 : 34);
  const padding = { left: 118, right: 8, top: 4, bottom: cells.some(({ column }) => column.includes("\n")) ? 52 : 38 };
  const values = cells.map(({ value, note, ...cell }) => ({
    ...cell, fill: `var(--heat-${shade(value, largest)})`, ink: inkOf(shade(value, largest)), text: note === undefined ? signedCompact(value) : `${signedCompact(value)}\n${note}`,
  }));
  const position = {
    x: { field: "column", type: "ordinal", sort: null, axis: { title: columnTitle, labelAngle: 0, ticks: false, domain: false, titlePadding: 8, labelPadding: 6, labelOverlap: false } },
    y: { field: "row", type: "ordinal", sort: null, axis: { title: null, ticks: false, domain: false, labelPadding: 8 } },
  };
  return {
    id, title, description, padding, height: height + padding.top + padding.bottom,
    layer: [
      {
        data: { values }, mark: { type: "rect", stroke: "var(--paper)", strokeWidth: 2, cornerRadius: 4 }, name: "cell",
        encoding: { ...position, fill: { field: "fill", scale: null }, description: { field: "tip" } },
      },
      {
        data: { values: values.filter(({ marked }) => marked === true) },
        mark: { type: "rect", fill: null, stroke: "var(--ink)", strokeWidth: 2.5, cornerRadius: 4, aria: false }, encoding: position,
      },
      {
        data: { values }, mark: { type: "text", aria: false, fontSize: lines === 2 ? 11 : 12, baseline: "middle", lineHeight: 14, dy: lines === 2 ? -6 : 0 },
        encoding: { ...position, text: { field: "text" }, color: { field: "ink", scale: null } },
      },
    ],
  };
}

/** What the colours stand for. */
export function heatLegend(largest: bigint, currency: string): Markup {
  const bound = (step: number) => signedCompact((BigInt(step * step) * largest) / BigInt(STEPS * STEPS)).slice(1);
  const label = (name: string) => {
    const step = Number(name.slice(1));
    return name === "zero" ? "0" : `${name.startsWith("l") ? "-" : "+"}${bound(step)}`;
  };
  return html`<p class="legend">P&amp;L in ${currency}, each colour up to the amount beside it: ${SHADES.map((name) => html`<span class="key"><span class="swatch heat-${name}"></span>${label(name)}</span>`)}</p>`;
}

function inkOf(name: string): string {
  return name.endsWith("4") || name.endsWith("5") ? "var(--heat-strong-ink)" : "var(--heat-pale-ink)";
}

/** Columns of a heat map by node: the spot level where it is the same in every regime, else the node alone. */
export function nodeColumns(levels: readonly (readonly string[])[]): { readonly columns: readonly string[]; readonly common: boolean } {
  const common = levels.every((row) => row.every((text, j) => text === levels[0]![j] && text !== ""));
  return { common, columns: Array.from({ length: NODES }, (_, j) => (common ? `${levels[0]![j]}\nnode ${j}` : `node ${j}`)) };
}
