import { curves, groth16 } from "snarkjs";
import { fromSnarkjsProof } from "../proof.js";
import { ProverError, type ProverBackend } from "../prover.js";

// snarkjs says this when witness and key are of different circuits; other messages of its may quote data and are not passed on.
const WRONG_LENGTH = /^Invalid witness length\. Circuit: (\d+), witness: (\d+)/;

/** The threads of the proofs that are under way: started once for those that overlap, ended with the last. */
let threads: { readonly started: Promise<void>; readonly borrowed: boolean; users: number } | undefined;

/** The backend that is always there. It can't be interrupted: an aborted proof is computed to its end and thrown away. */
export function snarkjsBackend(): ProverBackend {
  return {
    name: "snarkjs",
    async prove(key, witness) {
      try {
        await holdThreads();
        const { proof, publicSignals } = await groth16.prove(key.zkey, witness);
        return {
          proof: fromSnarkjsProof({ pi_a: proof.pi_a, pi_b: proof.pi_b, pi_c: proof.pi_c }),
          publicSignals: publicSignals.map(BigInt),
        };
      } catch (error) {
        const lengths = WRONG_LENGTH.exec(error instanceof Error ? error.message : "");
        const reason =
          lengths === null ? "proving failed" : `the witness has ${lengths[2]} wires, the key is for a circuit of ${lengths[1]}`;
        throw new ProverError("snarkjs", reason);
      } finally {
        releaseThreads();
      }
    },
  };
}

function holdThreads(): Promise<void> {
  threads ??= { borrowed: Boolean(globalThis.curve_bn128), started: startSnarkjs(), users: 0 };
  threads.users++;
  return threads.started;
}

/** A process doesn't end while they run. Whoever had started them before keeps them. */
function releaseThreads(): void {
  if (threads === undefined || --threads.users > 0) return;
  const { borrowed } = threads;
  threads = undefined;
  if (!borrowed) void stopSnarkjs();
}

/** Starts the threads that snarkjs computes with, so that proofs need not each start their own. They run until stopSnarkjs. */
export async function startSnarkjs(): Promise<void> {
  await curves.getCurveFromName("bn128");
}

/** Ends the threads that snarkjs computes with, if there are any. */
export async function stopSnarkjs(): Promise<void> {
  await globalThis.curve_bn128?.terminate();
}
