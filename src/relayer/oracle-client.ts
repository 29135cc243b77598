/** A client of RiskOracle: publishing signed headers, and reading what was published and who signs. */
import { Contract, Interface, type Provider, type Signer, type TransactionReceipt } from "ethers";
import type { RiskHeader, SignerSet } from "../signer/risk-header.js";
import { RISK_ORACLE_ABI } from "./generated/contract-abi.js";
import { sendNamed } from "./transaction.js";

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
  const contract = new Contract(oracle, RISK_ORACLE_ABI, signer);
  const receipt = await sendNamed(() => contract.getFunction("publish").send(header, [...signatures]));
  const events = new Interface(RISK_ORACLE_ABI);
  const published = receipt.logs.some(
    (log) => log.address.toLowerCase() === oracle.toLowerCase() && events.parseLog(log)?.name === "RiskRootPublished",
  );
  return { receipt, published };
}

/** The newest published header's epoch and root; zeros before the first. */
export async function newestRoot(provider: Provider, oracle: string): Promise<Pick<RiskHeader, "epoch" | "riskRoot">> {
  const [epoch, riskRoot] = (await new Contract(oracle, RISK_ORACLE_ABI, provider).getFunction("newest")()) as [bigint, bigint];
  return { epoch, riskRoot };
}

/** Epoch and time of the last header, held ones included: what `signDerived` must go beyond. Zeros before the first. */
export async function lastHeader(provider: Provider, oracle: string): Promise<Pick<RiskHeader, "epoch" | "time">> {
  const [epoch, time] = (await new Contract(oracle, RISK_ORACLE_ABI, provider).getFunction("last")()) as [bigint, bigint];
  return { epoch, time };
}

/** Who may sign for the oracle, and how many must. */
export async function signerSet(provider: Provider, oracle: string): Promise<SignerSet> {
  const contract = new Contract(oracle, RISK_ORACLE_ABI, provider);
  const [signers, threshold] = await Promise.all([
    contract.getFunction("signers")() as Promise<string[]>,
    contract.getFunction("threshold")() as Promise<bigint>,
  ]);
  return { signers: [...signers], threshold: Number(threshold) };
}
