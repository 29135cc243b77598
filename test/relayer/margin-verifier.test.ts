import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AbiCoder, Contract, encodeBytes32String, HDNodeWallet, id, JsonRpcProvider, keccak256, toBeHex, type TransactionReceipt } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tauSecrets } from "../../prover/development-setup/toxic-waste.js";
import { projectRoot } from "../../prover/project-root.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import {
  deploy,
  deployMarginVerifier,
  DevelopmentKeyError,
  WrongChainError,
  WrongSignalCountError,
  type DeployOptions,
  type MarginDeployment,
} from "../../src/relayer/deploy.js";
import { COLLATERAL_VAULT_ABI, MARGIN_VERIFIER_ABI, PORTFOLIO_REGISTRY_ABI, RISK_REGISTRY_ABI } from "../../src/relayer/generated/contract-abi.js";
import {
  attest,
  attestArguments,
  attestationsIn,
  prepareRequest,
  RequestNotPossibleError,
  sendNamed,
  SignalMismatchError,
  type MarginIntent,
  type MarginProof,
  type PreparedRequest,
} from "../../src/relayer/margin-client.js";
import { verificationKeyHash } from "../../src/relayer/proof-encoding.js";
import { PublicSignalsError } from "../../src/witness/public-signals.js";
import { groth16Simulator, type Groth16Simulator } from "./groth16-simulator.js";
import { anvilWallet } from "../support/anvil-wallet.js";

const GENESIS = 1_800_000_000;
const DEADLINE = BigInt(GENESIS + 100_000);
// Dense field elements, as real ones are: their bytes are paid for.
const RISK_ROOT = 0x1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988n;
const COMMITMENT = 0x0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9n;
const OFFSET = 1n << 100n;
/** Creation code of a token that answers true to everything: MSTORE(0, 1), RETURN(0, 32). */
const YES_TOKEN = "0x600a600c600039600a6000f3600160005260206000f3";
const GAS_LIMIT_OF_AN_ATTESTATION = 300_000;

/** The public signals that a prover chooses. */
interface Claim {
  readonly healthy: boolean;
  readonly requirement: bigint;
  readonly equity: bigint;
}

/** Where the vault stores an account's collateral: it is the contract's first variable. */
function collateralSlot(account: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [account, 0n]));
}

describe("margin verifier on a chain", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let owner: HDNodeWallet;
  let trader: HDNodeWallet;
  let simulator: Groth16Simulator;
  let deployment: MarginDeployment;
  let vault: string;
  let snapshot: string;

  const options = (): DeployOptions => ({
    signer: owner,
    chainId: 31337n,
    vkey: simulator.verificationKey,
    development: true,
    riskRegistry: { owner: owner.address, publisher: owner.address, grace: 600n, maxAge: 86_400n },
    portfolioRegistry: { owner: owner.address, settlement: owner.address },
  });

  beforeAll(async () => {
    anvil = await startAnvil({ timestamp: GENESIS });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    owner = anvilWallet(0, provider);
    trader = anvilWallet(1, provider);
    simulator = await groth16Simulator(7);
    deployment = await deployMarginVerifier(options());
    const token = await owner.sendTransaction({ data: YES_TOKEN }).then((response) => response.wait());
    const { CollateralVault } = await compileContracts();
    vault = await deploy(owner, CollateralVault, [deployment.marginVerifier, token!.contractAddress, 65536n]);
    const deposit = new Contract(vault, COLLATERAL_VAULT_ABI, owner).getFunction("deposit");
    await (await deposit.send(trader.address, 1_000_000_000n)).wait();
    await publish(RISK_ROOT, 1n);
    await commit(trader.address, COMMITMENT);
  });

  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  beforeEach(async () => {
    if (snapshot !== undefined) await provider.send("evm_revert", [snapshot]);
    snapshot = (await provider.send("evm_snapshot", [])) as string;
  });

  it("is deployed with the key's hash, and is what was compiled", async () => {
    expect(deployment.keyHash).toBe(verificationKeyHash(simulator.verificationKey));
    expect(deployment.chainId).toBe(31337n);
    expect(deployment.development).toBe(true);
    expect(await provider.getCode(deployment.keyStore)).toHaveLength(2 + 2 * (1 + 30 * 32));
  });

  it("attests what was proven", async () => {
    const prepared = await prepare({ disclose: 3n });
    const args = attestArguments(prepared, prove(prepared, { healthy: true, requirement: 90_000_000n, equity: OFFSET - 5n }));
    const receipt = await attest(trader, deployment.marginVerifier, args);
    expect(attestationsIn(receipt, deployment.marginVerifier)).toEqual([
      {
        consumer: trader.address,
        account: trader.address,
        epoch: 1n,
        version: 1n,
        context: prepared.context,
        factor: 65536n,
        collateral: 200_000_000n,
        disclose: 3n,
        healthy: true,
        requirement: 90_000_000n,
        equity: -5n,
      },
    ]);
  });

  it("computes the same context here and on the chain", async () => {
    const { request, context } = await prepare({});
    const verifier = new Contract(deployment.marginVerifier, MARGIN_VERIFIER_ABI, provider);
    expect(await verifier.getFunction("contextOf")(trader.address, request)).toBe(context);
  });

  it("refuses a replayed context by name", async () => {
    const prepared = await prepare({});
    const args = attestArguments(prepared, prove(prepared));
    await attest(trader, deployment.marginVerifier, args);
    await expect(attest(trader, deployment.marginVerifier, args)).rejects.toThrow("refused on chain: ContextAlreadyUsed(0, 1)");
  });

  it("refuses a tampered proof by name", async () => {
    const prepared = await prepare({});
    const [request, proof, , ...values] = attestArguments(prepared, prove(prepared));
    await expect(attest(trader, deployment.marginVerifier, [request, proof, false, ...values])).rejects.toThrow("refused on chain: InvalidProof()");
    const other = attestArguments(prepared, prove(prepared, undefined, "another"))[1];
    await expect(
      attest(trader, deployment.marginVerifier, [request, { ...proof, c: other.c }, true, ...values]),
    ).rejects.toThrow("refused on chain: InvalidProof()");
  });

  it("refuses a stale risk root by name", async () => {
    const prepared = await prepare({});
    const args = attestArguments(prepared, prove(prepared));
    await publish(RISK_ROOT + 1n, 2n);
    await provider.send("evm_increaseTime", [601]);
    await provider.send("evm_mine", []);
    await expect(attest(trader, deployment.marginVerifier, args)).rejects.toThrow(`refused on chain: StaleRiskRoot(${RISK_ROOT})`);
  });

  it("refuses a proof for an earlier portfolio by name", async () => {
    const prepared = await prepare({});
    const args = attestArguments(prepared, prove(prepared));
    await commit(trader.address, COMMITMENT + 1n);
    await expect(attest(trader, deployment.marginVerifier, args)).rejects.toThrow("refused on chain: VersionMismatch(1, 2)");
  });

  it("stays within its gas, as the snapshot says", async () => {
    const gas: Record<string, number> = {};
    const spend = async (name: string, prepared: PreparedRequest, claim?: Claim): Promise<void> => {
      const receipt = await attest(trader, deployment.marginVerifier, attestArguments(prepared, prove(prepared, claim)));
      gas[name] = Number(receipt.gasUsed);
    };
    const disclosed = { healthy: true, requirement: 90_000_000n, equity: OFFSET + 150_000_000n };
    for (const times of ["first", "next"]) await spend(`healthy bit, ${times}`, await prepare({}));
    // Every account's pair with the consumer is new.
    const [second, third, fourth, fifth] = [2, 3, 4, 5].map((index) => anvilWallet(index, provider).address) as [string, string, string, string];
    for (const account of [second, third, fourth, fifth]) await commit(account, COMMITMENT);
    for (const times of ["first", "next"]) await spend(`both values, ${times}`, await prepare({ disclose: 3n, account: second }), disclosed);
    const verifier = new Contract(deployment.marginVerifier, MARGIN_VERIFIER_ABI, owner);
    await (await verifier.getFunction("open").send(trader.address, third)).wait();
    await spend("both values, first of an opened pair", await prepare({ disclose: 3n, account: third }), disclosed);
    const action = id("no byte of it is zero");
    const largest = { action, amount: 2n ** 256n - 1n, factor: 2n ** 24n - 1n, collateral: 2n ** 72n - 1n, deadline: 2n ** 256n - 1n };
    const most = { healthy: true, requirement: 2n ** 101n - 1n, equity: 2n ** 101n - 1n };
    await spend("both values, every field as large as can be, first", await prepare({ ...largest, disclose: 3n, account: fourth }), most);

    const withdrawal = { action: id("zkmargin.CollateralVault.withdraw") };
    for (const times of ["first of an opened pair", "next"]) {
      const receipt = await withdraw(await prepare(withdrawal, vault));
      gas[`healthy bit, through CollateralVault.withdraw, ${times}`] = Number(receipt.gasUsed);
    }
    // Collateral that no deposit brought, so that nobody opened the pair.
    await provider.send("anvil_setStorageAt", [vault, collateralSlot(fifth), toBeHex(2n ** 73n - 2n, 32)]);
    const large = { ...largest, ...withdrawal, amount: 2n ** 72n - 1n, account: fifth };
    const receipt = await withdraw(await prepare(large, vault), anvilWallet(5, provider));
    gas["healthy bit, through CollateralVault.withdraw, every field as large as can be, first"] = Number(receipt.gasUsed);

    const path = join(projectRoot(), "verifier-contracts", "snapshots", "gas.json");
    if (process.env["UPDATE_SNAPSHOTS"] === "1") writeFileSync(path, `${JSON.stringify(gas, undefined, 2)}\n`);
    expect(gas).toEqual(JSON.parse(readFileSync(path, "utf8")));
    for (const [name, used] of Object.entries(gas)) expect(used, name).toBeLessThanOrEqual(GAS_LIMIT_OF_AN_ATTESTATION);
  });

  it("lets a consumer act on the attestation, and passes the refusal's name through it", async () => {
    const prepared = await prepare({ action: id("zkmargin.CollateralVault.withdraw") }, vault);
    const receipt = await withdraw(prepared);
    expect(attestationsIn(receipt, deployment.marginVerifier)[0]?.consumer).toBe(vault);
    const contract = new Contract(vault, COLLATERAL_VAULT_ABI, provider);
    expect(await contract.getFunction("collateralOf")(trader.address)).toBe(975_000_000n);
    await expect(withdraw(prepared)).rejects.toThrow("refused on chain: ContextAlreadyUsed(0, 1)");
  });

  it("is not prepared for an account without portfolio", async () => {
    await expect(prepare({ account: owner.address })).rejects.toThrow(RequestNotPossibleError);
  });

  it("does not send a proof whose signals are not the prepared ones", async () => {
    const prepared = await prepare({});
    const proof = prove(prepared);
    const changed = (changes: Partial<MarginIntent>): PreparedRequest => ({ ...prepared, request: { ...prepared.request, ...changes } });
    expect(() => attestArguments(changed({ factor: 65537n }), proof)).toThrow("factor of the proof is 65536 and must be 65537");
    expect(() => attestArguments(changed({ disclose: 1n }), proof)).toThrow("disclose of the proof is 0 and must be 1");
    expect(() => attestArguments(changed({ collateral: 1n }), proof)).toThrow("collateral of the proof is 200000000 and must be 1");
    // Sums up to the same terms.
    expect(() => attestArguments(changed({ factor: 65536n + 2n ** 24n, disclose: -1n }), proof)).toThrow(SignalMismatchError);
    const beyond = { ...proof, publicSignals: [...proof.publicSignals.slice(0, -1), String(2n ** 98n)] };
    expect(() => attestArguments(prepared, beyond)).toThrow(PublicSignalsError);
    expect(() => attestArguments({ ...prepared, context: 1n }, proof)).toThrow(SignalMismatchError);
    expect(() => attestArguments(prepared, { ...proof, publicSignals: proof.publicSignals.slice(1) })).toThrow(SignalMismatchError);
  });

  it("is not deployed on another chain than the one meant", async () => {
    await expect(deployMarginVerifier({ ...options(), chainId: 1n })).rejects.toThrow(WrongChainError);
  });

  it("is not deployed with a development key off a local chain", async () => {
    const other = await startAnvil({ chainId: 10 });
    const otherProvider = new JsonRpcProvider(other.url);
    try {
      const elsewhere = { ...options(), signer: anvilWallet(0, otherProvider), chainId: 10n };
      await expect(deployMarginVerifier(elsewhere)).rejects.toThrow(DevelopmentKeyError);
      const marked = { ...simulator.verificationKey, development: true };
      await expect(deployMarginVerifier({ ...elsewhere, vkey: marked, development: false })).rejects.toThrow(DevelopmentKeyError);
      const { alpha } = tauSecrets();
      const unmarked = { ...simulator.verificationKey, vk_alpha_1: simulator.g1(alpha) };
      await expect(deployMarginVerifier({ ...elsewhere, vkey: unmarked, development: false })).rejects.toThrow(DevelopmentKeyError);
      expect(await otherProvider.getTransactionCount(owner.address)).toBe(0);
    } finally {
      otherProvider.destroy();
      await other.stop();
    }
  });

  it("is not deployed with a key for another number of signals", async () => {
    const { verificationKey } = await groth16Simulator(6);
    await expect(deployMarginVerifier({ ...options(), vkey: verificationKey })).rejects.toThrow(WrongSignalCountError);
  });

  it("uses registries that exist", async () => {
    const second = await deployMarginVerifier({
      ...options(),
      riskRegistry: deployment.riskRegistry,
      portfolioRegistry: deployment.portfolioRegistry,
    });
    expect(second.riskRegistry).toBe(deployment.riskRegistry);
    expect(second.marginVerifier).not.toBe(deployment.marginVerifier);
  });

  async function publish(root: bigint, epoch: bigint): Promise<void> {
    const registry = new Contract(deployment.riskRegistry, RISK_REGISTRY_ABI, owner);
    await (await registry.getFunction("publish").send(root, epoch)).wait();
  }

  async function commit(account: string, commitment: bigint): Promise<void> {
    const registry = new Contract(deployment.portfolioRegistry, PORTFOLIO_REGISTRY_ABI, owner);
    await (await registry.getFunction("commit").send(account, commitment)).wait();
  }

  async function withdraw(prepared: PreparedRequest, by: HDNodeWallet = trader): Promise<TransactionReceipt> {
    const [request, proof] = attestArguments(prepared, prove(prepared));
    const contract = new Contract(vault, COLLATERAL_VAULT_ABI, by);
    return sendNamed(async () => (await contract.getFunction("withdraw").send(request.amount, { ...request, proof })).wait());
  }

  function prepare(changes: Partial<MarginIntent>, consumer: string = trader.address): Promise<PreparedRequest> {
    return prepareRequest(provider, deployment.marginVerifier, consumer, {
      account: trader.address,
      action: encodeBytes32String("withdraw"),
      amount: 25_000_000n,
      factor: 65536n,
      collateral: 200_000_000n,
      disclose: 0n,
      deadline: DEADLINE,
      ...changes,
    });
  }

  /** healthy, disclosedRequirement, disclosedEquity, portfolioCommitment, riskRoot, context, terms. */
  function prove(
    { request, context, portfolioCommitment }: PreparedRequest,
    { healthy, requirement, equity }: Claim = { healthy: true, requirement: 0n, equity: 0n },
    seed = "seed",
  ): MarginProof {
    const signals = [
      healthy ? 1n : 0n,
      requirement,
      equity,
      portfolioCommitment,
      request.riskRoot,
      context,
      request.factor + request.disclose * 2n ** 24n + request.collateral * 2n ** 26n,
    ];
    return { proof: simulator.prove(signals, seed), publicSignals: signals.map(String) };
  }
});
