/**
 * Transactions and calls whose reverts come back as the contracts' named errors.
 */
import { Interface, isCallException, isError, type TransactionReceipt, type TransactionResponse } from "ethers";
import {
  COLLATERAL_VAULT_ABI,
  MARGIN_VERIFIER_ABI,
  POLICY_REGISTRY_ABI,
  PORTFOLIO_REGISTRY_ABI,
  RISK_ORACLE_ABI,
  SOLVENCY_REGISTRY_ABI,
} from "./generated/contract-abi.js";

/** A revert of one of the contracts, by name. */
export interface ContractRevert {
  readonly name: string;
  readonly args: readonly unknown[];
}

const INTERFACES = [
  MARGIN_VERIFIER_ABI, RISK_ORACLE_ABI, PORTFOLIO_REGISTRY_ABI, POLICY_REGISTRY_ABI, SOLVENCY_REGISTRY_ABI, COLLATERAL_VAULT_ABI,
].map((abi) => new Interface(abi));

/**
 * Sends a transaction, waits for its block, and turns a revert into the contract's named error.
 * @throws ContractRefusedError for a revert that one of the contracts names, TransactionNotMinedError; anything else as it came.
 */
export async function sendNamed(send: () => Promise<TransactionResponse>): Promise<TransactionReceipt> {
  const receipt = await callNamed(async () => (await send()).wait());
  if (receipt === null) throw new TransactionNotMinedError();
  return receipt;
}

/**
 * Runs a call and turns a revert into the contract's named error.
 * @throws ContractRefusedError for a revert that one of the contracts names; anything else as it came.
 */
export async function callNamed<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const revert = contractRevert(error);
    throw revert === undefined ? error : new ContractRefusedError(revert, error);
  }
}

/** The contract error behind an error of ethers; undefined if there is none that the contracts declare. */
export function contractRevert(error: unknown): ContractRevert | undefined {
  const data = revertData(error);
  return data === undefined ? undefined : readRevert(data);
}

/** The contract error in revert data; undefined if the contracts declare none such. */
export function readRevert(data: string): ContractRevert | undefined {
  for (const contractInterface of INTERFACES) {
    const parsed = contractInterface.parseError(data);
    // Every interface also knows Error(string) and Panic(uint256), which are no errors of ours.
    if (parsed !== null && contractInterface.getError(parsed.name) !== null) return { name: parsed.name, args: [...parsed.args] };
  }
  return undefined;
}

function revertData(error: unknown): string | undefined {
  if (isCallException(error) && error.data !== null && error.data !== undefined) return error.data;
  // A node may answer with its own error object, which ethers passes on.
  if (isError(error, "UNKNOWN_ERROR")) {
    const inner = (error as { readonly error?: { readonly data?: unknown } }).error?.data;
    if (typeof inner === "string") return inner;
  }
  return undefined;
}

export class ContractRefusedError extends Error {
  override readonly name = "ContractRefusedError";
  constructor(
    readonly revert: ContractRevert,
    cause: unknown,
  ) {
    super(`refused on chain: ${revert.name}(${revert.args.map(String).join(", ")})`, { cause });
  }
}

export class TransactionNotMinedError extends Error {
  override readonly name = "TransactionNotMinedError";
  constructor() {
    super("the transaction was not mined");
  }
}
