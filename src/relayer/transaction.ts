/**
 * Transactions and calls whose reverts come back as the contracts' named errors, and which do not take another address for the contract's.
 */
import {
  Contract, dataLength, getAddress, Interface, isAddress, isCallException, isError, type Provider, type Signer, type TransactionReceipt,
  type TransactionResponse,
} from "ethers";
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

/** A function of a contract. */
export interface CalledFunction {
  /** The contract's address. */
  readonly contract: string;
  readonly name: string;
}

const INTERFACES = [
  MARGIN_VERIFIER_ABI, RISK_ORACLE_ABI, PORTFOLIO_REGISTRY_ABI, POLICY_REGISTRY_ABI, SOLVENCY_REGISTRY_ABI, COLLATERAL_VAULT_ABI,
].map((abi) => new Interface(abi));

/**
 * A contract by its address; the field is the caller's name for it.
 * @throws AddressError
 */
export function contractAt(field: string, address: string, abi: readonly string[], runner: Provider | Signer | null): Contract {
  return new Contract(addressOf(field, address), abi, runner);
}

/** The checksummed address. Names are not looked up. @throws AddressError */
export function addressOf(field: string, address: string): string {
  if (!isAddress(address)) throw new AddressError(field, address);
  return getAddress(address);
}

/** @throws NoContractError if there is no code at a contract's address */
export async function checkHasCode(provider: Provider, field: string, { target }: Contract): Promise<void> {
  const address = String(target);
  if (dataLength(await provider.getCode(address)) === 0) throw new NoContractError(field, address);
}

/**
 * Calls a view of a contract.
 * @throws ContractRefusedError, UnexpectedAnswerError
 */
export function readView<T>(contract: Contract, name: string, ...args: readonly unknown[]): Promise<T> {
  return callNamed(() => contract.getFunction(name)(...args) as Promise<T>, { contract: String(contract.target), name });
}

/**
 * Sends a transaction to a contract and waits for its block.
 * @param events what the contract logs one of whenever it has done what was asked
 * @throws ContractRefusedError, TransactionNotMinedError; UnexpectedAnswerError, UnexpectedReceiptError if it is not that contract
 */
export async function sendExpecting(contract: Contract, name: string, args: readonly unknown[], ...events: readonly string[]): Promise<TransactionReceipt> {
  const address = String(contract.target);
  const receipt = await sendNamed(() => contract.getFunction(name).send(...args), { contract: address, name });
  if (!events.some((event) => eventsIn(receipt, contract, event).length > 0)) throw new UnexpectedReceiptError(address, events.join(" or "));
  return receipt;
}

/** The events of a name that a contract logged in a transaction, with the fields' names as the contract has them. */
export function eventsIn<T = Readonly<Record<string, unknown>>>(receipt: TransactionReceipt, { target, interface: events }: Contract, name: string): readonly T[] {
  const address = String(target).toLowerCase();
  return receipt.logs
    .filter((log) => log.address.toLowerCase() === address)
    .map((log) => events.parseLog(log))
    .filter((event) => event?.name === name)
    .map((event) => event!.args.toObject() as unknown as T);
}

/**
 * Sends a transaction, waits for its block, and turns a revert into the contract's named error.
 * @throws as `callNamed`; TransactionNotMinedError
 */
export async function sendNamed(send: () => Promise<TransactionResponse>, called?: CalledFunction): Promise<TransactionReceipt> {
  const receipt = await callNamed(async () => (await send()).wait(), called);
  if (receipt === null) throw new TransactionNotMinedError();
  return receipt;
}

/**
 * Runs a call and turns a revert into the contract's named error.
 * @param called what it calls, for the error if nothing there answers to it
 * @throws ContractRefusedError for a revert that one of the contracts names; UnexpectedAnswerError, if `called` is given, for an answer that is
 * none of the function's; anything else as it came.
 */
export async function callNamed<T>(call: () => Promise<T>, called?: CalledFunction): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const revert = contractRevert(error);
    if (revert !== undefined) throw new ContractRefusedError(revert, error);
    throw called !== undefined && isNoAnswer(error) ? new UnexpectedAnswerError(called.contract, called.name, error) : error;
  }
}

/** The contract error behind an error of ethers; undefined if there is none that the contracts declare. */
export function contractRevert(error: unknown): ContractRevert | undefined {
  const data = revertData(error);
  return data === undefined ? undefined : readRevert(data);
}

/** The contract error in revert data; undefined if the contracts declare none such. */
export function readRevert(data: string): ContractRevert | undefined {
  if (dataLength(data) < 4) return undefined;
  for (const contractInterface of INTERFACES) {
    const parsed = contractInterface.parseError(data);
    // Every interface also knows Error(string) and Panic(uint256), which are no errors of ours.
    if (parsed !== null && contractInterface.getError(parsed.name) !== null) return { name: parsed.name, args: [...parsed.args] };
  }
  return undefined;
}

/** What comes of a call where there is no code, or code without the function. A transaction that failed in its block is something else. */
function isNoAnswer(error: unknown): boolean {
  // Only what is about a function's result has a signature: the same code stands for a broken answer of the node.
  if (isError(error, "BAD_DATA")) return (error as { readonly info?: { readonly signature?: unknown } }).info?.signature !== undefined;
  return isCallException(error) && (error.receipt === null || error.receipt === undefined) && dataLength(error.data ?? "0x") === 0;
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

export class AddressError extends Error {
  override readonly name = "AddressError";
  readonly rule = "must be an address in hexadecimal, with a valid checksum if it has one";
  constructor(
    readonly field: string,
    readonly value: string,
  ) {
    super(`${field} ${JSON.stringify(value)} must be an address in hexadecimal, with a valid checksum if it has one`);
  }
}

export class NoContractError extends Error {
  override readonly name = "NoContractError";
  readonly rule = "must be the address of a contract";
  constructor(
    readonly field: string,
    readonly value: string,
  ) {
    super(`${field} ${value} must be the address of a contract: there is no code`);
  }
}

/** There is no code at the address, it is another contract, or the call ran out of gas. */
export class UnexpectedAnswerError extends Error {
  override readonly name = "UnexpectedAnswerError";
  constructor(
    readonly contract: string,
    readonly called: string,
    cause: unknown,
  ) {
    super(`${contract} gave no answer that ${called} could give: is it that contract's address?`, { cause });
  }
}

/** The transaction went through, and did nothing of what was asked. */
export class UnexpectedReceiptError extends Error {
  override readonly name = "UnexpectedReceiptError";
  constructor(
    readonly contract: string,
    /** The one that is missing; of several any would do. */
    readonly event: string,
  ) {
    super(`${contract} logged no ${event}: is it that contract's address?`);
  }
}

export class TransactionNotMinedError extends Error {
  override readonly name = "TransactionNotMinedError";
  constructor() {
    super("the transaction was not mined");
  }
}
