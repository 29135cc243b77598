import { readFileSync } from "node:fs";
import { developmentKey } from "zkmargin/prover/development-key";
import { tierCircuit } from "zkmargin/prover/artifacts";
import { defaultBackend } from "zkmargin/prover/backend";
import { loadKey } from "zkmargin/prover/keys";
import { proveMargin } from "zkmargin/prover/prove-margin";
import { createProver } from "zkmargin/prover/prover";
import { parsePortfolio } from "zkmargin/risk/portfolio";
import { readRiskFiles } from "zkmargin/risk/risk-files";
import { indexInstruments } from "zkmargin/risk/risk-payload";
import { randomSalt } from "zkmargin/risk/salt-file";
import { prepareProof } from "zkmargin/witness/circuit-input";

/** Proves that a book is worth its maintenance margin, and discloses the requirement. */
export async function proveSolvency(riskFolder: string, portfolioFile: string, context: bigint) {
  const { payload, tree } = readRiskFiles(riskFolder);
  const portfolio = parsePortfolio(readFileSync(portfolioFile, "utf8"), payload, indexInstruments(payload));
  const statement = { context, factor: 1n << 16n, collateral: 0n, disclose: { requirement: true, equity: false } };
  const tier = { name: "S", positions: 14, buckets: 2 };
  const prepared = prepareProof(payload, tree, portfolio, randomSalt(), statement, tier);

  const circuit = await tierCircuit("S");
  const { zkey, vkey } = await developmentKey(circuit);
  const key = await loadKey(zkey, vkey, circuit.statistics.publicSignals);
  const proof = await proveMargin(createProver(defaultBackend()), { tier: "S", circuit, key }, prepared);
  return { requirement: prepared.margin.requirement, healthy: prepared.margin.healthy, proof };
}
