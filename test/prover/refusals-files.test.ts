/**
 * Truncated and bit-flipped texts of proofs and verification keys, before the readers and the verification that follow them. The statement is made from a
 * key of known secrets, for the seven public signals of the margin circuit.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { fromSnarkjsProof, verifyProof } from "../../prover/proof.js";
import { formatProofFile, parseProofFile } from "../../prover/proof-file.js";
import { checkVerificationKey, isDevelopmentKey, keyHash, parseVerificationKey, type VerificationKey, verificationKeyJson } from "../../prover/verification-key.js";
import { tauSecrets } from "../../prover/development-setup/toxic-waste.js";
import { type PublicSignals, listPublicSignals } from "../../src/witness/public-signals.js";
import { groth16Simulator } from "../relayer/groth16-simulator.js";
import { seededRandom } from "../support/random.js";

const SIGNALS = 7;
const PUBLIC_SIGNALS: PublicSignals = {
  healthy: 1n, disclosedRequirement: 90_000_000n, disclosedEquity: (1n << 100n) + 12n, portfolioCommitment: 77n << 240n, riskRoot: 99n << 240n, context: 55n << 240n,
  factor: 65_536n, disclose: 3n, collateral: 200_000_000n,
};

let key: VerificationKey;
let keyText: string;
let proofText: string;

beforeAll(async () => {
  const simulator = await groth16Simulator(SIGNALS);
  key = parseVerificationKey({ ...simulator.verificationKey, development: true });
  keyText = JSON.stringify(verificationKeyJson(key), undefined, 2);
  const proof = fromSnarkjsProof(simulator.prove(listPublicSignals(PUBLIC_SIGNALS), "of a file"));
  proofText = formatProofFile({ tier: "S", keyHash: keyHash(key), development: true, publicSignals: PUBLIC_SIGNALS, proof });
});

/** As `zkmargin verify` does with a proof file: the error's name, or what differs, or "valid". */
async function proofVerdict(text: string): Promise<string> {
  try {
    const file = parseProofFile(text);
    if (file.tier !== "S") return "another tier";
    if (file.keyHash !== keyHash(key)) return "another key";
    return (await verifyProof(key, file.proof, listPublicSignals(file.publicSignals))) ? "valid" : "invalid";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** The error's name, or "loaded" with the key. */
async function keyVerdict(text: string): Promise<{ verdict: string; loaded?: VerificationKey }> {
  try {
    const loaded = parseVerificationKey(JSON.parse(text));
    await checkVerificationKey(loaded, SIGNALS);
    return { verdict: "loaded", loaded };
  } catch (error) {
    return { verdict: error instanceof Error ? error.name : String(error) };
  }
}

function flipped(text: string, at: number, bit: number): string {
  const bytes = Buffer.from(text);
  bytes[at]! ^= 1 << bit;
  return bytes.toString("utf8");
}

describe("a proof file", () => {
  it("is valid as it is", async () => {
    expect(await proofVerdict(proofText)).toBe("valid");
  });

  it("is refused by name wherever it is cut off", async () => {
    // The last byte ends the last line, after everything.
    for (let length = 0; length < proofText.length - 1; length++) expect(await proofVerdict(proofText.slice(0, length)), `${length} bytes`).toBe("ProofFileError");
  });

  it("is refused with any bit flipped, of the tier and the key that it names too", async () => {
    const random = seededRandom(61);
    const outcomes = new Set<string>();
    for (let count = 0; count < 1_000; count++) {
      const at = random.integer(0, proofText.length - 1);
      const bit = random.integer(0, 7);
      const verdict = await proofVerdict(flipped(proofText, at, bit));
      expect(["ProofFileError", "ProofFormatError", "PublicSignalsError", "another tier", "another key", "invalid"], `bit ${bit} of byte ${at}`).toContain(verdict);
      outcomes.add(verdict);
    }
    expect(outcomes).toContain("invalid");
    expect(outcomes).toContain("ProofFileError");
  });
});

describe("a verification key's file", () => {
  it("is loaded as it is", async () => {
    expect((await keyVerdict(keyText)).verdict).toBe("loaded");
  });

  it("is refused wherever it is cut off", async () => {
    for (let length = 0; length < keyText.length; length++) expect((await keyVerdict(keyText.slice(0, length))).verdict, `${length} bytes`).toBe("SyntaxError");
  });

  it("is refused without any one of its lines", async () => {
    const lines = keyText.split("\n");
    for (let at = 0; at < lines.length; at++) {
      if (lines[at]!.includes('"development"')) continue;
      // What is left is made JSON again, as an editor would.
      const left = lines.filter((_, index) => index !== at).join("\n").replace(/,(\s*[\]}])/g, "$1");
      expect(["SyntaxError", "VerificationKeyError"], lines[at]).toContain((await keyVerdict(left)).verdict);
    }
  });

  it("is refused with any bit flipped, but for the name of its mark", async () => {
    const random = seededRandom(62);
    const mark = keyText.indexOf('"development"');
    const inMark = (at: number): boolean => at > mark && at < mark + '"development'.length;
    const places = Array.from({ length: 700 }, () => [random.integer(0, keyText.length - 1), random.integer(0, 7)] as const);
    for (const [at, bit] of [...places, [mark + 1, 0], [mark + 11, 1]] as const) {
      const { verdict, loaded } = await keyVerdict(flipped(keyText, at, bit));
      if (verdict !== "loaded") {
        expect(["SyntaxError", "VerificationKeyError"], `bit ${bit} of byte ${at}`).toContain(verdict);
        continue;
      }
      expect(inMark(at), `bit ${bit} of byte ${at}`).toBe(true);
      expect({ ...loaded, development: true }).toEqual(key);
    }
  });

  it("has a mark that need not be believed: the development keys are told by their alpha", async () => {
    const { alpha } = tauSecrets();
    const { g1 } = await groth16Simulator(SIGNALS);
    const unmarked = JSON.parse(keyText.replace('"development"', '"eevelopment"')) as object;
    expect(await isDevelopmentKey(parseVerificationKey(unmarked))).toBe(false);
    expect(await isDevelopmentKey(parseVerificationKey({ ...unmarked, vk_alpha_1: g1(alpha) }))).toBe(true);
  });
});
