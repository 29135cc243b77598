import type { KeyHandle } from "./keys.js";
import { type Groth16Proof, verifyProof } from "./proof.js";

/** A proof with what it is a proof of, and the key it is for. */
export interface ProvenStatement {
  readonly proof: Groth16Proof;
  /** In the order of circuits.json: outputs, then inputs. */
  readonly publicSignals: readonly bigint[];
  readonly keyHash: string;
  readonly development: boolean;
}

export interface ProveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets rising fractions in [0, 1] from backends that know how far they are. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** Which part of a file breaks which rule. */
export interface FilePlace {
  readonly file: string;
  readonly section: string;
  readonly rule: string;
}

/** What a backend returns, before anyone has checked it. */
export interface UncheckedProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly bigint[];
}

/**
 * One way to compute a Groth16 proof: a function of key and witness. It neither keeps nor logs the witness; the buffer passed in stays its
 * owner's, who wipes it when the promise has settled, not before. (Copies that snarkjs makes are the garbage collector's.)
 */
export interface ProverBackend {
  readonly name: string;
  prove(key: KeyHandle, witness: Uint8Array, options: ProveOptions): Promise<UncheckedProof>;
}

export interface Prover {
  readonly name: string;
  /**
   * @param witness a .wtns file in memory
   * @throws ProverError when the backend fails or its proof doesn't verify; the signal's reason when that aborts
   */
  prove(key: KeyHandle, witness: Uint8Array, options?: ProveOptions): Promise<ProvenStatement>;
}

/** A prover that lets nothing out that it has not verified itself. */
export function createProver(backend: ProverBackend): Prover {
  return {
    name: backend.name,
    async prove(key, witness, options = {}) {
      options.signal?.throwIfAborted();
      const { proof, publicSignals } = await backend.prove(key, witness, options);
      options.signal?.throwIfAborted();
      if (!(await verifyProof(key.verificationKey, proof, publicSignals))) {
        throw new ProverError(backend.name, `its proof does not verify with key ${key.hash}: wrong witness, or a fault in the backend`);
      }
      return { proof, publicSignals, keyHash: key.hash, development: key.development };
    },
  };
}

export class ProverError extends Error {
  /** @param place in the witness, which no value of it is in */
  constructor(backend: string, reason: string, readonly place?: FilePlace) {
    super(`prover ${backend}: ${reason}`);
    this.name = "ProverError";
  }
}
