import type { CompiledCircuit } from "../../prover/artifacts.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import type { PreparedProof } from "../../src/witness/circuit-input.js";
import { PUBLIC_SIGNALS } from "../../src/witness/public-signals.js";

/** Public signals of a witness file: 32-byte words after the constant 1. */
export async function circuitSignals(circuit: CompiledCircuit, input: PreparedProof["input"]): Promise<bigint[]> {
  const witness = await calculateWitness(circuit.wasm, input);
  // snarkjs wtns: header section, then section 2 with the values.
  const view = new DataView(witness.buffer, witness.byteOffset, witness.byteLength);
  const at = witness.byteLength - Number(view.getBigUint64(witness.byteLength - 32 * circuit.statistics.wires - 8, true));
  return PUBLIC_SIGNALS.map((_, i) => {
    let value = 0n;
    for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(at + 32 * (i + 1) + 8 * word, true);
    return value;
  });
}
