/**
 * A client of MarginVerifier: what a proof has to be made for, sending it, and reading what came of it. Batches are in margin-batch.ts.
 */

import { Contract, encodeBytes32String, Interface, type Provider, type Signer, type TransactionReceipt } from "ethers";
import { mulDivUp } from "../math/fixed-point.js";
import { FACTOR_ONE, MAX_FACTOR } from "../risk/margin.js";
import { namePublicSignals, PUBLIC_SIGNALS, type PublicSignals } from "../witness/public-signals.js";
import { MARGIN_VERIFIER_ABI, POLICY_REGISTRY_ABI, PORTFOLIO_REGISTRY_ABI, RISK_ORACLE_ABI } from "./generated/contract-abi.js";
import { marginContext, type Demand, type MarginProof } from "./margin-context.js";
import type { SnarkjsProof } from "../../prover/proof.js";
import { encodeProof, readPublicSignals } from "./proof-encoding.js";
import { callNamed, sendNamed } from "./transaction.js";

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
 * @throws ProofNotPossibleError if the account has no portfolio, no root is usable, or the factor is out of its range; ContractRefusedError if
 * the policy registry is paused, or the verifier is not of its active version.
 */
export async function prepareAttestation(
  provider: Provider, marginVerifier: string, consumer: string, demand: Demand, choice: ProofChoice,
): Promise<PreparedProof> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, provider);
  const nonce = (await verifier.getFunction("nonceOf")(consumer, demand.account)) as bigint;
  return prepare(provider, verifier, marginVerifier, consumer, demand, nonce, choice);
}

/**
 * The same for an account's standing attestation.
 * @param healthy what the proof is expected to show: it decides on which side of the required factor and the collateral the headroom lies
 * @throws as `prepareAttestation`
 */
export async function prepareStanding(
  provider: Provider, marginVerifier: string, account: string, choice: ProofChoice, healthy = true,
): Promise<PreparedProof> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, provider);
  const { account: of, action, amount, healthy: answer, disclose, collateral, ratio } = (await callNamed(
    () => verifier.getFunction("standingDemand")(account, healthy) as Promise<Demand>,
  ));
  return prepare(provider, verifier, marginVerifier, marginVerifier, { account: of, action, amount, healthy: answer, disclose, collateral, ratio }, 0n, choice);
}

async function prepare(
  provider: Provider, verifier: Contract, marginVerifier: string, consumer: string, demand: Demand, nonce: bigint, choice: ProofChoice,
): Promise<PreparedProof> {
  const { chainId } = await provider.getNetwork();
  const [oracle, portfolioRegistry, policyRegistry] = (await Promise.all(
    ["riskOracle", "portfolioRegistry", "policyRegistry"].map((name) => verifier.getFunction(name)()),
  )) as [string, string, string];

  const portfolios = new Contract(portfolioRegistry, PORTFOLIO_REGISTRY_ABI, provider);
  const [portfolioCommitment, version] = (await portfolios.getFunction("portfolioOf")(demand.account)) as [bigint, bigint];
  if (portfolioCommitment === 0n) throw new ProofNotPossibleError("account", demand.account, "must have a registered portfolio");

  const risk = new Contract(oracle, RISK_ORACLE_ABI, provider);
  const epoch = choice.epoch ?? ((await risk.getFunction("newest")()) as [bigint, bigint])[0];
  const riskRoot = (await risk.getFunction("currentRoot")(epoch)) as bigint;
  if (riskRoot === 0n) throw new ProofNotPossibleError("epoch", String(epoch), "must have a root that the risk oracle accepts now");

  const policy = new Contract(policyRegistry, POLICY_REGISTRY_ABI, provider);
  const multiplier = (await callNamed(() => policy.getFunction("requiredFactorFor")(marginVerifier) as Promise<bigint>));
  const factor = chosenFactor(mulDivUp(multiplier, demand.ratio, FACTOR_ONE), demand.healthy, choice.headroom ?? 0n);

  const tier = encodeBytes32String(choice.tier);
  const terms = { tier, factor, collateral: choice.collateral ?? demand.collateral, deadline: choice.deadline, epoch, version, nonce };
  const context = marginContext({ chainId, marginVerifier, consumer }, { ...demand, ...terms });
  return { demand, terms, context, riskRoot, portfolioCommitment };
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
export function attest(signer: Signer, marginVerifier: string, demand: Demand, margin: MarginProof): Promise<TransactionReceipt> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, signer);
  return sendNamed(() => verifier.getFunction("attest").send(demand, margin));
}

/**
 * Makes a proof an account's standing attestation and waits for the block.
 * @throws ContractRefusedError with the contract's named error.
 */
export function post(signer: Signer, marginVerifier: string, account: string, margin: MarginProof): Promise<TransactionReceipt> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, signer);
  return sendNamed(() => verifier.getFunction("post").send(account, margin));
}

/** @throws ContractRefusedError if the policy registry is paused */
export async function healthOf(provider: Provider, marginVerifier: string, account: string): Promise<Health> {
  const verifier = new Contract(marginVerifier, MARGIN_VERIFIER_ABI, provider);
  const [counts, healthy] = (await callNamed(() => verifier.getFunction("healthOf")(account) as Promise<[boolean, boolean]>));
  return { counts, healthy };
}

/** The attestations that a verifier logged in a transaction. */
export function attestationsIn(receipt: TransactionReceipt, marginVerifier: string): readonly MarginAttestation[] {
  return eventsIn<MarginAttestation>(receipt, marginVerifier, "MarginAttested");
}

/** The standing attestations that a verifier logged in a transaction. */
export function postingsIn(receipt: TransactionReceipt, marginVerifier: string): readonly MarginPosting[] {
  return eventsIn<MarginPosting>(receipt, marginVerifier, "MarginPosted");
}

/** The events of a name that a verifier logged in a transaction, with the fields' names as the contract has them. */
export function eventsIn<T>(receipt: TransactionReceipt, marginVerifier: string, name: string): readonly T[] {
  const verifier = new Interface(MARGIN_VERIFIER_ABI);
  return receipt.logs
    .filter((log) => log.address.toLowerCase() === marginVerifier.toLowerCase())
    .map((log) => verifier.parseLog(log))
    .filter((event) => event?.name === name)
    .map((event) => event!.args.toObject() as unknown as T);
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
