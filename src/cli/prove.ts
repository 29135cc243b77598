import type { Command } from "commander";
import writeFileAtomic from "write-file-atomic";
import { chooseBackend } from "../../prover/backends/select.js";
import { formatProofFile } from "../../prover/proof-file.js";
import { proveMargin } from "../../prover/prove-margin.js";
import { createProver } from "../../prover/prover.js";
import { prepareProof } from "../witness/circuit-input.js";
import { saltForProof } from "../risk/salt-file.js";
import { saltFile } from "./commit.js";
import { parseCollateral, parseContext, parseDisclosure, parseFactor, parseThreads, readPortfolio, readRisk, requireReplaceable, requireSaltFile } from "./inputs.js";
import { printJson, printLine } from "./output.js";
import { startProgress } from "./progress.js";
import { printStatement, statementReport } from "./statement.js";
import { ceremonyKey, openTierKey, scaledSeconds, tierFor, tierOf } from "./tier-key.js";

interface ProveCommand {
  readonly risk: string;
  readonly portfolio: string;
  readonly disclose: string;
  readonly factor: string;
  readonly context: string;
  readonly collateral: string;
  readonly salt?: string;
  readonly tier?: string;
  readonly zkey?: string;
  readonly vkey?: string;
  readonly backend?: string;
  readonly threads?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Shown before anything is measured: tier S on two cores. */
const EXPECTED_SECONDS: Readonly<Record<string, number>> = { native: 1, snarkjs: 6 };

export function registerProve(program: Command): void {
  program.command("prove")
    .description("prove a portfolio's margin; the proof shows what is disclosed and nothing else")
    .requiredOption("--risk <dir>", "risk payload")
    .requiredOption("--portfolio <file>", "portfolio file")
    .requiredOption("--disclose <what>", "requirement, equity, both separated by a comma, or none")
    .requiredOption("--factor <factor>", "mm, im or a decimal multiple of maintenance margin")
    .requiredOption("--context <hex>", "what the proof is for, computed by the contract (contextOf)")
    .option("--collateral <amount>", "collateral held by the contract, quote currency", "0")
    .option("--salt <file>", "salt file, created with mode 0600 if absent (default: the portfolio's name with .salt)")
    .option("--tier <tier>", "circuit tier (default: the smallest that holds the book)")
    .option("--zkey <file>", "proving key of a ceremony; the development key if absent")
    .option("--vkey <file>", "its verification key")
    .option("--backend <name>", "native or snarkjs (default: the fastest that works, as zkmargin doctor tells)")
    .option("--threads <n>", "threads of the native backend (default: all)")
    .requiredOption("--out <file>", "proof to write")
    .option("--json", "print the statement as JSON")
    .action(prove);
}

async function prove(options: ProveCommand): Promise<void> {
  // Everything that can be wrong in the input is looked at before the long part.
  if (options.tier !== undefined) tierOf(options.tier);
  requireReplaceable("--out", options.out, "zkmargin-proof-1");
  const { backend } = chooseBackend({ backend: options.backend, threads: options.threads === undefined ? undefined : parseThreads(options.threads) });
  const risk = readRisk(options.risk);
  const portfolio = readPortfolio(options.portfolio, risk);
  requireSaltFile(saltFile(options), options.out);
  const statement = {
    context: parseContext(options.context),
    factor: parseFactor(options.factor, risk.payload),
    disclose: parseDisclosure(options.disclose),
    collateral: parseCollateral(options.collateral),
  };
  // Before a salt is drawn and kept for a book that cannot be proven.
  const tier = tierFor(portfolio, options.tier);
  const key = await ceremonyKey(options);
  const salt = saltForProof(portfolio, saltFile(options));
  const prepared = prepareProof(risk.payload, risk.tree, portfolio, salt, statement, tier);

  const tierKey = await openTierKey(tier.name, key);
  const expected = EXPECTED_SECONDS[backend.name];
  const progress = startProgress("proof", expected === undefined ? undefined : scaledSeconds(expected, tier));
  const proof = await proveMargin(createProver(backend), tierKey, prepared, { onProgress: (fraction) => progress.update(fraction) });
  progress.finish();
  writeFileAtomic.sync(options.out, formatProofFile(proof));

  if (options.json === true) printJson({ ...statementReport(proof), out: options.out, backend: backend.name, times: proof.times });
  else {
    printStatement(proof, risk.payload.quoteCurrency);
    printLine(`tier ${tier.name}, witness ${proof.times.witnessMs.toFixed(0)} ms, proof ${proof.times.proveMs.toFixed(0)} ms (${backend.name}), written to ${options.out}`);
  }
}
