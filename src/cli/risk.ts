import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Command } from "commander";
import { parseSnapshot } from "../market/market-snapshot.js";
import { buildRiskModel, traceRiskModel } from "../policy/build-risk-model.js";
import { isWorstCase } from "../policy/policy-file.js";
import { presetNames } from "../policy/presets.js";
import { describeRiskModel, type RiskModelReport } from "../policy/risk-model-report.js";
import { NODES } from "../policy/risk-model.js";
import { describeWorstCase, type WorstCaseReport } from "../policy/worst-case-report.js";
import { buildPayload, type BuiltPayload } from "../risk/build-payload.js";
import { RiskRangeError } from "../risk/risk-check.js";
import { formatRiskFiles, readRiskFiles, requireReplaceablePayload, RiskFileError, verifyLeaves, writeRiskFiles } from "../risk/risk-files.js";
import type { RiskPayload } from "../risk/risk-payload.js";
import { InputError, readRisk, readText, requireWritable } from "./inputs.js";
import { hex32, money, printJson, printLine, printTable, utc } from "./output.js";
import { isPreset, readPolicy, readPreset, showWorstCase } from "./policy.js";
import { startProgress } from "./progress.js";

export function registerRisk(program: Command): void {
  const risk = program.command("risk").description("build, show and check risk payloads");

  risk.command("build")
    .description("build the risk payload of a market snapshot: leaves, buckets, scenario map, parameters, riskRoot")
    .requiredOption("--market <file>", "market snapshot (zkmargin market import)")
    .option("--policy <file>", `policy file, or preset:NAME (${presetNames.join(", ")}); the built-in first policy if absent`)
    .requiredOption("--out <dir>", "folder to write; an older payload there is replaced")
    .option("--json", "print the summary as JSON")
    .action((options: { market: string; policy?: string; out: string; json?: boolean }) => {
      requireWritable("--out", options.out, "folder");
      requireReplaceablePayload(options.out);
      const { report, worstCase, ...built } = build(options.market, options.policy);
      writeRiskFiles(options.out, formatRiskFiles(built));
      if (options.json === true) return printJson({ ...summarise(built.payload, built.tree.riskRoot), ...(worstCase === undefined ? {} : { policy: worstCase }) });
      if (worstCase === undefined) showModel(report);
      else showWorstCase(worstCase);
      show(built, false);
    });

  risk.command("show")
    .description("print a payload's parameters and buckets, or a preset: its grid, its sources and what it can't express")
    .argument("<dir>", "folder of a risk payload, or preset:NAME")
    .option("--json", "print as JSON")
    .action((directory: string, options: { json?: boolean }) => {
      if (!isPreset(directory)) return show(readRisk(directory), options.json === true);
      const policy = readPreset(directory);
      const report = describeWorstCase(policy);
      if (options.json === true) printJson({ ...report, file: policy });
      else showWorstCase(report);
    });

  risk.command("check")
    .description("rebuild a payload from its snapshot and compare it bit for bit; enforce every range the circuit trusts")
    .argument("<dir>")
    .requiredOption("--market <file>", "the snapshot it was built from")
    .option("--policy <file>", "the policy file or preset:NAME it was built with")
    .option("--json", "print as JSON")
    .action((directory: string, options: { market: string; policy?: string; json?: boolean }) => check(directory, options));
}

interface Built extends BuiltPayload {
  readonly report: RiskModelReport;
  /** Of a worst-case policy. */
  readonly worstCase?: WorstCaseReport;
}

/** Snapshot and policy to a payload, with progress. */
function build(marketFile: string, policySource?: string): Built {
  const snapshot = parseSnapshot(readText(marketFile, "--market"));
  const policy = readPolicy(policySource);
  const progress = startProgress("risk payload", Math.max(1, snapshot.instruments.length / 200));
  const { model, origin } = isWorstCase(policy) ? { model: buildRiskModel(snapshot, policy) } : traceRiskModel(snapshot, policy);
  const built = buildPayload(snapshot, model, (stage, done, total) => {
    progress.update((stage === "price" ? 0 : 0.5) + (0.5 * done) / total, stage === "price" ? "pricing" : "hashing");
  });
  progress.finish();
  return { ...built, report: describeRiskModel(model, origin), ...(isWorstCase(policy) ? { worstCase: describeWorstCase(policy) } : {}) };
}

/** What the policy made of the market, and where each figure is from. */
function showModel({ regimes, assets }: RiskModelReport): void {
  for (const { symbol, lines } of assets) printTable([symbol, ""], lines.map(({ name, value }) => [name, value]));
  printTable(["regime", ...regimes[0]!.lines.map(({ name }) => name)], regimes.map(({ name, lines }) => [name, ...lines.map(({ value }) => value)]));
}

function show({ payload, tree }: BuiltPayload, asJson: boolean): void {
  const summary = summarise(payload, tree.riskRoot);
  if (asJson) return printJson(summary);
  printTable(["risk payload", ""], [
    ["valued at", utc(payload.time)],
    ["epoch", String(payload.epoch)],
    ["instruments", `${summary.instruments} (${summary.stale} stale) in ${payload.buckets.length} of 64 buckets`],
    ["tail", isUnmoved(payload) ? "all weight on unmoved scenarios: the worst stress row counts" : `${summary.confidence} confidence (T = ${payload.tail} of ${summary.totalWeight})`],
    ["buffer", `${(Number(payload.buffer) / 655.36).toFixed(2)} %`],
    ["granularity", money(payload.granularity, payload.quoteCurrency)],
    ["riskRoot", hex32(tree.riskRoot)],
  ]);
  printTable(
    ["bucket", "asset", "band", "instruments", "lambda_D x 2^80", "lambda_V x 2^80"],
    payload.buckets.map((bucket) => [String(bucket.index), bucket.symbol, String(bucket.band), String(bucket.instruments.length), String(bucket.lambdaDelta), String(bucket.lambdaVega)]),
    [0, 2, 3, 4, 5],
  );
}

/** As in a payload of a worst-case policy. */
function isUnmoved({ weights, buckets }: RiskPayload): boolean {
  return weights.every((weight, s) => weight === 0 || buckets.every(({ column }) => column[s] === NODES));
}

function summarise(payload: RiskPayload, riskRoot: bigint) {
  const instruments = payload.buckets.flatMap((bucket) => bucket.instruments);
  const totalWeight = payload.weights.reduce((sum, weight) => sum + weight, 0);
  return {
    riskRoot: hex32(riskRoot), epoch: payload.epoch, time: utc(payload.time), instruments: instruments.length,
    stale: instruments.filter(({ stale }) => stale).length, tail: payload.tail, totalWeight,
    confidence: `${(100 * (1 - Number(payload.tail) / totalWeight)).toFixed(3)} %`,
    buffer: payload.buffer, granularity: payload.granularity, initialFactor: payload.initialFactor,
    buckets: payload.buckets.map(({ index, symbol, band, lambdaDelta, lambdaVega, instruments: members }) => ({ index, symbol, band, instruments: members.length, lambdaDelta, lambdaVega })),
  };
}

/** A payload that is damaged, out of range or not what the inputs give has failed; a missing one or bad inputs are bad input. */
function check(directory: string, options: { market: string; policy?: string; json?: boolean }): void {
  const header = join(directory, "payload.json");
  if (!existsSync(header)) throw new InputError("dir", directory, "has no payload.json: it is not the folder of a risk payload");
  const damaged = damage(directory);
  if (damaged !== undefined) return reportFault(damaged, options.json === true);
  const rebuilt = build(options.market, options.policy);
  const files = formatRiskFiles(rebuilt);
  const difference = firstDifference(directory, files);
  if (difference !== undefined) return reportFault(difference, options.json === true);
  const riskRoot = hex32(rebuilt.tree.riskRoot);
  if (options.json === true) printJson({ equal: true, riskRoot, files: files.size });
  else printLine(`risk check passed: ${files.size} files equal bit for bit, all ranges hold, riskRoot ${riskRoot}`);
}

function reportFault(fault: Fault, asJson: boolean): void {
  process.exitCode = 1;
  if (asJson) printJson({ equal: false, ...fault });
  else printLine(`risk check failed: ${fault.reason}`);
}

interface Fault {
  readonly file?: string;
  readonly reason: string;
}

/** Form, ranges and every hash of the published files, without the inputs. */
function damage(directory: string): Fault | undefined {
  try {
    const { payload, tree } = readRiskFiles(directory);
    verifyLeaves(payload, tree);
    return undefined;
  } catch (error) {
    if (error instanceof RiskFileError || error instanceof RiskRangeError) return { reason: error.message };
    throw error;
  }
}

function firstDifference(directory: string, files: ReadonlyMap<string, string>): Fault | undefined {
  for (const [file, content] of files) {
    if (readFileSync(join(directory, file), "utf8") !== content) return { file, reason: `${join(directory, file)} differs from what snapshot and policy give` };
  }
  // What is not part of a payload can mislead whoever downloads the folder.
  const extra = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .find((file) => !files.has(file));
  return extra === undefined ? undefined : { file: extra, reason: `${join(directory, extra)} is not a file of this payload` };
}
