import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit, type CompiledCircuit } from "../../prover/artifacts.js";
import { snarkjsBackend, stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { applyBeacon, CeremonyError, contribute, exportVerificationKey, readContributions, startCeremony, verifyCeremony } from "../../prover/ceremony.js";
import { developmentPtau } from "../../prover/development-setup/development-key.js";
import { KeyError, loadKey } from "../../prover/keys.js";
import { createProver } from "../../prover/prover.js";
import { VerificationKeyError } from "../../prover/verification-key.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { SMALL_CIRCUIT, SMALL_INPUT, SMALL_PUBLIC_SIGNALS, temporaryCache } from "./fixtures/small-circuit.js";

const ENTROPY = "a long enough text of a contributor";
const BEACON = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";

let cache: ReturnType<typeof temporaryCache>;
let circuit: CompiledCircuit;
let ptau: string;
let published: readonly string[];
const file = (name: string): string => join(cache.directory, name);

beforeAll(async () => {
  cache = temporaryCache();
  circuit = await compileCircuit(SMALL_CIRCUIT);
  // Larger than the circuit needs, as a real file may be.
  ptau = await developmentPtau(circuit.statistics.domainPower + 1);
  await startCeremony(circuit.r1cs, ptau, file("0.zkey"));
  published = [
    await contribute(file("0.zkey"), file("1.zkey"), "first", ENTROPY),
    await applyBeacon(file("1.zkey"), file("final.zkey"), "a block hash", BEACON),
  ];
});

afterAll(async () => {
  cache.remove();
  await stopSnarkjs();
});

describe("a ceremony", () => {
  it("goes from powers of tau over a contribution and a beacon to a key that proves", async () => {
    expect(await verifyCeremony(circuit.r1cs, ptau, file("final.zkey"))).toBe(true);
    const exported = await exportVerificationKey(file("final.zkey"), file("vkey.json"), SMALL_PUBLIC_SIGNALS);
    const key = await loadKey(file("final.zkey"), file("vkey.json"), SMALL_PUBLIC_SIGNALS);
    expect(key.hash).toBe(exported.keyHash);
    const { publicSignals } = await createProver(snarkjsBackend()).prove(key, await calculateWitness(circuit.wasm, SMALL_INPUT));
    expect(publicSignals[1]).toBe(200n);
  });

  it("has a transcript with the hashes that its contributors were given", async () => {
    expect(await readContributions(file("0.zkey"))).toEqual([]);
    expect(await readContributions(file("final.zkey"))).toEqual([
      { name: "first", beacon: false, hash: published[0] },
      { name: "a block hash", beacon: true, hash: published[1] },
    ]);
  });

  it("on powers of tau of known secrets leaves a development key, whoever contributed", async () => {
    const { development } = await exportVerificationKey(file("final.zkey"), file("again.json"), SMALL_PUBLIC_SIGNALS);
    expect(development).toBe(true);
    expect(JSON.parse(readFileSync(file("again.json"), "utf8"))).toMatchObject({ development: true });
  });

  it("exports no key before the first contribution", async () => {
    await expect(exportVerificationKey(file("0.zkey"), file("0.json"), SMALL_PUBLIC_SIGNALS)).rejects.toThrow(VerificationKeyError);
    expect(existsSync(file("0.json"))).toBe(false);
  });

  it("never writes over a file", async () => {
    const before = readFileSync(file("1.zkey"));
    await expect(contribute(file("0.zkey"), file("1.zkey"), "second", ENTROPY)).rejects.toThrow(CeremonyError);
    await expect(applyBeacon(file("0.zkey"), file("1.zkey"), "beacon", BEACON)).rejects.toThrow(CeremonyError);
    await expect(startCeremony(circuit.r1cs, ptau, file("1.zkey"))).rejects.toThrow(CeremonyError);
    expect(readFileSync(file("1.zkey")).equals(before)).toBe(true);
  });

  it("refuses little entropy without repeating it, and a beacon that is no hexadecimal", async () => {
    const refused = contribute(file("0.zkey"), file("2.zkey"), "second", "tooshortsecret");
    await expect(refused).rejects.toThrow(/14 characters, must have at least 32/);
    await expect(refused).rejects.not.toThrow(/tooshortsecret/);
    await expect(applyBeacon(file("0.zkey"), file("2.zkey"), "beacon", "xyz")).rejects.toThrow(CeremonyError);
    expect(existsSync(file("2.zkey"))).toBe(false);
  });

  it("refuses a key that is no whole one by a typed error, and leaves nothing where the next one was to be", async () => {
    const whole = readFileSync(file("0.zkey"));
    for (const [name, bytes, message] of [["empty", whole.subarray(0, 0), "shorter than its header"], ["short", whole.subarray(0, whole.length - 9), "inside section"]] as const) {
      writeFileSync(file(`${name}.zkey`), bytes);
      const steps = [
        () => contribute(file(`${name}.zkey`), file("next.zkey"), "n", ENTROPY),
        () => applyBeacon(file(`${name}.zkey`), file("next.zkey"), "n", BEACON),
        () => verifyCeremony(circuit.r1cs, ptau, file(`${name}.zkey`)),
        () => exportVerificationKey(file(`${name}.zkey`), file("next.zkey"), SMALL_PUBLIC_SIGNALS),
      ];
      for (const step of steps) {
        const error = await step().then(() => undefined, (thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(KeyError);
        expect(String(error)).toContain(message);
      }
    }
    await expect(contribute(file("absent.zkey"), file("next.zkey"), "n", ENTROPY)).rejects.toThrow("absent.zkey does not exist");
    expect(readdirSync(cache.directory).filter((name) => name.includes("next"))).toEqual([]);
  });

  it("shows a step's key under its name only when it is whole", async () => {
    const seen: string[][] = [];
    const watch = setInterval(() => seen.push(readdirSync(cache.directory).filter((name) => name === "slow.zkey")), 1);
    await contribute(file("0.zkey"), file("slow.zkey"), "n", ENTROPY).finally(() => clearInterval(watch));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.flat()).toEqual([]);
    expect(await readContributions(file("slow.zkey"))).toHaveLength(1);
    expect(readdirSync(cache.directory).filter((name) => name.startsWith(".slow"))).toEqual([]);
  });

  it("refuses powers of tau that are too small", async () => {
    const small = await developmentPtau(4);
    await expect(startCeremony(circuit.r1cs, small, file("small.zkey"))).rejects.toThrow(/too small|needs at least 9/);
    expect(existsSync(file("small.zkey"))).toBe(false);
  });
});
