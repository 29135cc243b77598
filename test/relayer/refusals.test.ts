/**
 * The same corrupted proofs, public signals and verification keys before every verifier: snarkjs, the prover that either backend's proofs must pass, the
 * contracts' library, and the relayer with the deployed verifier. Statement and keys are those of the real tiers S and M.
 */
import { Contract, dataLength, dataSlice, encodeBytes32String, type HDNodeWallet, Interface, type JsonRpcProvider, ZeroAddress } from "ethers";
import { readFileSync } from "node:fs";
import { groth16 } from "snarkjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCircuit } from "../../prover/artifacts.js";
import { nativeBackend } from "../../prover/backends/native.js";
import { snarkjsBackend, startSnarkjs, stopSnarkjs } from "../../prover/backends/snarkjs.js";
import { developmentKey } from "../../prover/development-setup/development-key.js";
import { proveMargin, type TierKey } from "../../prover/prove-margin.js";
import { snarkjsForm } from "../../prover/proof-file.js";
import { fromSnarkjsProof, verifyProof } from "../../prover/proof.js";
import { createProver, type ProverBackend } from "../../prover/prover.js";
import { checkVerificationKey, keyHash, parseVerificationKey, verificationKeyJson, type VerificationKeyJson } from "../../prover/verification-key.js";
import { calculateWitness } from "../../prover/witness-calculator.js";
import { openTierKey, tierOf } from "../../src/cli/tier-key.js";
import { P } from "../../src/math/field.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import { deploy, deployProtocol } from "../../src/relayer/deploy.js";
import { MARGIN_VERIFIER_ABI } from "../../src/relayer/generated/contract-abi.js";
import { localDeployOptions } from "../../src/relayer/local-protocol.js";
import { marginProof, prepareAttestation, type PreparedProof } from "../../src/relayer/margin-client.js";
import { ContractRefusedError, contractRevert } from "../../src/relayer/transaction.js";
import { hashPayload } from "../../src/risk/instrument-tree.js";
import { FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio, portfolioCommitment } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { SMALL_CIRCUIT, SMALL_INPUT, temporaryCache } from "../prover/fixtures/small-circuit.js";
import { COORDINATES, type Damage, type KeyDamage, replaced, statementCases, verificationKeyCases, type Statement } from "../support/corruptions.js";
import { deployGroth16Harness } from "../support/groth16-harness.js";
import { GENESIS, startProtocol, type ProtocolChain } from "../support/protocol.js";
import { groth16Simulator, power, scalarOf } from "./groth16-simulator.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";
import { readZkeyLayout, sectionOf } from "../support/zkey-layout.js";

const SALT = 246_813_579n;
const SIGNALS = 7;
const PROVERS: readonly (() => ProverBackend)[] = [snarkjsBackend, nativeBackend];

const payload = randomPayload(seededRandom(31), { assets: [1, 1], instrumentsPerBucket: 6, size: 1n << 16n });
const tree = hashPayload(payload);
const { byId } = indexInstruments(payload);
const book = canonicalPortfolio(1n << 45n, [1, 2, 7, 9].map((id) => ({ location: byId.get(id)!, quantity: id % 2 === 0 ? 40n : -30n })));
const terms = { factor: FACTOR_ONE, collateral: 5_000_000_000n };

let chain: ProtocolChain;
let provider: JsonRpcProvider;
let holder: HDNodeWallet;
let library: Contract;
let prepared: PreparedProof;
const keys = new Map<string, TierKey>();
/** Of one request, by who proved it. */
const statements = new Map<string, Statement>();
let another: Statement;
let ofTierM: Statement;

const vkeyOf = (tier: string): VerificationKeyJson => verificationKeyJson(keys.get(tier)!.key.verificationKey);

beforeAll(async () => {
  for (const tier of ["S", "M"]) keys.set(tier, await openTierKey(tier));
  chain = await startProtocol({ tiers: tiersWith(vkeyOf("S")) });
  ({ provider, holder } = chain);
  library = await deployGroth16Harness(chain.owner);
  await chain.publish(tree.riskRoot, BigInt(payload.epoch));
  await chain.register(holder.address, portfolioCommitment(book, SALT));
  const demand = { account: holder.address, action: encodeBytes32String("withdraw"), amount: 1_000n, healthy: true, disclose: 3n, collateral: terms.collateral, ratio: FACTOR_ONE };
  prepared = await prepareAttestation(provider, chain.deployment.addresses.MarginVerifier, holder.address, demand, { tier: "S", deadline: BigInt(GENESIS) + 86_400n });

  await startSnarkjs();
  for (const backend of PROVERS.map((make) => make())) statements.set(backend.name, await prove("S", backend));
  ofTierM = await prove("M", nativeBackend());
  another = await prove("S", nativeBackend(), { context: prepared.context + 1n, salt: SALT + 1n });
});

afterAll(async () => {
  await stopSnarkjs();
  await chain?.stop();
});

function tiersWith(vkey: VerificationKeyJson) {
  return [{ tier: "S", vkey, development: true }];
}

async function prove(tier: string, backend: ProverBackend, { context = prepared.context, salt = SALT } = {}): Promise<Statement> {
  const statement = { ...terms, context, disclose: { requirement: true, equity: true } };
  return snarkjsForm(await proveMargin(createProver(backend), keys.get(tier)!, prepareProof(payload, tree, book, salt, statement, tierOf(tier))));
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));

/** snarkjs as a third party runs it. */
async function snarkjsVerdict(vkey: VerificationKeyJson, { proof, publicSignals }: Statement): Promise<string> {
  try {
    return String(await groth16.verify(vkey, publicSignals, proof));
  } catch {
    return "throws";
  }
}

/** What comes out of a prover whose backend computed this. */
async function proverVerdict(backend: string, { proof, publicSignals }: Statement): Promise<string> {
  try {
    const unchecked = { proof: fromSnarkjsProof(proof), publicSignals: publicSignals.map(BigInt) };
    await createProver({ name: backend, prove: () => Promise.resolve(unchecked) }).prove(keys.get("S")!.key, new Uint8Array());
    return "proven";
  } catch (error) {
    return nameOf(error);
  }
}

/** A word of calldata: of an integer below 0 or of more than 256 bits, the last 256. */
const word = (text: string | undefined): bigint => BigInt.asUintN(256, BigInt(text!));

/** In the order of the library, by no code of the relayer's. */
function rawWords(vkey: VerificationKeyJson): bigint[] {
  const g2 = [vkey.vk_beta_2, vkey.vk_gamma_2, vkey.vk_delta_2].flatMap(([x, y]) => [x![1], x![0], y![1], y![0]]);
  return [...vkey.vk_alpha_1.slice(0, 2), ...g2, ...vkey.IC.flatMap(([x, y]) => [x, y])].map(word);
}

async function libraryVerdict(words: readonly bigint[], { proof, publicSignals }: Statement): Promise<string> {
  try {
    const { pi_a: a, pi_b: b, pi_c: c } = proof;
    const solidity = { a: [word(a[0]), word(a[1])], b: [word(b[0]![1]), word(b[0]![0]), word(b[1]![1]), word(b[1]![0])], c: [word(c[0]), word(c[1])] };
    return String(await library.getFunction("verify")(words, solidity, publicSignals.map(word)));
  } catch (error) {
    return revertName(error);
  }
}

/** What the relayer would send, or its refusal; then the deployed verifier's answer. */
async function relayerVerdict(statement: Statement): Promise<string> {
  const verifier = new Contract(chain.deployment.addresses.MarginVerifier, MARGIN_VERIFIER_ABI, provider);
  try {
    await verifier.getFunction("preview")(holder.address, prepared.demand, marginProof(prepared, statement));
    return "attested";
  } catch (error) {
    return revertName(error);
  }
}

function revertName(error: unknown): string {
  const revert = (error instanceof ContractRefusedError ? error.revert : contractRevert(error)) ?? (error as { revert?: { name: string; args: unknown[] } | null }).revert;
  if (revert == null) return nameOf(error);
  return revert.name === "PrecompileFailed" ? `PrecompileFailed(${String(revert.args[0])})` : revert.name;
}

/** What each verifier answers to a kind of damage; where it depends on the case, one of several. */
interface Answers {
  /** Left out where it takes other texts than ours, or other values as long as they are the same modulo the field. */
  readonly snarkjs?: readonly string[];
  readonly prover: string;
  /** Left out where there are no words that could be sent. */
  readonly library?: string;
  readonly relayer: readonly string[];
}

const ANSWERS: Readonly<Record<Damage, Answers>> = {
  text: { prover: "ProofFormatError", relayer: ["ProofEncodingError"] },
  point: { snarkjs: ["false"], prover: "ProverError", library: "false", relayer: ["InvalidProof"] },
  twist: { snarkjs: ["false"], prover: "ProverError", library: "PrecompileFailed(8)", relayer: ["PrecompileFailed(8)"] },
  coordinate: { prover: "ProverError", library: "false", relayer: ["ProofEncodingError"] },
  infinity: { snarkjs: ["false"], prover: "ProverError", library: "false", relayer: ["InvalidProof"] },
  // What the contract computes itself is compared before it is sent; the answer with the demanded one; what else the prover chooses the pairing refuses.
  signals: { snarkjs: ["false"], prover: "ProverError", library: "false", relayer: ["SignalMismatchError", "PublicSignalsError", "HealthMismatch", "InvalidProof"] },
  field: { snarkjs: ["false"], prover: "ProverError", library: "SignalNotInField", relayer: ["ProofEncodingError"] },
  count: { snarkjs: ["false", "throws"], prover: "ProverError", library: "KeyLengthMismatch", relayer: ["SignalMismatchError"] },
};

const KEY_ANSWERS: Readonly<Record<KeyDamage, { readonly verifier: string; readonly library?: readonly string[]; readonly deployment?: readonly string[] }>> = {
  text: { verifier: "VerificationKeyError", deployment: ["ProofEncodingError"] },
  refused: {
    verifier: "VerificationKeyError", library: ["InvalidKeyPoint", "GammaEqualsDelta", "KeyLengthMismatch"],
    deployment: ["VerificationKeyError", "ProofEncodingError", "WrongSignalCountError"],
  },
  "another key": { verifier: "false", library: ["false"] },
  "same for signal 0 = 1": { verifier: "true", library: ["true"] },
};

/** The one where it is allowed, else what is expected, so that a mismatch shows both. */
const among = (allowed: readonly string[], verdict: string): string => (allowed.includes(verdict) ? verdict : allowed.join(" or "));

describe.each(["snarkjs", "native"])("a proof by %s", (backend) => {
  it("is accepted by every verifier as it is", async () => {
    const statement = statements.get(backend)!;
    expect(statement.publicSignals).toHaveLength(SIGNALS);
    expect([
      await snarkjsVerdict(vkeyOf("S"), statement), await proverVerdict(backend, statement), await libraryVerdict(rawWords(vkeyOf("S")), statement), await relayerVerdict(statement),
    ]).toEqual(["true", "proven", "true", "attested"]);
  });

  it("is refused by every verifier with anything wrong in it or in its public signals", async () => {
    const words = rawWords(vkeyOf("S"));
    const cases = statementCases(statements.get(backend)!, another, ofTierM.proof);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    for (const { name, damage, statement } of cases) {
      const answers = ANSWERS[damage];
      const snarkjs = answers.snarkjs === undefined ? undefined : await snarkjsVerdict(vkeyOf("S"), statement);
      const library = answers.library === undefined ? undefined : await libraryVerdict(words, statement);
      const relayer = await relayerVerdict(statement);
      expect({ snarkjs, prover: await proverVerdict(backend, statement), library, relayer }, name).toEqual({
        snarkjs: answers.snarkjs && among(answers.snarkjs, snarkjs!), prover: answers.prover, library: answers.library, relayer: among(answers.relayer, relayer),
      });
    }
  });
});

describe("a verification key", () => {
  it("is refused by every verifier with anything wrong in it, before anything is deployed; another key verifies nothing of this one's", async () => {
    const statement = statements.get("native")!;
    const sent = await provider.getTransactionCount(chain.owner);
    for (const { name, damage, vkey } of verificationKeyCases(vkeyOf("S"), vkeyOf("M"))) {
      const answers = KEY_ANSWERS[damage];
      const library = answers.library === undefined ? undefined : await libraryKeyVerdict(vkey, statement);
      const deployment = answers.deployment === undefined ? undefined : await deployVerdict(vkey);
      expect({ verifier: await keyVerdict(vkey, statement), library, deployment }, name).toEqual({
        verifier: answers.verifier, library: answers.library && among(answers.library, library!), deployment: answers.deployment && among(answers.deployment, deployment!),
      });
      // snarkjs looks at no key; it takes none for another either.
      if (damage === "another key") expect(await snarkjsVerdict(vkey, statement), name).toBe("false");
      if (damage === "another key" || damage === "same for signal 0 = 1") expect(keyHash(parseVerificationKey(vkey)), name).not.toBe(chain.deployment.tiers[0]!.keyHash);
    }
    expect(await provider.getTransactionCount(chain.owner)).toBe(sent);
  });

  it("is refused by the verifier's constructor too", async () => {
    const { MarginVerifier } = await compileContracts();
    const words = rawWords(vkeyOf("S"));
    const { RiskOracle, PortfolioRegistry, PolicyRegistry } = chain.deployment.addresses;
    for (const at of [0, 5, 8, 13, 14, 29]) {
      const flipped = words.with(at, words[at]! ^ 1n);
      const keyed = [[encodeBytes32String("M"), encodeBytes32String("S")], [rawWords(vkeyOf("M")), flipped]];
      const refusal: unknown = await deploy(chain.owner, MarginVerifier, [...keyed, RiskOracle, PortfolioRegistry, PolicyRegistry, ZeroAddress]).catch((error: unknown) => error);
      expect(revertName(refusal), `word ${at}`).toBe("InvalidKeyPoint");
    }
  });
});

describe("a single bit", () => {
  it("of a proof's coordinates is never without effect", async () => {
    const random = seededRandom(41);
    const words = rawWords(vkeyOf("S"));
    for (let count = 0; count < 120; count++) {
      const valid = statements.get(count % 2 === 0 ? "native" : "snarkjs")!;
      const place = random.pick(COORDINATES);
      const bit = random.integer(0, 255);
      const statement = { ...valid, proof: replaced(valid.proof, place, (text: string) => String(BigInt(text) ^ (1n << BigInt(bit)))) };
      const verdicts = [await snarkjsVerdict(vkeyOf("S"), statement), await proverVerdict("any", statement), await libraryVerdict(words, statement)];
      expect(verdicts, `bit ${bit} of ${place.join(".")}`).toEqual(["false", "ProverError", expect.stringMatching(/^(false|PrecompileFailed\(8\))$/)]);
    }
  });

  it("of a verification key's words is never without effect", async () => {
    const random = seededRandom(42);
    const valid = rawWords(vkeyOf("S"));
    const statement = statements.get("native")!;
    for (let count = 0; count < 80; count++) {
      const at = random.integer(0, valid.length - 1);
      const bit = random.integer(0, 255);
      const words = valid.with(at, valid[at]! ^ (1n << BigInt(bit)));
      const vkey = keyOf(words);
      const verdicts = [await snarkjsVerdict(vkey, statement), await keyVerdict(vkey, statement), await libraryKeyVerdict(vkey, statement)];
      expect(verdicts, `bit ${bit} of word ${at}`).toEqual(["false", "VerificationKeyError", "InvalidKeyPoint"]);
    }
  });
});

describe("what a backend computes from a damaged key or a wrong witness", () => {
  it("is no proof to the contracts' library either, were it let out unchecked", async () => {
    const cache = temporaryCache();
    try {
      const circuit = await compileCircuit(SMALL_CIRCUIT);
      const key = await developmentKey(circuit);
      const vkey = JSON.parse(readFileSync(key.vkey, "utf8")) as VerificationKeyJson;
      const zkey = readFileSync(key.zkey);
      const witness = await calculateWitness(circuit.wasm, SMALL_INPUT);
      const layout = readZkeyLayout(zkey);
      const answer = async (proving: Uint8Array, wires: Uint8Array): Promise<string> => libraryVerdict(rawWords(vkey), await groth16.prove(proving, wires));
      expect(await answer(zkey, witness)).toBe("true");
      // In the first record of each section: that of the constant one, in C of the first private wire, neither of which is zero.
      for (const id of [4, 5, 6, 7, 8, 9]) {
        const damaged = Buffer.from(zkey);
        damaged[sectionOf(layout, id).offset + (id === 4 ? 4 + 12 : 0)]! ^= 1;
        expect(["false", "PrecompileFailed(8)"], `section ${id}`).toContain(await answer(damaged, witness));
      }
      for (const at of [108, 140, witness.length - 32]) {
        const wrong = Buffer.from(witness);
        wrong[at]! ^= 1;
        expect(await answer(zkey, wrong), `byte ${at} of the witness`).toBe("false");
      }
    } finally {
      cache.remove();
    }
  });
});

describe("the relayer", () => {
  it.each(["", " 1", "1 ", "0x1", "01", "1e3", "-1", "1.0", "one", "1n"])("sends nothing for a public signal %j", (text) => {
    const { proof, publicSignals } = statements.get("native")!;
    for (let at = 0; at < SIGNALS; at++) {
      expect(() => marginProof(prepared, { proof, publicSignals: publicSignals.with(at, text) })).toThrow(new RegExp(`^publicSignals\\[${at}\\] is .* and must be a decimal integer$`));
    }
  });

  it("has calldata that the verifier takes whole or not at all", async () => {
    const verifier = new Interface(MARGIN_VERIFIER_ABI);
    const data = verifier.encodeFunctionData("preview", [holder.address, prepared.demand, marginProof(prepared, statements.get("native")!)]);
    const to = chain.deployment.addresses.MarginVerifier;
    await expect(provider.call({ to, data })).resolves.toMatch(/^0x/);
    for (const bytes of [0, 3, 4, 36, 100, dataLength(data) - 33, dataLength(data) - 32, dataLength(data) - 1]) {
      const refused = provider.call({ to, data: dataSlice(data, 0, bytes) });
      await expect(refused, `${bytes} bytes`).rejects.toMatchObject({ code: "CALL_EXCEPTION" });
    }
  });
});

describe("a point at infinity for which the equation holds, as a forger with the key's secrets could make it", () => {
  it("is refused as A by the verifiers here and the contracts', which snarkjs is not", async () => {
    const { verificationKey, g1, prove: simulate } = await groth16Simulator(2);
    const signals = [5n, 6n];
    const [alpha, beta, gamma, delta] = ["alpha", "beta", "gamma", "delta"].map(scalarOf) as [bigint, bigint, bigint, bigint];
    const x = (scalarOf("ic 0") + signals[0]! * scalarOf("ic 1") + signals[1]! * scalarOf("ic 2")) % P;
    // With a = 0: c delta = -(alpha beta + x gamma).
    const c = ((P - ((alpha * beta + x * gamma) % P)) * power(delta, P - 2n)) % P;
    const publicSignals = signals.map(String);
    const proof = { ...simulate(signals, "any"), pi_a: ["0", "0", "1"], pi_c: g1(c) };
    const infinite = { proof: { ...proof, pi_a: ["0", "1", "0"] }, publicSignals };
    expect(await snarkjsVerdict(verificationKey, infinite)).toBe("true");
    expect(await verifyProof(parseVerificationKey(verificationKey), fromSnarkjsProof(proof), signals)).toBe(false);
    expect(await libraryVerdict(rawWords(verificationKey), { proof, publicSignals })).toBe("false");
  });
});

/** What a verifier of this project says of the statement under a key that it is given. */
async function keyVerdict(vkey: VerificationKeyJson, { proof, publicSignals }: Statement): Promise<string> {
  try {
    const key = parseVerificationKey(vkey);
    await checkVerificationKey(key, SIGNALS);
    return String(await verifyProof(key, fromSnarkjsProof(proof), publicSignals.map(BigInt)));
  } catch (error) {
    return nameOf(error);
  }
}

/** What the constructor of the verifier says of the key, and if nothing, the library of the statement. */
async function libraryKeyVerdict(vkey: VerificationKeyJson, statement: Statement): Promise<string> {
  const words = rawWords(vkey);
  try {
    await library.getFunction("checkKey")(words, SIGNALS);
  } catch (error) {
    return revertName(error);
  }
  return libraryVerdict(words, statement);
}

function keyOf(words: readonly bigint[]): VerificationKeyJson {
  const at = (index: number): string => String(words[index]);
  const g1 = (start: number): string[] => [at(start), at(start + 1), "1"];
  const g2 = (start: number): string[][] => [[at(start + 1), at(start)], [at(start + 3), at(start + 2)], ["1", "0"]];
  const IC = Array.from({ length: (words.length - 14) / 2 }, (_, index) => g1(14 + 2 * index));
  return { protocol: "groth16", curve: "bn128", nPublic: IC.length - 1, vk_alpha_1: g1(0), vk_beta_2: g2(2), vk_gamma_2: g2(6), vk_delta_2: g2(10), IC };
}

async function deployVerdict(vkey: VerificationKeyJson): Promise<string> {
  try {
    await deployProtocol(await localDeployOptions(provider, { tiers: tiersWith(vkey), assets: 1 }));
    return "deployed";
  } catch (error) {
    return nameOf(error);
  }
}
