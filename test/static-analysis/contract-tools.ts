/** solhint and `forge lint` over the contracts and their tests. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Finding } from "../../scripts/findings.mjs";
import { ROOT, type Edit } from "../support/template.js";
import { statementAt } from "./reviewed.js";
import { inCopy, runTool } from "./tool.js";

const CONTRACTS = join(ROOT, "verifier-contracts");
type Part = "src" | "test";
/** Folders with a configuration of solhint. */
const SOLHINT_CONFIGS: Readonly<Record<Part, string>> = { src: ".solhint.json", test: "test/.solhint.json" };

export function contractFiles(): readonly string[] {
  return ["src", "test"].flatMap((folder) =>
    readdirSync(join(CONTRACTS, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".sol")).map((file) => `${folder}/${file}`)).sort();
}

export function contractSource(file: string): string {
  return readFileSync(join(CONTRACTS, file), "utf8");
}

/** Findings, and one for each setting in which a configuration is weaker than, or other than, what solhint recommends. */
export async function solhint(edits: readonly Edit[] = [], parts: readonly Part[] = ["src", "test"]): Promise<readonly Finding[]> {
  const settings = Object.values(SOLHINT_CONFIGS).flatMap((file) => {
    const { rules } = JSON.parse(contractSource(file)) as { readonly rules: Readonly<Record<string, unknown>> };
    return Object.entries(rules).map(([rule, setting]) => ({ rule, file, statement: JSON.stringify(setting) }));
  });
  const findings = await withContracts(edits, async (folder) => {
    const lines = new Set<string>();
    for (const part of parts) {
      const { stdout } = await runTool(folder, process.execPath, [join(ROOT, "node_modules/solhint/solhint.js"), "--disc", "--noPoster", "--noPrompt", "-c", SOLHINT_CONFIGS[part], "-f", "json", `${part}/**/*.sol`]);
      const reports = JSON.parse(stdout) as readonly { readonly ruleId?: string; readonly filePath?: string; readonly line?: number; readonly message?: string; readonly conclusion?: string }[];
      if (reports.at(-1)?.conclusion === undefined) throw new Error(`solhint did not finish: ${stdout}`);
      for (const { ruleId, filePath, line, message } of reports.slice(0, -1)) lines.add(JSON.stringify([ruleId ?? `parser: ${message}`, filePath, line]));
    }
    return atLines(folder, lines);
  });
  return [...settings, ...findings];
}

export async function forgeLint(edits: readonly Edit[] = []): Promise<readonly Finding[]> {
  return withContracts(edits, async (folder) => {
    const lines = new Set<string>();
    const { stdout, stderr } = await runTool(folder, join(ROOT, "node_modules/.bin/forge"), ["lint", "--json", "--severity", "high", "--severity", "med", "--severity", "low"]);
    const output = `${stdout}\n${stderr}`.split("\n").filter((line) => line !== "");
    // forge ends with 0 where the contracts don't compile, and says so in text.
    if (output.some((line) => !line.startsWith("{"))) throw new Error(`forge lint did not finish: ${output.join("\n")}`);
    for (const line of output) {
      const { code, message, spans } = JSON.parse(line) as {
        readonly code: { readonly code: string } | null;
        readonly message: string;
        readonly spans: readonly { readonly file_name: string; readonly line_start: number; readonly is_primary: boolean }[];
      };
      const place = spans.find(({ is_primary }) => is_primary);
      if (place === undefined) throw new Error(`forge lint: ${message}`);
      lines.add(JSON.stringify([code?.code ?? message, place.file_name, place.line_start]));
    }
    return atLines(folder, lines);
  });
}

/** A line counts once for a rule. */
function atLines(folder: string, lines: ReadonlySet<string>): readonly Finding[] {
  return [...lines].map((text) => {
    const [rule, file, line] = JSON.parse(text) as [string, string, number];
    return { rule, file, statement: statementAt(readFileSync(join(folder, file), "utf8"), line) };
  });
}

/** Gives `work` a copy of verifier-contracts/ that stands among the same folders as the original: configurations name them by "..". */
function withContracts<T>(edits: readonly Edit[], work: (folder: string) => Promise<T>): Promise<T> {
  const name = "verifier-contracts";
  const fill = (parent: string): void => {
    for (const neighbour of ["node_modules", "scripts"]) symlinkSync(join(ROOT, neighbour), join(parent, neighbour), "dir");
    for (const file of [...contractFiles(), ...Object.values(SOLHINT_CONFIGS), "foundry.toml"]) {
      mkdirSync(dirname(join(parent, name, file)), { recursive: true });
      cpSync(join(CONTRACTS, file), join(parent, name, file));
    }
  };
  return inCopy(fill, edits.map((edit) => ({ ...edit, file: `${name}/${edit.file}` })), (parent) => work(join(parent, name)));
}
