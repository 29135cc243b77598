/** Kill rates by template, kept in a file whose difference is reviewed, and the survivors, explained in docs/circuit-audit.md. */
import { parse as csv } from "csv-parse/sync";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/template.js";

export const AUDIT_PAGE = "docs/circuit-audit.md";

/** One template's line: numbers by column. */
export type Line = Readonly<Record<string, number>>;

/** Compares a template's line with the file's; UPDATE_SNAPSHOTS=1 writes it. Undefined: the file has none. */
export function lineIn(file: string, template: string, current: Line): Line | undefined {
  const path = join(ROOT, file);
  const lines = existsSync(path) ? parse(readFileSync(path, "utf8")) : new Map<string, Line>();
  if (process.env["UPDATE_SNAPSHOTS"] === "1") {
    lines.set(template, current);
    const columns = Object.keys(current);
    const text = [...lines].sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, line]) => [`"${name}"`, ...columns.map((column) => line[column] ?? 0)].join(","));
    writeFileSync(path, `${["template", ...columns].join(",")}\n${text.join("\n")}\n`);
  }
  return lines.get(template);
}

function parse(text: string): Map<string, Line> {
  const rows = csv(text, { columns: true }) as readonly Readonly<Record<string, string>>[];
  return new Map(rows.map(({ template, ...counts }) => [template!, Object.fromEntries(Object.entries(counts).map(([column, count]) => [column, Number(count)]))]));
}

/** Templates that a file has a line for. */
export function linesOf(file: string): string[] {
  return [...parse(readFileSync(join(ROOT, file), "utf8")).keys()];
}

/** What docs/circuit-audit.md explains of a template: the code of lines "| `template` | `what` | why |". */
export function explained(template: string): string[] {
  return [...readFileSync(join(ROOT, AUDIT_PAGE), "utf8").matchAll(/^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$/gm)].flatMap(([, name, what]) => (name === template ? [what!] : [])).sort();
}
