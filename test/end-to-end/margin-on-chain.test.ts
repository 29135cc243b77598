import { Contract, encodeBytes32String, HDNodeWallet, JsonRpcProvider } from "ethers";
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
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { deployMarginVerifier, DevelopmentKeyError, type DeployOptions, type MarginDeployment } from "../../src/relayer/deploy.js";
import { PORTFOLIO_REGISTRY_ABI, RISK_REGISTRY_ABI } from "../../src/relayer/generated/contract-abi.js";
import { attest, attestArguments, attestationsIn, MarginRefusedError, prepareRequest, type AttestArguments } from "../../src/relayer/margin-client.js";
import { buildPayload } from "../../src/risk/build-payload.js";
import { computeMargin, FACTOR_ONE, type Margin } from "../../src/risk/margin.js";
import { parsePortfolio, portfolioCommitment } from "../../src/risk/portfolio.js";
import { indexInstruments } from "../../src/risk/risk-payload.js";
import { randomSalt } from "../../src/risk/salt-file.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { PORTFOLIO } from "../cli/workspace.js";
import { anvilWallet } from "../support/anvil-wallet.js";

const GENESIS = 1_800_000_000;
const GRACE = 600n;
const MAX_AGE = 86_400n;
const DEADLINE = BigInt(GENESIS) + 7n * MAX_AGE;
const COLLATERAL = 2_500_000_000n;
const GAS_LIMIT = 300_000n;

type Request = AttestArguments[0];

describe("a margin proof of the real circuit on a real chain", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let owner: HDNodeWallet;
  let holder: HDNodeWallet;
  let other: HDNodeWallet;
  let options: DeployOptions;
  let deployment: MarginDeployment;
  let args: AttestArguments;
  let margin: Margin;
  let commitment: bigint;
  let riskRoot: bigint;
  let epoch: number;
  let granularity: bigint;
  let context: bigint;
  let snapshot: string | undefined;

  beforeAll(async () => {
    anvil = await startAnvil({ timestamp: GENESIS });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    [owner, holder, other] = [anvilWallet(0, provider), anvilWallet(1, provider), anvilWallet(2, provider)];

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
    options = {
      signer: owner, chainId: 31337n, vkey: verificationKeyJson(tierKey.key.verificationKey), development: tierKey.key.development,
      riskRegistry: { owner: owner.address, publisher: owner.address, grace: GRACE, maxAge: MAX_AGE },
      portfolioRegistry: { owner: owner.address, settlement: owner.address },
    };
    deployment = await deployMarginVerifier(options);
    await publish(riskRoot, epoch);
    await register(holder.address, commitment);

    const prepared = await prepareRequest(provider, deployment.marginVerifier, holder.address, {
      account: holder.address, action: encodeBytes32String("withdraw"), amount: 1_000n, deadline: DEADLINE, disclose: 3n, ...terms,
    });
    context = prepared.context;
    const statement = { ...terms, context, disclose: { requirement: true, equity: true } };
    const proof = await proveMargin(createProver(defaultBackend()), tierKey, prepareProof(payload, tree, portfolio, salt, statement, tierOf("S")));
    args = attestArguments(prepared, snarkjsForm(proof));
  });

  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  beforeEach(async () => {
    if (snapshot !== undefined) await provider.send("evm_revert", [snapshot]);
    snapshot = (await provider.send("evm_snapshot", [])) as string;
  });

  async function publish(root: bigint, at: number): Promise<void> {
    const registry = new Contract(deployment.riskRegistry, RISK_REGISTRY_ABI, owner);
    await (await registry.getFunction("publish").send(root, at)).wait();
  }

  async function register(account: string, value: bigint): Promise<void> {
    const registry = new Contract(deployment.portfolioRegistry, PORTFOLIO_REGISTRY_ABI, owner);
    await (await registry.getFunction("commit").send(account, value)).wait();
  }

  async function wait(seconds: bigint): Promise<void> {
    await provider.send("evm_increaseTime", [Number(seconds)]);
    await provider.send("evm_mine", []);
  }

  /** Sends the proof with a changed request, from the account that it is for unless another is given. */
  const send = (change: Partial<Request> = {}, sender = holder) => {
    const [request, ...rest] = args;
    return attest(sender, deployment.marginVerifier, [{ ...request, ...change }, ...rest]);
  };

  /** "accepted", or the contract's error. */
  async function answer(sending: Promise<unknown>): Promise<string> {
    try {
      await sending;
      return "accepted";
    } catch (error) {
      if (error instanceof MarginRefusedError) return error.revert.name;
      throw error;
    }
  }

  it("is accepted, with the values of the risk core, for at most 300,000 gas", async () => {
    const receipt = await send();
    const granules = (value: bigint) => (value + granularity - 1n) / granularity;
    expect(margin.equity).toBeGreaterThan(margin.requirement);
    expect(attestationsIn(receipt, deployment.marginVerifier)).toEqual([
      {
        consumer: holder.address, account: holder.address, epoch: BigInt(epoch), version: 1n, context, factor: 65_536n, collateral: COLLATERAL,
        disclose: 3n, healthy: true, requirement: granules(margin.requirement) * granularity, equity: margin.equity - (margin.equity % granularity),
      },
    ]);
    expect(receipt.gasUsed).toBeLessThanOrEqual(GAS_LIMIT);
  });

  it("is refused when a point of it or a disclosed value is changed", async () => {
    const [request, proof, healthy, requirement, equity] = args;
    const attempt = (...changed: AttestArguments) => answer(attest(holder, deployment.marginVerifier, changed));
    const negated = (y: bigint) => 21888242871839275222246405745257275088696311157297823662689037894645226208583n - y;
    expect(await attempt(request, { ...proof, a: [proof.a[0], negated(proof.a[1])] }, healthy, requirement, equity)).toBe("InvalidProof");
    expect(await attempt(request, { ...proof, c: proof.a }, healthy, requirement, equity)).toBe("InvalidProof");
    expect(await attempt(request, proof, false, requirement, equity)).toBe("InvalidProof");
    expect(await attempt(request, proof, healthy, requirement - granularity, equity)).toBe("InvalidProof");
    expect(await attempt(request, proof, healthy, requirement, equity + granularity)).toBe("InvalidProof");
  });

  it("is accepted under a superseded root within its grace, and no longer after it", async () => {
    await publish(riskRoot + 1n, epoch + 1);
    await wait(GRACE - 60n);
    expect(await answer(send())).toBe("accepted");
    await wait(61n);
    expect(await answer(send({ nonce: 1n }))).toBe("StaleRiskRoot");
  });

  it("is refused under a root that is too old, newest or not", async () => {
    await wait(MAX_AGE + 1n);
    expect(await answer(send())).toBe("StaleRiskRoot");
  });

  it("is refused under a root that nobody published, and under another one than its own", async () => {
    expect(await answer(send({ riskRoot: riskRoot + 1n }))).toBe("StaleRiskRoot");
    await publish(riskRoot + 1n, epoch + 1);
    expect(await answer(send({ riskRoot: riskRoot + 1n }))).toBe("InvalidProof");
  });

  it("is refused a second time, and under the next nonce", async () => {
    expect(await answer(send())).toBe("accepted");
    expect(await answer(send())).toBe("ContextAlreadyUsed");
    expect(await answer(send({ nonce: 1n }))).toBe("InvalidProof");
    expect(await answer(send({ nonce: 7n }))).toBe("NonceMismatch");
  });

  it("is refused once the account has another commitment", async () => {
    await register(holder.address, commitment + 1n);
    expect(await answer(send())).toBe("VersionMismatch");
    expect(await answer(send({ version: 2n }))).toBe("InvalidProof");
  });

  it("is refused for another account, even with the same commitment", async () => {
    expect(await answer(send({ account: other.address }))).toBe("UnknownPortfolio");
    await register(other.address, commitment);
    expect(await answer(send({ account: other.address }))).toBe("InvalidProof");
  });

  it("is refused from another consumer", async () => {
    expect(await answer(send({}, other))).toBe("InvalidProof");
  });

  it("is refused for another factor, collateral, disclosure, action, amount or deadline", async () => {
    expect(await answer(send({ factor: FACTOR_ONE - 1n }))).toBe("InvalidProof");
    expect(await answer(send({ collateral: COLLATERAL + 1n }))).toBe("InvalidProof");
    expect(await answer(send({ disclose: 1n }))).toBe("DisclosedWithoutRequest");
    const [request, proof, healthy, requirement] = args;
    expect(await answer(attest(holder, deployment.marginVerifier, [{ ...request, disclose: 1n }, proof, healthy, requirement, 0n]))).toBe("InvalidProof");
    expect(await answer(send({ action: encodeBytes32String("liquidate") }))).toBe("InvalidProof");
    expect(await answer(send({ amount: 1_001n }))).toBe("InvalidProof");
    expect(await answer(send({ deadline: DEADLINE + 1n }))).toBe("InvalidProof");
    expect(await answer(send({ factor: 1n << 24n }))).toBe("FactorOutOfRange");
  });

  it("is refused after its deadline, though the root is fresh", async () => {
    await wait(DEADLINE - BigInt(GENESIS) + 1n);
    await publish(riskRoot + 1n, epoch + 1);
    expect(await answer(send({ riskRoot: riskRoot + 1n }))).toBe("DeadlinePassed");
  });

  it.each([1, 1338])("has a development key, whose verifier is not deployed on chain %s", async (chainId) => {
    const elsewhere = await startAnvil({ chainId });
    const there = new JsonRpcProvider(elsewhere.url, undefined, { cacheTimeout: -1 });
    try {
      const signer = anvilWallet(0, there);
      // Saying that it is no development key does not help.
      const sent = deployMarginVerifier({ ...options, signer, chainId: BigInt(chainId), vkey: { ...options.vkey, development: false } as DeployOptions["vkey"], development: false });
      await expect(sent).rejects.toThrow(DevelopmentKeyError);
      expect(await there.getTransactionCount(signer.address)).toBe(0);
    } finally {
      there.destroy();
      await elsewhere.stop();
    }
  });
});
