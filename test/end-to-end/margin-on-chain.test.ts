import { encodeBytes32String, type HDNodeWallet, JsonRpcProvider } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defaultBackend } from "../../prover/backends/select.js";
import { snarkjsForm } from "../../prover/proof-file.js";
import { proveMargin } from "../../prover/prove-margin.js";
import { createProver } from "../../prover/prover.js";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { openTierKey, tierOf } from "../../src/cli/tier-key.js";
import { EXAMPLE_ASSETS, exampleChain, exampleHistory, examplePerpetuals } from "../../src/market/example-chain.js";
import { importMarket } from "../../src/market/import-market.js";
import { buildRiskModel } from "../../src/policy/build-risk-model.js";
import { defaultPolicy } from "../../src/policy/policy.js";
import { startAnvil } from "../../src/relayer/anvil.js";
import { deployProtocol } from "../../src/relayer/deploy.js";
import { DevelopmentKeyError, type TierOptions } from "../../src/relayer/deploy-options.js";
import { localDeployOptions } from "../../src/relayer/local-protocol.js";
import { attest, attestationsIn, marginProof, prepareAttestation } from "../../src/relayer/margin-client.js";
import type { Demand, MarginProof } from "../../src/relayer/margin-context.js";
import { ContractRefusedError } from "../../src/relayer/transaction.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import { computeMargin, FACTOR_ONE, type Margin } from "../../src/risk/margin.js";
import { parsePortfolio, portfolioCommitment } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { randomSalt } from "../../src/risk/salt-file.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { PORTFOLIO } from "../cli/workspace.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { GENESIS, GRACE, MAX_AGE, startProtocol, type ProtocolChain } from "../support/protocol.js";

const DEADLINE = BigInt(GENESIS) + 7n * MAX_AGE;
const COLLATERAL = 2_500_000_000n;
const GAS_LIMIT = 330_000n;

describe("a margin proof of the real circuit on a real chain", () => {
  let chain: ProtocolChain;
  let holder: HDNodeWallet;
  let other: HDNodeWallet;
  let verifier: string;
  let tiers: readonly TierOptions[];
  let demand: Demand;
  let proven: MarginProof;
  let margin: Margin;
  let commitment: bigint;
  let riskRoot: bigint;
  let epoch: number;
  let granularity: bigint;
  let context: bigint;

  beforeAll(async () => {
    const market = importMarket({
      chain: { name: "chain.csv", text: exampleChain() },
      history: EXAMPLE_ASSETS.map((asset) => ({ name: `${asset}USDT_1d.csv`, asset, text: exampleHistory(asset) })),
      futures: [{ name: "perpetuals.csv", text: examplePerpetuals() }],
    }).snapshot;
    const { payload, tree } = buildPayload(market, buildRiskModel(market, defaultPolicy));
    ({ epoch, granularity } = payload);
    riskRoot = tree.riskRoot;
    const portfolio = parsePortfolio(JSON.stringify(PORTFOLIO), payload, indexInstruments(payload));
    const salt = randomSalt();
    commitment = portfolioCommitment(portfolio, salt);
    const terms = { factor: FACTOR_ONE, collateral: COLLATERAL };
    margin = computeMargin(payload, portfolio, terms);

    const tierKey = await openTierKey("S");
    tiers = [{ tier: "S", vkey: verificationKeyJson(tierKey.key.verificationKey), development: tierKey.key.development }];
    chain = await startProtocol({ tiers });
    ({ holder } = chain);
    other = anvilWallet(7, chain.provider);
    verifier = chain.deployment.addresses.MarginVerifier;
    await chain.publish(riskRoot, BigInt(epoch));
    await chain.register(holder.address, commitment);

    demand = { account: holder.address, action: encodeBytes32String("withdraw"), amount: 1_000n, healthy: true, disclose: 3n, collateral: COLLATERAL, ratio: FACTOR_ONE };
    const prepared = await prepareAttestation(chain.provider, verifier, holder.address, demand, { tier: "S", deadline: DEADLINE });
    expect(prepared.terms.factor).toBe(FACTOR_ONE);
    context = prepared.context;
    const statement = { ...terms, context, disclose: { requirement: true, equity: true } };
    const proof = await proveMargin(createProver(defaultBackend()), tierKey, prepareProof(payload, tree, portfolio, salt, statement, tierOf("S")));
    proven = marginProof(prepared, snarkjsForm(proof));
  });

  afterAll(() => chain?.stop());

  beforeEach(() => chain.reset());

  /** Sends the proof with what comes with it or the demand changed, from the account that it is for unless another is given. */
  const send = (change: Partial<MarginProof> = {}, asked: Partial<Demand> = {}, sender = holder) =>
    attest(sender, verifier, { ...demand, ...asked }, { ...proven, ...change });

  /** "accepted", or the contract's error. */
  async function answer(sending: Promise<unknown>): Promise<string> {
    try {
      await sending;
      return "accepted";
    } catch (error) {
      if (error instanceof ContractRefusedError) return error.revert.name;
      throw error;
    }
  }

  it("is accepted, with the values of the risk core, for at most 330,000 gas", async () => {
    const receipt = await send();
    const granules = (value: bigint) => (value + granularity - 1n) / granularity;
    expect(margin.equity).toBeGreaterThan(margin.requirement);
    expect(attestationsIn(receipt, verifier)).toEqual([
      {
        consumer: holder.address, account: holder.address, epoch: BigInt(epoch), version: 1n, context, factor: 65_536n, collateral: COLLATERAL,
        disclose: 3n, healthy: true, requirement: granules(margin.requirement) * granularity, equity: margin.equity - (margin.equity % granularity),
      },
    ]);
    expect(receipt.gasUsed).toBeLessThanOrEqual(GAS_LIMIT);
  });

  it("is refused when a point of it or a disclosed value is changed", async () => {
    const { proof, disclosedRequirement, disclosedEquity } = proven;
    const negated = (y: bigint) => 21888242871839275222246405745257275088696311157297823662689037894645226208583n - y;
    expect(await answer(send({ proof: { ...proof, a: [proof.a[0], negated(proof.a[1])] } }))).toBe("InvalidProof");
    expect(await answer(send({ proof: { ...proof, c: proof.a } }))).toBe("InvalidProof");
    expect(await answer(send({ disclosedRequirement: disclosedRequirement - granularity }))).toBe("InvalidProof");
    expect(await answer(send({ disclosedEquity: disclosedEquity + granularity }))).toBe("InvalidProof");
    expect(await answer(send({ healthy: false }))).toBe("HealthMismatch");
    expect(await answer(send({ healthy: false }, { healthy: false }))).toBe("InvalidProof");
  });

  it("is accepted under a superseded root within its grace, and no longer after it", async () => {
    await chain.publish(riskRoot + 1n, BigInt(epoch + 1));
    await chain.wait(GRACE - 60n);
    expect(await answer(send())).toBe("accepted");
    await chain.wait(61n);
    expect(await answer(send({ nonce: 1n }))).toBe("StaleEpoch");
  });

  it("is refused under a root that is too old, newest or not", async () => {
    await chain.wait(MAX_AGE + 1n);
    expect(await answer(send())).toBe("StaleEpoch");
  });

  it("is refused under an epoch that nobody published, and under another one than its own", async () => {
    const later = BigInt(epoch + 1);
    expect(await answer(send({ epoch: later }))).toBe("StaleEpoch");
    await chain.publish(riskRoot + 1n, later);
    expect(await answer(send({ epoch: later }))).toBe("InvalidProof");
  });

  it("is refused a second time, and under the next nonce", async () => {
    expect(await answer(send())).toBe("accepted");
    expect(await answer(send())).toBe("ContextAlreadyUsed");
    expect(await answer(send({ nonce: 1n }))).toBe("InvalidProof");
    expect(await answer(send({ nonce: 7n }))).toBe("NonceMismatch");
  });

  it("is refused once the account has another commitment", async () => {
    await chain.register(holder.address, commitment + 1n);
    expect(await answer(send())).toBe("VersionMismatch");
    expect(await answer(send({ version: 2n }))).toBe("InvalidProof");
  });

  it("is refused for another account, even with the same commitment", async () => {
    expect(await answer(send({}, { account: other.address }))).toBe("UnknownPortfolio");
    await chain.register(other.address, commitment);
    expect(await answer(send({}, { account: other.address }))).toBe("InvalidProof");
  });

  it("is refused from another consumer", async () => {
    expect(await answer(send({}, {}, other))).toBe("InvalidProof");
  });

  it("is refused for another factor, collateral, disclosure, action, amount, deadline or tier", async () => {
    expect(await answer(send({ factor: FACTOR_ONE - 1n }))).toBe("FactorInsufficient");
    expect(await answer(send({ factor: FACTOR_ONE + 1n }))).toBe("InvalidProof");
    expect(await answer(send({ factor: 1n << 24n }))).toBe("FactorOutOfRange");
    expect(await answer(send({ collateral: COLLATERAL + 1n }))).toBe("CollateralInsufficient");
    expect(await answer(send({ collateral: COLLATERAL - 1n }))).toBe("InvalidProof");
    expect(await answer(send({ collateral: 1n << 72n }))).toBe("CollateralOutOfRange");
    expect(await answer(send({}, { disclose: 1n }))).toBe("DisclosedWithoutRequest");
    expect(await answer(send({ disclosedEquity: 0n }, { disclose: 1n }))).toBe("InvalidProof");
    expect(await answer(send({}, { action: encodeBytes32String("liquidate") }))).toBe("InvalidProof");
    expect(await answer(send({}, { amount: 1_001n }))).toBe("InvalidProof");
    expect(await answer(send({ deadline: DEADLINE + 1n }))).toBe("InvalidProof");
    expect(await answer(send({ tier: encodeBytes32String("M") }))).toBe("UnknownTier");
  });

  it("is refused where the consumer's rule asks for more, and accepted where it asks for less", async () => {
    expect(await answer(send({}, { ratio: FACTOR_ONE + 1n }))).toBe("FactorInsufficient");
    expect(await answer(send({}, { collateral: COLLATERAL - 1n }))).toBe("CollateralInsufficient");
    expect(await answer(send({}, { ratio: FACTOR_ONE - 1n, collateral: COLLATERAL + 1n }))).toBe("accepted");
  });

  it("is refused after its deadline, though the root is fresh", async () => {
    await chain.wait(DEADLINE - BigInt(GENESIS) + 1n);
    await chain.publish(riskRoot + 1n, BigInt(epoch + 1));
    expect(await answer(send({ epoch: BigInt(epoch + 1) }))).toBe("DeadlinePassed");
  });

  it.each([1, 1338])("has a development key, whose verifier is not deployed on chain %s", async (chainId) => {
    const elsewhere = await startAnvil({ chainId });
    const there = new JsonRpcProvider(elsewhere.url, undefined, { cacheTimeout: -1 });
    try {
      // Saying that it is no development key does not help.
      const claimed = tiers.map(({ tier, vkey }) => ({ tier, vkey: { ...vkey, development: false }, development: false }));
      const options = await localDeployOptions(there, { tiers: claimed, assets: 1 });
      await expect(deployProtocol(options)).rejects.toThrow(DevelopmentKeyError);
      expect(await there.getTransactionCount(options.owner)).toBe(0);
    } finally {
      there.destroy();
      await elsewhere.stop();
    }
  });
});
