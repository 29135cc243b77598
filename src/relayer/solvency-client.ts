/**
 * A client of SolvencyRegistry: what a proof of solvency has to be made for, posting it, and reading the record.
 * All functions throw AddressError, and UnexpectedAnswerError or UnexpectedReceiptError where something else is at the contract's address.
 */
import type { Contract, Provider, Signer, TransactionReceipt } from "ethers";
import { POLICY_REGISTRY_ABI, SOLVENCY_REGISTRY_ABI } from "./generated/contract-abi.js";
import { prepareAttestation, type PreparedProof, type ProofChoice } from "./margin-client.js";
import type { Demand, MarginProof } from "./margin-context.js";
import { addressOf, contractAt, readView, sendExpecting } from "./transaction.js";

/**
 * Decides what a proof of solvency is made with, under the active policy's verifier.
 * @throws as `prepareAttestation`; ContractRefusedError if no policy version is active
 */
export async function prepareSolvency(provider: Provider, solvencyRegistry: string, account: string, choice: ProofChoice): Promise<PreparedProof> {
  const registry = contractOf(provider, solvencyRegistry);
  const of = addressOf("account", account);
  const policy = contractAt("policyRegistry", await readView<string>(registry, "policyRegistry"), POLICY_REGISTRY_ABI, provider);
  const [verifier, asked] = await Promise.all([readView<string>(policy, "verifier"), readView<Demand>(registry, "demandFor", of)]);
  const { action, amount, healthy, disclose, collateral, ratio } = asked;
  return prepareAttestation(provider, verifier, solvencyRegistry, { account: of, action, amount, healthy, disclose, collateral, ratio }, choice);
}

/**
 * Records a proof of solvency and waits for the block.
 * @param signer the account or its operator
 * @throws ContractRefusedError with the contract's named error
 */
export async function postSolvency(signer: Signer, solvencyRegistry: string, account: string, margin: MarginProof): Promise<TransactionReceipt> {
  return sendExpecting(contractOf(signer, solvencyRegistry), "post", [addressOf("account", account), margin], "SolvencyProven");
}

/**
 * Appoints or dismisses an operator for the signer's own account and waits for the block.
 * @throws ContractRefusedError with the contract's named error
 */
export async function setOperator(account: Signer, solvencyRegistry: string, operator: string, allowed: boolean): Promise<TransactionReceipt> {
  return sendExpecting(contractOf(account, solvencyRegistry), "setOperator", [addressOf("operator", operator), allowed], "OperatorChanged");
}

/** @param factor Q16; 0 is never proven */
export async function wasSolvent(provider: Provider, solvencyRegistry: string, account: string, epoch: bigint, factor: bigint): Promise<boolean> {
  return readView(contractOf(provider, solvencyRegistry), "wasSolvent", addressOf("account", account), epoch, factor);
}

/** Newest epoch at which the account was proven solvent; 0 if never. */
export async function lastSolventEpoch(provider: Provider, solvencyRegistry: string, account: string): Promise<bigint> {
  return readView(contractOf(provider, solvencyRegistry), "lastEpochOf", addressOf("account", account));
}

function contractOf(runner: Provider | Signer, solvencyRegistry: string): Contract {
  return contractAt("solvencyRegistry", solvencyRegistry, SOLVENCY_REGISTRY_ABI, runner);
}
