import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { parseSnapshot } from "../market/market-snapshot.js";
import { buildRiskModel } from "../policy/build-risk-model.js";
import { defaultPolicy, parsePolicy, type Policy } from "../policy/policy.js";
import { buildPayload, type BuiltPayload } from "../risk/build-payload.js";
import { formatRiskFiles, readRiskFiles, verifyLeaves, writeRiskFiles } from "../risk/risk-files.js";
import type { RiskPayload } from "../risk/risk-payload.js";
import { readText } from "./inputs.js";
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
      const built = build(options.market, options.policy);
      writeRiskFiles(options.out, formatRiskFiles(built));
      show(built, options.json === true);
    });

  risk.command("show")
    .description("print a payload's parameters and buckets")
    .argument("<dir>")
    .option("--json", "print as JSON")
    .action((directory: string, options: { json?: boolean }) => show(readRiskFiles(directory), options.json === true));

  risk.command("check")
    .description("rebuild a payload from its snapshot and compare it bit for bit; enforce every range the circuit trusts")
    .argument("<dir>")
    .requiredOption("--market <file>", "the snapshot it was built from")
    .option("--policy <file>", "the policy it was built with")
    .option("--json", "print as JSON")
    .action((directory: string, options: { market: string; policy?: string; json?: boolean }) => check(directory, options));
}

/** Snapshot and policy files to a payload, with progress. */
export function build(marketFile: string, policyFile?: string): BuiltPayload {
  const snapshot = parseSnapshot(readText(marketFile));
  const policy = readPolicy(policyFile);
  const progress = startProgress("risk payload", Math.max(1, snapshot.instruments.length / 200));
  const model = buildRiskModel(snapshot, policy);
  const built = buildPayload(snapshot, model, (stage, done, total) => {
    progress.update((stage === "price" ? 0 : 0.5) + (0.5 * done) / total, stage === "price" ? "pricing" : "hashing");
  });
  progress.finish();
  return built;
}

function readPolicy(file?: string): Policy {
  if (file === undefined) return defaultPolicy;
  const text = readText(file);
  try {
    return parsePolicy(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RiskCheckError(file, "is not JSON");
    throw error;
  }
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

function check(directory: string, options: { market: string; policy?: string; json?: boolean }): void {
  const published = readRiskFiles(directory);
  verifyLeaves(published.payload, published.tree);
  const rebuilt = formatRiskFiles(build(options.market, options.policy));
  for (const [name, content] of rebuilt) {
    let bytes: string;
    try {
      bytes = readFileSync(join(directory, name), "utf8");
    } catch {
      bytes = "";
    }
    if (bytes !== content) {
      process.exitCode = 1;
      const message = `${join(directory, name)} differs from what snapshot and policy give`;
      if (options.json === true) printJson({ equal: false, file: name });
      else printLine(`risk check failed: ${message}`);
      return;
    }
  }
  if (options.json === true) printJson({ equal: true, riskRoot: hex32(published.tree.riskRoot), files: rebuilt.size });
  else printLine(`risk check passed: ${rebuilt.size} files equal bit for bit, all ranges hold, riskRoot ${hex32(published.tree.riskRoot)}`);
}

export class RiskCheckError extends Error {
  constructor(readonly file: string, readonly rule: string) {
    super(`${file} ${rule}`);
    this.name = "RiskCheckError";
  }
}
