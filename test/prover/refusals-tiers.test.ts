/**
 * Keys, witnesses and circuits of the real tiers S and M in each other's place, and a damaged key of tier S, by both backends and the engine's program.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { groth16 } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeBackend } from "../../prover/backends/native.js";
import { readNativeBuild } from "../../prover/backends/native-engine.js";
import { snarkjsBackend, startSnarkjs, stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { KeyError, loadKey } from "../../prover/keys.js";
import { proveMargin, type TierKey } from "../../prover/prove-margin.js";
import { toSnarkjsProof, verifyProof } from "../../prover/proof.js";
import { createProver, ProverError } from "../../prover/prover.js";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { openTierKey, tierOf } from "../../src/cli/tier-key.js";
import { hashPayload } from "../../src/risk/instrument-tree.js";
import { FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { prepareProof, type PreparedProof } from "../../src/witness/circuit-input.js";
import { PUBLIC_SIGNALS } from "../../src/witness/public-signals.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import { readZkeyLayout, sectionOf } from "../support/zkey-layout.js";

const TIERS = ["S", "M"] as const;
type Tier = (typeof TIERS)[number];
const MIXED = [["S", "M"], ["M", "S"]] as const;
const BACKENDS = { native: () => nativeBackend(), snarkjs: () => snarkjsBackend() } as const;
const WITNESS_VALUES = 76;

const payload = randomPayload(seededRandom(32), { assets: [1, 1], instrumentsPerBucket: 6, size: 1n << 16n });
const tree = hashPayload(payload);
const { byId } = indexInstruments(payload);
const book = canonicalPortfolio(1n << 45n, [1, 2, 7, 9].map((id) => ({ location: byId.get(id)!, quantity: id % 2 === 0 ? 40n : -30n })));

let folder: string;
const keys = {} as Record<Tier, TierKey>;
const prepared = {} as Record<Tier, PreparedProof>;
const witnesses = {} as Record<Tier, Uint8Array>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zkmargin-tiers-"));
  const statement = { context: 5n, factor: FACTOR_ONE, collateral: 7_000n, disclose: { requirement: true, equity: true } };
  for (const tier of TIERS) {
    keys[tier] = await openTierKey(tier);
    prepared[tier] = prepareProof(payload, tree, book, 13n, statement, tierOf(tier));
    witnesses[tier] = await calculateWitness(keys[tier].circuit.wasm, prepared[tier].input);
  }
  await startSnarkjs();
});

afterAll(async () => {
  await stopSnarkjs();
  rmSync(folder, { recursive: true, force: true });
});

const vkeyPath = (tier: Tier): string => join(dirname(keys[tier].key.zkeyPath), "development.vkey.json");

async function refusal(call: Promise<unknown>): Promise<Error> {
  const error: unknown = await call.then(() => undefined, (caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

/** Exit code, standard error, and the files that are left. */
function program(zkey: string, witness: Uint8Array): Promise<{ code: unknown; stderr: string; files: readonly string[] }> {
  const build = readNativeBuild();
  const run = mkdtempSync(join(folder, "run-"));
  writeFileSync(join(run, "witness.wtns"), witness);
  return new Promise((resolve) => {
    execFile(build.status === "built" ? build.program : "", [zkey, "witness.wtns", "proof.json", "public.json"], { cwd: run }, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr, files: readdirSync(run).filter((name) => name !== "witness.wtns") }));
  });
}

describe("mixed tiers", () => {
  it("have the same public signals and sizes of their own, so that nothing but the key tells their proofs apart", () => {
    const publicWires = (tier: Tier): string => Buffer.from(witnesses[tier].subarray(WITNESS_VALUES, WITNESS_VALUES + 32 * (PUBLIC_SIGNALS.length + 1))).toString("hex");
    expect(publicWires("S")).toBe(publicWires("M"));
    expect(keys.S.key.wires).not.toBe(keys.M.key.wires);
  });

  it.each(MIXED)("the key of %s with the witness of %s is refused by every path with both sizes", async (keyTier, witnessTier) => {
    const { key } = keys[keyTier];
    const sizes = `${keys[witnessTier].key.wires} wires, the key is for a circuit of ${key.wires}`;
    for (const [name, backend] of Object.entries(BACKENDS)) {
      const error = await refusal(createProver(backend()).prove(key, witnesses[witnessTier]));
      expect([error instanceof ProverError, error.message], name).toEqual([true, expect.stringContaining(sizes)]);
      const whole = await refusal(proveMargin(createProver(backend()), { ...keys[witnessTier], key }, prepared[witnessTier]));
      expect([whole instanceof ProverError, whole.message], name).toEqual([true, expect.stringContaining(sizes)]);
    }
    expect(await program(key.zkeyPath, witnesses[witnessTier])).toEqual({ code: 1, stderr: expect.stringContaining(sizes) as string, files: [] });
  });

  it.each(MIXED)("the proving key of %s with the verification key of %s is refused before anything is proven", async (zkeyTier, vkeyTier) => {
    for (const backend of ["native", "snarkjs"]) {
      process.env["ZKMARGIN_BACKEND"] = backend;
      try {
        const error = await refusal(loadKey(keys[zkeyTier].key.zkeyPath, vkeyPath(vkeyTier), PUBLIC_SIGNALS.length));
        expect([error instanceof KeyError, error.message], backend).toEqual([true, expect.stringMatching(/it does not belong to the verification key/)]);
      } finally {
        delete process.env["ZKMARGIN_BACKEND"];
      }
    }
  });

  it.each(MIXED)("a key of %s is not opened as one of a ceremony for tier %s", async (given, tier) => {
    const error = await refusal(openTierKey(tier, keys[given].key));
    expect([error.name, error.message]).toEqual(["InputError", expect.stringContaining(`is for a circuit of ${keys[given].key.wires} wires, tier ${tier} has ${keys[tier].key.wires}`)]);
  });

  it.each(MIXED)("a proof of %s does not verify under the key of %s, neither here nor by snarkjs, nor leaves a prover with it", async (proven, verifying) => {
    const { proof, publicSignals } = await createProver(nativeBackend()).prove(keys[proven].key, witnesses[proven]);
    const verdicts = async (tier: Tier) => [
      await verifyProof(keys[tier].key.verificationKey, proof, publicSignals),
      await groth16.verify(verificationKeyJson(keys[tier].key.verificationKey), publicSignals.map(String), toSnarkjsProof(proof)),
    ];
    expect([await verdicts(proven), await verdicts(verifying)]).toEqual([[true, true], [false, false]]);
    const mixing = createProver({ name: "mixing", prove: () => Promise.resolve({ proof, publicSignals }) });
    expect((await refusal(mixing.prove(keys[verifying].key, witnesses[verifying]))).message).toMatch(/does not verify/);
  });
});

// The small circuit's goes through snarkjs too, in refusals-keys.test.ts.
describe("the witness of tier S", () => {
  it("with public signals exchanged, or one of another statement, is not proven by the engine or its program", async () => {
    const value = (index: number): [number, number] => [WITNESS_VALUES + 32 * index, WITNESS_VALUES + 32 * (index + 1)];
    const exchanged = (one: number, two: number): Buffer => {
      const bytes = Buffer.from(witnesses.S);
      bytes.set(witnesses.S.subarray(...value(one)), value(two)[0]);
      bytes.set(witnesses.S.subarray(...value(two)), value(one)[0]);
      return bytes;
    };
    const changed = Buffer.from(witnesses.S);
    changed[value(6)[0]]! ^= 1;
    const pairs = PUBLIC_SIGNALS.flatMap((_, one) => PUBLIC_SIGNALS.slice(one + 1).map((__, more) => [one + 1, one + 2 + more] as const));
    const different = pairs.filter(([one, two]) => !Buffer.from(witnesses.S.subarray(...value(one))).equals(Buffer.from(witnesses.S.subarray(...value(two)))));
    expect(different.length).toBeGreaterThanOrEqual(pairs.length - 1);
    for (const [one, two] of different) {
      expect((await refusal(createProver(nativeBackend()).prove(keys.S.key, exchanged(one, two)))).name, `${one} and ${two}`).toBe("ProverError");
    }
    for (const witness of [exchanged(4, 5), changed]) {
      expect((await refusal(createProver(nativeBackend()).prove(keys.S.key, witness))).name).toBe("ProverError");
      expect(await program(keys.S.key.zkeyPath, witness)).toEqual({ code: 1, stderr: expect.stringMatching(/does not verify/) as string, files: [] });
    }
  });
});

describe("a damaged key of tier S", () => {
  it("gives no proof by the engine wherever a bit of its points or coefficients is flipped, nor by snarkjs", async () => {
    const zkey = readFileSync(keys.S.key.zkeyPath);
    const layout = readZkeyLayout(zkey);
    const path = join(folder, "damaged.zkey");
    // The constant one is a wire that is never zero; of C, whose points begin with the private wires, the first that is not.
    const firstPrivate = PUBLIC_SIGNALS.length + 1;
    let wire = firstPrivate;
    while (witnesses.S.subarray(WITNESS_VALUES + 32 * wire, WITNESS_VALUES + 32 * wire + 32).every((byte) => byte === 0)) wire++;
    const places = [
      ["coefficient", sectionOf(layout, 4).offset + 4 + 12], ["A", sectionOf(layout, 5).offset], ["B1", sectionOf(layout, 6).offset + 33],
      ["B2", sectionOf(layout, 7).offset + 70], ["C", sectionOf(layout, 8).offset + 64 * (wire - firstPrivate) + 5], ["H", sectionOf(layout, 9).offset + 64 * 999],
    ] as const;
    for (const [name, at] of places) {
      const bytes = Buffer.from(zkey);
      bytes[at]! ^= 4;
      rmSync(path, { force: true });
      writeFileSync(path, bytes);
      const key = await loadKey(path, vkeyPath("S"), PUBLIC_SIGNALS.length);
      expect((await refusal(createProver(nativeBackend()).prove(key, witnesses.S))).name, name).toBe("ProverError");
      if (name === "H") expect((await refusal(createProver(snarkjsBackend()).prove(key, witnesses.S))).message, name).toMatch(/does not verify/);
    }
  });
});
