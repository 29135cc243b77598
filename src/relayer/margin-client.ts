/**
 * A client of MarginVerifier: what a proof has to be made for, sending it, and reading what came of it. Batches are in margin-batch.ts.
 * All functions with an address throw AddressError, and UnexpectedAnswerError or UnexpectedReceiptError where something else is at the contract's.
 */

import { encodeBytes32String, type Contract, type Provider, type Signer, type TransactionReceipt } from "ethers";
import { mulDivUp } from "../math/fixed-point.js";
import { FACTOR_ONE, MAX_FACTOR } from "../risk/margin.js";
import { namePublicSignals, PUBLIC_SIGNALS, type PublicSignals } from "../witness/public-signals.js";
import { MARGIN_VERIFIER_ABI, POLICY_REGISTRY_ABI, PORTFOLIO_REGISTRY_ABI, RISK_ORACLE_ABI } from "./generated/contract-abi.js";
import { marginContext, type Demand, type MarginProof } from "./margin-context.js";
import type { SnarkjsProof } from "../../prover/proof.js";
import { encodeProof, readPublicSignals } from "./proof-encoding.js";
import { addressOf, contractAt, ContractRefusedError, eventsIn, readView, sendExpecting } from "./transaction.js";

/** Both the requirement and the equity. */
const MAX_DISCLOSE = 3n;
const MAX_DEADLINE = (1n << 256n) - 1n;
/** Of a name in 32 bytes that ends with a zero. */
const MAX_TIER_BYTES = 31;

/** What the prover chooses within a demand. */
export interface ProofChoice {
  /** Circuit tier, as in circuits.json. */
  readonly tier: string;
  /** Last unix second at which the proof is accepted. */
  readonly deadline: bigint;
  /** Epoch of the risk root; the newest if left out. */
  readonly epoch?: bigint;
  /**
   * Q16. How far the factor goes beyond the required one, as a share of it, so that the proof outlasts a stress multiplier that moves against it;
   * upwards for a proof of health, downwards for one of the opposite. Default 0.
   */
  readonly headroom?: bigint;
  /** Value units. By default the demand's; less (for a proof of health) or more is a stronger statement. */
  readonly collateral?: bigint;
}

/** A demand, what is left to the prover decided, and the public signals that are known before proving. */
export interface PreparedProof {
  readonly demand: Demand;
  readonly terms: Pick<MarginProof, "tier" | "factor" | "collateral" | "deadline" | "epoch" | "version" | "nonce">;
  readonly context: bigint;
  readonly riskRoot: bigint;
  readonly portfolioCommitment: bigint;
}

/** A proof with its public signals, as snarkjs writes both. */
export interface ProvenSignals {
  readonly proof: SnarkjsProof;
  readonly publicSignals: readonly string[];
}

/** The event MarginAttested. */
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

/** The event MarginPosted. */
export interface MarginPosting {
  readonly account: string;
  readonly epoch: bigint;
  readonly version: bigint;
  readonly factor: bigint;
  readonly collateral: bigint;
  readonly healthy: boolean;
  /** Value units, rounded up. */
  readonly requirement: bigint;
}

/** What is known about an account to everyone now; `healthy` means nothing unless it counts. */
export interface Health {
  readonly counts: boolean;
  readonly healthy: boolean;
}

/**
 * Decides what a proof for a consumer's demand is made with: the account's version, the next nonce, the risk root, and the factor that the
 * policy requires now.
 * @throws ProofNotPossibleError if the account has no portfolio, no root is usable, the verifier has no key of the tier, the deadline is before
 * the newest block, or the factor, the ratio or what is disclosed is out of its range; ContractRefusedError if the policy registry is paused, or
 * the verifier is not of its active version.
 */
export async function prepareAttestation(
  provider: Provider, marginVerifier: string, consumer: string, demand: Demand, choice: ProofChoice,
): Promise<PreparedProof> {
  const verifier = contractOf(provider, marginVerifier);
  const [by, account] = [addressOf("consumer", consumer), addressOf("account", demand.account)];
  const nonce = await readView<bigint>(verifier, "nonceOf", by, account);
  return prepare(provider, verifier, by, { ...demand, account }, nonce, choice);
}

/**
 * The same for an account's standing attestation.
 * @param healthy what the proof is expected to show: it decides on which side of the required factor and the collateral the headroom lies
 * @throws as `prepareAttestation`
 */
export async function prepareStanding(
  provider: Provider, marginVerifier: string, account: string, choice: ProofChoice, healthy = true,
): Promise<PreparedProof> {
  const verifier = contractOf(provider, marginVerifier);
  const { account: of, action, amount, healthy: answer, disclose, collateral, ratio } = await readView<Demand>(
    verifier, "standingDemand", addressOf("account", account), healthy,
  );
  return prepare(provider, verifier, String(verifier.target), { account: of, action, amount, healthy: answer, disclose, collateral, ratio }, 0n, choice);
}

async function prepare(
  provider: Provider, verifier: Contract, consumer: string, demand: Demand, nonce: bigint, choice: ProofChoice,
): Promise<PreparedProof> {
  const marginVerifier = String(verifier.target);
  if (demand.ratio <= 0n || demand.ratio > MAX_FACTOR) throw new ProofNotPossibleError("ratio", String(demand.ratio), "must lie in (0, 2^24)");
  if (demand.disclose < 0n || demand.disclose > MAX_DISCLOSE) throw new ProofNotPossibleError("disclose", String(demand.disclose), "must lie in [0, 3]");
  await checkDeadline(provider, choice.deadline);
  const tier = await checkTier(verifier, choice.tier);
  const { chainId } = await provider.getNetwork();
  const [oracle, portfolioRegistry, policyRegistry] = (await Promise.all(
    ["riskOracle", "portfolioRegistry", "policyRegistry"].map((name) => readView<string>(verifier, name)),
  )) as [string, string, string];

  const portfolios = contractAt("portfolioRegistry", portfolioRegistry, PORTFOLIO_REGISTRY_ABI, provider);
  const [portfolioCommitment, version] = await readView<[bigint, bigint]>(portfolios, "portfolioOf", demand.account);
  if (portfolioCommitment === 0n) throw new ProofNotPossibleError("account", demand.account, "must have a registered portfolio");

  const risk = contractAt("riskOracle", oracle, RISK_ORACLE_ABI, provider);
  const epoch = choice.epoch ?? (await readView<[bigint, bigint]>(risk, "newest"))[0];
  const riskRoot = await readView<bigint>(risk, "currentRoot", epoch);
  if (riskRoot === 0n) throw new ProofNotPossibleError("epoch", String(epoch), "must have a root that the risk oracle accepts now");

  const policy = contractAt("policyRegistry", policyRegistry, POLICY_REGISTRY_ABI, provider);
  const multiplier = await readView<bigint>(policy, "requiredFactorFor", marginVerifier);
  const factor = chosenFactor(mulDivUp(multiplier, demand.ratio, FACTOR_ONE), demand.healthy, choice.headroom ?? 0n);

  const terms = { tier, factor, collateral: choice.collateral ?? demand.collateral, deadline: choice.deadline, epoch, version, nonce };
  const context = marginContext({ chainId, marginVerifier, consumer }, { ...demand, ...terms });
  return { demand, terms, context, riskRoot, portfolioCommitment };
}

async function checkDeadline(provider: Provider, deadline: bigint): Promise<void> {
  const now = BigInt((await provider.getBlock("latest"))!.timestamp);
  if (deadline < now || deadline > MAX_DEADLINE) {
    throw new ProofNotPossibleError("deadline", String(deadline), `must not be before the newest block's time, ${now}, and below 2^256`);
  }
}

/** Its name as the contracts have it. */
async function checkTier(verifier: Contract, tier: string): Promise<string> {
  const impossible = () => new ProofNotPossibleError("tier", tier, "must be one that the verifier has a key for");
  if (Buffer.byteLength(tier) > MAX_TIER_BYTES) throw impossible();
  const name = encodeBytes32String(tier);
  try {
    await readView<string>(verifier, "keyStoreOf", name);
  } catch (error) {
    throw error instanceof ContractRefusedError && error.revert.name === "UnknownTier" ? impossible() : error;
  }
  return name;
}

function chosenFactor(required: bigint, healthy: boolean, headroom: bigint): bigint {
  const factor = healthy ? mulDivUp(required, FACTOR_ONE + headroom, FACTOR_ONE) : (required * (FACTOR_ONE - headroom)) / FACTOR_ONE;
  if (headroom < 0n || factor < 0n || factor > MAX_FACTOR) throw new ProofNotPossibleError("factor", String(factor), "must lie in [0, 2^24), with a headroom of at least 0");
  return factor;
}

/**
 * What is sent for a proof, after a check that its public signals are the prepared ones.
 * @throws SignalMismatchError for the first signal, or part of `terms`, that is not what was prepared; PublicSignalsError for `terms`
 * that no demand has; ProofEncodingError for a malformed proof or public signal.
 */
export function marginProof(prepared: PreparedProof, { proof, publicSignals }: ProvenSignals): MarginProof {
  if (publicSignals.length !== PUBLIC_SIGNALS.length) {
    throw new SignalMismatchError("count of public signals", BigInt(publicSignals.length), BigInt(PUBLIC_SIGNALS.length));
  }
  const signals = namePublicSignals(readPublicSignals(publicSignals));
  const { demand, terms } = prepared;
  const expected: Partial<PublicSignals> = {
    portfolioCommitment: prepared.portfolioCommitment,
    riskRoot: prepared.riskRoot,
    context: prepared.context,
    factor: terms.factor,
    disclose: demand.disclose,
    collateral: terms.collateral,
  };
  for (const [name, value] of Object.entries(expected) as [keyof PublicSignals, bigint][]) {
    if (signals[name] !== value) throw new SignalMismatchError(name, signals[name], value);
  }
  if (signals.healthy > 1n) throw new SignalMismatchError("healthy", signals.healthy, 1n);
  const { disclosedRequirement, disclosedEquity } = signals;
  return { ...terms, healthy: signals.healthy === 1n, disclosedRequirement, disclosedEquity, proof: encodeProof(proof) };
}

/**
 * Sends a proof with the signer itself as the consumer and waits for the block. Consumers that are contracts pass the proof on in calls of
 * their own.
 * @throws ContractRefusedError with the contract's named error.
 */
export async function attest(signer: Signer, marginVerifier: string, demand: Demand, margin: MarginProof): Promise<TransactionReceipt> {
  const account = addressOf("account", demand.account);
  return sendExpecting(contractOf(signer, marginVerifier), "attest", [{ ...demand, account }, margin], "MarginAttested");
}

/**
 * Makes a proof an account's standing attestation and waits for the block.
 * @throws ContractRefusedError with the contract's named error.
 */
export async function post(signer: Signer, marginVerifier: string, account: string, margin: MarginProof): Promise<TransactionReceipt> {
  return sendExpecting(contractOf(signer, marginVerifier), "post", [addressOf("account", account), margin], "MarginPosted");
}

/** @throws ContractRefusedError if the policy registry is paused */
export async function healthOf(provider: Provider, marginVerifier: string, account: string): Promise<Health> {
  const verifier = contractOf(provider, marginVerifier);
  const [counts, healthy] = await readView<[boolean, boolean]>(verifier, "healthOf", addressOf("account", account));
  return { counts, healthy };
}

/** The attestations that a verifier logged in a transaction. */
export function attestationsIn(receipt: TransactionReceipt, marginVerifier: string): readonly MarginAttestation[] {
  return eventsIn<MarginAttestation>(receipt, contractOf(null, marginVerifier), "MarginAttested");
}

/** The standing attestations that a verifier logged in a transaction. */
export function postingsIn(receipt: TransactionReceipt, marginVerifier: string): readonly MarginPosting[] {
  return eventsIn<MarginPosting>(receipt, contractOf(null, marginVerifier), "MarginPosted");
}

/** With no runner it only tells what a receipt has. */
function contractOf(runner: Provider | Signer | null, marginVerifier: string): Contract {
  return contractAt("marginVerifier", marginVerifier, MARGIN_VERIFIER_ABI, runner);
}

export class ProofNotPossibleError extends Error {
  override readonly name = "ProofNotPossibleError";
  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
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
