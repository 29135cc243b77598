/**
 * A client of PolicyRegistry: proposing and activating versions, and the multiplier that they require.
 * All functions throw AddressError, and UnexpectedAnswerError or UnexpectedReceiptError where something else is at the address.
 */

import { decodeBytes32String, encodeBytes32String, type Contract, type Provider, type Signer } from "ethers";
import { RAMPS, type Generation, type PolicyParameters, type Ramp } from "../policy/stress-multiplier.js";
import { POLICY_REGISTRY_ABI } from "./generated/contract-abi.js";
import { addressOf, checkHasCode, contractAt, eventsIn, readView, sendExpecting, sendNamed } from "./transaction.js";

/** A circuit and its key. */
export interface TierKeyHash {
  /** As in circuits.json. */
  readonly tier: string;
  /** keccak256 of the verification key's words. */
  readonly keyHash: string;
}

export interface PolicyVersion {
  readonly generation: Generation;
  readonly parameters: PolicyParameters;
  /** The MarginVerifier whose attestations count while the version is active. */
  readonly verifier: string;
  /** All of the verifier's, in its order. */
  readonly keys: readonly TierKeyHash[];
}

/**
 * Records a version and returns its number. It changes nothing until it is activated.
 * @throws ContractRefusedError
 */
export async function propose(owner: Signer, policyRegistry: string, { generation, parameters, verifier, keys }: PolicyVersion): Promise<number> {
  const named = keys.map(({ tier, keyHash }) => ({ tier: encodeBytes32String(tier), keyHash }));
  const registry = contractOf(owner, policyRegistry);
  const receipt = await sendExpecting(registry, "propose", [generation, parameters, addressOf("verifier", verifier), named], "VersionProposed");
  return Number(eventsIn(receipt, registry, "VersionProposed")[0]!["version"]);
}

/**
 * Announces a version's activation. The first one ever is active at once, but needs a published header.
 * @returns undefined if it is active, else the unix seconds between which it can become active, if somebody calls `activate`
 * @throws ContractRefusedError
 */
export async function scheduleActivation(owner: Signer, policyRegistry: string, version: number): Promise<{ from: bigint; until: bigint } | undefined> {
  const registry = contractOf(owner, policyRegistry);
  const receipt = await sendExpecting(registry, "scheduleActivation", [version], "ActivationScheduled", "VersionActivated");
  const [scheduled] = eventsIn<{ from: bigint; until: bigint }>(receipt, registry, "ActivationScheduled");
  return scheduled === undefined ? undefined : { from: scheduled.from, until: scheduled.until };
}

/**
 * Makes a deployment's first version active, once a header is published.
 * @throws ContractRefusedError NoIndices before that; AlreadyActiveError
 */
export async function activateFirst(owner: Signer, policyRegistry: string, version: number): Promise<void> {
  const active = Number(await readView<bigint>(contractOf(owner, policyRegistry), "activeVersion"));
  if (active !== 0) throw new AlreadyActiveError(active);
  await scheduleActivation(owner, policyRegistry, version);
}

/**
 * Tries to make the announced version active; anyone may. False if this block was not drawn: try again in the next.
 * @throws ContractRefusedError before the timelock has passed, or if nothing is announced; NoContractError
 */
export async function activate(signer: Signer, policyRegistry: string): Promise<boolean> {
  const registry = contractOf(signer, policyRegistry);
  // A block that was not drawn leaves no event, as an address without code does.
  if (signer.provider !== null) await checkHasCode(signer.provider, "policyRegistry", registry);
  const called = { contract: String(registry.target), name: "activate" };
  const receipt = await sendNamed(() => registry.getFunction("activate").send(), called);
  return eventsIn(receipt, registry, "VersionActivated").length > 0;
}

/** Gives up the announced activation. @throws ContractRefusedError */
export async function cancelActivation(owner: Signer, policyRegistry: string): Promise<void> {
  await sendExpecting(contractOf(owner, policyRegistry), "cancelActivation", [], "ActivationCancelled");
}

/** Raises the floor under the multiplier, at once; guardian or owner. @param floor Q32 @throws ContractRefusedError */
export async function tighten(guardian: Signer, policyRegistry: string, floor: bigint): Promise<void> {
  await sendExpecting(contractOf(guardian, policyRegistry), "tighten", [floor], "FloorChanged");
}

/** Announces a lower floor. @param floor Q32 @throws ContractRefusedError */
export async function scheduleRelax(owner: Signer, policyRegistry: string, floor: bigint): Promise<void> {
  await sendExpecting(contractOf(owner, policyRegistry), "scheduleRelax", [floor], "RelaxationScheduled");
}

/** Lowers the floor as announced, after the timelock. @param floor Q32 @throws ContractRefusedError */
export async function relax(owner: Signer, policyRegistry: string, floor: bigint): Promise<void> {
  await sendExpecting(contractOf(owner, policyRegistry), "relax", [floor], "FloorChanged");
}

/** The stress multiplier now, Q16. @throws ContractRefusedError before the first activation, or while paused */
export async function requiredFactor(provider: Provider, policyRegistry: string): Promise<bigint> {
  return readView(contractOf(provider, policyRegistry), "requiredFactor");
}

/** 0 before the first activation. */
export async function activeVersion(provider: Provider, policyRegistry: string): Promise<number> {
  return Number(await readView<bigint>(contractOf(provider, policyRegistry), "activeVersion"));
}

/** How many versions were proposed. */
export async function versionCount(provider: Provider, policyRegistry: string): Promise<number> {
  return Number(await readView<bigint>(contractOf(provider, policyRegistry), "versionCount"));
}

/** @throws ContractRefusedError for a version that was never proposed */
export async function readVersion(provider: Provider, policyRegistry: string, version: number): Promise<PolicyVersion> {
  const [generation, parameters, verifier, keys] = await readView<[bigint, PolicyParameters, string, readonly TierKeyHash[]]>(
    contractOf(provider, policyRegistry), "versionOf", version,
  );
  const { base, maximum, decay, fastWeight, depthTarget } = parameters;
  const ramps = Object.fromEntries(RAMPS.map((name) => {
    const { from, slope, cap } = parameters[name];
    return [name, { from, slope, cap }];
  })) as Record<(typeof RAMPS)[number], Ramp>;
  return {
    generation: Number(generation) as Generation,
    parameters: { base, maximum, decay, fastWeight, depthTarget, ...ramps },
    verifier,
    keys: keys.map(({ tier, keyHash }) => ({ tier: decodeBytes32String(tier), keyHash })),
  };
}

function contractOf(runner: Provider | Signer, policyRegistry: string): Contract {
  return contractAt("policyRegistry", policyRegistry, POLICY_REGISTRY_ABI, runner);
}

export class AlreadyActiveError extends Error {
  override readonly name = "AlreadyActiveError";
  constructor(readonly version: number) {
    super(`version ${version} of the policy is active already: a later one is announced with scheduleActivation`);
  }
}
