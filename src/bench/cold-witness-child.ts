/** The process of cold-witness.ts: reads a request on standard input, writes milliseconds. */
import { text } from "node:stream/consumers";
import { calculateWitness, type InputValue, type WitnessInput } from "../../prover/witness-calculator.js";
import type { ColdWitnessRequest } from "./cold-witness.js";

const { wasm, input } = JSON.parse(await text(process.stdin)) as ColdWitnessRequest;
const values = revive(input as Readonly<Record<string, unknown>>);
const started = performance.now();
const witness = await calculateWitness(wasm, values);
process.stdout.write(String(performance.now() - started));
witness.fill(0);

function revive(fields: Readonly<Record<string, unknown>>): WitnessInput {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, reviveValue(value)]));
}

function reviveValue(value: unknown): InputValue {
  return Array.isArray(value) ? value.map(reviveValue) : BigInt(value as string);
}
