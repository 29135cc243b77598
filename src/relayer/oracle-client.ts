/**
 * A client of RiskOracle: publishing signed headers, and reading what was published and who signs.
 * All functions throw AddressError, and UnexpectedAnswerError or UnexpectedReceiptError where something else is at the address.
 */
import type { Contract, Provider, Signer, TransactionReceipt } from "ethers";
import type { RiskHeader, SignerSet } from "../signer/risk-header.js";
import { RISK_ORACLE_ABI } from "./generated/contract-abi.js";
import { contractAt, eventsIn, readView, sendExpecting } from "./transaction.js";

export interface Publication {
  readonly receipt: TransactionReceipt;
  /** False if the circuit breaker holds the header: no root is usable until a later one is published. */
  readonly published: boolean;
}

/**
 * Publishes a header with signatures in ascending order of their signers (`combineSignatures`) and waits for the block. Anyone may.
 * @throws ContractRefusedError with the contract's named error.
 */
export async function publishHeader(
  signer: Signer, oracle: string, header: RiskHeader, signatures: readonly string[],
): Promise<Publication> {
  const contract = contractOf(signer, oracle);
  const receipt = await sendExpecting(contract, "publish", [header, [...signatures]], "RiskRootPublished", "BreakerTripped", "HeaderHeld");
  return { receipt, published: eventsIn(receipt, contract, "RiskRootPublished").length > 0 };
}

/** The newest published header's epoch and root; zeros before the first. */
export async function newestRoot(provider: Provider, oracle: string): Promise<Pick<RiskHeader, "epoch" | "riskRoot">> {
  const [epoch, riskRoot] = await readView<[bigint, bigint]>(contractOf(provider, oracle), "newest");
  return { epoch, riskRoot };
}

/** Epoch and time of the last header, held ones included: what `signDerived` must go beyond. Zeros before the first. */
export async function lastHeader(provider: Provider, oracle: string): Promise<Pick<RiskHeader, "epoch" | "time">> {
  const [epoch, time] = await readView<[bigint, bigint]>(contractOf(provider, oracle), "last");
  return { epoch, time };
}

/** Who may sign for the oracle, and how many must. */
export async function signerSet(provider: Provider, oracle: string): Promise<SignerSet> {
  const contract = contractOf(provider, oracle);
  const [signers, threshold] = await Promise.all([
    readView<string[]>(contract, "signers"),
    readView<bigint>(contract, "threshold"),
  ]);
  return { signers: [...signers], threshold: Number(threshold) };
}

function contractOf(runner: Provider | Signer, oracle: string): Contract {
  return contractAt("oracle", oracle, RISK_ORACLE_ABI, runner);
}
