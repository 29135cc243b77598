/**
 * The command line. Exit codes: 0 done, 1 a proof or a check that does not hold, 2 bad input.
 */
import { Command } from "commander";
import { registerCommit } from "./commit.js";
import { registerDeploy } from "./deploy.js";
import { registerDoctor } from "./doctor.js";
import { registerMargin } from "./margin.js";
import { registerMarketImport } from "./market-import.js";
import { registerProve } from "./prove.js";
import { registerReport } from "./report.js";
import { registerRisk } from "./risk.js";
import { registerSetup } from "./setup.js";
import { registerVerify } from "./verify.js";
import { reportError } from "./report-error.js";

const program = new Command("zkmargin")
  .description("Portfolio margin that nobody has to trust: computed in fixed point, proven with Groth16, verified on chain.")
  .version("0.1.0")
  .showHelpAfterError()
  .exitOverride((error) => {
    // Help and version are not errors; a wrong call is bad input.
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (head) closes the pipe: no error of ours. A full disk is one.
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  reportError(error);
  process.exit(2);
});

registerMarketImport(program);
registerRisk(program);
registerMargin(program);
registerReport(program);
registerCommit(program);
registerSetup(program);
registerProve(program);
registerVerify(program);
registerDeploy(program);
registerDoctor(program);

try {
  await program.parseAsync();
  // A write to standard output that failed is told a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  // snarkjs keeps its curve's worker threads alive.
  process.exit(process.exitCode ?? 0);
} catch (error) {
  reportError(error);
  process.exit(2);
}
