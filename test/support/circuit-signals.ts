import type { CompiledCircuit } from "../../prover/artifacts.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import type { PreparedProof } from "../../src/witness/circuit-input.js";
import { PUBLIC_SIGNALS } from "../../src/witness/public-signals.js";
import { witnessValue } from "./circuit-files.js";

/** Public signals of a circuit's witness: the values after the constant 1. */
export async function circuitSignals(circuit: CompiledCircuit, input: PreparedProof["input"]): Promise<bigint[]> {
  const witness = await calculateWitness(circuit.wasm, input);
  return PUBLIC_SIGNALS.map((_, i) => witnessValue(witness, i + 1));
}
