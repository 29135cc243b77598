import { encodeBytes32String, id, Interface, Transaction, type HDNodeWallet, type TransactionReceipt } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import { MARGIN_VERIFIER_ABI, PORTFOLIO_REGISTRY_ABI, RISK_ORACLE_ABI } from "../../src/relayer/generated/contract-abi.js";
import { LOCAL_ACCOUNTS } from "../../src/relayer/local-protocol.js";
import { healthOf, marginProof, prepareAttestation, prepareStanding, type PreparedProof } from "../../src/relayer/margin-client.js";
import { newestRoot } from "../../src/relayer/oracle-client.js";
import { portfolioOf, signUpdate, type PortfolioUpdate } from "../../src/relayer/portfolio-client.js";
import { requiredFactor } from "../../src/relayer/policy-client.js";
import { contractRevert } from "../../src/relayer/transaction.js";
import { FACTOR_ONE } from "../../src/risk/margin.js";
import { combineSignatures, oracleDomain, signHeader, type RiskHeader } from "../../src/signer/risk-header.js";
import { groth16Simulator, type Groth16Simulator } from "../relayer/groth16-simulator.js";
import { simulateProof } from "../relayer/simulated-proof.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { calmIndices, GENESIS, startProtocol, type ProtocolChain } from "../support/protocol.js";

const DEADLINE = BigInt(GENESIS + 100_000);
const ROOT = 1_000_003n;
const COMMITMENT = 5_000_011n;
/** Given, so that a transaction which fails is mined too. */
const GAS_LIMIT = 2_000_000n;
const VERIFIER = new Interface(MARGIN_VERIFIER_ABI);

/** A signed transaction with a name. Each is another sender's, so that a miner may put them into any order. */
interface Signed {
  readonly name: string;
  readonly raw: string;
  readonly hash: string;
}

describe("transactions that a reorganisation of the chain puts into another order", () => {
  let chain: ProtocolChain;
  let simulator: Groth16Simulator;
  let holder: HDNodeWallet;
  let verifier: string;

  beforeAll(async () => {
    simulator = await groth16Simulator(7);
    chain = await startProtocol({ tiers: [{ tier: "S", vkey: simulator.verificationKey, development: true }] });
    holder = chain.holder;
    verifier = chain.deployment.addresses.MarginVerifier;
    await chain.publish(ROOT, 1n);
    await chain.register(holder.address, COMMITMENT);
  });

  afterAll(() => chain?.stop());

  beforeEach(() => chain.reset());

  async function signed(name: string, sender: number, to: string, data: string): Promise<Signed> {
    const wallet = sender === LOCAL_ACCOUNTS.holder ? holder : anvilWallet(sender, chain.provider);
    const raw = await wallet.signTransaction(await wallet.populateTransaction({ to, data, gasLimit: GAS_LIMIT }));
    return { name, raw, hash: Transaction.from(raw).hash! };
  }

  function header(epoch: bigint, change: Partial<ReturnType<typeof calmIndices>> = {}): RiskHeader {
    return { epoch, time: BigInt(GENESIS) + epoch, riskRoot: ROOT + epoch, assets: [{ ...calmIndices(1), ...change }] };
  }

  async function publication(sender: number, published: RiskHeader): Promise<Signed> {
    const { RiskOracle } = chain.deployment.addresses;
    const signers = LOCAL_ACCOUNTS.signers.map((index) => anvilWallet(index, chain.provider));
    const domain = oracleDomain(chain.deployment.chainId, RiskOracle);
    const signatures = await Promise.all(signers.slice(1).map((signer) => signHeader(signer, domain, published)));
    const combined = combineSignatures(domain, published, signatures, { signers: signers.map(({ address }) => address), threshold: 2 });
    return signed(`header ${published.epoch}`, sender, RiskOracle, new Interface(RISK_ORACLE_ABI).encodeFunctionData("publish", [published, combined]));
  }

  async function registration(sender: number, version: bigint): Promise<Signed> {
    const { PortfolioRegistry } = chain.deployment.addresses;
    const change: PortfolioUpdate = { account: holder.address, version, commitment: COMMITMENT + version, bookHash: id(`book ${version}`) };
    const settlement = anvilWallet(LOCAL_ACCOUNTS.settlement, chain.provider);
    const signature = await signUpdate(settlement, { chainId: chain.deployment.chainId, portfolioRegistry: PortfolioRegistry }, change, DEADLINE);
    const data = new Interface(PORTFOLIO_REGISTRY_ABI).encodeFunctionData("update", [change, DEADLINE, signature]);
    return signed(`version ${version}`, sender, PortfolioRegistry, data);
  }

  const marginOf = (prepared: PreparedProof, healthy: boolean) =>
    marginProof(prepared, simulateProof(simulator, prepared, { healthy, requirement: 0n, equity: 0n }));

  /** A proof against the newest root. */
  async function posting(name: string, sender: number, healthy: boolean): Promise<Signed> {
    const prepared = await prepareStanding(chain.provider, verifier, holder.address, { tier: "S", deadline: DEADLINE }, healthy);
    return signed(name, sender, verifier, VERIFIER.encodeFunctionData("post", [holder.address, marginOf(prepared, healthy)]));
  }

  /** Mines them one a block, and then again, in the order given, with as many blocks taken back. @returns what came of each, before and after */
  async function reordered(sent: readonly Signed[], order: readonly number[]): Promise<readonly [before: readonly string[], after: readonly string[]]> {
    const receipts = async () => Promise.all(sent.map(async ({ name, raw, hash }) => `${name}: ${await outcome(raw, await chain.provider.getTransactionReceipt(hash))}`));
    const before = await receipts();
    const head = (await chain.provider.getBlock("latest"))!;
    await chain.provider.send("anvil_reorg", [sent.length, order.map((at, block) => [sent[at]!.raw, block])]);
    const after = (await chain.provider.getBlock("latest"))!;
    expect(after.number).toBe(head.number);
    expect(after.hash).not.toBe(head.hash);
    return [before, await receipts()];
  }

  /** "done", or the error's name: a block has one transaction, so a call on the block before fails as that did. */
  async function outcome(raw: string, receipt: TransactionReceipt | null): Promise<string> {
    if (receipt === null) return "not mined";
    if (receipt.status === 1) return "done";
    const { from, to, data } = Transaction.from(raw);
    const refused = chain.provider.call({ from, to, data, blockTag: receipt.blockNumber - 1 });
    return refused.then(() => "failed", (error: unknown) => contractRevert(error)?.name ?? "failed");
  }

  async function send(transaction: Signed | Promise<Signed>): Promise<Signed> {
    const ready = await transaction;
    await (await chain.provider.broadcastTransaction(ready.raw)).wait();
    return ready;
  }

  it("never let a proof of an older epoch replace that of a newer one", async () => {
    const old = await posting("healthy at epoch 1", 7, true);
    const sent = [
      await send(old),
      await send(publication(8, header(2n))),
      await send(posting("unhealthy at epoch 2", 9, false)),
    ];
    const [before, after] = await reordered(sent, [1, 2, 0]);
    expect(before).toEqual(["healthy at epoch 1: done", "header 2: done", "unhealthy at epoch 2: done"]);
    expect(after).toEqual(["healthy at epoch 1: OlderEpoch", "header 2: done", "unhealthy at epoch 2: done"]);
    expect(await healthOf(chain.provider, verifier, holder.address)).toEqual({ counts: true, healthy: false });
  });

  it("leave a proof without effect that comes before the root it was made against", async () => {
    const sent = [await send(publication(7, header(2n))), await send(posting("healthy at epoch 2", 8, true))];
    const [before, after] = await reordered(sent, [1, 0]);
    expect(before).toEqual(["header 2: done", "healthy at epoch 2: done"]);
    expect(after).toEqual(["header 2: done", "healthy at epoch 2: StaleEpoch"]);
    expect(await healthOf(chain.provider, verifier, holder.address)).toEqual({ counts: false, healthy: false });
  });

  it("never take the oracle back to an older header, nor the multiplier to that header's", async () => {
    const { RiskOracle, PolicyRegistry } = chain.deployment.addresses;
    const sent = [await send(publication(7, header(2n))), await send(publication(8, header(3n, { openInterestSkew: (Q32 * 4n) / 5n })))];
    const factor = await requiredFactor(chain.provider, PolicyRegistry);
    expect(factor).toBeGreaterThan(FACTOR_ONE);
    const [before, after] = await reordered(sent, [1, 0]);
    expect(before).toEqual(["header 2: done", "header 3: done"]);
    expect(after).toEqual(["header 2: EpochNotIncreasing", "header 3: done"]);
    expect(await newestRoot(chain.provider, RiskOracle)).toEqual({ epoch: 3n, riskRoot: ROOT + 3n });
    // Long enough for it to fall, if it did.
    await chain.wait(43_200n);
    expect(await requiredFactor(chain.provider, PolicyRegistry)).toBe(factor);
  });

  it("leave an account at the version before a gap, and a proof for another version without effect", async () => {
    const sent = [
      await send(registration(7, 2n)),
      await send(registration(8, 3n)),
      await send(posting("healthy at version 3", 9, true)),
    ];
    const [before, after] = await reordered(sent, [1, 2, 0]);
    expect(before).toEqual(["version 2: done", "version 3: done", "healthy at version 3: done"]);
    expect(after).toEqual(["version 2: done", "version 3: VersionNotNext", "healthy at version 3: VersionMismatch"]);
    const { PortfolioRegistry } = chain.deployment.addresses;
    expect(await portfolioOf(chain.provider, PortfolioRegistry, holder.address)).toEqual({ version: 2n, commitment: COMMITMENT + 2n, bookHash: id("book 2") });
    expect(await healthOf(chain.provider, verifier, holder.address)).toMatchObject({ counts: false });
  });

  it("void an action that was proven before the account's book changed", async () => {
    const demand = { account: holder.address, action: encodeBytes32String("withdraw"), amount: 1n, healthy: true, disclose: 0n, collateral: 0n, ratio: FACTOR_ONE };
    const prepared = await prepareAttestation(chain.provider, verifier, holder.address, demand, { tier: "S", deadline: DEADLINE });
    const data = VERIFIER.encodeFunctionData("attest", [demand, marginOf(prepared, true)]);
    const sent = [await send(signed("action at version 1", LOCAL_ACCOUNTS.holder, verifier, data)), await send(registration(8, 2n))];
    const [before, after] = await reordered(sent, [1, 0]);
    expect(before).toEqual(["action at version 1: done", "version 2: done"]);
    expect(after).toEqual(["action at version 1: VersionMismatch", "version 2: done"]);
  });
});
