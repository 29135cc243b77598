/**
 * HTML text in which everything is escaped that is not markup already: names in a payload are whatever its publisher wrote.
 */

export interface Markup {
  readonly markup: string;
}

type Content = string | number | Markup | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Template tag; values may stand in text and in quoted attributes. */
export function html(texts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return { markup: texts.map((text, at) => text + (at < values.length ? content(values[at]!) : "")).join("") };
}

/** Text that is trusted to be markup. */
export function markup(text: string): Markup {
  return { markup: text };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function content(value: Content): string {
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if ("markup" in value) return value.markup;
  return value.map((item) => item.markup).join("");
}
