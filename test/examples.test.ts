import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { hashPayload } from "../src/risk/instrument-tree.js";
import { formatRiskFiles, writeRiskFiles } from "../src/risk/risk-files.js";
import { specPayload } from "./support/spec-payload.js";
import { ROOT } from "./support/template.js";

const example = readFileSync(join(ROOT, "examples/prove-margin.ts"), "utf8");
mkdirSync(join(ROOT, "build"), { recursive: true });
// Inside the package, so that its own name resolves through the exports map.
const folder = mkdtempSync(join(ROOT, "build/example-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the library example", () => {
  it("is the one in README.md", () => {
    expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it("proves a book through the package's exports", async () => {
    const { outputText } = ts.transpileModule(example, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
    writeFileSync(join(folder, "prove-margin.mjs"), outputText);
    const payload = specPayload();
    writeRiskFiles(join(folder, "risk"), formatRiskFiles({ payload, tree: hashPayload(payload) }));
    writeFileSync(join(folder, "book.json"), JSON.stringify({ cash: "1.00", positions: [{ instrument: "I7", quantity: "-0.0025" }] }));
    writeFileSync(join(folder, "run.mjs"), `
      import { proveSolvency } from "./prove-margin.mjs";
      const { requirement, healthy, proof } = await proveSolvency(${JSON.stringify(join(folder, "risk"))}, ${JSON.stringify(join(folder, "book.json"))}, 77n);
      console.log(JSON.stringify({ requirement: String(requirement), healthy, context: String(proof.publicSignals.context), disclosed: String(proof.publicSignals.disclosedRequirement) }));
    `);
    // The runner ends by itself: nothing that proving starts may outlive it.
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "run.mjs")], { timeout: 240_000 });
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ healthy: true, context: "77", disclosed: String(payload.granularity) });
    // The largest d of id 7 is 7 x 3650: 25 short lots can lose at most 638,750 units undamped, plus buffer, lots and charges.
    expect(BigInt(result["requirement"] as string)).toBeGreaterThan(25n);
    expect(BigInt(result["requirement"] as string)).toBeLessThanOrEqual(((65_536n + 6_554n) * (638_750n + 25n)) / 65_536n + 1n + 25n * 14n + 1n);
  }, 300_000);
});
