import type { Command } from "commander";
import writeFileAtomic from "write-file-atomic";
import { renderReport, REPORT_FORMAT } from "../report/page.js";
import { computeMargin } from "../risk/margin.js";
import { parseCollateral, parseFactor, readPortfolio, readRisk, requireReplaceable } from "./inputs.js";
import { hex32, printJson, printLine, utc } from "./output.js";

interface ReportCommand {
  readonly risk: string;
  readonly portfolio: string;
  readonly factor: string;
  readonly collateral: string;
  readonly out: string;
  readonly json?: boolean;
}

export function registerReport(program: Command): void {
  program.command("report")
    .description("draw a portfolio's margin as one HTML page: parts, P&L by bucket, tail, worst scenario; it shows positions (mode 0600)")
    .requiredOption("--risk <dir>", "risk payload (zkmargin risk build)")
    .requiredOption("--portfolio <file>", "portfolio: cash and positions, decimals as strings")
    .option("--factor <factor>", "mm (1), im (the payload's initial factor) or a decimal multiple of maintenance margin", "mm")
    .option("--collateral <amount>", "collateral held by the contract, quote currency", "0")
    .requiredOption("--out <file>", "page to write; an older report there is replaced")
    .option("--json", "print what was written as JSON")
    .action(report);
}

async function report(options: ReportCommand): Promise<void> {
  requireReplaceable("--out", options.out, REPORT_FORMAT);
  const { payload, tree, index } = readRisk(options.risk);
  const portfolio = readPortfolio(options.portfolio, { payload, tree, index });
  const terms = { factor: parseFactor(options.factor, payload), collateral: parseCollateral(options.collateral) };
  const page = await renderReport({ payload, riskRoot: tree.riskRoot, portfolio, margin: computeMargin(payload, portfolio, terms), terms });
  // The mode is that of the temporary file too: at no time can others read it.
  writeFileAtomic.sync(options.out, page, { mode: 0o600 });

  // The book's figures are on the page, not in the terminal's history or a log.
  if (options.json === true) printJson({ out: options.out, riskRoot: hex32(tree.riskRoot), epoch: payload.epoch, time: utc(payload.time), bytes: Buffer.byteLength(page) });
  else printLine(`report of epoch ${payload.epoch} written to ${options.out} (mode 0600: it shows positions)`);
}
