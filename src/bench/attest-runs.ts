/**
 * Proofs made and accepted one after the other on a local chain: the times of circuit input, witness, proof, check and transaction,
 * and the gas of each.
 */
import { defaultBackend } from "../../prover/backends/select.js";
import { verifyProof } from "../../prover/proof.js";
import { snarkjsForm } from "../../prover/proof-file.js";
import type { TierKey } from "../../prover/prove-margin.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { startProgress } from "../cli/progress.js";
import { tierOf } from "../cli/tier-key.js";
import { startLocalChain } from "../demo/on-chain.js";
import { attestArguments } from "../relayer/margin-client.js";
import { portfolioCommitment } from "../risk/portfolio.js";
import { prepareProof } from "../witness/circuit-input.js";
import { discloseSignal, namePublicSignals } from "../witness/public-signals.js";
import { coldWitness } from "./cold-witness.js";
import { createRecorder, type Measurement } from "./measure.js";
import { DISCLOSE, fullBook, SALT, TERMS, type Workload } from "./workload.js";

export interface AttestRuns {
  readonly times: readonly Measurement[];
  /** Of the accepting transactions, in order. */
  readonly gas: readonly bigint[];
}

export async function runAttestations({ payload, tree }: Workload, tierKey: TierKey, repeat: number): Promise<AttestRuns> {
  const { circuit, key } = tierKey;
  const tier = tierOf(tierKey.tier);
  const book = fullBook(payload, tier);
  const backend = defaultBackend();
  const recorder = createRecorder();
  const gas: bigint[] = [];
  const progress = startProgress("proofs accepted on chain", 7 * repeat);
  const chain = await startLocalChain(key);
  try {
    await chain.publishRoot(tree.riskRoot, payload.epoch);
    await chain.register(portfolioCommitment(book, SALT));
    for (let run = 0; run < repeat; run++) {
      const request = await chain.prepare({ ...TERMS, disclose: discloseSignal(DISCLOSE) });
      const statement = { ...TERMS, context: request.context, disclose: DISCLOSE };
      const prepared = await recorder.time("circuit input", () => prepareProof(payload, tree, book, SALT, statement, tier));
      recorder.add("witness, cold", await coldWitness(circuit.wasm, prepared.input));
      // Once outside the clock: the first call of this process compiles the program.
      if (run === 0) (await calculateWitness(circuit.wasm, prepared.input)).fill(0);
      const witness = await recorder.time("witness, warm", () => calculateWitness(circuit.wasm, prepared.input));
      try {
        const { proof, publicSignals } = await recorder.time(`prove (${backend.name})`, () => backend.prove(key, witness, {}));
        if (!(await recorder.time("verify", () => verifyProof(key.verificationKey, proof, publicSignals)))) throw new BenchProofError(backend.name);
        const file = { tier: tier.name, keyHash: key.hash, development: key.development, publicSignals: namePublicSignals(publicSignals), proof };
        const args = attestArguments(request, snarkjsForm(file));
        const receipt = await recorder.time("attest on chain", () => chain.attest(args));
        gas.push(receipt.gasUsed);
      } finally {
        witness.fill(0);
      }
      progress.update((run + 1) / repeat);
    }
    return { times: recorder.measurements(), gas };
  } finally {
    progress.finish();
    await chain.stop();
  }
}

export class BenchProofError extends Error {
  constructor(readonly prover: string) {
    super(`the proof of ${prover} does not verify: its times mean nothing`);
    this.name = "BenchProofError";
  }
}
