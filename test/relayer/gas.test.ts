import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Contract, dataSlice, encodeBytes32String, getAddress, id } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../prover/project-root.js";
import { P } from "../../src/math/field.js";
import { MARGIN_VERIFIER_ABI } from "../../src/relayer/generated/contract-abi.js";
import { postBatch, type BatchMember } from "../../src/relayer/margin-batch.js";
import { attest, marginProof, post, prepareAttestation, prepareStanding } from "../../src/relayer/margin-client.js";
import { publishHeader } from "../../src/relayer/oracle-client.js";
import { LOCAL_ACCOUNTS } from "../../src/relayer/local-protocol.js";
import { signBatch, signUpdate, submitBatch, submitUpdate, type PortfolioUpdate } from "../../src/relayer/portfolio-client.js";
import { encodeProof } from "../../src/relayer/proof-encoding.js";
import { sendNamed } from "../../src/relayer/transaction.js";
import { combineSignatures, oracleDomain, signHeader } from "../../src/signer/risk-header.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { calmIndices, GENESIS, startProtocol, type ProtocolChain } from "../support/protocol.js";
import { groth16Simulator, type Groth16Simulator } from "./groth16-simulator.js";
import { simulateProof, type Claim } from "./simulated-proof.js";

const DEADLINE = BigInt(GENESIS + 100_000);
/** No byte of it is zero: each zero byte would be cheaper. */
const dense = (name: string): bigint => {
  const text = BigInt(id(name)).toString(16).padStart(64, "0").replaceAll("00", "a5").replace(/^./, "1");
  return BigInt(`0x${text}`) % P;
};
const MOST: Claim = { healthy: true, requirement: 2n ** 101n - 1n, equity: 0n };
const accountOf = (index: number): string => getAddress(dataSlice(id(`account ${index}`), 12));
/** A proof's share of the transaction that verifies it and nothing else. */
const LIMITS: Readonly<Record<string, number>> = { "proof, single": 285_000, "proof, batch of 8, each": 90_000, "proof, batch of 32, each": 68_000 };

describe("gas of whole transactions", () => {
  const gas: Record<string, number> = {};
  let chain: ProtocolChain;
  let simulator: Groth16Simulator;
  let verifier: string;

  beforeAll(async () => {
    simulator = await groth16Simulator(7);
    chain = await startProtocol({ tiers: [{ tier: "S", vkey: simulator.verificationKey, development: true }], assets: 2 });
    verifier = chain.deployment.addresses.MarginVerifier;
  });

  afterAll(() => chain?.stop());

  it("of a verification alone stays within its limits", async () => {
    const contract = new Contract(verifier, MARGIN_VERIFIER_ABI, chain.owner);
    const tier = encodeBytes32String("S");
    const members = Array.from({ length: 32 }, (_, at) => {
      // Seven field elements without a zero byte: no margin proof has as many.
      const signals = Array.from({ length: 7 }, (_unused, signal) => dense(`signal ${signal} of ${at}`));
      return { signals, proof: encodeProof(simulator.prove(signals, `seed ${at}`)) };
    });
    const used = async (name: string, ...args: readonly unknown[]): Promise<number> => {
      expect(await contract.getFunction(name).staticCall(tier, ...args)).toBe(true);
      return Number((await sendNamed(() => contract.getFunction(name).send(tier, ...args))).gasUsed);
    };
    gas["proof, single"] = await used("verify", members[0]!.proof, members[0]!.signals);
    for (const size of [8, 32]) {
      const batch = members.slice(0, size);
      gas[`proof, batch of ${size}, each`] = Math.ceil((await used("verifyBatch", batch.map(({ proof }) => proof), batch.flatMap(({ signals }) => signals))) / size);
    }
    for (const [name, limit] of Object.entries(LIMITS)) expect(gas[name], name).toBeLessThanOrEqual(limit);
  });

  it("of a header and of portfolios is measured", async () => {
    // The first header and the policy's activation: the next ones are what recurs.
    await chain.publish(dense("root 1"), 1n);
    gas["publish, two assets, two of three signers"] = await publish(2n);

    const { chainId, addresses: { PortfolioRegistry: registry } } = chain.deployment;
    const settlement = anvilWallet(LOCAL_ACCOUNTS.settlement, chain.provider);
    const change = (index: number, version: bigint): PortfolioUpdate =>
      ({ account: accountOf(index), version, commitment: dense(`book ${version} of ${index}`), bookHash: id(`book ${version} of ${index}`) });
    for (const [version, times] of [[1n, "first"], [2n, "next"]] as const) {
      const single = change(0, version);
      const signature = await signUpdate(settlement, { chainId, portfolioRegistry: registry }, single, DEADLINE);
      gas[`portfolio update, ${times}`] = Number((await submitUpdate(settlement, registry, single, DEADLINE, signature)).gasUsed);
      const changes = Array.from({ length: 32 }, (_, at) => change(at + 1, version));
      const ofBatch = await signBatch(settlement, { chainId, portfolioRegistry: registry }, changes, DEADLINE);
      gas[`portfolio update, batch of 32, each, ${times}`] = Math.ceil(Number((await submitBatch(settlement, registry, changes, DEADLINE, ofBatch)).gasUsed) / 32);
    }
    for (let index = 33; index < 41; index++) await chain.register(accountOf(index), dense(`book of ${index}`));
  });

  it("of attestations is measured", async () => {
    const consumer = anvilWallet(0, chain.provider);
    const action = id("no byte of it is zero");
    for (const times of ["first", "next"]) {
      const demand = { account: accountOf(0), action, amount: 2n ** 256n - 1n, healthy: true, disclose: 3n, collateral: 2n ** 72n - 1n, ratio: 65_536n };
      const prepared = await prepareAttestation(chain.provider, verifier, consumer.address, demand, { tier: "S", deadline: 2n ** 256n - 1n });
      const margin = marginProof(prepared, simulateProof(simulator, prepared, { ...MOST, equity: 2n ** 101n - 1n }));
      gas[`attest, both values, ${times}`] = Number((await attest(consumer, verifier, demand, margin)).gasUsed);
    }
    for (const [epoch, times] of [[2n, "first"], [3n, "next"]] as const) {
      if (times === "next") await publish(epoch);
      gas[`post, ${times}`] = Number((await post(consumer, verifier, accountOf(0), await standing(0))).gasUsed);
      for (const [size, start] of [[8, 33], [32, 1]] as const) {
        const members: BatchMember[] = [];
        for (let index = start; index < start + size; index++) members.push({ account: accountOf(index), margin: await standing(index) });
        const { receipts, posted } = await postBatch(consumer, verifier, members, "revert");
        expect([receipts.length, posted.length]).toEqual([1, size]);
        gas[`postBatch of ${size}, each, ${times}`] = Math.ceil(Number(receipts[0]!.gasUsed) / size);
      }
    }
  });

  it("is as the snapshot says", () => {
    const path = join(projectRoot(), "verifier-contracts", "snapshots", "gas.json");
    if (process.env["UPDATE_SNAPSHOTS"] === "1") writeFileSync(path, `${JSON.stringify(gas, undefined, 2)}\n`);
    expect(gas).toEqual(JSON.parse(readFileSync(path, "utf8")));
  });

  async function publish(epoch: bigint): Promise<number> {
    const { chainId, addresses: { RiskOracle: oracle } } = chain.deployment;
    const signers = LOCAL_ACCOUNTS.signers.map((index) => anvilWallet(index, chain.provider));
    const header = { epoch, time: BigInt(GENESIS) + epoch, riskRoot: dense(`root ${epoch}`), assets: [calmIndices(1), calmIndices(2)] };
    const domain = oracleDomain(chainId, oracle);
    const signatures = await Promise.all(signers.slice(0, 2).map((signer) => signHeader(signer, domain, header)));
    const combined = combineSignatures(domain, header, signatures, { signers: signers.map(({ address }) => address), threshold: 2 });
    const { receipt, published } = await publishHeader(chain.owner, oracle, header, combined);
    expect(published).toBe(true);
    return Number(receipt.gasUsed);
  }

  async function standing(index: number): Promise<BatchMember["margin"]> {
    const prepared = await prepareStanding(chain.provider, verifier, accountOf(index), { tier: "S", deadline: 2n ** 256n - 1n });
    return marginProof(prepared, simulateProof(simulator, prepared, MOST, `standing ${index}`));
  }
});
