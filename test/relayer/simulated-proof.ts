/**
 * Valid proofs of a simulated key for whatever a demand needs.
 */
import type { PreparedProof, ProvenSignals } from "../../src/relayer/margin-client.js";
import type { Groth16Simulator } from "./groth16-simulator.js";

/** The public signals that a prover chooses. */
export interface Claim {
  readonly healthy: boolean;
  readonly requirement: bigint;
  readonly equity: bigint;
}

/** healthy, disclosedRequirement, disclosedEquity, portfolioCommitment, riskRoot, context, terms. */
export function simulateProof(
  simulator: Groth16Simulator,
  { demand, terms, context, riskRoot, portfolioCommitment }: PreparedProof,
  { healthy, requirement, equity }: Claim = { healthy: true, requirement: 0n, equity: 0n },
  seed = "seed",
): ProvenSignals {
  const packed = terms.factor + demand.disclose * 2n ** 24n + terms.collateral * 2n ** 26n;
  const signals = [healthy ? 1n : 0n, requirement, equity, portfolioCommitment, riskRoot, context, packed];
  return { proof: simulator.prove(signals, seed), publicSignals: signals.map(String) };
}
