import { Contract, encodeBytes32String, type HDNodeWallet, JsonRpcProvider } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultBackend } from "../../prover/backends/select.js";
import { declaredTiers } from "../../prover/circuits-config.js";
import { proveMargin, type TierKey } from "../../prover/prove-margin.js";
import { snarkjsForm, type ProofFile } from "../../prover/proof-file.js";
import { verifyProof } from "../../prover/proof.js";
import { createProver } from "../../prover/prover.js";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { openTierKey, tierOf } from "../../src/cli/tier-key.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { deployMarginVerifier, type MarginDeployment } from "../../src/relayer/deploy.js";
import { PORTFOLIO_REGISTRY_ABI, RISK_REGISTRY_ABI } from "../../src/relayer/generated/contract-abi.js";
import { attest, attestArguments, attestationsIn, MarginRefusedError, prepareRequest, type PreparedRequest } from "../../src/relayer/margin-client.js";
import { hashPayload } from "../../src/risk/instrument-tree.js";
import { FACTOR_ONE } from "../../src/risk/margin.js";
import { canonicalPortfolio, portfolioCommitment, selectTier, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { listPublicSignals } from "../../src/witness/public-signals.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { randomPayload } from "../support/random-payload.js";
import { seededRandom } from "../support/random.js";

const GENESIS = 1_800_000_000;
const SALT = 987_654_321n;
const TERMS = { factor: FACTOR_ONE, collateral: 5_000_000_000n };
const DISCLOSE = { requirement: true, equity: true };

describe("one account under the verifiers of two tiers, which share the registries", () => {
  const payload = randomPayload(seededRandom(12), { assets: [2, 1, 1], instrumentsPerBucket: 10, size: 1n << 16n });
  const tree = hashPayload(payload);
  const { byId } = indexInstruments(payload);
  const bookOf = (ids: readonly number[]): Portfolio =>
    canonicalPortfolio(1n << 45n, ids.map((id) => ({ location: byId.get(id)!, quantity: id % 2 === 0 ? 40n : -30n })));
  /** Two buckets, five slots; then all four buckets, 24 slots. */
  const small = bookOf([1, 4, 11, 12, 20]);
  const large = bookOf(Array.from({ length: 24 }, (_, at) => at + 6));

  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let owner: HDNodeWallet;
  let holder: HDNodeWallet;
  const keys = new Map<string, TierKey>();
  const deployments = new Map<string, MarginDeployment>();

  beforeAll(async () => {
    anvil = await startAnvil({ timestamp: GENESIS });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    [owner, holder] = [anvilWallet(0, provider), anvilWallet(1, provider)];
    for (const tier of ["S", "M"]) {
      const tierKey = await openTierKey(tier);
      const first = deployments.get("S");
      keys.set(tier, tierKey);
      deployments.set(tier, await deployMarginVerifier({
        signer: owner, chainId: 31337n, vkey: verificationKeyJson(tierKey.key.verificationKey), development: tierKey.key.development,
        riskRegistry: first?.riskRegistry ?? { owner: owner.address, publisher: owner.address, grace: 600n, maxAge: 86_400n },
        portfolioRegistry: first?.portfolioRegistry ?? { owner: owner.address, settlement: owner.address },
      }));
    }
    const registry = new Contract(deployments.get("S")!.riskRegistry, RISK_REGISTRY_ABI, owner);
    await (await registry.getFunction("publish").send(tree.riskRoot, payload.epoch)).wait();
  }, 600_000);

  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  async function register(book: Portfolio): Promise<void> {
    const registry = new Contract(deployments.get("S")!.portfolioRegistry, PORTFOLIO_REGISTRY_ABI, owner);
    await (await registry.getFunction("commit").send(holder.address, portfolioCommitment(book, SALT))).wait();
  }

  const request = (tier: string): Promise<PreparedRequest> => prepareRequest(provider, deployments.get(tier)!.marginVerifier, holder.address, {
    account: holder.address, action: encodeBytes32String("withdraw"), amount: 1_000n, deadline: BigInt(GENESIS) + 86_400n, disclose: 3n, ...TERMS,
  });

  const prove = (tier: string, book: Portfolio, context: bigint): Promise<ProofFile> =>
    proveMargin(createProver(defaultBackend()), keys.get(tier)!, prepareProof(payload, tree, book, SALT, { ...TERMS, context, disclose: DISCLOSE }, tierOf(tier)));

  /** The attested values, or the contract's error. */
  async function answer(tier: string, prepared: PreparedRequest, proof: ProofFile) {
    const { marginVerifier } = deployments.get(tier)!;
    try {
      const receipt = await attest(holder, marginVerifier, attestArguments(prepared, snarkjsForm(proof)));
      return attestationsIn(receipt, marginVerifier)[0]!;
    } catch (error) {
      if (error instanceof MarginRefusedError) return error.revert.name;
      throw error;
    }
  }

  it("name different keys, and one pair of registries", () => {
    const [s, m] = [deployments.get("S")!, deployments.get("M")!];
    expect(m.keyHash).not.toBe(s.keyHash);
    expect([m.keyHash, s.keyHash]).toEqual([keys.get("M")!.key.hash, keys.get("S")!.key.hash]);
    expect([m.riskRegistry, m.portfolioRegistry]).toEqual([s.riskRegistry, s.portfolioRegistry]);
  });

  it("accept the same book with the same values, each from a proof of its own tier", async () => {
    await register(small);
    const proofs = new Map<string, ProofFile>();
    const attested = [];
    for (const tier of ["S", "M"]) {
      const prepared = await request(tier);
      proofs.set(tier, await prove(tier, small, prepared.context));
      const values = await answer(tier, prepared, proofs.get(tier)!);
      if (typeof values === "string") throw new Error(values);
      expect(values.context).toBe(prepared.context);
      attested.push({ ...values, context: 0n });
    }
    expect(attested[1]).toEqual(attested[0]);
    const [s, m] = [proofs.get("S")!.publicSignals, proofs.get("M")!.publicSignals];
    // The verifier's address is in the context, and nothing else differs.
    expect(m.context).not.toBe(s.context);
    expect({ ...m, context: s.context }).toEqual(s);
  });

  it("refuse a proof of the other tier, though all its public signals are right", async () => {
    await register(small);
    const prepared = await request("S");
    const other = await prove("M", small, prepared.context);
    expect(await verifyProof(keys.get("M")!.key.verificationKey, other.proof, listPublicSignals(other.publicSignals))).toBe(true);
    expect(await answer("S", prepared, other)).toBe("InvalidProof");
  });

  it("let an account that has outgrown S prove in M, which is what the selection takes", async () => {
    await register(large);
    const tier = selectTier(large, declaredTiers());
    expect([selectTier(small, declaredTiers()).name, tier.name]).toEqual(["S", "M"]);
    const prepared = await request("M");
    const values = await answer("M", prepared, await prove(tier.name, large, prepared.context));
    expect(values).toMatchObject({ account: holder.address, healthy: true, epoch: BigInt(payload.epoch) });
  });
});
