import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Command } from "commander";
import { parseSnapshot } from "../market/market-snapshot.js";
import { traceRiskModel } from "../policy/build-risk-model.js";
import { defaultPolicy, parsePolicy, type Policy } from "../policy/policy.js";
import { describeRiskModel, type RiskModelReport } from "../policy/risk-model-report.js";
import { buildPayload, type BuiltPayload } from "../risk/build-payload.js";
import { RiskRangeError } from "../risk/risk-check.js";
import { formatRiskFiles, readRiskFiles, requireReplaceablePayload, RiskFileError, verifyLeaves, writeRiskFiles } from "../risk/risk-files.js";
import type { RiskPayload } from "../risk/risk-payload.js";
import { InputError, readRisk, readText, requireWritable } from "./inputs.js";
import { hex32, money, printJson, printLine, printTable, utc } from "./output.js";
import { startProgress } from "./progress.js";

export function registerRisk(program: Command): void {
  const risk = program.command("risk").description("build, show and check risk payloads");

  risk.command("build")
    .description("build the risk payload of a market snapshot: leaves, buckets, scenario map, parameters, riskRoot")
    .requiredOption("--market <file>", "market snapshot (zkmargin market import)")
    .option("--policy <file>", "policy file; the built-in first policy if absent")
    .requiredOption("--out <dir>", "folder to write; an older payload there is replaced")
    .option("--json", "print the summary as JSON")
    .action((options: { market: string; policy?: string; out: string; json?: boolean }) => {
      requireWritable("--out", options.out, "folder");
      requireReplaceablePayload(options.out);
      const { report, ...built } = build(options.market, options.policy);
      writeRiskFiles(options.out, formatRiskFiles(built));
      if (options.json !== true) showModel(report);
      show(built, options.json === true);
    });

  risk.command("show")
    .description("print a payload's parameters and buckets")
    .argument("<dir>")
    .option("--json", "print as JSON")
    .action((directory: string, options: { json?: boolean }) => show(readRisk(directory), options.json === true));

  risk.command("check")
    .description("rebuild a payload from its snapshot and compare it bit for bit; enforce every range the circuit trusts")
    .argument("<dir>")
    .requiredOption("--market <file>", "the snapshot it was built from")
    .option("--policy <file>", "the policy it was built with")
    .option("--json", "print as JSON")
    .action((directory: string, options: { market: string; policy?: string; json?: boolean }) => check(directory, options));
}

/** Snapshot and policy files to a payload, with progress. */
function build(marketFile: string, policyFile?: string): BuiltPayload & { readonly report: RiskModelReport } {
  const snapshot = parseSnapshot(readText(marketFile, "--market"));
  const policy = readPolicy(policyFile);
  const progress = startProgress("risk payload", Math.max(1, snapshot.instruments.length / 200));
  const { model, origin } = traceRiskModel(snapshot, policy);
  const built = buildPayload(snapshot, model, (stage, done, total) => {
    progress.update((stage === "price" ? 0 : 0.5) + (0.5 * done) / total, stage === "price" ? "pricing" : "hashing");
  });
  progress.finish();
  return { ...built, report: describeRiskModel(model, origin) };
}

function readPolicy(file?: string): Policy {
  if (file === undefined) return defaultPolicy;
  const text = readText(file, "--policy");
  try {
    return parsePolicy(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError("--policy", file, "is not JSON");
    throw error;
  }
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
    ["tail", `${summary.confidence} confidence (T = ${payload.tail} of ${summary.totalWeight})`],
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
