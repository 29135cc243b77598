/**
 * The settlement layer's side of PortfolioRegistry: changes of books made, signed and sent, and what is registered, read or rebuilt from events.
 * Anyone may send what it signed.
 * All functions with an address throw AddressError, and UnexpectedAnswerError or UnexpectedReceiptError where something else is at the contract's.
 */
import { type Contract, type EventLog, type Provider, type Signer, type TransactionReceipt, type TypedDataDomain } from "ethers";
import { bookHash } from "../risk/book-hash.js";
import { portfolioCommitment, type Portfolio } from "../risk/portfolio.js";
import { PORTFOLIO_REGISTRY_ABI } from "./generated/contract-abi.js";
import { addressOf, checkHasCode, contractAt, readView, sendExpecting } from "./transaction.js";

/** `PortfolioUpdate` of the contracts. Nothing in it is secret. */
export interface PortfolioUpdate {
  readonly account: string;
  /** Of the new book: one above the registered one. */
  readonly version: bigint;
  readonly commitment: bigint;
  /** 32 bytes, 0x-prefixed. */
  readonly bookHash: string;
}

/** What is registered of an account; zeros before its first update. */
export type RegisteredPortfolio = Omit<PortfolioUpdate, "account">;

export interface RegistryDomain {
  readonly chainId: bigint;
  readonly portfolioRegistry: string;
}

/** Most updates in a batch: `MAX_BATCH` of the contract. */
export const MAX_PORTFOLIO_BATCH = 128;
/** Blocks whose events are asked for at once, by default; many nodes refuse more. */
const BLOCK_SPAN = 10_000;

const CHANGE_FIELDS = [
  { name: "account", type: "address" },
  { name: "version", type: "uint64" },
  { name: "commitment", type: "uint256" },
  { name: "bookHash", type: "bytes32" },
];
const DEADLINE_FIELD = { name: "deadline", type: "uint64" };
const UPDATE_TYPES = { PortfolioUpdate: [...CHANGE_FIELDS, DEADLINE_FIELD] };
const BATCH_TYPES = { PortfolioBatch: [{ name: "changes", type: "Change[]" }, DEADLINE_FIELD], Change: CHANGE_FIELDS };

/**
 * The update that registers a book.
 * @param salt fresh, and kept: without it the account can't prove and the book can't be opened
 * @throws PortfolioError, without the value, for a number that no commitment has
 */
export function portfolioUpdate(account: string, version: bigint, portfolio: Portfolio, salt: bigint): PortfolioUpdate {
  return { account: addressOf("account", account), version, bookHash: bookHash(portfolio, salt), commitment: portfolioCommitment(portfolio, salt) };
}

/** @param deadline last unix second at which the registry takes it */
export async function signUpdate(settlement: Signer, domain: RegistryDomain, update: PortfolioUpdate, deadline: bigint): Promise<string> {
  return settlement.signTypedData(typedDataDomain(domain), UPDATE_TYPES, { ...checked(update), deadline });
}

/**
 * @param deadline last unix second at which the registry takes it
 * @throws PortfolioBatchError for a batch that is empty or too large
 */
export async function signBatch(settlement: Signer, domain: RegistryDomain, changes: readonly PortfolioUpdate[], deadline: bigint): Promise<string> {
  if (changes.length === 0 || changes.length > MAX_PORTFOLIO_BATCH) throw new PortfolioBatchError(changes.length);
  return settlement.signTypedData(typedDataDomain(domain), BATCH_TYPES, { changes: changes.map(checked), deadline });
}

function typedDataDomain({ chainId, portfolioRegistry }: RegistryDomain): TypedDataDomain {
  return { name: "zkmargin PortfolioRegistry", version: "1", chainId, verifyingContract: addressOf("portfolioRegistry", portfolioRegistry) };
}

/** Nothing that would be looked up as a name is signed or sent. */
function checked(update: PortfolioUpdate): PortfolioUpdate {
  return { ...update, account: addressOf("account", update.account) };
}

/**
 * Sends a signed update and waits for the block.
 * @throws ContractRefusedError with the contract's named error
 */
export async function submitUpdate(signer: Signer, portfolioRegistry: string, update: PortfolioUpdate, deadline: bigint, signature: string): Promise<TransactionReceipt> {
  return sendExpecting(contractOf(signer, portfolioRegistry), "update", [checked(update), deadline, signature], "PortfolioUpdated");
}

/**
 * Sends a signed batch, which is applied in its order or not at all, and waits for the block.
 * @throws ContractRefusedError with the contract's named error
 */
export async function submitBatch(signer: Signer, portfolioRegistry: string, changes: readonly PortfolioUpdate[], deadline: bigint, signature: string): Promise<TransactionReceipt> {
  return sendExpecting(contractOf(signer, portfolioRegistry), "updateBatch", [changes.map(checked), deadline, signature], "PortfolioUpdated");
}

/** What is registered of an account, as of one block. */
export async function portfolioOf(provider: Provider, portfolioRegistry: string, account: string): Promise<RegisteredPortfolio> {
  const registry = contractOf(provider, portfolioRegistry);
  const of = addressOf("account", account);
  const at = { blockTag: await provider.getBlockNumber() };
  const [[commitment, version], hash] = await Promise.all([
    readView<[bigint, bigint]>(registry, "portfolioOf", of, at),
    readView<string>(registry, "bookHashOf", of, at),
  ]);
  return { commitment, version, bookHash: hash };
}

/**
 * What is registered of every account, from the registry's events alone.
 * @param fromBlock the registry's first block, or any before it
 * @param blockSpan how many blocks the node is asked about at once
 * @returns by checksummed address
 * @throws PortfolioHistoryError if an account's versions don't count up from 1 one by one: the node kept events back, or `fromBlock` is too late.
 * An account's last events are missed without a trace; `portfolioOf` shows them. NoContractError if there is no code at the address.
 */
export async function rebuildPortfolios(provider: Provider, portfolioRegistry: string, fromBlock: number, blockSpan = BLOCK_SPAN): Promise<ReadonlyMap<string, RegisteredPortfolio>> {
  const registry = contractOf(provider, portfolioRegistry);
  await checkHasCode(provider, "portfolioRegistry", registry);
  const newest = await provider.getBlockNumber();
  const portfolios = new Map<string, RegisteredPortfolio>();
  for (let first = fromBlock; first <= newest; first += blockSpan) {
    const logs = (await registry.queryFilter("PortfolioUpdated", first, Math.min(first + blockSpan - 1, newest))) as EventLog[];
    logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    for (const { args } of logs) {
      const { account, version, commitment, bookHash: hash } = args.toObject() as unknown as PortfolioUpdate;
      const expected = (portfolios.get(account)?.version ?? 0n) + 1n;
      if (version !== expected) throw new PortfolioHistoryError(account, version, expected);
      portfolios.set(account, { commitment, version, bookHash: hash });
    }
  }
  return portfolios;
}

function contractOf(runner: Provider | Signer, portfolioRegistry: string): Contract {
  return contractAt("portfolioRegistry", portfolioRegistry, PORTFOLIO_REGISTRY_ABI, runner);
}

export class PortfolioBatchError extends Error {
  override readonly name = "PortfolioBatchError";
  readonly field = "changes";
  readonly rule = `must be 1 to ${MAX_PORTFOLIO_BATCH}`;
  constructor(readonly value: number) {
    super(`changes of a batch are ${value} and must be 1 to ${MAX_PORTFOLIO_BATCH}`);
  }
}

export class PortfolioHistoryError extends Error {
  override readonly name = "PortfolioHistoryError";
  readonly field = "version";
  readonly rule = "must count up from 1, one by one";
  constructor(
    readonly account: string,
    readonly value: bigint,
    readonly expected: bigint,
  ) {
    super(`the next event of ${account} has version ${value} and must have ${expected}: events are missing`);
  }
}
