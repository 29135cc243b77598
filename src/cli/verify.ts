import type { Command } from "commander";
import { declaredTiers } from "../../prover/circuits-config.js";
import { parseProofFile, ProofFileError } from "../../prover/proof-file.js";
import { verifyProof } from "../../prover/proof.js";
import { isDevelopmentKey, keyHash } from "../../prover/verification-key.js";
import { listPublicSignals } from "../witness/public-signals.js";
import { verifyLeaves } from "../risk/risk-files.js";
import { parseCommitment, parseContext, readRisk, readText } from "./inputs.js";
import { hex32, printJson, printLine } from "./output.js";
import { printStatement, statementReport } from "./statement.js";
import { openVerificationKey } from "./tier-key.js";

export function registerVerify(program: Command): void {
  program.command("verify")
    .description("verify a margin proof: exit code 0 valid, 1 invalid, 2 bad input")
    .argument("<proof>", "proof file")
    .option("--vkey <file>", "verification key of a ceremony; the development key if absent")
    .option("--risk <dir>", "risk payload whose riskRoot the proof must be under")
    .option("--commitment <hex>", "portfolio commitment the proof must be of")
    .option("--context <hex>", "context the proof must be for")
    .option("--json", "print as JSON")
    .action(verify);
}

async function verify(file: string, options: { vkey?: string; risk?: string; commitment?: string; context?: string; json?: boolean }): Promise<void> {
  const claimed = parseProofFile(readText(file, "proof"));
  const tiers = declaredTiers().map(({ name }) => name);
  if (!tiers.includes(claimed.tier)) throw new ProofFileError("tier", `is ${claimed.tier}, must be one of ${tiers.join(", ")}`);
  const expected = {
    riskRoot: options.risk === undefined ? undefined : trustedRoot(options.risk),
    portfolioCommitment: options.commitment === undefined ? undefined : parseCommitment(options.commitment),
    context: options.context === undefined ? undefined : parseContext(options.context),
  };
  const key = await openVerificationKey(claimed.tier, options.vkey);
  // The key says whether it is a development key; the proof file can claim anything.
  const proof = { ...claimed, development: await isDevelopmentKey(key) };

  let reason: string | undefined;
  if (keyHash(key) !== proof.keyHash) reason = `it is for key ${proof.keyHash}, not ${keyHash(key)}`;
  else if (!(await verifyProof(key, proof.proof, listPublicSignals(proof.publicSignals)))) reason = "the pairing equation does not hold";
  for (const [name, value] of Object.entries(expected)) {
    const actual = proof.publicSignals[name as keyof typeof expected];
    if (reason === undefined && value !== undefined && value !== actual) reason = `its ${name} is ${hex32(actual)}, not ${hex32(value)}`;
  }

  // Whoever chose root, commitment and context freely can make a valid proof of anything about a book of his own.
  const unchecked = Object.entries(expected).filter(([, value]) => value === undefined).map(([name]) => name);
  process.exitCode = reason === undefined ? 0 : 1;
  if (options.json === true) {
    const { tier, ...stated } = statementReport(proof);
    // Of a key that the user names nobody here knows the tier: what the proof file says of it is not checked.
    const named = options.vkey === undefined ? { tier } : { claimedTier: tier };
    return printJson({ valid: reason === undefined, ...(reason === undefined ? {} : { reason }), unchecked, ...stated, ...named });
  }
  printLine(reason === undefined ? "valid" : `invalid: ${reason}`);
  if (reason !== undefined) return;
  printStatement(proof, "");
  if (unchecked.length > 0) printLine(`not compared with anything you trust: ${unchecked.join(", ")} (--risk, --commitment, --context)`);
}

/** The root of a payload all of whose leaves are what its ranges were checked on. */
function trustedRoot(directory: string): bigint {
  const { payload, tree } = readRisk(directory);
  verifyLeaves(payload, tree);
  return tree.riskRoot;
}
