import type { Command } from "commander";
import { portfolioCommitment } from "../risk/portfolio.js";
import { saltForCommitment } from "../risk/salt-file.js";
import { readPortfolio, readRisk, requireSaltFile } from "./inputs.js";
import { hex32, printJson, printLine } from "./output.js";

export function registerCommit(program: Command): void {
  program.command("commit")
    .description("print the commitment to a portfolio, for the settlement layer to register; its salt stays in a file of mode 0600")
    .requiredOption("--risk <dir>", "risk payload that knows the instruments")
    .requiredOption("--portfolio <file>", "portfolio file")
    .option("--salt <file>", "salt file, created if absent (default: the portfolio's name with .salt)")
    .option("--json", "print as JSON")
    .action((options: { risk: string; portfolio: string; salt?: string; json?: boolean }) => {
      const portfolio = readPortfolio(options.portfolio, readRisk(options.risk));
      requireSaltFile(saltFile(options));
      const commitment = hex32(portfolioCommitment(portfolio, saltForCommitment(portfolio, saltFile(options))));
      if (options.json === true) printJson({ portfolioCommitment: commitment });
      else printLine(commitment);
    });
}

export function saltFile(options: { portfolio: string; salt?: string }): string {
  return options.salt ?? `${options.portfolio}.salt`;
}
