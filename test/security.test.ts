/** SECURITY.md names the tests that would fail; here is that each of them exists. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/template.js";

interface Citation {
  /** "circuits/margin", or "Groth16.t.sol". */
  readonly file: string;
  /** Test titles; "..." stands for any text. */
  readonly titles: readonly string[];
}

/** The last cell of each row that has three: code names a file or a Solidity test, quotes name titles of the file before them. */
function citations(page: string): Citation[] {
  const rows = page.split("\n").flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).slice(1, -1);
    return cells.length === 3 && !/^[\s-]*$/.test(cells[0]!) ? [cells[2]!] : [];
  });
  return rows.flatMap((cell) => {
    const found: { file: string; titles: string[] }[] = [];
    for (const [, code, title] of cell.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
      if (code !== undefined && /^(\w[\w-]*\/)*[\w-]+$|^\w+\.t\.sol$/.test(code) && !/^test(Fuzz)?_|^CS\d/.test(code)) found.push({ file: code, titles: [] });
      else if (title !== undefined) found.at(-1)?.titles.push(title);
      else if (/^test(Fuzz)?_/.test(code!)) found.at(-1)?.titles.push(code!);
    }
    return found;
  });
}

function sourceOf(file: string): string | undefined {
  if (file.endsWith(".t.sol")) {
    const path = join(ROOT, "verifier-contracts/test", file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }
  const path = join(ROOT, "test", `${file}.test.ts`);
  if (!existsSync(path)) return undefined;
  // Titles may stand in a file of the test's own folder.
  const folder = join(ROOT, "test", file);
  return [path, ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])].map((each) => readFileSync(each, "utf8")).join("\n");
}

const wildcard = (text: string, blanks: RegExp) => text.split(blanks).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".*");

/** A title in the source as it is quoted, or one whose parameters (%s, $name, ${...}) make it what is quoted. */
function holds(source: string, quoted: string): boolean {
  if (new RegExp(wildcard(quoted, /\s*(?:\.\.\.|…)\s*/), "s").test(source)) return true;
  const fixed = quoted.replaceAll(/\s*(\.\.\.|…)\s*/g, "");
  const titles = [...source.matchAll(/["`]((?:[^"`\\\n]|\\.)*(?:%[sij]|\$\w|\$\{)(?:[^"`\\\n]|\\.)*)["`]/g)].map(([, title]) => title!);
  return titles.some((title) => new RegExp(`^${wildcard(title, /%[sij]|\$\{[^}]*\}|\$[\w.]+/)}${/(\.\.\.|…)$/.test(quoted) ? "" : "$"}`, "s").test(fixed));
}

describe("SECURITY.md", () => {
  const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const cited = citations(page.slice(page.indexOf("## What enforces what"), page.indexOf("## What disclosure leaks")));

  it("cites tests by the hundred", () => {
    expect(cited.flatMap(({ titles }) => titles).length).toBeGreaterThan(150);
  });
  it("cites only tests that are there", () => {
    const missing = cited.flatMap(({ file, titles }) => {
      const source = sourceOf(file);
      return source === undefined ? [`no file ${file}`] : titles.filter((title) => !holds(source, title)).map((title) => `${file}: ${title}`);
    });
    expect(missing).toEqual([]);
  });
  it("would not find a title that is not there", () => {
    const source = sourceOf("risk/risk-check")!;
    expect(["refuses an id of another bucket", "refuses d of 2^28"].map((title) => holds(source, title))).toEqual([true, true]);
    expect(["takes an id of another bucket", "accepts d of 2^28"].map((title) => holds(source, title))).toEqual([false, false]);
  });
});
