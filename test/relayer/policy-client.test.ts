import type { HDNodeWallet } from "ethers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Q32 } from "../../src/math/fixed-point.js";
import {
  activate, activateFirst, activeVersion, cancelActivation, propose, readVersion, relax, requiredFactor, scheduleActivation, scheduleRelax, tighten,
  versionCount, type PolicyVersion,
} from "../../src/relayer/policy-client.js";
import { startProtocol, type ProtocolChain } from "../support/protocol.js";
import { groth16Simulator } from "./groth16-simulator.js";

const TIMELOCK = 86_400n;
/** Creation code of a contract that answers 1 to everything and logs nothing: MSTORE(0, 1), RETURN(0, 32). */
const YES_CONTRACT = "0x600a600c600039600a6000f3600160005260206000f3";

describe("the policy on a chain", () => {
  let chain: ProtocolChain;
  let owner: HDNodeWallet;
  let policy: string;
  let version: PolicyVersion;
  let yes: string;

  beforeAll(async () => {
    const { verificationKey } = await groth16Simulator(7);
    chain = await startProtocol({ tiers: [{ tier: "S", vkey: verificationKey, development: true }] });
    owner = chain.owner;
    policy = chain.deployment.addresses.PolicyRegistry;
    version = await readVersion(chain.provider, policy, 1);
    yes = (await (await owner.sendTransaction({ data: YES_CONTRACT })).wait())!.contractAddress!;
    await chain.publish(5n, 1n);
  });
  afterAll(() => chain?.stop());
  beforeEach(() => chain.reset());

  it("has its floor raised at once, and lowered after the timelock", async () => {
    await tighten(owner, policy, 2n * Q32);
    expect(await requiredFactor(chain.provider, policy)).toBe(131_072n);
    await scheduleRelax(owner, policy, Q32);
    await expect(relax(owner, policy, Q32)).rejects.toThrow("refused on chain: OperationNotReady");
    await chain.wait(TIMELOCK);
    await relax(owner, policy, Q32);
    await expect(relax(owner, policy, Q32)).rejects.toMatchObject({ name: "ContractRefusedError" });
  });
  it("has versions that are announced, and given up", async () => {
    const second = await propose(owner, policy, version);
    expect([second, await versionCount(chain.provider, policy)]).toEqual([2, 2]);
    const { from, until } = (await scheduleActivation(owner, policy, second))!;
    expect(until - from).toBe(3_600n);
    await cancelActivation(owner, policy);
    await expect(activate(owner, policy)).rejects.toThrow("refused on chain: NoActivationPending()");
    expect(await activeVersion(chain.provider, policy)).toBe(1);
  });

  const senders: readonly (readonly [string, string, (at: string) => Promise<unknown>])[] = [
    ["propose", "VersionProposed", (at) => propose(owner, at, version)],
    ["scheduleActivation", "ActivationScheduled or VersionActivated", (at) => scheduleActivation(owner, at, 1)],
    ["cancelActivation", "ActivationCancelled", (at) => cancelActivation(owner, at)],
    ["tighten", "FloorChanged", (at) => tighten(owner, at, 2n * Q32)],
    ["scheduleRelax", "RelaxationScheduled", (at) => scheduleRelax(owner, at, 0n)],
    ["relax", "FloorChanged", (at) => relax(owner, at, 0n)],
  ];
  it.each(senders)("does not take %s for done where no registry logs it", async (called, event, send) => {
    const { RiskOracle } = chain.deployment.addresses;
    for (const at of [chain.holder.address, yes]) await expect(send(at)).rejects.toMatchObject({ name: "UnexpectedReceiptError", contract: at, event });
    await expect(send(RiskOracle)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: RiskOracle, called });
    await expect(send("policy.eth")).rejects.toMatchObject({ name: "AddressError", field: "policyRegistry", value: "policy.eth" });
  });
  it("is not activated where there is no contract, or another", async () => {
    const { RiskOracle } = chain.deployment.addresses;
    const nobody = chain.holder.address;
    await expect(activate(owner, nobody)).rejects.toMatchObject({ name: "NoContractError", field: "policyRegistry", value: nobody });
    await expect(activate(owner, RiskOracle)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: RiskOracle, called: "activate" });
    await expect(activateFirst(owner, nobody, 1)).rejects.toMatchObject({ name: "UnexpectedAnswerError", contract: nobody, called: "activeVersion" });
  });
  it("is not read where there is no registry", async () => {
    for (const at of [chain.holder.address, chain.deployment.addresses.RiskOracle]) {
      const noAnswer = (called: string) => ({ name: "UnexpectedAnswerError", contract: at, called });
      await expect(requiredFactor(chain.provider, at)).rejects.toMatchObject(noAnswer("requiredFactor"));
      await expect(activeVersion(chain.provider, at)).rejects.toMatchObject(noAnswer("activeVersion"));
      await expect(versionCount(chain.provider, at)).rejects.toMatchObject(noAnswer("versionCount"));
      await expect(readVersion(chain.provider, at, 1)).rejects.toMatchObject(noAnswer("versionOf"));
    }
    await expect(requiredFactor(chain.provider, "0x00")).rejects.toMatchObject({ name: "AddressError", field: "policyRegistry" });
    await expect(propose(owner, policy, { ...version, verifier: "v" })).rejects.toMatchObject({ name: "AddressError", field: "verifier", value: "v" });
  });
});
