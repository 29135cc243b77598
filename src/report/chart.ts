/**
 * From a Vega-Lite specification to SVG text, without a browser and without a canvas. Colours are custom properties of the page's style, so that
 * one drawing serves light, dark and paper.
 */
import type { Config, TopLevelSpec } from "vega-lite";
import { html, markup, type Markup } from "./html.js";

/** Width of a drawing; the page scales it. */
export const WIDTH = 960;

export interface Chart {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What a person would say who describes the drawing to another. */
  readonly description: string;
  readonly height: number;
  /** Room beside the plotted area, in the drawing's pixels: text is not measured here. */
  readonly padding: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** Data with a field `tip` get it as their tooltip, by `encoding.description`. */
  readonly layer: readonly unknown[];
}

const CONFIG: Config = {
  background: "transparent",
  font: "system-ui, sans-serif",
  lineBreak: "\n",
  view: { stroke: null },
  axis: {
    domainColor: "var(--rule)", gridColor: "var(--grid)", tickColor: "var(--rule)", labelColor: "var(--ink)", titleColor: "var(--muted)",
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelLimit: 260,
  },
  text: { color: "var(--ink)", fontSize: 12 },
  rule: { color: "var(--rule)" },
};

/** A drawing with its title and description, and tooltips on its data. */
export async function draw({ id, title, description, height, padding, layer }: Chart): Promise<Markup> {
  // Half of the program's start: loaded by who draws.
  const [{ logger, None, parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const specification = {
    width: WIDTH - padding.left - padding.right, height: height - padding.top - padding.bottom,
    padding, autosize: "none", config: CONFIG, layer,
  } as TopLevelSpec;
  // Warnings would quote data.
  const quiet = logger(None);
  const svg = await new View(parse(compile(specification, { logger: quiet }).spec), { renderer: "none", logger: quiet, logLevel: None }).toSVG();
  const open = html`<svg xmlns="http://www.w3.org/2000/svg" id="${id}" class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>`;
  return markup(open.markup + tooltips(svg.replace(/^<svg[^>]*>/, "")));
}

/**
 * Vega writes a datum's description as its aria-label; a browser shows that of no element, but shows titles. What else there is for screen
 * readers goes: the drawing is one image to them, its numbers are in the table below it.
 */
function tooltips(svg: string): string {
  return svg
    .replace(/<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^>]*)\/>/g, "<path$2><title>$1</title></path>")
    .replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, "")
    // The drawing's own background would catch the pointer.
    .replace(/ opacity="1"/g, "");
}
