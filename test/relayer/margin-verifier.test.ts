import { Contract, encodeBytes32String, id, Interface, type HDNodeWallet } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compileContracts } from "../../src/relayer/compile-contracts.js";
import { deploy } from "../../src/relayer/deploy.js";
import { COLLATERAL_VAULT_ABI, MARGIN_VERIFIER_ABI } from "../../src/relayer/generated/contract-abi.js";
import { DuplicateAccountError, findRefused, postBatch } from "../../src/relayer/margin-batch.js";
import {
  attest,
  attestationsIn,
  healthOf,
  marginProof,
  post,
  postingsIn,
  prepareAttestation,
  prepareStanding,
  ProofNotPossibleError,
  SignalMismatchError,
  type PreparedProof,
  type ProofChoice,
  type ProvenSignals,
} from "../../src/relayer/margin-client.js";
import type { Demand, MarginProof } from "../../src/relayer/margin-context.js";
import { tighten } from "../../src/relayer/policy-client.js";
import { ContractRefusedError, sendNamed } from "../../src/relayer/transaction.js";
import { PublicSignalsError } from "../../src/witness/public-signals.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { GENESIS, startProtocol, type ProtocolChain } from "../support/protocol.js";
import { groth16Simulator, type Groth16Simulator } from "./groth16-simulator.js";
import { simulateProof, type Claim } from "./simulated-proof.js";

const DEADLINE = BigInt(GENESIS + 100_000);
const RISK_ROOT = 0x1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988n;
const COMMITMENT = 0x0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9n;
const OFFSET = 1n << 100n;
const COLLATERAL = 1_000_000_000n;
/** Creation code of a token that answers true to everything: MSTORE(0, 1), RETURN(0, 32). */
const YES_TOKEN = "0x600a600c600039600a6000f3600160005260206000f3";
/** An initial margin of 1.25 maintenance margins. */
const RATIO = 81_920n;

describe("margin verifier on a chain", () => {
  let chain: ProtocolChain;
  let trader: HDNodeWallet;
  let simulator: Groth16Simulator;
  let verifier: string;
  let vault: string;

  beforeAll(async () => {
    simulator = await groth16Simulator(7);
    const tiers = [{ tier: "S", vkey: simulator.verificationKey, development: true }];
    chain = await startProtocol({ tiers, collateralSource: deployVault });
    trader = chain.holder;
    verifier = chain.deployment.addresses.MarginVerifier;
    vault = chain.deployment.collateralSource;
    const contract = new Contract(vault, COLLATERAL_VAULT_ABI, chain.owner);
    await sendNamed(() => contract.getFunction("deposit").send(trader.address, COLLATERAL));
    await chain.publish(RISK_ROOT, 1n);
    await chain.register(trader.address, COMMITMENT);
  });

  afterAll(() => chain?.stop());

  beforeEach(() => chain.reset());

  describe("an attestation", () => {
    it("says what was proven", async () => {
      const prepared = await prepare({ disclose: 3n });
      const receipt = await attest(trader, verifier, prepared.demand, prove(prepared, { healthy: true, requirement: 90_000_000n, equity: OFFSET - 5n }));
      expect(attestationsIn(receipt, verifier)).toEqual([
        {
          consumer: trader.address, account: trader.address, epoch: 1n, version: 1n, context: prepared.context, factor: 65_536n,
          collateral: 200_000_000n, disclose: 3n, healthy: true, requirement: 90_000_000n, equity: -5n,
        },
      ]);
    });

    it("has the same context here and on the chain", async () => {
      const prepared = await prepare({});
      const contract = new Contract(verifier, MARGIN_VERIFIER_ABI, chain.provider);
      expect(await contract.getFunction("contextOf")(trader.address, prepared.demand, prove(prepared))).toBe(prepared.context);
    });

    it("is refused by name when the proof is used again", async () => {
      const prepared = await prepare({});
      const margin = prove(prepared);
      await attest(trader, verifier, prepared.demand, margin);
      await expect(attest(trader, verifier, prepared.demand, margin)).rejects.toThrow("refused on chain: ContextAlreadyUsed(0, 1)");
    });

    it("is refused by name when the proof was tampered with", async () => {
      const prepared = await prepare({});
      const margin = prove(prepared);
      const other = prove(prepared, undefined, "another").proof;
      await expect(attest(trader, verifier, prepared.demand, { ...margin, healthy: false })).rejects.toThrow("refused on chain: HealthMismatch(false, true)");
      await expect(attest(trader, verifier, { ...prepared.demand, healthy: false }, { ...margin, healthy: false })).rejects.toThrow("refused on chain: InvalidProof()");
      await expect(attest(trader, verifier, prepared.demand, { ...margin, proof: { ...margin.proof, c: other.c } })).rejects.toThrow("refused on chain: InvalidProof()");
    });

    it("is refused by name against a stale root", async () => {
      const prepared = await prepare({});
      const margin = prove(prepared);
      await chain.publish(RISK_ROOT + 1n, 2n);
      await chain.wait(601n);
      await expect(attest(trader, verifier, prepared.demand, margin)).rejects.toThrow("refused on chain: StaleEpoch(1)");
    });

    it("is refused by name for an earlier portfolio", async () => {
      const prepared = await prepare({});
      const margin = prove(prepared);
      await chain.register(trader.address, COMMITMENT + 1n);
      await expect(attest(trader, verifier, prepared.demand, margin)).rejects.toThrow("refused on chain: VersionMismatch(1, 2)");
    });

    it("is refused by name when the multiplier has risen, unless the factor has headroom for that", async () => {
      const exact = await prepare({});
      const ample = await prepare({}, { headroom: 6_554n });
      expect(ample.terms.factor).toBe(72_090n);
      const margins = [prove(exact), prove(ample)] as const;
      await tighten(chain.owner, chain.deployment.addresses.PolicyRegistry, 2n ** 32n + 2n ** 28n);
      await expect(attest(trader, verifier, exact.demand, margins[0])).rejects.toThrow("refused on chain: FactorInsufficient(65536, 69632)");
      await attest(trader, verifier, ample.demand, margins[1]);
    });

    it("that an account is unhealthy takes a factor below the required one and a collateral above the actual one", async () => {
      const prepared = await prepare({ healthy: false, ratio: RATIO }, { headroom: 6_554n, collateral: 210_000_000n });
      expect([prepared.terms.factor, prepared.terms.collateral]).toEqual([73_727n, 210_000_000n]);
      const receipt = await attest(trader, verifier, prepared.demand, prove(prepared, { healthy: false, requirement: 0n, equity: 0n }));
      expect(attestationsIn(receipt, verifier)[0]).toMatchObject({ healthy: false, factor: 73_727n, collateral: 210_000_000n });
    });

    it("lets a consumer act, and the refusal's name comes through it", async () => {
      const prepared = await prepare({ action: id("zkmargin.CollateralVault.withdraw"), collateral: 975_000_000n, ratio: RATIO }, {}, vault);
      const margin = prove(prepared);
      const receipt = await withdraw(prepared.demand.amount, margin);
      expect(attestationsIn(receipt, verifier)[0]).toMatchObject({ consumer: vault, factor: RATIO });
      const contract = new Contract(vault, COLLATERAL_VAULT_ABI, chain.provider);
      expect(await contract.getFunction("collateralOf")(trader.address)).toBe(975_000_000n);
      await expect(withdraw(prepared.demand.amount, margin)).rejects.toThrow("refused on chain: ContextAlreadyUsed(0, 1)");
    });

    it("is not prepared for an account without portfolio, for a root that is not usable, or beyond the largest factor", async () => {
      await expect(prepare({ account: chain.owner.address })).rejects.toThrow(`account ${chain.owner.address} must have a registered portfolio`);
      await expect(prepare({}, { epoch: 7n })).rejects.toThrow("epoch 7 must have a root that the risk oracle accepts now");
      await expect(prepare({ ratio: 2n ** 24n })).rejects.toThrow(ProofNotPossibleError);
      await expect(prepare({}, { headroom: -1n })).rejects.toThrow(ProofNotPossibleError);
    });

    it("is not prepared with a tier, deadline, ratio or disclosure that the verifier would refuse", async () => {
      const newest = BigInt((await chain.provider.getBlock("latest"))!.timestamp);
      const impossible = async (preparing: Promise<unknown>, field: string, value: string) =>
        expect(preparing).rejects.toMatchObject({ name: "ProofNotPossibleError", field, value });
      for (const tier of ["M", "", "S".repeat(32)]) await impossible(prepare({}, { tier }), "tier", tier);
      await impossible(prepare({}, { deadline: newest - 1n }), "deadline", String(newest - 1n));
      await impossible(prepare({}, { deadline: 2n ** 256n }), "deadline", String(2n ** 256n));
      for (const ratio of [-1n, 0n, 2n ** 24n]) await impossible(prepare({ ratio }), "ratio", String(ratio));
      for (const disclose of [-1n, 4n]) await impossible(prepare({ disclose }), "disclose", String(disclose));
      const past = prepareStanding(chain.provider, verifier, trader.address, { tier: "S", deadline: newest - 1n });
      await impossible(past, "deadline", String(newest - 1n));
      await impossible(prepareStanding(chain.provider, verifier, trader.address, { tier: "M", deadline: DEADLINE }), "tier", "M");
      expect((await prepare({ disclose: 3n, ratio: 2n ** 24n - 1n }, { deadline: newest })).terms).toMatchObject({ deadline: newest, factor: 2n ** 24n - 1n });
    });

    it("is neither prepared, sent nor read where there is no verifier", async () => {
      const margin = prove(await prepare({}));
      const { demand } = await prepare({});
      const nobody = anvilWallet(9, chain.provider).address;
      await expect(attest(trader, nobody, demand, margin)).rejects.toMatchObject({ name: "UnexpectedReceiptError", contract: nobody, event: "MarginAttested" });
      await expect(post(trader, nobody, trader.address, margin)).rejects.toMatchObject({ name: "UnexpectedReceiptError", contract: nobody, event: "MarginPosted" });
      const choice = { tier: "S", deadline: DEADLINE };
      for (const at of [nobody, chain.deployment.addresses.RiskOracle]) {
        const noAnswer = (called: string) => ({ name: "UnexpectedAnswerError", contract: at, called });
        const members = [{ account: trader.address, margin }];
        await expect(prepareAttestation(chain.provider, at, trader.address, demand, choice)).rejects.toMatchObject(noAnswer("nonceOf"));
        await expect(prepareStanding(chain.provider, at, trader.address, choice)).rejects.toMatchObject(noAnswer("standingDemand"));
        await expect(healthOf(chain.provider, at, trader.address)).rejects.toMatchObject(noAnswer("healthOf"));
        await expect(postBatch(trader, at, members, "skip")).rejects.toMatchObject(noAnswer("MAX_BATCH"));
        await expect(findRefused(chain.provider, at, members)).rejects.toMatchObject(noAnswer("MAX_BATCH"));
      }
      const wrong = (field: string) => ({ name: "AddressError", field, value: "trader.eth" });
      await expect(prepare({}, {}, "trader.eth")).rejects.toMatchObject(wrong("consumer"));
      await expect(prepare({ account: "trader.eth" })).rejects.toMatchObject(wrong("account"));
      await expect(attest(trader, "trader.eth", demand, margin)).rejects.toMatchObject(wrong("marginVerifier"));
      await expect(healthOf(chain.provider, verifier, "trader.eth")).rejects.toMatchObject(wrong("account"));
      await expect(findRefused(chain.provider, verifier, [{ account: "trader.eth", margin }])).rejects.toMatchObject(wrong("account"));
    });

    it("is not sent with signals other than the prepared ones", async () => {
      const prepared = await prepare({});
      const proven = simulateProof(simulator, prepared);
      const changed = (demand: Partial<Demand>, terms: Partial<PreparedProof["terms"]> = {}): PreparedProof =>
        ({ ...prepared, demand: { ...prepared.demand, ...demand }, terms: { ...prepared.terms, ...terms } });
      expect(() => marginProof(changed({}, { factor: 65_537n }), proven)).toThrow("factor of the proof is 65536 and must be 65537");
      expect(() => marginProof(changed({ disclose: 1n }), proven)).toThrow("disclose of the proof is 0 and must be 1");
      expect(() => marginProof(changed({}, { collateral: 1n }), proven)).toThrow("collateral of the proof is 200000000 and must be 1");
      // Sums up to the same terms.
      expect(() => marginProof(changed({ disclose: -1n }, { factor: 65_536n + 2n ** 24n }), proven)).toThrow(SignalMismatchError);
      const beyond: ProvenSignals = { ...proven, publicSignals: [...proven.publicSignals.slice(0, -1), String(2n ** 98n)] };
      expect(() => marginProof(prepared, beyond)).toThrow(PublicSignalsError);
      expect(() => marginProof({ ...prepared, context: 1n }, proven)).toThrow(SignalMismatchError);
      expect(() => marginProof({ ...prepared, riskRoot: 1n }, proven)).toThrow(SignalMismatchError);
      expect(() => marginProof(prepared, { ...proven, publicSignals: proven.publicSignals.slice(1) })).toThrow(SignalMismatchError);
    });
  });

  describe("a standing attestation", () => {
    it("is about the account as it stands, and counts until that changes", async () => {
      const prepared = await standing(trader.address);
      expect(prepared.terms).toMatchObject({ factor: 65_536n, collateral: COLLATERAL, nonce: 0n, version: 1n });
      expect(await healthOf(chain.provider, verifier, trader.address)).toEqual({ counts: false, healthy: false });
      const receipt = await post(chain.owner, verifier, trader.address, prove(prepared, CLAIM));
      expect(postingsIn(receipt, verifier)).toEqual([
        { account: trader.address, epoch: 1n, version: 1n, factor: 65_536n, collateral: COLLATERAL, healthy: true, requirement: 90_000_000n },
      ]);
      expect(await healthOf(chain.provider, verifier, trader.address)).toEqual({ counts: true, healthy: true });
      await chain.register(trader.address, COMMITMENT + 1n);
      expect(await healthOf(chain.provider, verifier, trader.address)).toEqual({ counts: false, healthy: false });
    });

    it("of many is posted in one transaction, and a second one says nothing new", async () => {
      const members = await batch(3);
      const { receipts, posted, skipped } = await postBatch(chain.owner, verifier, members, "revert");
      expect([receipts.length, posted.length, skipped]).toEqual([1, 3, []]);
      const sorted = members.map(({ account }) => account).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
      expect(posted.map(({ account }) => account)).toEqual(sorted);
      await expect(postBatch(chain.owner, verifier, members, "revert")).rejects.toThrow(`refused on chain: NothingNew(${sorted[0]})`);
    });

    it("of many leaves out those that are refused and names the reason, where that is wanted", async () => {
      const [first, second, third] = (await batch(3)) as [Member, Member, Member];
      const forged = { ...second, margin: { ...second.margin, disclosedRequirement: 1n } };
      const stale = { ...third, margin: { ...third.margin, version: 9n } };
      const refusals = await findRefused(chain.provider, verifier, [first, forged, stale]);
      expect(new Map(refusals.map(({ account, revert }) => [account, revert?.name]))).toEqual(new Map([[second.account, "InvalidProof"], [third.account, "VersionMismatch"]]));
      await expect(postBatch(chain.owner, verifier, [first, forged], "revert")).rejects.toThrow("refused on chain: InvalidProof()");
      await expect(postBatch(chain.owner, verifier, [first, stale], "revert")).rejects.toThrow("refused on chain: VersionMismatch(9, 1)");
      const { posted, skipped } = await postBatch(chain.owner, verifier, [first, forged, stale], "skip");
      expect(posted.map(({ account }) => account)).toEqual([first.account]);
      expect(new Map(skipped.map(({ account, revert }) => [account, revert?.name]))).toEqual(new Map([[second.account, "InvalidProof"], [third.account, "VersionMismatch"]]));
    });

    it("of more accounts than a batch holds is asked about and posted in parts", async () => {
      const [member] = (await batch(1)) as [Member];
      const limit = Number(await new Contract(verifier, MARGIN_VERIFIER_ABI, chain.provider).getFunction("MAX_BATCH")());
      const strangers = Array.from({ length: limit }, (_, at) => ({ ...member, account: `0x${(at + 1).toString(16).padStart(40, "0")}` }));
      const { receipts, posted, skipped } = await postBatch(chain.owner, verifier, [...strangers, member], "skip");
      expect([receipts.length, posted.length, skipped.length]).toEqual([1, 1, limit]);
      expect(new Set(skipped.map(({ revert }) => revert?.name))).toEqual(new Set(["UnknownPortfolio"]));
    });

    it("of an account that is in the batch twice is not sent", async () => {
      const [member] = (await batch(1)) as [Member];
      const again = { ...member, account: member.account.toLowerCase() };
      await expect(postBatch(chain.owner, verifier, [member, again], "skip")).rejects.toThrow(DuplicateAccountError);
    });
  });

  it("refuses everything while the policy is paused", async () => {
    const prepared = await prepare({});
    const margin = prove(prepared);
    const policy = new Contract(chain.deployment.addresses.PolicyRegistry, ["function pause()"], chain.owner);
    await (await policy.getFunction("pause").send()).wait();
    await expect(attest(trader, verifier, prepared.demand, margin)).rejects.toThrow("refused on chain: EnforcedPause()");
    await expect(prepare({})).rejects.toThrow(ContractRefusedError);
  });

  it("has calldata whose every word counts", () => {
    // A field that the client left out would be a type error of ethers, one in another place another demand: the order is the contract's.
    const fragment = new Interface(MARGIN_VERIFIER_ABI).getFunction("attest")!;
    expect(fragment.inputs.map(({ components }) => components?.map(({ name }) => name))).toEqual([
      ["account", "action", "amount", "healthy", "disclose", "collateral", "ratio"],
      ["tier", "factor", "collateral", "deadline", "epoch", "version", "nonce", "healthy", "disclosedRequirement", "disclosedEquity", "proof"],
    ]);
  });

  const CLAIM: Claim = { healthy: true, requirement: 90_000_000n, equity: 0n };
  type Member = { readonly account: string; readonly margin: MarginProof };

  /** Of the first accounts after the holder's, each with a portfolio. */
  async function batch(count: number): Promise<readonly Member[]> {
    const members: Member[] = [];
    for (let index = 0; index < count; index++) {
      const account = anvilWallet(10 + index, chain.provider).address;
      await chain.register(account, COMMITMENT + BigInt(index));
      members.push({ account, margin: prove(await standing(account), CLAIM, `member ${index}`) });
    }
    return members;
  }

  async function deployVault(policyRegistry: string, owner: HDNodeWallet): Promise<string> {
    const token = await owner.sendTransaction({ data: YES_TOKEN }).then((response) => response.wait());
    const { CollateralVault } = await compileContracts();
    return deploy(owner, CollateralVault, [policyRegistry, token!.contractAddress, RATIO]);
  }

  function withdraw(amount: bigint, margin: MarginProof) {
    const contract = new Contract(vault, COLLATERAL_VAULT_ABI, trader);
    return sendNamed(() => contract.getFunction("withdraw").send(amount, margin));
  }

  function prepare(changes: Partial<Demand>, choice: Partial<ProofChoice> = {}, consumer: string = trader.address): Promise<PreparedProof> {
    const demand: Demand = {
      account: trader.address, action: encodeBytes32String("withdraw"), amount: 25_000_000n, healthy: true, disclose: 0n, collateral: 200_000_000n, ratio: 65_536n,
      ...changes,
    };
    return prepareAttestation(chain.provider, verifier, consumer, demand, { tier: "S", deadline: DEADLINE, ...choice });
  }

  function standing(account: string): Promise<PreparedProof> {
    return prepareStanding(chain.provider, verifier, account, { tier: "S", deadline: DEADLINE });
  }

  function prove(prepared: PreparedProof, claim?: Claim, seed?: string): MarginProof {
    return marginProof(prepared, simulateProof(simulator, prepared, claim, seed));
  }
});
