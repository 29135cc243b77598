/**
 * Proofs made and accepted one after the other on a local chain: the times of circuit input, witness, proof, check and transaction,
 * and the gas of each, and of the verification alone.
 */
import { Contract, encodeBytes32String } from "ethers";
import { defaultBackend } from "../../prover/backends/select.js";
import { verifyProof } from "../../prover/proof.js";
import { snarkjsForm } from "../../prover/proof-file.js";
import type { TierKey } from "../../prover/prove-margin.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { startProgress } from "../cli/progress.js";
import { tierOf } from "../cli/tier-key.js";
import { startLocalChain, type LocalChain } from "../demo/on-chain.js";
import { defaultPolicy } from "../policy/policy.js";
import { MARGIN_VERIFIER_ABI } from "../relayer/generated/contract-abi.js";
import { marginProof } from "../relayer/margin-client.js";
import type { SolidityProof } from "../relayer/proof-encoding.js";
import { sendNamed } from "../relayer/transaction.js";
import { deriveIndices } from "../signer/derive-indices.js";
import { prepareProof } from "../witness/circuit-input.js";
import { discloseSignal, namePublicSignals } from "../witness/public-signals.js";
import { coldWitness } from "./cold-witness.js";
import { createRecorder, type Measurement } from "./measure.js";
import { DISCLOSE, fullBook, SALT, TERMS, type Workload } from "./workload.js";

export interface AttestRuns {
  readonly times: readonly Measurement[];
  readonly gas: AttestGas;
}

/** Of whole transactions. */
export interface AttestGas {
  /** That accept a proof, in order. */
  readonly attest: readonly bigint[];
  /** That verify one proof and nothing else. */
  readonly verify: bigint;
  /** That verify `size` proofs and nothing else. */
  readonly batches: readonly { readonly size: number; readonly gas: bigint }[];
}

const BATCHES = [8, 32] as const;

export async function runAttestations({ payload, tree, snapshot }: Workload, tierKey: TierKey, repeat: number): Promise<AttestRuns> {
  const { circuit, key } = tierKey;
  const tier = tierOf(tierKey.tier);
  const book = fullBook(payload, tier);
  const backend = defaultBackend();
  const recorder = createRecorder();
  const attest: bigint[] = [];
  const accepted: Accepted[] = [];
  const progress = startProgress("proofs accepted on chain", 7 * repeat);
  const chain = await startLocalChain(tierKey, snapshot.assets.length, snapshot.time);
  try {
    const assets = deriveIndices(snapshot, defaultPolicy, Object.fromEntries(snapshot.assets.map(({ symbol }) => [symbol, { utilisation: "0", contagion: "0" }])));
    await chain.publish({ epoch: BigInt(payload.epoch), time: BigInt(snapshot.time), riskRoot: tree.riskRoot, assets });
    await chain.register(book, SALT);
    for (let run = 0; run < repeat; run++) {
      const request = await chain.prepare({ collateral: TERMS.collateral, disclose: discloseSignal(DISCLOSE) });
      const statement = { ...TERMS, factor: request.terms.factor, context: request.context, disclose: DISCLOSE };
      const prepared = await recorder.time("circuit input", () => prepareProof(payload, tree, book, SALT, statement, tier));
      recorder.add("witness, cold", await coldWitness(circuit.wasm, prepared.input));
      // Once outside the clock: the first call of this process compiles the program.
      if (run === 0) (await calculateWitness(circuit.wasm, prepared.input)).fill(0);
      const witness = await recorder.time("witness, warm", () => calculateWitness(circuit.wasm, prepared.input));
      try {
        const { proof, publicSignals } = await recorder.time(`prove (${backend.name})`, () => backend.prove(key, witness, {}));
        if (!(await recorder.time("verify", () => verifyProof(key.verificationKey, proof, publicSignals)))) throw new BenchProofError(backend.name);
        const file = { tier: tier.name, keyHash: key.hash, development: key.development, publicSignals: namePublicSignals(publicSignals), proof };
        const margin = marginProof(request, snarkjsForm(file));
        const receipt = await recorder.time("attest on chain", () => chain.attest(request.demand, margin));
        attest.push(receipt.gasUsed);
        accepted.push({ proof: margin.proof, signals: publicSignals });
      } finally {
        witness.fill(0);
      }
      progress.update((run + 1) / repeat);
    }
    return { times: recorder.measurements(), gas: { attest, ...(await verificationGas(chain, tier.name, accepted)) } };
  } finally {
    progress.finish();
    await chain.stop();
  }
}

interface Accepted {
  readonly proof: SolidityProof;
  readonly signals: readonly bigint[];
}

/** Views, but sent as transactions. A batch holds the proofs in turn: that some come twice changes no cost. */
async function verificationGas({ provider, deployment }: LocalChain, tierName: string, accepted: readonly Accepted[]): Promise<Omit<AttestGas, "attest">> {
  const verifier = new Contract(deployment.addresses.MarginVerifier, MARGIN_VERIFIER_ABI, await provider.getSigner());
  const tier = encodeBytes32String(tierName);
  const send = async (name: string, ...args: readonly unknown[]): Promise<bigint> => (await sendNamed(() => verifier.getFunction(name).send(tier, ...args))).gasUsed;
  const batches: { size: number; gas: bigint }[] = [];
  for (const size of BATCHES) {
    const members = Array.from({ length: size }, (_, at) => accepted[at % accepted.length]!);
    batches.push({ size, gas: await send("verifyBatch", members.map(({ proof }) => proof), members.flatMap(({ signals }) => signals)) });
  }
  return { verify: await send("verify", accepted[0]!.proof, accepted[0]!.signals), batches };
}

export class BenchProofError extends Error {
  constructor(readonly prover: string) {
    super(`the proof of ${prover} does not verify: its times mean nothing`);
    this.name = "BenchProofError";
  }
}
