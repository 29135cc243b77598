/**
 * zkmargin market import: an exchange's files to a market snapshot.
 */
import { basename, resolve } from "node:path";
import { type Command, Option } from "commander";
import writeFileAtomic from "write-file-atomic";
import { IMPORT_FORMATS, type ImportFormat, type ImportReport, type SourceFile, importMarket } from "../market/import-market.js";
import { formatSnapshot } from "../market/market-snapshot.js";
import { readText, requireReplaceable } from "./inputs.js";
import { printJson, printLine, printTable, utc } from "./output.js";

interface ImportOptions {
  readonly format?: ImportFormat;
  readonly history?: readonly string[];
  readonly futures?: readonly string[];
  readonly previous?: string;
  readonly settlements?: string;
  readonly epoch?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Names shown of a list in the summary; --json has them all. */
const SHOWN = 5;

export function registerMarketImport(program: Command): void {
  const market = program.commands.find((command) => command.name() === "market") ?? program.command("market").description("market snapshots");
  market
    .command("import")
    .description("make a market snapshot of an exchange's option chain")
    .argument("<file>", "option chain, exchange responses, or a snapshot")
    .addOption(new Option("--format <format>", "format of the file; detected when absent").choices(IMPORT_FORMATS))
    .option("--history <files...>", "daily bars: BTCUSDT_1d.csv, or ASSET=path")
    .option("--futures <files...>", "marks of perpetuals at the chain's time (CSV)")
    .option("--previous <file>", "snapshot before this one, whose listing is carried on")
    .option("--settlements <file>", "settlement prices of what has expired (JSON)")
    .option("--epoch <number>", "epoch; the snapshot's time when absent")
    .requiredOption("--out <file>", "where the snapshot is written")
    .option("--json", "print the report as JSON")
    .action((file: string, _options: ImportOptions, command: Command) => runImport(file, command.optsWithGlobals<ImportOptions>()));
}

function runImport(file: string, options: ImportOptions): void {
  requireReplaceable("--out", options.out, "zkmargin-market-snapshot-1");
  if (options.previous !== undefined && resolve(options.previous) === resolve(options.out)) {
    throw new ImportOptionError("--out", options.out, "must differ from --previous: the listing's history is in it");
  }
  const { snapshot, report } = importMarket({
    chain: source(file, "file"),
    ...(options.format === undefined ? {} : { format: options.format }),
    history: (options.history ?? []).map(historySource),
    futures: (options.futures ?? []).map((path) => source(path, "--futures")),
    ...(options.previous === undefined ? {} : { previous: source(options.previous, "--previous") }),
    ...(options.settlements === undefined ? {} : { settlements: source(options.settlements, "--settlements") }),
    ...(options.epoch === undefined ? {} : { epoch: readEpoch(options.epoch) }),
  });
  writeFileAtomic.sync(options.out, formatSnapshot(snapshot));
  if (options.json === true) printJson(report);
  else printReport(report, options.out);
}

function source(path: string, field: string): SourceFile {
  return { name: basename(path), text: readText(path, field) };
}

function historySource(argument: string): SourceFile & { readonly asset?: string } {
  const match = /^([A-Z0-9]{1,16})=(.+)$/.exec(argument);
  return match === null ? source(argument, "--history") : { ...source(match[2] as string, "--history"), asset: match[1] as string };
}

function readEpoch(text: string): number {
  const epoch = Number(text);
  if (!/^[1-9]\d{0,15}$/.test(text) || !Number.isSafeInteger(epoch)) throw new ImportOptionError("--epoch", text, "must be a whole number from 1 to 2^53 - 1");
  return epoch;
}

function printReport(report: ImportReport, out: string): void {
  const { live, stale, expired, settled } = report.instruments;
  printLine(`${out}: ${utc(report.time)}, epoch ${report.epoch}, format ${report.format}${report.formatDetected ? " (detected)" : ""}`);
  printTable(
    ["rows", "listed now", "live", "stale", "expired", "settled", "not listed"],
    [[report.rows, report.newlyListed, live, stale, expired, settled, report.notListed.length].map(String)],
    [0, 1, 2, 3, 4, 5, 6],
  );
  printNames("not listed", report.notListed);
  printNames("stale", report.stale);
  for (const { asset, bars, first, last } of report.history) {
    if (first !== undefined && last !== undefined) printLine(`history of ${asset}: ${bars} days, ${utc(first).slice(0, 10)} to ${utc(last).slice(0, 10)}`);
  }
  for (const warning of report.warnings) printLine(`warning: ${warning}`);
}

function printNames(what: string, rows: ImportReport["stale"]): void {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of rows) {
    const names = byReason.get(reason) ?? [];
    names.push(name);
    byReason.set(reason, names);
  }
  for (const [reason, names] of byReason) {
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more (--json names all)` : "";
    printLine(`${what}, ${reason}: ${names.slice(0, SHOWN).join(", ")}${more}`);
  }
}

export class ImportOptionError extends Error {
  readonly code = "IMPORT_OPTION";
  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`${field} ${JSON.stringify(value.slice(0, 64))} ${rule}`);
    this.name = "ImportOptionError";
  }
}
