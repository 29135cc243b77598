import { encodeBytes32String } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultBackend } from "../../prover/backends/select.js";
import { declaredTiers } from "../../prover/circuits-config.js";
import { proveMargin, type TierKey } from "../../prover/prove-margin.js";
import { snarkjsForm, type ProofFile } from "../../prover/proof-file.js";
import { verifyProof } from "../../prover/proof.js";
import { createProver } from "../../prover/prover.js";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { openTierKey, tierOf } from "../../src/cli/tier-key.js";
import { attest, attestationsIn, marginProof, prepareAttestation, type PreparedProof } from "../../src/relayer/margin-client.js";
import { ContractRefusedError } from "../../src/relayer/transaction.js";
import { hashPayload } from "../../src/risk/instrument-tree.js";
import { FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio, portfolioCommitment, selectTier, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { listPublicSignals } from "../../src/witness/public-signals.js";
import { GENESIS, startProtocol, type ProtocolChain } from "../support/protocol.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const SALT = 987_654_321n;
const TERMS = { factor: FACTOR_ONE, collateral: 5_000_000_000n };
const DISCLOSE = { requirement: true, equity: true };

describe("one account under the two tiers of a verifier", () => {
  const payload = randomPayload(seededRandom(12), { assets: [2, 1, 1], instrumentsPerBucket: 10, size: 1n << 16n });
  const tree = hashPayload(payload);
  const { byId } = indexInstruments(payload);
  const bookOf = (ids: readonly number[]): Portfolio =>
    canonicalPortfolio(1n << 45n, ids.map((id) => ({ location: byId.get(id)!, quantity: id % 2 === 0 ? 40n : -30n })));
  /** Two buckets, five slots; then all four buckets, 24 slots. */
  const small = bookOf([1, 4, 11, 12, 20]);
  const large = bookOf(Array.from({ length: 24 }, (_, at) => at + 6));

  let chain: ProtocolChain;
  let verifier: string;
  const keys = new Map<string, TierKey>();

  beforeAll(async () => {
    for (const tier of ["S", "M"]) keys.set(tier, await openTierKey(tier));
    chain = await startProtocol({ tiers: [...keys].map(([tier, { key }]) => ({ tier, vkey: verificationKeyJson(key.verificationKey), development: key.development })) });
    verifier = chain.deployment.addresses.MarginVerifier;
    await chain.publish(tree.riskRoot, BigInt(payload.epoch));
  }, 600_000);

  afterAll(() => chain?.stop());

  const register = (book: Portfolio): Promise<void> => chain.register(chain.holder.address, portfolioCommitment(book, SALT));

  const prepare = (tier: string): Promise<PreparedProof> => prepareAttestation(chain.provider, verifier, chain.holder.address, {
    account: chain.holder.address, action: encodeBytes32String("withdraw"), amount: 1_000n, healthy: true, disclose: 3n, collateral: TERMS.collateral, ratio: FACTOR_ONE,
  }, { tier, deadline: BigInt(GENESIS) + 86_400n });

  const prove = (tier: string, book: Portfolio, context: bigint): Promise<ProofFile> =>
    proveMargin(createProver(defaultBackend()), keys.get(tier)!, prepareProof(payload, tree, book, SALT, { ...TERMS, context, disclose: DISCLOSE }, tierOf(tier)));

  /** The attested values, or the contract's error. */
  async function answer(prepared: PreparedProof, proof: ProofFile) {
    try {
      const receipt = await attest(chain.holder, verifier, prepared.demand, marginProof(prepared, snarkjsForm(proof)));
      return attestationsIn(receipt, verifier)[0]!;
    } catch (error) {
      if (error instanceof ContractRefusedError) return error.revert.name;
      throw error;
    }
  }

  it("has different keys there", () => {
    const [s, m] = chain.deployment.tiers;
    expect([s!.tier, m!.tier]).toEqual(["S", "M"]);
    expect(m!.keyHash).not.toBe(s!.keyHash);
    expect([m!.keyHash, s!.keyHash]).toEqual([keys.get("M")!.key.hash, keys.get("S")!.key.hash]);
  });

  it("proves the same book with the same values in each", async () => {
    await register(small);
    const proofs = new Map<string, ProofFile>();
    const attested = [];
    for (const tier of ["S", "M"]) {
      const prepared = await prepare(tier);
      proofs.set(tier, await prove(tier, small, prepared.context));
      const values = await answer(prepared, proofs.get(tier)!);
      if (typeof values === "string") throw new Error(values);
      expect(values.context).toBe(prepared.context);
      attested.push({ ...values, context: 0n });
    }
    expect(attested[1]).toEqual(attested[0]);
    const [s, m] = [proofs.get("S")!.publicSignals, proofs.get("M")!.publicSignals];
    // The nonce is in the context, and nothing else differs.
    expect(m.context).not.toBe(s.context);
    expect({ ...m, context: s.context }).toEqual(s);
  });

  it("has one nonce: a proof in one tier voids the one in flight in the other", async () => {
    await register(small);
    const [first, second] = [await prepare("S"), await prepare("M")];
    // The context does not name the tier: what is proven is the same.
    expect(second.context).toBe(first.context);
    const proofs = [await prove("S", small, first.context), await prove("M", small, second.context)] as const;
    expect(typeof (await answer(first, proofs[0]))).toBe("object");
    expect(await answer(second, proofs[1])).toBe("ContextAlreadyUsed");
  });

  it("is refused a proof of the other tier, though all its public signals are right", async () => {
    await register(small);
    const prepared = await prepare("S");
    const other = await prove("M", small, prepared.context);
    expect(await verifyProof(keys.get("M")!.key.verificationKey, other.proof, listPublicSignals(other.publicSignals))).toBe(true);
    expect(await answer(prepared, other)).toBe("InvalidProof");
  });

  it("proves in M when it has outgrown S, which is what the selection takes", async () => {
    await register(large);
    const tier = selectTier(large, declaredTiers());
    expect([selectTier(small, declaredTiers()).name, tier.name]).toEqual(["S", "M"]);
    const prepared = await prepare("M");
    const values = await answer(prepared, await prove(tier.name, large, prepared.context));
    expect(values).toMatchObject({ account: chain.holder.address, healthy: true, epoch: BigInt(payload.epoch) });
  });
});
