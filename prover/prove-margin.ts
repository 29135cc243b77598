/**
 * From a prepared statement to a checked proof: witness, proof, and the comparison of its public signals with the risk core's.
 */
import type { PreparedProof } from "../src/witness/circuit-input.js";
import { listPublicSignals, PUBLIC_SIGNALS } from "../src/witness/public-signals.js";
import type { CompiledCircuit } from "./artifacts.js";
import type { KeyHandle } from "./keys.js";
import type { Prover, ProveOptions } from "./prover.js";
import type { ProofFile } from "./proof-file.js";
import { calculateWitness } from "./witness-calculator.js";

export interface ProofTimes {
  readonly witnessMs: number;
  readonly proveMs: number;
}

export interface TierKey {
  readonly tier: string;
  readonly circuit: CompiledCircuit;
  readonly key: KeyHandle;
}

/**
 * The witness is wiped before this returns, in every case.
 * @throws CircuitMismatchError if circuit and risk core differ: then neither is to be trusted
 */
export async function proveMargin(
  prover: Prover, { tier, circuit, key }: TierKey, prepared: PreparedProof, options: ProveOptions = {},
): Promise<ProofFile & { readonly times: ProofTimes }> {
  const started = performance.now();
  const witness = await calculateWitness(circuit.wasm, prepared.input);
  try {
    const calculated = performance.now();
    const proven = await prover.prove(key, witness, options);
    const expected = listPublicSignals(prepared.expected);
    const at = expected.findIndex((value, i) => value !== proven.publicSignals[i]);
    if (at >= 0) throw new CircuitMismatchError(PUBLIC_SIGNALS[at]!);
    return {
      tier, keyHash: proven.keyHash, development: proven.development, publicSignals: prepared.expected, proof: proven.proof,
      times: { witnessMs: calculated - started, proveMs: performance.now() - calculated },
    };
  } finally {
    witness.fill(0);
  }
}

export class CircuitMismatchError extends Error {
  constructor(readonly signal: string) {
    super(`the circuit's ${signal} differs from the risk core's: the build is inconsistent, nothing was proven`);
    this.name = "CircuitMismatchError";
  }
}
