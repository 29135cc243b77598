/** A template as a constraint system with a row for each constraint of its source, and as a calculator that no check stops. */
import { P, toField } from "../../src/math/field.js";
import { calculateWitness, type InputValue } from "../../prover/witness-calculator.js";
import { readSymbols, witnessValue } from "../support/circuit-files.js";
import { compileFiles, type SignalValue, type Template } from "../support/template.js";
import { readSystem, type Form, type System } from "./forms.js";
import { withOpaqueHashes, type HashedSystem } from "./opaque-hashes.js";

export type Inputs = Readonly<Record<string, SignalValue>>;

/** A value of each wire. */
export type Assignment = readonly bigint[];

/** One row for each constraint of the source, nothing simplified; but none of a stand-in hash, which is taken for a function without collisions. */
export async function compileSystem(template: Template): Promise<HashedSystem> {
  const { r1cs, sym } = await compileFiles(template, { optimisation: "O0", calculator: false });
  return withOpaqueHashes(readSystem(r1cs, sym));
}

/**
 * What a prover writes into the wires of `system` for inputs of its choice, whether or not the constraints hold. `forging` is the template, or one
 * with the same signals and other hints.
 */
export async function calculator(system: System, forging: Template): Promise<(inputs: Inputs) => Promise<Assignment>> {
  const { wasm, sym } = await compileFiles(forging, { optimisation: "O0", unchecked: true });
  const wires = new Map(readSymbols(sym).map(({ wire, name }) => [name, wire]));
  const sources = system.names.map((name, at) => {
    const wire = at === 0 ? 0 : wires.get(name);
    if (wire === undefined) throw new Error(`the calculator has no signal ${name}`);
    return wire;
  });
  return async (inputs) => {
    const witness = await calculateWitness(wasm, Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, elements(value)])));
    return sources.map((wire) => witnessValue(witness, wire));
  };
}

function elements(value: SignalValue): InputValue {
  if (typeof value === "number" || typeof value === "bigint") return BigInt(value);
  return value.map(elements);
}

/** Rows that do not hold. */
export function violations(system: System, values: Assignment): number[] {
  return system.rows.flatMap(({ a, b, c }, row) => (toField(valueOf(a, values) * valueOf(b, values) - valueOf(c, values)) === 0n ? [] : [row]));
}

export function valueOf(form: Form, values: Assignment): bigint {
  let sum = 0n;
  for (const [wire, coefficient] of form) sum += coefficient * values[wire]!;
  return sum % P;
}
