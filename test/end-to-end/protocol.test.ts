import { Contract, dataSlice, getAddress, id, JsonRpcProvider, type HDNodeWallet, type TransactionReceipt } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultBackend } from "../../prover/backends/select.js";
import { proveMargin, type TierKey } from "../../prover/prove-margin.js";
import { snarkjsForm, type ProofFile } from "../../prover/proof-file.js";
import { createProver, type Prover } from "../../prover/prover.js";
import { verificationKeyJson } from "../../prover/verification-key.js";
import { openTierKey, tierOf } from "../../src/cli/tier-key.js";
import type { MarketSnapshot } from "../../src/market/market-snapshot.js";
import { Q32 } from "../../src/math/fixed-point.js";
import { decayed, factorOf, multiplierOf } from "../../src/policy/stress-multiplier.js";
import { defaultStressPolicy } from "../../src/policy/stress-parameters.js";
import { startAnvil, type Anvil } from "../../src/relayer/anvil.js";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import type { OracleLimits } from "../../src/relayer/deploy-options.js";
import { deploy, deployProtocol } from "../../src/relayer/deploy.js";
import type { Deployment } from "../../src/relayer/deployment-file.js";
import { COLLATERAL_VAULT_ABI, MARGIN_VERIFIER_ABI, RISK_ORACLE_ABI, SOLVENCY_REGISTRY_ABI } from "../../src/relayer/generated/contract-abi.js";
import { LOCAL_ACCOUNTS, LOCAL_LIMITS, localDeployOptions } from "../../src/relayer/local-protocol.js";
import { postBatch } from "../../src/relayer/margin-batch.js";
import {
  attestationsIn, healthOf, marginProof, post, postingsIn, prepareAttestation, prepareStanding, ProofNotPossibleError, type PreparedProof,
} from "../../src/relayer/margin-client.js";
import type { MarginProof } from "../../src/relayer/margin-context.js";
import { newestRoot, publishHeader, type Publication } from "../../src/relayer/oracle-client.js";
import { activateFirst, readVersion, requiredFactor } from "../../src/relayer/policy-client.js";
import { portfolioOf, portfolioUpdate, rebuildPortfolios, signBatch, signUpdate, submitBatch, submitUpdate } from "../../src/relayer/portfolio-client.js";
import { lastSolventEpoch, postSolvency, prepareSolvency, setOperator, wasSolvent } from "../../src/relayer/solvency-client.js";
import { sendNamed } from "../../src/relayer/transaction.js";
import { bookHash } from "../../src/risk/book-hash.js";
import { FACTOR_ONE, type Margin } from "../../src/risk/margin.js";
import { parsePortfolio, portfolioCommitment, type Portfolio } from "../../src/risk/portfolio.js";
import { indexInstruments, type RiskPayload } from "../../src/risk/risk-payload.js";
import { randomSalt } from "../../src/risk/salt-file.js";
import { oracleDomain } from "../../src/signer/risk-header.js";
import { prepareProof } from "../../src/witness/circuit-input.js";
import { listPublicSignals } from "../../src/witness/public-signals.js";
import { haveData } from "../market/market-files.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { agreeOn, at, calmed, realMarkets, type AgreedHeader } from "./crash.js";

const WEEK = 7n * 86_400n;
const BREAKER_DELAY = 600;
/** A move of spot by more than a tenth is held; roots live a week, since the real chains are five days apart. */
const LIMITS: OracleLimits = {
  ...LOCAL_LIMITS, maxAge: WEEK, breakerDelay: BigInt(BREAKER_DELAY), deviation: { ...LOCAL_LIMITS.deviation, spot: Q32 / 10n },
};
/** Creation code of a token that answers true to everything: MSTORE(0, 1), RETURN(0, 32). */
const YES_TOKEN = "0x600a600c600039600a6000f3600160005260206000f3";
/** An initial margin of 1.25 maintenance margins. */
const RATIO = (5n * FACTOR_ONE) / 4n;
const WITHDRAWAL = 5_000_000_000n;
const { generation, parameters } = defaultStressPolicy(3);

type Tier = "S" | "M";
type Name = keyof typeof BOOKS;

/** Cash and quantities; the first three fit tier S, the others reach over four and five buckets. */
const BOOKS = {
  hedged: book("40000.00", { "BTC-27FEB26-70000-P": "-1", "BTC-27FEB26-60000-P": "1", "BTC-27FEB26-95000-C": "-1", "BTC-27FEB26-110000-C": "1" }),
  putSeller: book("30000.00", { "BTC-27FEB26-75000-P": "-2", "BTC-27FEB26-60000-P": "2", "ETH-27FEB26-2200-P": "-20" }),
  callSeller: book("20000.00", { "ETH-27FEB26-2900-C": "-20", "ETH-27FEB26-3200-C": "20" }),
  maker: book("150000.00", {
    "BTC-PERPETUAL": "0.5", "BTC-27FEB26-80000-P": "1", "BTC-27FEB26-70000-P": "-1", "BTC-27MAR26-70000-P": "-1", "BTC-27MAR26-60000-P": "1",
    "BTC-27MAR26-100000-C": "-1", "BTC-27MAR26-110000-C": "1", "ETH-27FEB26-2400-P": "10", "ETH-27FEB26-2000-P": "-10", "ETH-27MAR26-2000-P": "-10",
  }),
  spreads: book("60000.00", {
    "BTC-27FEB26-85000-C": "1", "BTC-27FEB26-95000-C": "-1", "BTC-27MAR26-75000-P": "-1", "BTC-27MAR26-65000-P": "1",
    "ETH-27FEB26-2500-C": "10", "ETH-27FEB26-2900-C": "-10", "ETH-27MAR26-2200-P": "-10", "ETH-27MAR26-1800-P": "10",
  }),
  futures: book("80000.00", { "BTC-27FEB26": "1", "BTC-27MAR26": "-1", "ETH-27FEB26": "-10", "ETH-27MAR26": "12" }),
} as const;

function book(cash: string, positions: Readonly<Record<string, string>>): string {
  return JSON.stringify({ cash, positions: Object.entries(positions).map(([instrument, quantity]) => ({ instrument, quantity })) });
}

interface Proven {
  readonly margin: MarginProof;
  readonly file: ProofFile;
  /** The risk core's. */
  readonly computed: Margin;
}

describe.runIf(haveData)("the protocol in the crash of 2026-02-05 (not run where ../shared/data is missing)", () => {
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let deployment: Deployment;
  let prover: Prover;
  let signers: readonly HDNodeWallet[];
  let settlement: HDNodeWallet;
  let relayer: HDNodeWallet;
  let hedger: HDNodeWallet;
  let maker: HDNodeWallet;
  let operator: HDNodeWallet;
  let markets: { readonly calm: MarketSnapshot; readonly crash: MarketSnapshot };
  let calm: AgreedHeader;
  /** Of the crash, the confirming one. */
  let stressed: AgreedHeader;
  let verifier: string;
  let vault: Contract;
  /** Proven before the crash, and on its way. */
  let inFlight: Proven;
  let calmFactor: bigint;
  const keys = new Map<Tier, TierKey>();
  const salts = new Map<Name, bigint>();

  beforeAll(async () => {
    markets = realMarkets();
    anvil = await startAnvil({ timestamp: markets.calm.time });
    provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 });
    provider.pollingInterval = 20;
    prover = createProver(defaultBackend());
    const wallet = (index: number) => anvilWallet(index, provider);
    signers = LOCAL_ACCOUNTS.signers.map(wallet);
    settlement = wallet(LOCAL_ACCOUNTS.settlement);
    [hedger, relayer, maker, operator] = [wallet(LOCAL_ACCOUNTS.holder), wallet(7), wallet(8), wallet(9)];

    for (const tier of ["S", "M"] as const) keys.set(tier, await openTierKey(tier));
    const tiers = [...keys].map(([tier, { key }]) => ({ tier, vkey: verificationKeyJson(key.verificationKey), development: key.development }));
    const owner = wallet(LOCAL_ACCOUNTS.owner);
    const collateralSource = async (policyRegistry: string) => {
      const { CollateralVault } = await compileContracts();
      const token = await (await owner.sendTransaction({ data: YES_TOKEN })).wait();
      return deploy(owner, CollateralVault, [policyRegistry, token!.contractAddress, RATIO]);
    };
    const options = await localDeployOptions(provider, { tiers, assets: markets.calm.assets.length, limits: LIMITS, collateralSource });
    deployment = await deployProtocol({ ...options, signer: owner });
    verifier = deployment.addresses.MarginVerifier;
    vault = new Contract(deployment.collateralSource, COLLATERAL_VAULT_ABI, provider);
    for (const [name, amount] of [["hedged", 20_000_000_000n], ["putSeller", 8_000_000_000n]] as const) {
      await sendNamed(() => (vault.connect(relayer) as Contract).getFunction("deposit").send(accountOf(name), amount));
    }
  });

  afterAll(async () => {
    provider?.destroy();
    await anvil?.stop();
  });

  /** Two of the books are of accounts that send transactions of their own. */
  function accountOf(name: Name): string {
    return { hedged: hedger.address, maker: maker.address }[name as string] ?? getAddress(dataSlice(id(name), 12));
  }

  function portfolioIn(payload: RiskPayload, name: Name): Portfolio {
    return parsePortfolio(BOOKS[name], payload, indexInstruments(payload));
  }

  const saltOf = (name: Name): bigint => salts.get(name) ?? salts.set(name, randomSalt()).get(name)!;
  const updateOf = (name: Name) => portfolioUpdate(accountOf(name), 1n, portfolioIn(calm.payload, name), saltOf(name));
  const deadline = () => BigInt(markets.crash.time) + WEEK;
  const epochOf = ({ header }: AgreedHeader): bigint => header.epoch;
  const multiplierAt = ({ header }: AgreedHeader): bigint => multiplierOf(generation, parameters, header.assets);
  const factorNow = () => requiredFactor(provider, deployment.addresses.PolicyRegistry);
  const currentRoot = (epoch: bigint) => new Contract(deployment.addresses.RiskOracle, RISK_ORACLE_ABI, provider).getFunction("currentRoot")(epoch) as Promise<bigint>;
  const margins = () => new Contract(verifier, MARGIN_VERIFIER_ABI, provider);
  const agree = (market: MarketSnapshot) => agreeOn(market, signers, oracleDomain(deployment.chainId, deployment.addresses.RiskOracle));
  const carry = ({ header, signatures }: AgreedHeader): Promise<Publication> => publishHeader(relayer, deployment.addresses.RiskOracle, header, signatures);

  /** The next block has this second. */
  async function nextBlockAt(time: number): Promise<void> {
    await provider.send("evm_setNextBlockTimestamp", [time]);
  }

  async function prove(tier: Tier, name: Name, { payload, tree }: AgreedHeader, prepared: PreparedProof): Promise<Proven> {
    const { demand, terms, context } = prepared;
    const disclose = { requirement: (demand.disclose & 1n) !== 0n, equity: (demand.disclose & 2n) !== 0n };
    const statement = { context, factor: terms.factor, collateral: terms.collateral, disclose };
    const witness = prepareProof(payload, tree, portfolioIn(payload, name), saltOf(name), statement, tierOf(tier));
    const file = await proveMargin(prover, keys.get(tier)!, witness);
    return { margin: marginProof(prepared, snarkjsForm(file)), file, computed: witness.margin };
  }

  /** Proves an account as it stands; the contract derives the same public signals as the circuit. */
  async function proveStanding(tier: Tier, name: Name, risk: AgreedHeader, healthy = true): Promise<Proven> {
    const proven = await prove(tier, name, risk, await prepareStanding(provider, verifier, accountOf(name), { tier, deadline: deadline() }, healthy));
    expect([...(await margins().getFunction("standingSignals")(accountOf(name), proven.margin))]).toEqual(listPublicSignals(proven.file.publicSignals));
    return proven;
  }

  /** What the contract stores and logs is what the risk core computes, rounded up to the payload's granularity. */
  async function expectStanding(name: Name, risk: AgreedHeader, { computed, file, margin }: Proven, receipt: TransactionReceipt): Promise<void> {
    const { granularity } = risk.payload;
    const requirement = ((computed.requirement + granularity - 1n) / granularity) * granularity;
    expect(file.publicSignals).toMatchObject({ disclosedRequirement: requirement, healthy: computed.healthy ? 1n : 0n, riskRoot: risk.header.riskRoot });
    const attested = {
      version: 1n, epoch: epochOf(risk), factor: await factorNow(), collateral: margin.collateral, healthy: computed.equity >= computed.requirement, requirement,
    };
    const stored = (await margins().getFunction("standingOf")(accountOf(name))) as { toObject(): unknown };
    expect(stored.toObject()).toEqual(attested);
    expect(postingsIn(receipt, verifier)).toContainEqual({ account: accountOf(name), ...attested });
    expect(await healthOf(provider, verifier, accountOf(name))).toEqual({ counts: true, healthy: computed.healthy });
  }

  /** What the vault asks for, rounded up. */
  const initialFactor = (multiplier: bigint): bigint => (multiplier * RATIO + FACTOR_ONE - 1n) / FACTOR_ONE;

  async function prepareWithdrawal(): Promise<PreparedProof> {
    const account = hedger.address;
    const collateral = ((await vault.getFunction("collateralOf")(account)) as bigint) - WITHDRAWAL;
    const action = id("zkmargin.CollateralVault.withdraw");
    const demand = { account, action, amount: WITHDRAWAL, healthy: true, disclose: 0n, collateral, ratio: RATIO };
    return prepareAttestation(provider, verifier, deployment.collateralSource, demand, { tier: "S", deadline: deadline() });
  }

  const withdraw = (margin: MarginProof) => sendNamed(() => (vault.connect(hedger) as Contract).getFunction("withdraw").send(WITHDRAWAL, margin));

  it("has a header that two of three signers derive from the same sources, one of them dishonest, and a relayer publishes", async () => {
    calm = await agree(markets.calm);
    expect(new Set(calm.aggregated.outliers.map(({ source }) => source))).toEqual(new Set(["c"]));
    expect(calm.aggregated.outliers.length).toBeGreaterThan(markets.calm.instruments.length / 2);
    expect(await carry(calm)).toMatchObject({ published: true });
    expect(await newestRoot(provider, deployment.addresses.RiskOracle)).toEqual({ epoch: BigInt(markets.calm.epoch), riskRoot: calm.tree.riskRoot });
  });

  it("has an active policy of generation 3, whose multiplier is that of the derived indices", async () => {
    const { PolicyRegistry } = deployment.addresses;
    await activateFirst(anvilWallet(LOCAL_ACCOUNTS.owner, provider), PolicyRegistry, deployment.policyVersion);
    expect(await readVersion(provider, PolicyRegistry, deployment.policyVersion)).toMatchObject({ generation: 3, parameters, verifier });
    calmFactor = factorOf(multiplierAt(calm));
    expect(await factorNow()).toBe(calmFactor);
  });

  it("registers books that the settlement layer has signed, one and a batch, with the hashes by which they can be opened", async () => {
    const { PortfolioRegistry } = deployment.addresses;
    const domain = { chainId: deployment.chainId, portfolioRegistry: PortfolioRegistry };
    const [first, ...others] = (Object.keys(BOOKS) as Name[]).map(updateOf);
    await submitUpdate(relayer, PortfolioRegistry, first!, deadline(), await signUpdate(settlement, domain, first!, deadline()));
    await submitBatch(relayer, PortfolioRegistry, others, deadline(), await signBatch(settlement, domain, others, deadline()));
    const history = await rebuildPortfolios(provider, PortfolioRegistry, 0);
    expect(history.size).toBe(Object.keys(BOOKS).length);
    for (const name of Object.keys(BOOKS) as Name[]) {
      const portfolio = portfolioIn(calm.payload, name);
      const registered = { version: 1n, commitment: portfolioCommitment(portfolio, saltOf(name)), bookHash: bookHash(portfolio, saltOf(name)) };
      expect(await portfolioOf(provider, PortfolioRegistry, accountOf(name))).toEqual(registered);
      expect(history.get(accountOf(name))).toEqual(registered);
    }
  });

  it.each([["S", "hedged", ["putSeller", "callSeller"]], ["M", "maker", ["spreads", "futures"]]] as const)(
    "attests accounts in tier %s, one alone and two in a batch, with the risk core's margin",
    async (tier, single, members) => {
      const alone = await proveStanding(tier, single, calm);
      await expectStanding(single, calm, alone, await post(relayer, verifier, accountOf(single), alone.margin));
      const proofs = await Promise.all(members.map(async (name) => ({ name, proven: await proveStanding(tier, name, calm) })));
      const batch = await postBatch(relayer, verifier, proofs.map(({ name, proven }) => ({ account: accountOf(name), margin: proven.margin })), "revert");
      expect(batch.receipts).toHaveLength(1);
      for (const { name, proven } of proofs) {
        expect(proven.computed.healthy).toBe(true);
        await expectStanding(name, calm, proven, batch.receipts[0]!);
      }
    },
  );

  it("lets an account withdraw what it can spare at its initial margin, and its standing attestation is void until it is proven with less", async () => {
    const { margin, computed } = await prove("S", "hedged", calm, await prepareWithdrawal());
    expect(computed.healthy).toBe(true);
    const receipt = await withdraw(margin);
    expect(attestationsIn(receipt, verifier)).toMatchObject([
      { consumer: deployment.collateralSource, account: hedger.address, factor: initialFactor(calmFactor), collateral: 15_000_000_000n, healthy: true, requirement: 0n, equity: 0n },
    ]);
    expect(await vault.getFunction("collateralOf")(hedger.address)).toBe(15_000_000_000n);
    expect(await healthOf(provider, verifier, hedger.address)).toMatchObject({ counts: false });
    const proven = await proveStanding("S", "hedged", calm);
    await expectStanding("hedged", calm, proven, await post(relayer, verifier, hedger.address, proven.margin));
    inFlight = await prove("S", "hedged", calm, await prepareWithdrawal());
    expect(inFlight.computed.healthy).toBe(true);
  });

  it("records an account's solvency, posted by its operator, and nothing else of it", async () => {
    const { SolvencyRegistry } = deployment.addresses;
    await setOperator(maker, SolvencyRegistry, operator.address, true);
    const prepared = await prepareSolvency(provider, SolvencyRegistry, maker.address, { tier: "M", deadline: deadline() });
    const { margin, computed } = await prove("M", "maker", calm, prepared);
    expect(computed.healthy).toBe(true);
    expect(margin).toMatchObject({ disclosedRequirement: 0n, disclosedEquity: 0n });
    await postSolvency(operator, SolvencyRegistry, maker.address, margin);
    expect(await new Contract(SolvencyRegistry, SOLVENCY_REGISTRY_ABI, provider).getFunction("factorOf")(maker.address, epochOf(calm))).toBe(calmFactor);
    expect(await wasSolvent(provider, SolvencyRegistry, maker.address, epochOf(calm), calmFactor + 1n)).toBe(false);
    expect(await lastSolventEpoch(provider, SolvencyRegistry, maker.address)).toBe(epochOf(calm));
  });

  it("stops at the crash: the header is held, no root is usable, and what was proven before is refused by name", async () => {
    const crash = await agree(markets.crash);
    await nextBlockAt(markets.crash.time - 60);
    await provider.send("evm_mine", []);
    expect(await currentRoot(epochOf(calm))).toBe(calm.tree.riskRoot);
    await nextBlockAt(markets.crash.time + 5);
    expect(await carry(crash)).toMatchObject({ published: false });
    expect([await currentRoot(epochOf(calm)), await currentRoot(epochOf(crash))]).toEqual([0n, 0n]);
    await expect(withdraw(inFlight.margin)).rejects.toThrow(`refused on chain: StaleEpoch(${epochOf(calm)})`);
    expect(await healthOf(provider, verifier, hedger.address)).toMatchObject({ counts: false });
    await expect(proveStanding("S", "hedged", calm)).rejects.toThrow(ProofNotPossibleError);
    expect(await factorNow()).toBe(calmFactor);
  });

  it("goes on when a header after the delay confirms the crash, and the multiplier steps up at once to that of the derived indices", async () => {
    const time = markets.crash.time + 5 + BREAKER_DELAY;
    stressed = await agree(at(markets.crash, time));
    await nextBlockAt(time + 1);
    expect(await carry(stressed)).toMatchObject({ published: true });
    expect([await currentRoot(epochOf(calm)), await currentRoot(epochOf(stressed))]).toEqual([0n, stressed.tree.riskRoot]);
    const factor = factorOf(multiplierAt(stressed));
    expect(await factorNow()).toBe(factor);
    // ETH's implied volatility is 84 %, so its ramp adds 2.5 x (0.84 - 0.75) to the base of 1.
    expect([factor > (118n * FACTOR_ONE) / 100n, factor < (127n * FACTOR_ONE) / 100n]).toEqual([true, true]);
  });

  it("refuses what was proven with the old factor or at the old epoch, and accepts the account with the new ones", async () => {
    const { margin } = inFlight;
    const required = initialFactor(await factorNow());
    await expect(withdraw(margin)).rejects.toThrow(`refused on chain: FactorInsufficient(${margin.factor}, ${required})`);
    await expect(withdraw({ ...margin, epoch: epochOf(stressed) })).rejects.toThrow("refused on chain: FactorInsufficient");
    await expect(withdraw({ ...margin, factor: required })).rejects.toThrow(`refused on chain: StaleEpoch(${epochOf(calm)})`);
    await expect(withdraw({ ...margin, factor: required, epoch: epochOf(stressed) })).rejects.toThrow("refused on chain: InvalidProof()");

    for (const [tier, name] of [["S", "hedged"], ["M", "maker"]] as const) {
      expect(await healthOf(provider, verifier, accountOf(name))).toMatchObject({ counts: false });
      const proven = await proveStanding(tier, name, stressed);
      expect(proven.computed.healthy).toBe(true);
      await expectStanding(name, stressed, proven, await post(relayer, verifier, accountOf(name), proven.margin));
    }
    const again = await prove("S", "hedged", stressed, await prepareWithdrawal());
    expect(again.margin).toMatchObject({ factor: required, epoch: epochOf(stressed) });
    await withdraw(again.margin);
  });

  it("shows to everyone that an account which was healthy no longer is", async () => {
    const before = (await margins().getFunction("standingOf")(accountOf("putSeller"))) as { readonly healthy: boolean };
    expect(before.healthy).toBe(true);
    const proven = await proveStanding("S", "putSeller", stressed, false);
    expect(proven.computed.healthy).toBe(false);
    await expectStanding("putSeller", stressed, proven, await post(relayer, verifier, accountOf("putSeller"), proven.margin));
  });

  it("lets the multiplier fall by the policy's decay a second and no faster when the market calms", async () => {
    const time = markets.crash.time + 3_600;
    const after = await agree(at(calmed(markets.crash), time));
    const [high, target] = [multiplierAt(stressed), multiplierAt(after)];
    expect(target).toBeLessThan(high);
    await nextBlockAt(time + 2);
    expect(await carry(after)).toMatchObject({ published: true });
    const since = time + 2;
    expect(await factorNow()).toBe(factorOf(high));
    const hours = (high - target) / parameters.decay / 3_600n + 1n;
    expect(hours).toBeGreaterThan(2n);
    for (const elapsed of [1_200n, 3_600n, (hours - 1n) * 3_600n, hours * 3_600n]) {
      await nextBlockAt(since + Number(elapsed));
      await provider.send("evm_mine", []);
      expect(await factorNow()).toBe(factorOf(decayed(high, parameters.decay, elapsed, target)));
    }
    expect(await factorNow()).toBe(factorOf(target));
    // Its root's grace is over; the unhealthy account is not forgotten, but nothing is known of it now.
    expect(await healthOf(provider, verifier, accountOf("putSeller"))).toMatchObject({ counts: false });
  });
});
