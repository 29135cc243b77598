import { keccak256, solidityPacked } from "ethers";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zKey } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { exportVerificationKey } from "../../prover/ceremony.js";
import { type DevelopmentKey, developmentKey, developmentPtau } from "../../prover/development-setup/development-key.js";
import { BASE_MODULUS } from "../../prover/curve.js";
import { checkAgainstLock, KeyError, loadKey, readKeysLock, updateKeysLock } from "../../prover/keys.js";
import {
  checkVerificationKey,
  isDevelopmentKey,
  keyHash,
  parseVerificationKey,
  type VerificationKeyJson,
  VerificationKeyError,
} from "../../prover/verification-key.js";
import { SMALL_CIRCUIT, SMALL_PUBLIC_SIGNALS, temporaryCache } from "./fixtures/small-circuit.js";

type Mutable = { -readonly [Key in keyof VerificationKeyJson]: VerificationKeyJson[Key] };

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
let key: DevelopmentKey;

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
  key = await developmentKey(circuit);
});

afterAll(async () => {
  cache.remove();
  await stopSnarkjs();
});

const json = (): Mutable => JSON.parse(readFileSync(key.vkey, "utf8")) as Mutable;

async function refusal(change: (vkey: Mutable) => void, publicSignals = SMALL_PUBLIC_SIGNALS): Promise<string> {
  const vkey = json();
  change(vkey);
  const check = async (): Promise<void> => checkVerificationKey(parseVerificationKey(vkey), publicSignals);
  const error: unknown = await check().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(VerificationKeyError);
  return (error as Error).message;
}

describe("a verification key", () => {
  it("is accepted as the setup writes it", async () => {
    await expect(checkVerificationKey(parseVerificationKey(json()), SMALL_PUBLIC_SIGNALS)).resolves.toBeUndefined();
  });

  it("is refused when gamma is delta's opposite, with which anyone forges just as well", async () => {
    const negate = (words: readonly string[]) => words.map((word) => String((BASE_MODULUS - BigInt(word)) % BASE_MODULUS));
    expect(await refusal((vkey) => (vkey.vk_delta_2 = [vkey.vk_gamma_2[0]!, negate(vkey.vk_gamma_2[1]!), vkey.vk_gamma_2[2]!]))).toMatch(/gamma equals delta \(or its opposite\)/);
  });
  it("is refused when gamma equals delta", async () => {
    expect(await refusal((vkey) => (vkey.vk_delta_2 = vkey.vk_gamma_2))).toMatch(/gamma equals delta/);
  });

  it("is refused as snarkjs leaves it before the first contribution", async () => {
    const ptau = await developmentPtau(circuit.statistics.domainPower);
    const zkey = join(cache.directory, "initial.zkey");
    await zKey.newZKey(circuit.r1cs, ptau, zkey);
    await expect(exportVerificationKey(zkey, join(cache.directory, "initial.json"), SMALL_PUBLIC_SIGNALS)).rejects.toThrow(/gamma equals delta/);
  });

  it("is refused with another number of public signals", async () => {
    expect(await refusal(() => undefined, 9)).toMatch(/nPublic is 2, the circuit has 9/);
    expect(await refusal((vkey) => (vkey.IC = vkey.IC.slice(1)))).toMatch(/IC has 2 points, must have 3/);
  });

  it("is refused for another protocol or curve", async () => {
    expect(await refusal((vkey) => (vkey.protocol = "plonk"))).toMatch(/protocol is plonk/);
    expect(await refusal((vkey) => (vkey.curve = "bls12381"))).toMatch(/curve is bls12381/);
  });

  it("is refused with points off the curve, at infinity, beyond the field or outside the group", async () => {
    expect(await refusal((vkey) => (vkey.vk_alpha_1 = ["1", "3", "1"]))).toMatch(/vk_alpha_1 is not on the curve/);
    expect(await refusal((vkey) => (vkey.vk_alpha_1 = ["0", "0", "1"]))).toMatch(/vk_alpha_1 is the point at infinity/);
    const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
    expect(await refusal((vkey) => (vkey.vk_alpha_1 = [(q + 1n).toString(), "2", "1"]))).toMatch(/outside the field/);
    expect(await refusal((vkey) => (vkey.vk_beta_2 = [["1", "0"], ["2", "0"], ["1", "0"]]))).toMatch(/vk_beta_2 is not on the curve/);
    // On the twist, but of another order: its cofactor was not cleared. Found by trying x = 1, 2, ... and taking the root.
    expect(await refusal((vkey) => (vkey.vk_beta_2 = [...OUTSIDE_GROUP, ["1", "0"]]))).toMatch(/vk_beta_2 is not in the group/);
  });

  it("is recognized as a development key even when the mark is taken away", async () => {
    const { development, ...bare } = json();
    expect(development).toBe(true);
    expect(await isDevelopmentKey(parseVerificationKey(bare))).toBe(true);
    expect(await isDevelopmentKey(parseVerificationKey({ ...bare, vk_alpha_1: ["1", "2", "1"] }))).toBe(false);
  });

  it("has the hash that Solidity computes over its words", () => {
    const vkey = json();
    const g1 = ([x, y]: readonly string[]): string[] => [x!, y!];
    const g2 = ([x, y]: readonly (readonly string[])[]): string[] => [x![1]!, x![0]!, y![1]!, y![0]!];
    const words = [...g1(vkey.vk_alpha_1), ...[vkey.vk_beta_2, vkey.vk_gamma_2, vkey.vk_delta_2].flatMap(g2), ...vkey.IC.flatMap(g1)];
    expect(words).toHaveLength(2 + 3 * 4 + 3 * 2);
    expect(keyHash(parseVerificationKey(vkey))).toBe(keccak256(solidityPacked(words.map(() => "uint256"), words)));
    expect(key.hashes.keyHash).toBe(keyHash(parseVerificationKey(vkey)));
  });
});

describe("a proving key", () => {
  it("is loaded with its identity", async () => {
    const handle = await loadKey(key.zkey, key.vkey, SMALL_PUBLIC_SIGNALS);
    expect(handle).toMatchObject({ name: "development", development: true, hash: key.hashes.keyHash, zkeySha256: key.hashes.zkey });
  });

  it("is refused when it is truncated anywhere", async () => {
    const size = readFileSync(key.zkey).length;
    for (const length of [0, 11, 40, 600, Math.floor(size / 2), size - 1]) {
      const path = join(cache.directory, "truncated.zkey");
      writeFileSync(path, readFileSync(key.zkey));
      truncateSync(path, length);
      await expect(loadKey(path, key.vkey, SMALL_PUBLIC_SIGNALS), `${length} bytes`).rejects.toThrow(KeyError);
    }
  });

  it("is refused with the verification key of another circuit", async () => {
    const vkey = json();
    vkey.IC = [vkey.IC[1]!, vkey.IC[0]!, vkey.IC[2]!];
    const path = join(cache.directory, "other.vkey.json");
    writeFileSync(path, JSON.stringify(vkey));
    await expect(loadKey(key.zkey, path, SMALL_PUBLIC_SIGNALS)).rejects.toThrow(/does not belong/);
  });

  it("is refused when it is another file altogether", async () => {
    await expect(loadKey(circuit.r1cs, key.vkey, SMALL_PUBLIC_SIGNALS)).rejects.toThrow(/not a zkey file|must begin with .*"zkey"/);
  });
});

describe("the lock file", () => {
  it("covers a circuit that is pinned, and refuses a key that differs from the pin", () => {
    const path = join(cache.directory, "artifacts.lock.json");
    writeFileSync(path, JSON.stringify({ keys: {}, bytecode: { kept: "as it is" } }));
    expect(checkAgainstLock("S", key.hashes, readKeysLock(path))).toBe(false);
    updateKeysLock("S", key.hashes, path);
    expect(checkAgainstLock("S", key.hashes, readKeysLock(path))).toBe(true);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ bytecode: { kept: "as it is" } });
    for (const field of ["r1cs", "zkey", "vkey", "keyHash"] as const) {
      expect(() => checkAgainstLock("S", { ...key.hashes, [field]: "00" }, readKeysLock(path))).toThrow(KeyError);
    }
    expect(checkAgainstLock("S", { ...key.hashes, circuit: "edited", zkey: "00" }, readKeysLock(path))).toBe(false);
  });
});

const OUTSIDE_GROUP: readonly (readonly string[])[] = [
  ["1", "0"],
  [
    "18278151005453108793778860132295291098363647455926340152056652516292830556603",
    "5912654199736721486680175016176231956195085055698687135131307249486702594212",
  ],
];
