/**
 * --policy: a file, or a preset that ships with the package.
 */
import { defaultPolicy } from "../policy/policy.js";
import { type AnyPolicy, parseAnyPolicy } from "../policy/policy-file.js";
import { presetPolicy } from "../policy/presets.js";
import type { WorstCaseReport } from "../policy/worst-case-report.js";
import { PlainJsonError, parsePlainJson } from "../market/plain-json.js";
import { InputError, readText } from "./inputs.js";
import { printLine, printTable } from "./output.js";

const PRESET = "preset:";

export function isPreset(text: string): boolean {
  return text.startsWith(PRESET);
}

/** The preset that preset:NAME names. Throws UnknownPresetError. */
export function readPreset(text: string) {
  return presetPolicy(text.slice(PRESET.length));
}

/** The default policy if nothing is named. Throws InputError, PolicyError, UnknownPresetError. */
export function readPolicy(source?: string): AnyPolicy {
  if (source === undefined) return defaultPolicy;
  if (isPreset(source)) return readPreset(source);
  const text = readText(source, "--policy");
  try {
    return parseAnyPolicy(parsePlainJson(text));
  } catch (error) {
    throw error instanceof PlainJsonError ? new InputError("--policy", source, error.rule) : error;
  }
}

/** Grid, choices and what the policy does not hold of the margin system that it is named after. */
export function showWorstCase(report: WorstCaseReport): void {
  printLine(`${report.name} ${report.version}: ${report.description}`);
  printTable([report.name, ""], report.parameters.map(({ name, value }) => [name, value]));
  printTable(["regime", ...report.regimes[0]!.lines.map(({ name }) => name)], report.regimes.map(({ name, lines }) => [name, ...lines.map(({ value }) => value)]));
  printLine("Not expressed:");
  for (const text of report.notExpressed) printLine(`- ${text}`);
  printLine("Sources:");
  for (const text of report.sources) printLine(`- ${text}`);
}
