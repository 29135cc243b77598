/**
 * What a proof states, for people and for programs.
 */
import type { ProofFile } from "../../prover/proof-file.js";
import { formatDecimal } from "../math/fixed-point.js";
import { VALUE_DECIMALS } from "../risk/portfolio.js";
import { readDisclosed } from "../witness/public-signals.js";
import { hex32, money, printTable } from "./output.js";

export function statementReport({ tier, keyHash, development, publicSignals }: ProofFile) {
  const { healthy, requirement, equity } = readDisclosed(publicSignals);
  const decimal = (units: bigint | undefined) => (units === undefined ? null : formatDecimal(units, VALUE_DECIMALS));
  return {
    healthy, requirement: decimal(requirement), equity: decimal(equity), factor: publicSignals.factor,
    collateral: decimal(publicSignals.collateral), portfolioCommitment: hex32(publicSignals.portfolioCommitment),
    riskRoot: hex32(publicSignals.riskRoot), context: hex32(publicSignals.context), tier, keyHash, development,
  };
}

export function printStatement(proof: ProofFile, currency: string): void {
  const { publicSignals: signals } = proof;
  const { healthy, requirement, equity } = readDisclosed(signals);
  const amount = (units: bigint | undefined) => (units === undefined ? "not disclosed" : money(units, currency));
  printTable(["the proof states", ""], [
    ["healthy", healthy ? "yes" : "no"],
    ["requirement, at most", amount(requirement)],
    ["equity, at least", amount(equity)],
    ["factor", `${signals.factor} / 65536`],
    ["collateral", money(signals.collateral, currency)],
    ["portfolio commitment", hex32(signals.portfolioCommitment)],
    ["riskRoot", hex32(signals.riskRoot)],
    ["context", hex32(signals.context)],
    ["key", `${proof.keyHash}${proof.development ? " (development: convinces nobody)" : ""}`],
  ]);
}
