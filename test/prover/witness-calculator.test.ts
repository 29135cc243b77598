import { P } from "../../src/math/field.js";
import { poseidon3 } from "poseidon-lite";
import { wtns } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { readUint256 } from "../../prover/bin-file.js";
import { calculateWitness, WitnessError, WitnessInputError } from "../../prover/witness-calculator.js";
import { SMALL_CIRCUIT, SMALL_INPUT, temporaryCache } from "./fixtures/small-circuit.js";

const FIRST_WIRE = 76;

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
});

afterAll(() => cache.remove());

describe("the witness calculator", () => {
  it("computes the outputs: one, commitment, limit", async () => {
    const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
    const wires = [0, 1, 2].map((wire) => readUint256(witness, FIRST_WIRE + 32 * wire));
    expect(wires).toEqual([1n, poseidon3([77n, 11n, 22n]), 200n]);
  });

  it("writes the file that snarkjs writes", async () => {
    const theirs = { type: "mem" as const, data: new Uint8Array() };
    await wtns.calculate({ limit: "200", secret: "77", salt: ["11", "22"] }, circuit.wasm, theirs);
    const ours = await calculateWitness(circuit.wasm, SMALL_INPUT);
    expect(Buffer.from(ours).equals(Buffer.from(theirs.data.slice(0, ours.length)))).toBe(true);
  });

  it("says template and line of a constraint that fails, and no value", async () => {
    const error: unknown = await calculateWitness(circuit.wasm, { limit: 200n, secret: 54_321n, salt: [987_654n, 876_543n] }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WitnessError);
    const { message, locations, stack } = error as WitnessError;
    expect(locations[0]).toEqual({ template: "Num2Bits", line: 38 });
    expect(locations.at(-1)).toMatchObject({ template: "Small" });
    for (const text of [message, stack, JSON.stringify(error)]) expect(text).not.toMatch(/54321|987654|876543/);
  });

  it("prints nothing, not even what the circuit logs", async () => {
    const spies = (["log", "error", "warn", "info"] as const).map((name) => vi.spyOn(console, name));
    const write = vi.spyOn(process.stdout, "write");
    await calculateWitness(circuit.wasm, SMALL_INPUT);
    for (const spy of [...spies, write]) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it("refuses inputs that are unknown, missing, of another length or not canonical, naming the signal only", async () => {
    const { limit, secret, salt } = SMALL_INPUT;
    const cases: readonly (readonly [input: Parameters<typeof calculateWitness>[1], message: RegExp])[] = [
      [{ limit, secret, salt, other: 4242n }, /input other: the circuit has no such input/],
      [{ limit, secret }, /2 values are given, the circuit has 4/],
      [{ limit, secret, salt: [4242n] }, /input salt: it has 1 values, must have 2/],
      [{ limit, secret, salt: [4242n, P] }, /input salt: value number 1 is not in \[0, field modulus\)/],
      [{ limit, secret: -4242n, salt }, /input secret: value number 0/],
    ];
    for (const [input, message] of cases) {
      const error: unknown = await calculateWitness(circuit.wasm, input).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(WitnessInputError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toMatch(/4242/);
    }
  });

  it("keeps calls at the same time apart", async () => {
    const [first, second] = await Promise.all([
      calculateWitness(circuit.wasm, SMALL_INPUT),
      calculateWitness(circuit.wasm, { ...SMALL_INPUT, secret: 78n }),
    ]);
    expect(readUint256(first!, FIRST_WIRE + 32)).toBe(poseidon3([77n, 11n, 22n]));
    expect(readUint256(second!, FIRST_WIRE + 32)).toBe(poseidon3([78n, 11n, 22n]));
  });
});
