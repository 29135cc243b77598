import { curves, groth16 } from "snarkjs";
import { fromSnarkjsProof } from "../proof.js";
import { ProverError, type ProverBackend } from "../prover.js";

// snarkjs says this when witness and key are of different circuits; other messages of its may quote data and are not passed on.
const WRONG_LENGTH = /^Invalid witness length\. Circuit: (\d+), witness: (\d+)/;

/** The backend that is always there. It can't be interrupted: an aborted proof is computed to its end and thrown away. */
export function snarkjsBackend(): ProverBackend {
  return {
    name: "snarkjs",
    async prove(key, witness) {
      try {
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
      }
    },
  };
}

/** Ends the threads that snarkjs keeps for proving and verifying; without this a process doesn't end by itself. */
export async function stopSnarkjs(): Promise<void> {
  const curve = await curves.getCurveFromName("bn128");
  await curve.terminate();
}
