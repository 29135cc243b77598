import { Contract, encodeBytes32String, id, Interface, type HDNodeWallet } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SOLVENCY_REGISTRY_ABI } from "../../src/relayer/generated/contract-abi.js";
import { marginProof, ProofNotPossibleError, type ProofChoice } from "../../src/relayer/margin-client.js";
import type { MarginProof } from "../../src/relayer/margin-context.js";
import { lastSolventEpoch, postSolvency, prepareSolvency, setOperator, wasSolvent } from "../../src/relayer/solvency-client.js";
import { ContractRefusedError } from "../../src/relayer/transaction.js";
import { anvilWallet } from "../support/anvil-wallet.js";
import { GENESIS, startProtocol, type ProtocolChain } from "../support/protocol.js";
import { groth16Simulator, type Groth16Simulator } from "./groth16-simulator.js";
import { simulateProof } from "./simulated-proof.js";

const EPOCH = 5n;
const CHOICE: ProofChoice = { tier: "S", deadline: BigInt(GENESIS + 100_000) };
const ONE = 65_536n;

describe("solvency on a chain", () => {
  let chain: ProtocolChain;
  let simulator: Groth16Simulator;
  let registry: string;
  let holder: HDNodeWallet;
  let operator: HDNodeWallet;

  beforeAll(async () => {
    simulator = await groth16Simulator(7);
    chain = await startProtocol({ tiers: [{ tier: "S", vkey: simulator.verificationKey, development: true }] });
    registry = chain.deployment.addresses.SolvencyRegistry;
    holder = chain.holder;
    operator = anvilWallet(8, chain.provider);
    await chain.publish(11n, EPOCH);
    await chain.register(holder.address, 22n);
  });
  afterAll(() => chain?.stop());
  beforeEach(() => chain.reset());

  async function proof(choice: Partial<ProofChoice> = {}, healthy = true): Promise<MarginProof> {
    const prepared = await prepareSolvency(chain.provider, registry, holder.address, { ...CHOICE, ...choice });
    return marginProof(prepared, simulateProof(simulator, prepared, { healthy, requirement: 0n, equity: 0n }));
  }
  const refusal = async (sent: Promise<unknown>) => {
    const error: unknown = await sent.then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(ContractRefusedError);
    return (error as ContractRefusedError).revert;
  };

  it("is proven for what the registry asks, by the active policy's verifier", async () => {
    const { demand, terms } = await prepareSolvency(chain.provider, registry, holder.address, CHOICE);
    expect(demand).toEqual({ account: holder.address, action: id("zkmargin.SolvencyRegistry.post"), amount: 0n, healthy: true, disclose: 0n, collateral: 0n, ratio: ONE });
    expect(terms).toEqual({ tier: encodeBytes32String("S"), factor: ONE, collateral: 0n, deadline: CHOICE.deadline, epoch: EPOCH, version: 1n, nonce: 0n });
    expect(demand.action).toBe(await new Contract(registry, SOLVENCY_REGISTRY_ABI, chain.provider).getFunction("SOLVENCY")());
    await expect(prepareSolvency(chain.provider, registry, operator.address, CHOICE)).rejects.toThrow(ProofNotPossibleError);
  });
  it("is on record once the account posts it, and is logged", async () => {
    expect(await lastSolventEpoch(chain.provider, registry, holder.address)).toBe(0n);
    const receipt = await postSolvency(holder, registry, holder.address, await proof({ headroom: ONE / 4n }));
    const factor = (ONE * 5n) / 4n;
    const events = receipt.logs.filter(({ address }) => address === registry).map((log) => new Interface(SOLVENCY_REGISTRY_ABI).parseLog(log)!);
    expect(events.map(({ name, args }) => [name, [...args]])).toEqual([["SolvencyProven", [holder.address, EPOCH, factor, 1n, expect.any(BigInt)]]]);
    expect(await lastSolventEpoch(chain.provider, registry, holder.address)).toBe(EPOCH);
    for (const [asked, answer] of [[0n, false], [1n, true], [factor, true], [factor + 1n, false]] as const) {
      expect(await wasSolvent(chain.provider, registry, holder.address, EPOCH, asked)).toBe(answer);
    }
    expect(await wasSolvent(chain.provider, registry, holder.address, EPOCH + 1n, 1n)).toBe(false);
  });
  it("is posted by an operator while it is appointed", async () => {
    const margin = await proof();
    const refused = { name: "NotAccountOrOperator", args: [operator.address, holder.address] };
    expect(await refusal(postSolvency(operator, registry, holder.address, margin))).toEqual(refused);
    await setOperator(holder, registry, operator.address, true);
    await postSolvency(operator, registry, holder.address, margin);
    expect(await wasSolvent(chain.provider, registry, holder.address, EPOCH, ONE)).toBe(true);
    await setOperator(holder, registry, operator.address, false);
    expect(await refusal(postSolvency(operator, registry, holder.address, await proof({ headroom: 9n })))).toEqual(refused);
  });
  it("is not taken for posted, nor read, where there is no registry", async () => {
    const margin = await proof();
    const nobody = operator.address;
    await expect(postSolvency(holder, nobody, holder.address, margin)).rejects.toMatchObject({ name: "UnexpectedReceiptError", contract: nobody, event: "SolvencyProven" });
    await expect(setOperator(holder, nobody, operator.address, true)).rejects.toMatchObject({ name: "UnexpectedReceiptError", event: "OperatorChanged" });
    for (const at of [nobody, chain.deployment.addresses.RiskOracle]) {
      await expect(prepareSolvency(chain.provider, at, holder.address, CHOICE)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: at, called: "policyRegistry" });
      await expect(wasSolvent(chain.provider, at, holder.address, EPOCH, ONE)).rejects.toMatchObject({ name: "UnexpectedAnswerError", called: "wasSolvent" });
      await expect(lastSolventEpoch(chain.provider, at, holder.address)).rejects.toMatchObject({ name: "UnexpectedAnswerError", called: "lastEpochOf" });
    }
    await expect(wasSolvent(chain.provider, registry, "holder.eth", EPOCH, ONE)).rejects.toMatchObject({ name: "AddressError", field: "account" });
    await expect(setOperator(holder, registry, "me", true)).rejects.toMatchObject({ name: "AddressError", field: "operator", value: "me" });
    await expect(prepareSolvency(chain.provider, "registry", holder.address, CHOICE)).rejects.toMatchObject({ name: "AddressError", field: "solvencyRegistry" });
  });
  it("is refused by name if it is not health, not new, or posted before", async () => {
    expect(await refusal(postSolvency(holder, registry, holder.address, await proof({}, false)))).toEqual({ name: "HealthMismatch", args: [false, true] });
    const margin = await proof();
    await postSolvency(holder, registry, holder.address, margin);
    expect(await refusal(postSolvency(holder, registry, holder.address, margin))).toEqual({ name: "ContextAlreadyUsed", args: [0n, 1n] });
    expect(await refusal(postSolvency(holder, registry, holder.address, await proof()))).toEqual({ name: "NothingNew", args: [ONE, ONE] });
  });
});
