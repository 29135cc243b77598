import { beforeAll, describe, expect, it } from "vitest";
import { groth16 } from "snarkjs";
import { keyHash, parseVerificationKey } from "../../prover/verification-key.js";
import { encodeProof, ProofEncodingError, verificationKeyHash, verificationKeyWords } from "../../src/relayer/proof-encoding.js";
import { groth16Simulator, type Groth16Simulator } from "./groth16-simulator.js";

const SIGNALS = [1n, 0n, 0n, 5n, 6n, 7n, 65536n];
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

describe("proof encoding", () => {
  let simulator: Groth16Simulator;
  beforeAll(async () => {
    simulator = await groth16Simulator(7);
  });

  it("is tested with proofs that snarkjs accepts, and only for their own signals", async () => {
    const proof = simulator.prove(SIGNALS, "x");
    expect(await groth16.verify(simulator.verificationKey, SIGNALS.map(String), proof)).toBe(true);
    expect(await groth16.verify(simulator.verificationKey, [0n, ...SIGNALS.slice(1)].map(String), proof)).toBe(false);
  });

  it("puts the imaginary coefficient of G2 first", () => {
    const proof = {
      protocol: "groth16",
      curve: "bn128",
      pi_a: ["1", "2", "1"],
      pi_b: [["3", "4"], ["5", "6"], ["1", "0"]],
      pi_c: ["7", "8", "1"],
    };
    expect(encodeProof(proof)).toEqual({ a: [1n, 2n], b: [4n, 3n, 6n, 5n], c: [7n, 8n] });
  });

  it("lists a key as alpha, beta, gamma, delta, IC", () => {
    const key = simulator.verificationKey;
    const words = verificationKeyWords(key);
    expect(words).toHaveLength(30);
    expect(words[0]).toBe(BigInt(key.vk_alpha_1[0]!));
    expect(words[2]).toBe(BigInt(key.vk_beta_2[0]![1]!));
    expect(words[7]).toBe(BigInt(key.vk_gamma_2[0]![0]!));
    expect(words[12]).toBe(BigInt(key.vk_delta_2[1]![1]!));
    expect(words[29]).toBe(BigInt(key.IC[7]![1]!));
  });

  it("hashes a key as the prover does", () => {
    const key = simulator.verificationKey;
    expect(verificationKeyHash(key)).toBe(keyHash(parseVerificationKey(key)));
  });

  it("refuses a key with gamma = delta or gamma = -delta", () => {
    const key = simulator.verificationKey;
    const gamma = key.vk_gamma_2;
    expect(() => verificationKeyWords({ ...key, vk_delta_2: gamma })).toThrow(/nobody has contributed/);
    const opposite = [gamma[0]!, gamma[1]!.map((c) => String(Q - BigInt(c))), gamma[2]!];
    expect(() => verificationKeyHash({ ...key, vk_delta_2: opposite })).toThrow(/nobody has contributed/);
  });

  it("refuses other schemes, curves, lengths, points at infinity and coordinates that are no field elements", () => {
    const key = simulator.verificationKey;
    const proof = simulator.prove(SIGNALS, "x");
    expect(() => encodeProof({ ...proof, protocol: "plonk" })).toThrow("proof.protocol is plonk and must be groth16");
    expect(() => encodeProof({ ...proof, curve: "bls12381" })).toThrow("proof.curve is bls12381 and must be bn128");
    expect(() => encodeProof({ ...proof, pi_a: ["0", "1", "0"] })).toThrow(/pi_a\[2\] is 0 and must be 1/);
    expect(() => encodeProof({ ...proof, pi_a: [String(Q), "1", "1"] })).toThrow(/pi_a\[0\].*must be below/);
    expect(() => encodeProof({ ...proof, pi_c: ["-1", "1", "1"] })).toThrow(/pi_c\[0\] is -1 and must be a decimal integer/);
    expect(() => encodeProof({ ...proof, pi_b: proof.pi_b.slice(1) })).toThrow(ProofEncodingError);
    expect(() => verificationKeyWords({ ...key, IC: key.IC.slice(1) })).toThrow("IC is 7 points and must have nPublic + 1 = 8 points");
  });
});
