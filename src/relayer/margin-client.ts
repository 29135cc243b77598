/**
 * A client of MarginVerifier: what a proof has to be made for, sending it, and reading what came of it.
 */

import { Contract, Interface, isCallException, isError, type Provider, type Signer, type TransactionReceipt } from "ethers";
import { namePublicSignals, PUBLIC_SIGNALS, type PublicSignals } from "../witness/public-signals.js";
import { marginContext, type MarginRequest } from "./margin-context.js";
import type { SnarkjsProof } from "../../prover/proof.js";
import { encodeProof, readPublicSignals, type SolidityProof } from "./proof-encoding.js";
import {
  COLLATERAL_VAULT_ABI,
  MARGIN_VERIFIER_ABI,
  PORTFOLIO_REGISTRY_ABI,
  RISK_REGISTRY_ABI,
} from "./generated/contract-abi.js";

/** What the consumer decides; the chain knows the rest. */
export type MarginIntent = Omit<MarginRequest, "version" | "nonce" | "riskRoot"> & {
  /** The newest one if left out. */
  readonly riskRoot?: bigint;
};

/** A request, and the public signals that are known before proving. */
export interface PreparedRequest {
  readonly request: MarginRequest;
  readonly context: bigint;
  readonly portfolioCommitment: bigint;
}

/** A proof with its public signals, as snarkjs writes both. */
export interface MarginProof {
  readonly proof: SnarkjsProof;
  readonly publicSignals: readonly string[];
}

/** Arguments of `MarginVerifier.attest`, in order. */
export type AttestArguments = readonly [
  request: MarginRequest,
  proof: SolidityProof,
  healthy: boolean,
  disclosedRequirement: bigint,
  disclosedEquity: bigint,
];

export interface MarginAttestation {
  readonly consumer: string;
  readonly account: string;
  readonly epoch: bigint;
  readonly version: bigint;
  readonly context: bigint;
  readonly factor: bigint;
  readonly collateral: bigint;
  readonly disclose: bigint;
  readonly healthy: boolean;
  /** Value units, rounded up; 0 if not disclosed. */
  readonly requirement: bigint;
  /** Value units, rounded down, signed; 0 if not disclosed. */
  readonly equity: bigint;
}

/** A revert of one of the contracts, by name. */
export interface ContractRevert {
  readonly name: string;
  readonly args: readonly unknown[];
}

const INTERFACES = [MARGIN_VERIFIER_ABI, RISK_REGISTRY_ABI, PORTFOLIO_REGISTRY_ABI, COLLATERAL_VAULT_ABI].map(
  (abi) => new Interface(abi),
);

/**
 * Completes a request with the account's version, the next nonce and, unless given, the newest risk root.
 * @throws RequestNotPossibleError if the account has no portfolio or no root was published.
 */
export async function prepareRequest(
  provider: Provider,
  marginVerifier: string,
  consumer: string,
  intent: MarginIntent,
): Promise<PreparedRequest> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, provider);
  const { chainId } = await provider.getNetwork();
  const [riskRegistry, portfolioRegistry, nonce] = await Promise.all([
    verifier.getFunction("riskRegistry")() as Promise<string>,
    verifier.getFunction("portfolioRegistry")() as Promise<string>,
    verifier.getFunction("nonceOf")(consumer, intent.account) as Promise<bigint>,
  ]);
  const portfolios = new Contract(portfolioRegistry, PORTFOLIO_REGISTRY_ABI, provider);
  const [commitment, version] = (await portfolios.getFunction("portfolioOf")(intent.account)) as [bigint, bigint];
  if (commitment === 0n) throw new RequestNotPossibleError("account", intent.account, "must have a registered portfolio");

  let riskRoot = intent.riskRoot;
  if (riskRoot === undefined) {
    const risk = new Contract(riskRegistry, RISK_REGISTRY_ABI, provider);
    [riskRoot] = (await risk.getFunction("newest")()) as [bigint, bigint];
    if (riskRoot === 0n) throw new RequestNotPossibleError("risk registry", riskRegistry, "must have a published root");
  }
  const request: MarginRequest = { ...intent, riskRoot, version, nonce };
  const context = marginContext({ chainId, marginVerifier, consumer }, request);
  return { request, context, portfolioCommitment: commitment };
}

/**
 * The arguments of `attest` for a proof, after a check that its public signals are the prepared ones.
 * @throws SignalMismatchError for the first signal, or part of `terms`, that is not what was prepared; PublicSignalsError for `terms`
 * that no request has; ProofEncodingError for a malformed proof or public signal.
 */
export function attestArguments(prepared: PreparedRequest, { proof, publicSignals }: MarginProof): AttestArguments {
  if (publicSignals.length !== PUBLIC_SIGNALS.length) {
    throw new SignalMismatchError("count of public signals", BigInt(publicSignals.length), BigInt(PUBLIC_SIGNALS.length));
  }
  const signals = namePublicSignals(readPublicSignals(publicSignals));
  const { request } = prepared;
  const expected: Partial<PublicSignals> = {
    portfolioCommitment: prepared.portfolioCommitment,
    riskRoot: request.riskRoot,
    context: prepared.context,
    factor: request.factor,
    disclose: request.disclose,
    collateral: request.collateral,
  };
  for (const [name, value] of Object.entries(expected) as [keyof PublicSignals, bigint][]) {
    if (signals[name] !== value) throw new SignalMismatchError(name, signals[name], value);
  }
  if (signals.healthy > 1n) throw new SignalMismatchError("healthy", signals.healthy, 1n);
  return [request, encodeProof(proof), signals.healthy === 1n, signals.disclosedRequirement, signals.disclosedEquity];
}

/**
 * Sends a proof with the signer itself as the consumer and waits for the block. Consumers that are contracts pass the arguments of
 * `attestArguments` on in calls of their own.
 * @throws MarginRefusedError with the contract's named error.
 */
export async function attest(signer: Signer, marginVerifier: string, args: AttestArguments): Promise<TransactionReceipt> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, signer);
  return sendNamed(async () => {
    const response = await verifier.getFunction("attest").send(...args);
    return response.wait();
  });
}

/**
 * Runs a transaction and turns a revert into the contract's named error.
 * @throws MarginRefusedError for a revert that one of the contracts names; anything else as it came.
 */
export async function sendNamed(send: () => Promise<TransactionReceipt | null>): Promise<TransactionReceipt> {
  let receipt: TransactionReceipt | null;
  try {
    receipt = await send();
  } catch (error) {
    const revert = contractRevert(error);
    throw revert === undefined ? error : new MarginRefusedError(revert, error);
  }
  if (receipt === null) throw new TransactionNotMinedError();
  return receipt;
}

/** The contract error behind an error of ethers; undefined if there is none that the contracts declare. */
export function contractRevert(error: unknown): ContractRevert | undefined {
  const data = revertData(error);
  if (data === undefined) return undefined;
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

/** The attestations a verifier logged in a transaction. */
export function attestationsIn(receipt: TransactionReceipt, marginVerifier: string): readonly MarginAttestation[] {
  const verifier = new Interface(MARGIN_VERIFIER_ABI);
  return receipt.logs
    .filter((log) => log.address.toLowerCase() === marginVerifier.toLowerCase())
    .map((log) => verifier.parseLog(log))
    .filter((event) => event?.name === "MarginAttested")
    .map((event) => event!.args.toObject() as unknown as MarginAttestation);
}

export class RequestNotPossibleError extends Error {
  override readonly name = "RequestNotPossibleError";
  constructor(
    readonly field: string,
    readonly value: string,
    rule: string,
  ) {
    super(`${field} ${value} ${rule}`);
  }
}

/** Public signals only: none of the values is secret. */
export class SignalMismatchError extends Error {
  override readonly name = "SignalMismatchError";
  constructor(
    readonly signal: string,
    readonly actual: bigint,
    readonly expected: bigint,
  ) {
    super(`${signal} of the proof is ${actual} and must be ${expected}`);
  }
}

export class MarginRefusedError extends Error {
  override readonly name = "MarginRefusedError";
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
