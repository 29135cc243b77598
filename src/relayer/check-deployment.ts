/**
 * Whether a chain holds what a deployment says: the code, the wiring, the keys and the proposed policy.
 */

import { concat, Contract, dataLength, dataSlice, encodeBytes32String, keccak256, zeroPadValue, ZeroAddress, type Provider } from "ethers";
import { isDevelopmentKey } from "../../prover/verification-key.js";
import { compileContracts, type CompiledContract, type ContractName } from "./compile-contracts.js";
import { DEPLOYED_CONTRACTS, type DeployedContract, type Deployment } from "./deployment-file.js";
import { verificationKeyOf } from "./proof-encoding.js";

/** Those that have an owner. */
export const OWNED_CONTRACTS = ["RiskOracle", "PortfolioRegistry", "PolicyRegistry"] as const satisfies readonly DeployedContract[];

/** What is right either way, and good to know. */
export interface DeploymentState {
  /** Whose ownership was offered to the owner, who has not accepted it. */
  readonly awaitingOwner: readonly DeployedContract[];
  /** Of the policy; 0 before the first activation. */
  readonly activeVersion: number;
  /** Tiers whose keys are development keys, by what is on chain. */
  readonly development: readonly string[];
}

/**
 * @throws WrongChainError, DeploymentMismatchError for the first thing that is not as the deployment says
 */
export async function checkDeployment(provider: Provider, deployment: Deployment): Promise<DeploymentState> {
  const { chainId } = await provider.getNetwork();
  if (chainId !== deployment.chainId) throw new WrongChainError(deployment.chainId, chainId);
  const contracts = await compileContracts();
  const { addresses } = deployment;
  for (const name of DEPLOYED_CONTRACTS) {
    // Another compiler or source than that of the deployment can't tell what its code should be.
    match(`bytecode of ${name}`, deployment.bytecodeSha256[name], contracts[name].bytecodeSha256);
    await checkCode(provider, contracts[name], addresses[name]);
  }
  const read = reader(provider, contracts, addresses);

  match("RiskOracle.observer", await read("RiskOracle", "observer"), addresses.PolicyRegistry);
  match("PolicyRegistry.oracle", await read("PolicyRegistry", "oracle"), addresses.RiskOracle);
  match("MarginVerifier.riskOracle", await read("MarginVerifier", "riskOracle"), addresses.RiskOracle);
  match("MarginVerifier.portfolioRegistry", await read("MarginVerifier", "portfolioRegistry"), addresses.PortfolioRegistry);
  match("SolvencyRegistry.policyRegistry", await read("SolvencyRegistry", "policyRegistry"), addresses.PolicyRegistry);
  match("MarginVerifier.policyRegistry", await read("MarginVerifier", "policyRegistry"), addresses.PolicyRegistry);
  for (const name of ["MarginVerifier", "SolvencyRegistry"] as const) {
    match(`${name}.collateralSource`, await read(name, "collateralSource"), deployment.collateralSource);
  }
  if (deployment.collateralSource !== ZeroAddress && dataLength(await provider.getCode(deployment.collateralSource)) === 0) {
    throw new DeploymentMismatchError("collateralSource code", "0x", "a contract");
  }

  const keys = deployment.tiers.map(({ tier, keyHash }) => ({ tier: encodeBytes32String(tier), keyHash }));
  match("MarginVerifier.keys", keyList(await read("MarginVerifier", "keys")), keyList(keys));
  const development = await checkKeyStores(provider, read, deployment);

  const proposed = Number(await read("PolicyRegistry", "versionCount"));
  if (proposed < deployment.policyVersion) throw new DeploymentMismatchError("number of policy versions", String(proposed), `at least ${deployment.policyVersion}`);
  const [, , verifier, versionKeys] = (await read("PolicyRegistry", "versionOf", deployment.policyVersion)) as [bigint, unknown, string, unknown];
  match(`verifier of policy version ${deployment.policyVersion}`, verifier, addresses.MarginVerifier);
  match(`keys of policy version ${deployment.policyVersion}`, keyList(versionKeys), keyList(keys));

  const awaitingOwner: DeployedContract[] = [];
  for (const name of OWNED_CONTRACTS) {
    match(`${name}.guardian`, await read(name, "guardian"), deployment.guardian);
    if (same(await read(name, "pendingOwner"), deployment.owner)) awaitingOwner.push(name);
    else match(`${name}.owner`, await read(name, "owner"), deployment.owner);
  }
  return { awaitingOwner, activeVersion: Number(await read("PolicyRegistry", "activeVersion")), development };
}

/** The tiers whose keys are development keys, whatever the deployment says of them. */
async function checkKeyStores(provider: Provider, read: Reader, { tiers }: Deployment): Promise<readonly string[]> {
  const development: string[] = [];
  for (const { tier, keyHash, keyStore } of tiers) {
    match(`key store of tier ${tier}`, await read("MarginVerifier", "keyStoreOf", encodeBytes32String(tier)), keyStore);
    const code = await provider.getCode(keyStore);
    match(`hash of the key in the store of tier ${tier}`, dataLength(code) === 0 ? "0x" : keccak256(dataSlice(code, 1)), keyHash);
    const words = Array.from({ length: (dataLength(code) - 1) / 32 }, (_, at) => BigInt(dataSlice(code, 1 + 32 * at, 33 + 32 * at)));
    if (await isDevelopmentKey(verificationKeyOf(words))) development.push(tier);
  }
  return development;
}

/** Calls a view of a contract. */
export type Reader = (name: DeployedContract, view: string, ...args: readonly unknown[]) => Promise<unknown>;

export function reader(provider: Provider, contracts: Readonly<Record<ContractName, CompiledContract>>, addresses: Readonly<Partial<Record<DeployedContract, string>>>): Reader {
  return (name, view, ...args) => new Contract(addresses[name]!, contracts[name].abi, provider).getFunction(view)(...args) as Promise<unknown>;
}

/** @throws DeploymentMismatchError unless the code is what was compiled, but for the immutables */
export async function checkCode(provider: Provider, contract: CompiledContract, address: string): Promise<void> {
  match(`${contract.name} code`, withoutImmutables(await provider.getCode(address), contract), contract.deployedBytecode);
}

/** The compiler leaves zeros where the constructor writes immutables. */
function withoutImmutables(code: string, contract: CompiledContract): string {
  if (dataLength(code) !== dataLength(contract.deployedBytecode)) return code;
  return contract.immutables.reduce(
    (masked, { start, length }) =>
      concat([dataSlice(masked, 0, start), zeroPadValue("0x", length), dataSlice(masked, start + length)]),
    code,
  );
}

function keyList(keys: unknown): string {
  return (keys as readonly { readonly tier: string; readonly keyHash: string }[]).map(({ tier, keyHash }) => `${tier} ${keyHash}`).join(", ");
}

/** Compares addresses, hashes, numbers and lists of them, whatever their case. @throws DeploymentMismatchError */
export function match(what: string, actual: unknown, expected: unknown): void {
  if (!same(actual, expected)) throw new DeploymentMismatchError(what, String(actual), String(expected));
}

function same(actual: unknown, expected: unknown): boolean {
  return String(actual).toLowerCase() === String(expected).toLowerCase();
}

export class WrongChainError extends Error {
  override readonly name = "WrongChainError";
  constructor(
    readonly expected: bigint,
    readonly actual: bigint | undefined,
  ) {
    super(`chainId is ${actual ?? "unknown (the signer has no provider)"} and must be ${expected}`);
  }
}

export class DeploymentMismatchError extends Error {
  override readonly name = "DeploymentMismatchError";
  constructor(
    readonly what: string,
    readonly actual: string,
    readonly expected: string,
  ) {
    super(`${what} on chain is ${shorten(actual)} and must be ${shorten(expected)}`);
  }
}

function shorten(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 40)}... (${text.length} characters)`;
}
