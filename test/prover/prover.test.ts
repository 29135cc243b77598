import { groth16 } from "snarkjs";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { P } from "../../src/math/field.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { snarkjsBackend, startSnarkjs, stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { developmentKey } from "../../prover/development-setup/development-key.js";
import { type KeyHandle, loadKey } from "../../prover/keys.js";
import { fromSnarkjsProof, type Groth16Proof, ProofFormatError, toSnarkjsProof, verifyProof } from "../../prover/proof.js";
import { createProver, ProverError, type ProvenStatement } from "../../prover/prover.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { BASE_MODULUS, isInG2, sharedCurve } from "../../prover/curve.js";
import { SMALL_CIRCUIT, SMALL_INPUT, SMALL_PUBLIC_SIGNALS, temporaryCache } from "./fixtures/small-circuit.js";

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
let key: KeyHandle;
let statement: ProvenStatement;

const prover = createProver(snarkjsBackend());

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
  const { zkey, vkey } = await developmentKey(circuit);
  key = await loadKey(zkey, vkey, SMALL_PUBLIC_SIGNALS);
  statement = await prover.prove(key, await calculateWitness(circuit.wasm, SMALL_INPUT));
});

afterAll(async () => {
  cache.remove();
  await stopSnarkjs();
});

describe("the prover", () => {
  it("returns a proof that verifies, its public signals, and the key it is for", async () => {
    expect(statement.publicSignals[1]).toBe(200n);
    expect(statement).toMatchObject({ keyHash: key.hash, development: true });
    expect(await verifyProof(key.verificationKey, statement.proof, statement.publicSignals)).toBe(true);
  });

  it("ends the threads of snarkjs with the last of overlapping proofs, and leaves those it found", async () => {
    const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
    const both = await Promise.all([prover.prove(key, witness), prover.prove(key, witness)]);
    expect(both.map(({ publicSignals }) => publicSignals)).toEqual([statement.publicSignals, statement.publicSignals]);
    expect(globalThis.curve_bn128).toBeNull();

    await startSnarkjs();
    const found = globalThis.curve_bn128;
    await prover.prove(key, witness);
    expect(found).toBeTruthy();
    expect(globalThis.curve_bn128).toBe(found);
    await stopSnarkjs();
    expect(globalThis.curve_bn128).toBeNull();
  });

  it("verifies several proofs at once as snarkjs does, and starts no threads for it", async () => {
    const { proof, publicSignals } = statement;
    const wrong = { ...proof, c: proof.a };
    const verdicts = await Promise.all([proof, wrong, proof].map((candidate) => verifyProof(key.verificationKey, candidate, publicSignals)));
    expect(verdicts).toEqual([true, false, true]);
    expect(globalThis.curve_bn128).toBeNull();
    const theirs = (candidate: Groth16Proof) => groth16.verify(verificationKeyJson(key.verificationKey), publicSignals.map(String), toSnarkjsProof(candidate));
    expect([await theirs(proof), await theirs(wrong)]).toEqual([true, false]);
    await stopSnarkjs();
  });

  it("lets no proof out of a backend whose proof doesn't verify", async () => {
    const [commitment, limit] = statement.publicSignals as [bigint, bigint];
    const lying = createProver({
      name: "lying",
      prove: () => Promise.resolve({ proof: statement.proof, publicSignals: [commitment, limit + 1n] }),
    });
    await expect(lying.prove(key, new Uint8Array())).rejects.toThrow(ProverError);
  });

  it("refuses a witness with a wire changed, without a value in the error", async () => {
    const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
    witness[witness.length - 32]! ^= 1;
    const error: unknown = await prover.prove(key, witness).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ProverError);
    expect((error as Error).message).toMatch(/does not verify/);
  });

  it("refuses the witness of another circuit with both sizes", async () => {
    const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
    const short = Buffer.from(witness.subarray(0, witness.length - 32));
    const wires = short.readUInt32LE(60) - 1;
    short.writeUInt32LE(wires, 60);
    short.writeBigUInt64LE(BigInt(32 * wires), 68);
    await expect(prover.prove(key, short)).rejects.toThrow(
      new RegExp(`witness has ${wires} wires, the key is for a circuit of ${wires + 1}`),
    );
  });

  it("doesn't begin, or doesn't answer, when it is aborted", async () => {
    const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
    await expect(prover.prove(key, witness, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    const controller = new AbortController();
    const running = prover.prove(key, witness, { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toThrow(/abort/i);
  });
});

describe("verification", () => {
  const verdict = (proof: Groth16Proof, publicSignals: readonly bigint[]): Promise<boolean> =>
    verifyProof(key.verificationKey, proof, publicSignals);

  it("is false for another public signal", async () => {
    const [commitment, limit] = statement.publicSignals as [bigint, bigint];
    expect(await verdict(statement.proof, [commitment, limit - 1n])).toBe(false);
  });

  it("is false for a public signal plus the modulus, which the pairing alone would accept", async () => {
    const [commitment, limit] = statement.publicSignals as [bigint, bigint];
    expect(await verdict(statement.proof, [commitment, limit + P])).toBe(false);
    expect(await verdict(statement.proof, [commitment, limit - P])).toBe(false);
  });

  it("is false for a wrong number of public signals", async () => {
    expect(await verdict(statement.proof, statement.publicSignals.slice(1))).toBe(false);
    expect(await verdict(statement.proof, [...statement.publicSignals, 0n])).toBe(false);
  });

  it("is false for coordinates beyond the field and for points off the curve", async () => {
    const { a } = statement.proof;
    expect(await verdict({ ...statement.proof, a: [a[0] + BASE_MODULUS, a[1]] }, statement.publicSignals)).toBe(false);
    expect(await verdict({ ...statement.proof, a: [a[0] + 1n, a[1]] }, statement.publicSignals)).toBe(false);
  });

  it("is false for a B on the twist but outside the group of order r, which snarkjs lets pass as well formed", async () => {
    const outside = [
      [1n, 3n],
      [13175603860000079505227129396402575581723431434800256271676829947628946666412n, 4706342630952398971879767057600098410453066558623984538468862320373972487753n],
    ] as const;
    const { G2 } = await sharedCurve();
    expect(G2.isValid(G2.fromObject([...outside, [1n, 0n]]))).toBe(true);
    expect(await isInG2(outside)).toBe(false);
    expect(await isInG2(statement.proof.b)).toBe(true);
    expect(await verdict({ ...statement.proof, b: outside }, statement.publicSignals)).toBe(false);
  });

  it("takes the snarkjs form there and back, and refuses another", () => {
    const form = toSnarkjsProof(statement.proof);
    expect(fromSnarkjsProof(form)).toEqual(statement.proof);
    expect(() => fromSnarkjsProof({ ...form, pi_a: ["1", "2", "0"] })).toThrow(ProofFormatError);
    expect(() => fromSnarkjsProof({ ...form, pi_c: ["0x1", "2", "1"] })).toThrow(ProofFormatError);
  });
});
