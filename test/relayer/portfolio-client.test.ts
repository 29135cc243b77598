import { Contract, getAddress, JsonRpcProvider, keccak256, toBeHex, TypedDataEncoder, ZeroHash, type Filter, type HDNodeWallet } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import { deploy } from "../../src/relayer/deploy.js";
import { PORTFOLIO_REGISTRY_ABI } from "../../src/relayer/generated/contract-abi.js";
import {
  MAX_PORTFOLIO_BATCH, PortfolioBatchError, PortfolioHistoryError, portfolioOf, portfolioUpdate, rebuildPortfolios, signBatch, signUpdate,
  submitBatch, submitUpdate, type PortfolioUpdate, type RegistryDomain,
} from "../../src/relayer/portfolio-client.js";
import { ContractRefusedError } from "../../src/relayer/transaction.js";
import { bookHash } from "../../src/risk/book-hash.js";
import { portfolioCommitment } from "../../src/risk/portfolio.js";
import { anvilWallet } from "../support/anvil-wallet.js";

const GENESIS = 1_800_000_000;
const DEADLINE = 1_800_000_600n;
const TIMELOCK = 86_400n;
const BOB = getAddress(toBeHex(0xb0b, 20));
const EVE = getAddress(toBeHex(0xe5e, 20));

const update = (account: string, version: bigint, commitment = 1_000n * version): PortfolioUpdate => ({
  account, version, commitment, bookHash: keccak256(toBeHex(commitment + version, 32)),
});
const registered = ({ version, commitment, bookHash: hash }: PortfolioUpdate) => ({ version, commitment, bookHash: hash });

describe("signed portfolios on a chain", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let owner: HDNodeWallet;
  let settlement: HDNodeWallet;
  let carrier: HDNodeWallet;
  let registry: string;
  let domain: RegistryDomain;
  let clean: string | undefined;

  beforeAll(async () => {
    anvil = await startAnvil({ timestamp: GENESIS });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    [owner, settlement, carrier] = [0, 1, 2].map((i) => anvilWallet(i, provider)) as [HDNodeWallet, HDNodeWallet, HDNodeWallet];
    const { PortfolioRegistry } = await compileContracts();
    registry = await deploy(owner, PortfolioRegistry, [owner.address, owner.address, TIMELOCK, settlement.address]);
    domain = { chainId: 31337n, portfolioRegistry: registry };
  });
  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });
  beforeEach(async () => {
    if (clean !== undefined) await provider.send("evm_revert", [clean]);
    clean = (await provider.send("evm_snapshot", [])) as string;
  });

  const send = async (change: PortfolioUpdate) => submitUpdate(carrier, registry, change, DEADLINE, await signUpdate(settlement, domain, change, DEADLINE));
  const sendBatch = async (changes: readonly PortfolioUpdate[]) => submitBatch(carrier, registry, changes, DEADLINE, await signBatch(settlement, domain, changes, DEADLINE));
  const refusal = async (sent: Promise<unknown>) => {
    const error: unknown = await sent.then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(ContractRefusedError);
    return (error as ContractRefusedError).revert;
  };

  it("are signed over the digests that the contract computes", async () => {
    const contract = new Contract(registry, PORTFOLIO_REGISTRY_ABI, provider);
    const changes = [update(BOB, 1n), update(EVE, (1n << 64n) - 1n, (1n << 253n) + 1n)];
    for (const change of changes) {
      const digest = (await contract.getFunction("digestOf")(change, DEADLINE)) as string;
      expect(settlement.signingKey.sign(digest).serialized).toBe(await signUpdate(settlement, domain, change, DEADLINE));
    }
    const digest = (await contract.getFunction("digestOfBatch")(changes, DEADLINE)) as string;
    expect(settlement.signingKey.sign(digest).serialized).toBe(await signBatch(settlement, domain, changes, DEADLINE));
  });
  it("are signed in the domain that the contract declares", async () => {
    const [, name, version, chainId, verifyingContract] = (await new Contract(registry, PORTFOLIO_REGISTRY_ABI, provider).getFunction("eip712Domain")()) as [string, string, string, bigint, string];
    expect(TypedDataEncoder.hashDomain({ name, version, chainId, verifyingContract }))
      .toBe(TypedDataEncoder.hashDomain({ name: "zkmargin PortfolioRegistry", version: "1", chainId: 31337, verifyingContract: registry }));
  });
  it("are registered by whoever sends them, and are read back", async () => {
    expect(await portfolioOf(provider, registry, BOB)).toEqual({ version: 0n, commitment: 0n, bookHash: ZeroHash });
    await send(update(BOB, 1n));
    await send(update(BOB, 2n));
    expect(await portfolioOf(provider, registry, BOB)).toEqual(registered(update(BOB, 2n)));
    await sendBatch([update(EVE, 1n), update(BOB, 3n), update(EVE, 2n)]);
    expect(await portfolioOf(provider, registry, BOB)).toEqual(registered(update(BOB, 3n)));
    expect(await portfolioOf(provider, registry, EVE)).toEqual(registered(update(EVE, 2n)));
  });
  it("register a book with its commitment and its hash, under one salt", async () => {
    const book = { cash: -5n, holdings: [] };
    const change = portfolioUpdate(BOB.toLowerCase(), 1n, book, 77n);
    expect(change).toEqual({ account: BOB, version: 1n, commitment: portfolioCommitment(book, 77n), bookHash: bookHash(book, 77n) });
    await send(change);
    expect(await portfolioOf(provider, registry, BOB)).toEqual(registered(change));
  });
  it("are refused by name", async () => {
    const signature = await signUpdate(settlement, domain, update(BOB, 1n), DEADLINE);
    expect(await refusal(submitUpdate(carrier, registry, update(EVE, 1n), DEADLINE, signature))).toEqual({ name: "InvalidSettlementSignature", args: [] });
    expect(await refusal(submitBatch(carrier, registry, [update(BOB, 1n)], DEADLINE, signature))).toEqual({ name: "InvalidSettlementSignature", args: [] });
    for (const other of [{ ...domain, chainId: 1n }, { ...domain, portfolioRegistry: BOB }]) {
      const foreign = await signUpdate(settlement, other, update(BOB, 1n), DEADLINE);
      expect(await refusal(submitUpdate(carrier, registry, update(BOB, 1n), DEADLINE, foreign))).toEqual({ name: "InvalidSettlementSignature", args: [] });
    }
    await submitUpdate(carrier, registry, update(BOB, 1n), DEADLINE, signature);
    expect(await refusal(submitUpdate(carrier, registry, update(BOB, 1n), DEADLINE, signature))).toEqual({ name: "VersionNotNext", args: [BOB, 1n, 2n] });
    expect(await refusal(sendBatch([update(EVE, 1n), update(BOB, 3n)]))).toEqual({ name: "VersionNotNext", args: [BOB, 3n, 2n] });
    expect((await portfolioOf(provider, registry, EVE)).version).toBe(0n);
  });
  it("come in batches of 1 to 128", async () => {
    const changes = Array.from({ length: MAX_PORTFOLIO_BATCH + 1 }, (_, k) => update(getAddress(toBeHex(k + 1, 20)), 1n));
    await expect(signBatch(settlement, domain, [], DEADLINE)).rejects.toThrow(PortfolioBatchError);
    await expect(signBatch(settlement, domain, changes, DEADLINE)).rejects.toMatchObject({ field: "changes", value: 129 });
    await sendBatch(changes.slice(1));
    expect((await rebuildPortfolios(provider, registry, 0)).size).toBe(MAX_PORTFOLIO_BATCH);
    expect(await new Contract(registry, PORTFOLIO_REGISTRY_ABI, provider).getFunction("MAX_BATCH")()).toBe(BigInt(MAX_PORTFOLIO_BATCH));
  });

  it("are not taken for registered, nor read, where there is no registry", async () => {
    const change = update(BOB, 1n);
    const signature = await signUpdate(settlement, domain, change, DEADLINE);
    const missing = { name: "UnexpectedReceiptError", contract: EVE, event: "PortfolioUpdated" };
    await expect(submitUpdate(carrier, EVE, change, DEADLINE, signature)).rejects.toMatchObject(missing);
    await expect(submitBatch(carrier, EVE, [change], DEADLINE, signature)).rejects.toMatchObject(missing);
    await expect(portfolioOf(provider, EVE, BOB)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: EVE });
    await expect(rebuildPortfolios(provider, EVE, 0)).rejects.toMatchObject({ name: "NoContractError", field: "portfolioRegistry", value: EVE });
  });
  it("are of addresses, not of names", async () => {
    const change = { ...update(BOB, 1n), account: "bob.eth" };
    const wrong = { name: "AddressError", field: "account", value: "bob.eth" };
    expect(() => portfolioUpdate("bob.eth", 1n, { cash: 0n, holdings: [] }, 1n)).toThrow(expect.objectContaining(wrong));
    await expect(signUpdate(settlement, domain, change, DEADLINE)).rejects.toMatchObject(wrong);
    await expect(signBatch(settlement, domain, [change], DEADLINE)).rejects.toMatchObject(wrong);
    await expect(submitUpdate(carrier, registry, change, DEADLINE, "0x")).rejects.toMatchObject(wrong);
    await expect(portfolioOf(provider, registry, "bob.eth")).rejects.toMatchObject(wrong);
    await expect(portfolioOf(provider, "0x12", BOB)).rejects.toMatchObject({ name: "AddressError", field: "portfolioRegistry", value: "0x12" });
    await expect(signUpdate(settlement, { ...domain, portfolioRegistry: "0x12" }, update(BOB, 1n), DEADLINE)).rejects.toMatchObject({ field: "portfolioRegistry" });
  });

  describe("rebuilt from events", () => {
    const nodes: JsonRpcProvider[] = [];
    const answering = (change: <T extends { readonly transactionHash: string }>(logs: readonly T[], filter: Filter) => readonly T[]) => {
      const node = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
      const honest = node.getLogs.bind(node);
      node.getLogs = async (filter) => [...change(await honest(filter), filter as Filter)];
      nodes.push(node);
      return node;
    };
    afterAll(() => nodes.forEach((node) => node.destroy()));

    it("are what the registry has, however few blocks the node answers at once", async () => {
      expect(await rebuildPortfolios(provider, registry, 0)).toEqual(new Map());
      await send(update(BOB, 1n));
      await sendBatch([update(EVE, 1n), update(BOB, 2n)]);
      await provider.send("anvil_mine", ["0x4"]);
      const { blockNumber } = await send(update(EVE, 2n));
      const expected = new Map([[BOB, registered(update(BOB, 2n))], [EVE, registered(update(EVE, 2n))]]);
      for (const span of [1, 2, 3, blockNumber, blockNumber + 1, undefined]) expect(await rebuildPortfolios(provider, registry, 0, span)).toEqual(expected);
      for (const [account, portfolio] of expected) expect(await portfolioOf(provider, registry, account)).toEqual(portfolio);

      const asked: unknown[] = [];
      const counting = answering((logs, filter) => (asked.push([filter.fromBlock, filter.toBlock]), logs));
      await rebuildPortfolios(counting, registry, 1, 4);
      expect(asked.slice(0, 2)).toEqual([[1, 4], [5, 8]]);
      expect(asked.at(-1)).toEqual([expect.any(Number), blockNumber]);
    });
    it("are refused if the first block is after an account's first event", async () => {
      await send(update(BOB, 1n));
      const { blockNumber } = await send(update(BOB, 2n));
      await expect(rebuildPortfolios(provider, registry, blockNumber)).rejects.toMatchObject({ name: "PortfolioHistoryError", account: BOB, value: 2n, expected: 1n });
    });
    it("are refused if the node keeps an event back, or answers in another order with one twice", async () => {
      const first = await send(update(BOB, 1n));
      const kept = await send(update(BOB, 2n));
      await send(update(BOB, 3n));
      const lost = answering((logs) => logs.filter(({ transactionHash }) => transactionHash !== kept.hash));
      await expect(rebuildPortfolios(lost, registry, 0)).rejects.toThrow(PortfolioHistoryError);
      const twice = answering((logs) => [...logs, ...logs.filter(({ transactionHash }) => transactionHash === first.hash)]);
      await expect(rebuildPortfolios(twice, registry, 0)).rejects.toThrow(PortfolioHistoryError);
      const reversed = answering((logs) => [...logs].reverse());
      expect((await rebuildPortfolios(reversed, registry, 0)).get(BOB)).toEqual(registered(update(BOB, 3n)));
    });
  });
});
