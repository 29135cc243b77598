/** A client of SolvencyRegistry: what a proof of solvency has to be made for, posting it, and reading the record. */
import { Contract, type Provider, type Signer, type TransactionReceipt } from "ethers";
import { POLICY_REGISTRY_ABI, SOLVENCY_REGISTRY_ABI } from "./generated/contract-abi.js";
import { prepareAttestation, type PreparedProof, type ProofChoice } from "./margin-client.js";
import type { Demand, MarginProof } from "./margin-context.js";
import { callNamed, sendNamed } from "./transaction.js";

/**
 * Decides what a proof of solvency is made with, under the active policy's verifier.
 * @throws as `prepareAttestation`; ContractRefusedError if no policy version is active
 */
export async function prepareSolvency(provider: Provider, solvencyRegistry: string, account: string, choice: ProofChoice): Promise<PreparedProof> {
  const registry = new Contract(solvencyRegistry, SOLVENCY_REGISTRY_ABI, provider);
  const policy = new Contract((await registry.getFunction("policyRegistry")()) as string, POLICY_REGISTRY_ABI, provider);
  const [verifier, asked] = await callNamed(() => Promise.all([
    policy.getFunction("verifier")() as Promise<string>,
    registry.getFunction("demandFor")(account) as Promise<Demand>,
  ]));
  const { action, amount, healthy, disclose, collateral, ratio } = asked;
  return prepareAttestation(provider, verifier, solvencyRegistry, { account, action, amount, healthy, disclose, collateral, ratio }, choice);
}

/**
 * Records a proof of solvency and waits for the block.
 * @param signer the account or its operator
 * @throws ContractRefusedError with the contract's named error
 */
export function postSolvency(signer: Signer, solvencyRegistry: string, account: string, margin: MarginProof): Promise<TransactionReceipt> {
  const registry = new Contract(solvencyRegistry, SOLVENCY_REGISTRY_ABI, signer);
  return sendNamed(() => registry.getFunction("post").send(account, margin));
}

/**
 * Appoints or dismisses an operator for the signer's own account and waits for the block.
 * @throws ContractRefusedError with the contract's named error
 */
export function setOperator(account: Signer, solvencyRegistry: string, operator: string, allowed: boolean): Promise<TransactionReceipt> {
  const registry = new Contract(solvencyRegistry, SOLVENCY_REGISTRY_ABI, account);
  return sendNamed(() => registry.getFunction("setOperator").send(operator, allowed));
}

/** @param factor Q16; 0 is never proven */
export function wasSolvent(provider: Provider, solvencyRegistry: string, account: string, epoch: bigint, factor: bigint): Promise<boolean> {
  return new Contract(solvencyRegistry, SOLVENCY_REGISTRY_ABI, provider).getFunction("wasSolvent")(account, epoch, factor) as Promise<boolean>;
}

/** Newest epoch at which the account was proven solvent; 0 if never. */
export function lastSolventEpoch(provider: Provider, solvencyRegistry: string, account: string): Promise<bigint> {
  return new Contract(solvencyRegistry, SOLVENCY_REGISTRY_ABI, provider).getFunction("lastEpochOf")(account) as Promise<bigint>;
}
