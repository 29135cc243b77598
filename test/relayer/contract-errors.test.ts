import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/template.js";

const CONTRACTS = join(ROOT, "verifier-contracts");
/** A table row of the README's section on refusals: what is refused, and by which errors. */
const ROW = /^\| (?!refused \||---)[^|]+ \| (`[^|]+`) \|$/gm;

function declaredErrors(): readonly string[] {
  const sources = readdirSync(join(CONTRACTS, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sol"));
  return sources.flatMap((name) => [...readFileSync(join(CONTRACTS, "src", name), "utf8").matchAll(/^\s*error (\w+)\(/gm)].map(([, error]) => error!));
}

/** OpenZeppelin's, which the registries' refusals come with. */
const INHERITED = ["EnforcedPause", "OwnableUnauthorizedAccount"];

function namedErrors(): readonly string[] {
  const readme = readFileSync(join(CONTRACTS, "README.md"), "utf8");
  const section = /\n## Refusals\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
  return [...section.matchAll(ROW)].flatMap(([, errors]) => [...errors!.matchAll(/`(\w+)(?:\([^`]*\))?`/g)].map(([, error]) => error!));
}

describe("the table of refusals in the contracts' README", () => {
  it("names every error that a source of the contracts declares", () => {
    const declared = declaredErrors();
    expect(declared.length).toBeGreaterThan(60);
    expect([...new Set(declared)].filter((error) => !namedErrors().includes(error))).toEqual([]);
  });

  it("names no error that there is not", () => {
    const known = [...declaredErrors(), ...INHERITED];
    expect([...new Set(namedErrors())].filter((error) => !known.includes(error))).toEqual([]);
  });
});
