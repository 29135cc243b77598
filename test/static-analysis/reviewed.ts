/** Findings against docs/static-analysis.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareFindings, readReviewed, type Finding, type FindingsComparison } from "../../scripts/findings.mjs";
import { ROOT } from "../support/template.js";

export const EXPLAINED: FindingsComparison = { unexplained: [], stale: [] };

export function compareWithReviewed(tool: string, found: readonly Finding[]): FindingsComparison {
  return compareFindings(tool, found, readReviewed(readFileSync(join(ROOT, "docs/static-analysis.md"), "utf8")));
}

/** The text of a line without its comment. */
export function statementAt(source: string, line: number): string {
  return (source.split("\n")[line - 1] ?? "").replace(/\/\/.*$/, "").trim();
}
