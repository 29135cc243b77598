import { Contract, JsonRpcProvider, type HDNodeWallet } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import { deploy } from "../../src/relayer/deploy.js";
import { RISK_ORACLE_ABI } from "../../src/relayer/generated/contract-abi.js";
import { lastHeader, newestRoot, publishHeader, signerSet } from "../../src/relayer/oracle-client.js";
import { combineSignatures, headerDigest, oracleDomain, signHeader, type OracleDomain, type RiskHeader } from "../../src/signer/risk-header.js";
import { sampleHeader, sampleIndices } from "../signer/headers.js";
import { anvilWallet } from "../support/anvil-wallet.js";

const GENESIS = 1_800_000_000;
const TIMELOCK = 86_400n;
/** A tenth, of the value before or of 1. */
const BOUND = Q32 / 10n;
const LIMITS = [600n, 3_600n, 60n, 1n, 300n, [BOUND, BOUND, BOUND, BOUND, BOUND, BOUND, BOUND, BOUND]];

describe("headers on a chain", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let wallets: HDNodeWallet[];
  let oracle: string;
  /** Another contract. */
  let other: string;
  let domain: OracleDomain;
  let clean: string | undefined;

  beforeAll(async () => {
    anvil = await startAnvil({ timestamp: GENESIS });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    wallets = [0, 1, 2, 3, 4].map((i) => anvilWallet(i, provider));
    const owner = wallets[0]!.address;
    const signers = wallets.slice(1, 4).map(({ address }) => address).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const { PortfolioRegistry, RiskOracle } = await compileContracts();
    oracle = await deploy(wallets[0]!, RiskOracle, [owner, owner, TIMELOCK, LIMITS, signers, 2n, [1, 2]]);
    other = await deploy(wallets[0]!, PortfolioRegistry, [owner, owner, TIMELOCK, owner]);
    domain = oracleDomain(31337n, oracle);
  });

  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  beforeEach(async () => {
    if (clean !== undefined) await provider.send("evm_revert", [clean]);
    clean = (await provider.send("evm_snapshot", [])) as string;
  });

  const headerAt = (epoch: bigint, change: Partial<RiskHeader> = {}) => sampleHeader({ epoch, time: BigInt(GENESIS) + epoch, ...change });
  const signed = async (header: RiskHeader, ...by: readonly number[]) =>
    combineSignatures(domain, header, await Promise.all(by.map((i) => signHeader(wallets[i]!, domain, header))), await signerSet(provider, oracle));
  /** Sent by one who is neither owner nor signer. */
  const publish = async (header: RiskHeader, by: readonly number[] = [3, 1]) => publishHeader(wallets[4]!, oracle, header, await signed(header, ...by));

  it("have the digest that the contract computes", async () => {
    const contract = new Contract(oracle, RISK_ORACLE_ABI, provider);
    const headers = [headerAt(1n), headerAt((1n << 64n) - 1n, {
      assets: [
        sampleIndices(1, { spot: (1n << 64n) - 1n, fastVolatility: (1n << 40n) - 1n, slowVolatility: 0n, openInterestSkew: -Q32, correlation: Q32, depth: (1n << 96n) - 1n, utilisation: Q32, contagion: Q32 }),
        sampleIndices(0xffff_ffff, { spot: 1n, openInterestSkew: Q32, correlation: -1n, depth: 0n }),
      ], time: 1n,
    })];
    for (const header of headers) {
      expect(await contract.getFunction("digestOf")(header)).toBe(headerDigest(domain, header));
    }
  });
  it("are published by anyone with the signatures of the threshold, in the order they must have", async () => {
    expect(await newestRoot(provider, oracle)).toEqual({ epoch: 0n, riskRoot: 0n });
    expect(await lastHeader(provider, oracle)).toEqual({ epoch: 0n, time: 0n });
    const header = headerAt(5n);
    const { published, receipt } = await publish(header, [3, 1, 2]);
    expect(published).toBe(true);
    expect(receipt.status).toBe(1);
    expect(await newestRoot(provider, oracle)).toEqual({ epoch: 5n, riskRoot: header.riskRoot });
    expect(await lastHeader(provider, oracle)).toEqual({ epoch: 5n, time: header.time });
    const stored = (await new Contract(oracle, RISK_ORACLE_ABI, provider).getFunction("indices")()) as { toObject(): Record<string, bigint> }[];
    expect(stored.map((entry) => entry.toObject())).toEqual(header.assets.map((indices) => ({ ...indices, asset: BigInt(indices.asset) })));
  });
  it("are signed by the set that the contract names", async () => {
    const { signers, threshold } = await signerSet(provider, oracle);
    expect(threshold).toBe(2);
    expect([...signers].sort()).toEqual(wallets.slice(1, 4).map(({ address }) => address).sort());
  });
  it("are held, not published, where an index leaves its bounds", async () => {
    await publish(headerAt(5n));
    const jump = headerAt(6n, { assets: [sampleIndices(1), sampleIndices(2)] });
    expect((await publish(jump)).published).toBe(false);
    expect(await newestRoot(provider, oracle)).toMatchObject({ epoch: 5n });
    expect(await lastHeader(provider, oracle)).toEqual({ epoch: 6n, time: jump.time });
  });
  it("are not taken for published where there is no oracle", async () => {
    const header = headerAt(5n);
    const signatures = await signed(header, 1, 2);
    const nobody = wallets[4]!.address;
    const send = (to: string) => publishHeader(wallets[4]!, to, header, signatures);
    await expect(send(nobody)).rejects.toMatchObject({ name: "UnexpectedReceiptError", contract: nobody, event: "RiskRootPublished or BreakerTripped or HeaderHeld" });
    await expect(send(other)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: other, called: "publish" });
    await expect(send("oracle.eth")).rejects.toMatchObject({ name: "AddressError", field: "oracle", value: "oracle.eth" });
  });
  it("are not read where there is no oracle", async () => {
    for (const at of [wallets[4]!.address, other]) {
      await expect(newestRoot(provider, at)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: at, called: "newest" });
      await expect(lastHeader(provider, at)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: at, called: "last" });
      await expect(signerSet(provider, at)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: at });
    }
    await expect(newestRoot(provider, `${oracle.slice(0, -1)}g`)).rejects.toMatchObject({ name: "AddressError", field: "oracle" });
  });
  it("are refused by the contract's name", async () => {
    const header = headerAt(5n);
    const signatures = await signed(header, 1, 2);
    const send = (sent: RiskHeader, by: readonly string[]) => publishHeader(wallets[4]!, oracle, sent, by);
    const refused = async (sent: Promise<unknown>, name: string, ...args: readonly unknown[]) =>
      expect(sent).rejects.toMatchObject({ name: "ContractRefusedError", revert: { name, args } });

    await refused(send(header, [...signatures].reverse()), "InvalidSignature", 1n);
    await refused(send({ ...header, riskRoot: header.riskRoot + 1n }, signatures), "InvalidSignature", 0n);
    await refused(send(header, signatures.slice(1)), "SignatureCountOutOfRange", 1n, 2n, 3n);
    await refused(publish(headerAt(6n, { assets: [sampleIndices(1)] })), "AssetsMismatch", 1n);
    await refused(publish(headerAt(6n, { time: BigInt(GENESIS) - 7_200n })), "HeaderTooOld", BigInt(GENESIS) - 7_200n, expect.any(BigInt));
    await publish(header);
    await refused(send(header, signatures), "EpochNotIncreasing", 5n, 5n);
    await refused(publish(headerAt(6n, { time: header.time })), "TimeNotIncreasing", header.time + 1n, header.time);
  });
});
