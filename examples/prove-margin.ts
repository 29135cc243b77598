import { readFileSync } from "node:fs";
import { developmentKey } from "zkmargin/prover/development-key";
import { tierCircuit } from "zkmargin/prover/artifacts";
import { defaultBackend } from "zkmargin/prover/backend";
import { declaredTiers } from "zkmargin/prover/circuits-config";
import { loadKey } from "zkmargin/prover/keys";
import { proveMargin } from "zkmargin/prover/prove-margin";
import { createProver } from "zkmargin/prover/prover";
import { parsePortfolio, selectTier } from "zkmargin/risk/portfolio";
import { readRiskFiles } from "zkmargin/risk/risk-files";
import { indexInstruments } from "zkmargin/risk/risk-payload";
import { randomSalt } from "zkmargin/risk/salt-file";
import { prepareProof } from "zkmargin/witness/circuit-input";

/** Proves that a book is worth its maintenance margin, and discloses the requirement. */
export async function proveSolvency(riskFolder: string, portfolioFile: string, context: bigint) {
  const { payload, tree } = readRiskFiles(riskFolder);
  const portfolio = parsePortfolio(readFileSync(portfolioFile, "utf8"), payload, indexInstruments(payload));
  const statement = { context, factor: 1n << 16n, collateral: 0n, disclose: { requirement: true, equity: false } };
  // The smallest that holds the book.
  const tier = selectTier(portfolio, declaredTiers());
  const prepared = prepareProof(payload, tree, portfolio, randomSalt(), statement, tier);

  const circuit = await tierCircuit(tier.name);
  const { zkey, vkey } = await developmentKey(circuit);
  const key = await loadKey(zkey, vkey, circuit.statistics.publicSignals);
  const proof = await proveMargin(createProver(defaultBackend()), { tier: tier.name, circuit, key }, prepared);
  return { requirement: prepared.margin.requirement, healthy: prepared.margin.healthy, proof };
}
