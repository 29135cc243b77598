import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { groth16, powersOfTau, zKey } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, type CompiledCircuit, fileSha256 } from "../../prover/artifacts.js";
import { setupEngine } from "../../prover/backends/setup-engine.js";
import { stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { type DevelopmentKey, developmentKey, developmentPtau, openDevelopmentKey } from "../../prover/development-setup/development-key.js";
import { writeDevelopmentPtau } from "../../prover/development-setup/powers-of-tau-file.js";
import { writeDevelopmentZkey } from "../../prover/development-setup/zkey-file.js";
import { KeyError } from "../../prover/keys.js";
import type { Progress } from "../../prover/progress.js";
import { readR1cs } from "../../prover/r1cs.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { SMALL_CIRCUIT, SMALL_INPUT, temporaryCache } from "./fixtures/small-circuit.js";

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
let key: DevelopmentKey;
let ptau: string;

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
  key = await developmentKey(circuit);
  ptau = await developmentPtau(circuit.statistics.domainPower);
});

afterAll(async () => {
  cache.remove();
  await stopSnarkjs();
});

describe("the development setup, checked by snarkjs", () => {
  it("has powers of tau that pass powersoftau verify", async () => {
    expect(await powersOfTau.verify(ptau)).toBe(true);
  });

  it("has a key that passes zkey verify against circuit and powers of tau", async () => {
    expect(await zKey.verifyFromR1cs(circuit.r1cs, ptau, key.zkey)).toBe(true);
  });

  it("fails zkey verify when one byte of the H points is changed", async () => {
    const bytes = readFileSync(key.zkey);
    // The last section holds the contribution; 2,000 bytes before the end is in section 9.
    bytes[bytes.length - 2_000]! ^= 1;
    await expect(verifyQuietly(circuit.r1cs, ptau, bytes)).resolves.toBe(false);
  });

  it("has a key that proves, and the proof verifies with its verification key", async () => {
    const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
    const { proof, publicSignals } = await groth16.prove(key.zkey, witness);
    const vkey: unknown = JSON.parse(readFileSync(key.vkey, "utf8"));
    expect(publicSignals[1]).toBe("200");
    expect(await groth16.verify(vkey, publicSignals, proof)).toBe(true);
    expect(await groth16.verify(vkey, [publicSignals[0]!, "199"], proof)).toBe(false);
  });

  it("exports the verification key that snarkjs exports", async () => {
    const theirs = await zKey.exportVerificationKey(key.zkey);
    const ours = JSON.parse(readFileSync(key.vkey, "utf8")) as Record<string, unknown>;
    delete (theirs as Partial<typeof theirs>).vk_alphabeta_12;
    const { development, ...rest } = ours;
    expect(development).toBe(true);
    expect(rest).toEqual(theirs);
  });

  it("can be contributed to, and the result verifies", async () => {
    const next = join(cache.directory, "next.zkey");
    await zKey.contribute(key.zkey, next, "second", "entropy of a test");
    expect(await zKey.verifyFromR1cs(circuit.r1cs, ptau, next)).toBe(true);
  });
});

describe("the development setup", () => {
  it("gives the same bytes when it is made again", async () => {
    const first = { zkey: fileSha256(key.zkey), vkey: fileSha256(key.vkey), ptau: fileSha256(ptau) };
    const second = temporaryCache();
    try {
      cpSync(circuit.directory, join(second.directory, "circuit"), { recursive: true });
      const copy = { ...circuit, directory: join(second.directory, "circuit") };
      rmSync(join(copy.directory, basename(dirname(key.zkey))), { recursive: true });
      const again = await developmentKey(copy);
      const ptauAgain = await developmentPtau(circuit.statistics.domainPower);
      expect({ zkey: fileSha256(again.zkey), vkey: fileSha256(again.vkey), ptau: fileSha256(ptauAgain) }).toEqual(first);
      expect(again.hashes).toEqual(key.hashes);
    } finally {
      second.remove();
      process.env.ZKMARGIN_CACHE = cache.directory;
    }
  });

  it("gives the same bytes by the native engine and by WASM", async () => {
    expect(setupEngine()).toBeDefined();
    process.env.ZKMARGIN_BACKEND = "snarkjs";
    try {
      expect(setupEngine()).toBeUndefined();
      const zkey = join(cache.directory, "wasm.zkey");
      await writeDevelopmentZkey(zkey, readR1cs(circuit.r1cs), circuit.r1csSha256);
      // Large enough for several chunks of points, and for a hash state that holds bytes of earlier ones.
      const [wasm, engine] = [join(cache.directory, "wasm.ptau"), join(cache.directory, "engine.ptau")];
      await writeDevelopmentPtau(wasm, 12);
      delete process.env.ZKMARGIN_BACKEND;
      await writeDevelopmentPtau(engine, 12);
      expect(fileSha256(zkey)).toBe(fileSha256(key.zkey));
      expect(fileSha256(wasm)).toBe(fileSha256(engine));
    } finally {
      delete process.env.ZKMARGIN_BACKEND;
    }
  });

  it("marks the verification key and the manifest, and reports progress up to the end", async () => {
    expect(JSON.parse(readFileSync(key.vkey, "utf8"))).toMatchObject({ development: true, nPublic: 2 });
    expect(JSON.parse(readFileSync(join(key.zkey, "../key.json"), "utf8"))).toMatchObject({ development: true, name: "small" });

    const seen: Progress[] = [];
    rmSync(dirname(key.zkey), { recursive: true });
    await developmentKey(circuit, (progress) => seen.push(progress));
    expect(seen[0]).toMatchObject({ stage: "proving key", fraction: 0 });
    expect(seen.at(-1)?.fraction).toBe(1);
  });
});

describe("opening a development key", () => {
  it("refuses a file that was changed after it was built", async () => {
    await expect(openDevelopmentKey(circuit, key)).resolves.toMatchObject({ development: true });
    const bytes = readFileSync(key.zkey);
    bytes[bytes.length - 2_000]! ^= 1;
    const path = join(cache.directory, "changed.zkey");
    writeFileSync(path, bytes);
    await expect(openDevelopmentKey(circuit, { ...key, zkey: path })).rejects.toThrow(KeyError);
  });
});

// snarkjs reports what is wrong on the console or by an exception, according to which check fails first.
async function verifyQuietly(r1cs: string, powers: string, zkey: Uint8Array): Promise<boolean> {
  try {
    return await zKey.verifyFromR1cs(r1cs, powers, zkey);
  } catch {
    return false;
  }
}
