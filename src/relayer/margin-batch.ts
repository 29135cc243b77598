/**
 * Standing attestations of many accounts, posted with one pairing check a transaction.
 */

import type { Contract, Provider, Signer, TransactionReceipt } from "ethers";
import { MARGIN_VERIFIER_ABI } from "./generated/contract-abi.js";
import { postingsIn, type MarginPosting } from "./margin-client.js";
import type { MarginProof } from "./margin-context.js";
import { addressOf, callNamed, contractAt, eventsIn, readRevert, readView, sendExpecting, type ContractRevert } from "./transaction.js";

export interface BatchMember {
  readonly account: string;
  readonly margin: MarginProof;
}

/** Somebody whom the verifier refuses. `revert` is undefined for a reason that the contracts do not name. */
export interface Refusal {
  readonly account: string;
  readonly revert: ContractRevert | undefined;
}

export interface PostedBatch {
  /** One a transaction, in the order they were sent. */
  readonly receipts: readonly TransactionReceipt[];
  readonly posted: readonly MarginPosting[];
  /** Left out; always empty unless refused members are skipped. */
  readonly skipped: readonly Refusal[];
}

/**
 * Posts many, in transactions of one tier and at most the verifier's MAX_BATCH members each, in ascending order of accounts.
 * @param onRefusal "revert": a refused member stops its transaction and those after it, with those before it done; "skip": it is left out.
 * @throws DuplicateAccountError, AddressError before anything is sent; ContractRefusedError with the contract's named error; UnexpectedAnswerError,
 * UnexpectedReceiptError if it is another contract.
 */
export async function postBatch(
  signer: Signer, marginVerifier: string, members: readonly BatchMember[], onRefusal: "skip" | "revert",
): Promise<PostedBatch> {
  const verifier = contractAt("marginVerifier", marginVerifier, MARGIN_VERIFIER_ABI, signer);
  const receipts: TransactionReceipt[] = [];
  const skipped: Refusal[] = [];
  for (const batch of await batches(verifier, members)) {
    if (onRefusal === "revert") {
      receipts.push(await sendExpecting(verifier, "postBatch", [...columns(batch), false], "MarginPosted"));
      continue;
    }
    // Those that are refused already need not be paid for; the others are sent so that one whom a change overtakes does not stop the rest.
    const refused = await refusedOf(verifier, batch);
    skipped.push(...refused);
    const left = batch.filter(({ account }) => !refused.some((refusal) => refusal.account === account));
    if (left.length === 0) continue;
    const gasLimit = await callNamed(() => gasForAll(verifier, left), { contract: String(verifier.target), name: "postBatch" });
    const receipt = await sendExpecting(verifier, "postBatch", [...columns(left), true, { gasLimit }], "MarginPosted", "MemberSkipped");
    receipts.push(receipt);
    for (const { account, reason } of eventsIn<{ account: string; reason: string }>(receipt, verifier, "MemberSkipped")) {
      skipped.push({ account, revert: readRevert(reason) });
    }
  }
  return { receipts, posted: receipts.flatMap((receipt) => postingsIn(receipt, marginVerifier)), skipped };
}

/** The least gas with which a batch that may skip goes through is that of one which skips for lack of gas: estimated where it may not. */
async function gasForAll(verifier: Contract, members: readonly BatchMember[]): Promise<bigint> {
  return ((await verifier.getFunction("postBatch").estimateGas(...columns(members), false)) * 5n) / 4n;
}

function columns(members: readonly BatchMember[]): readonly [accounts: readonly string[], margins: readonly MarginProof[]] {
  return [members.map(({ account }) => account), members.map(({ margin }) => margin)];
}

/**
 * Those whom the verifier would refuse now, and why.
 * @throws DuplicateAccountError, AddressError, UnexpectedAnswerError
 */
export async function findRefused(provider: Provider, marginVerifier: string, members: readonly BatchMember[]): Promise<readonly Refusal[]> {
  const verifier = contractAt("marginVerifier", marginVerifier, MARGIN_VERIFIER_ABI, provider);
  const refused: Refusal[] = [];
  for (const batch of await batches(verifier, members)) refused.push(...(await refusedOf(verifier, batch)));
  return refused;
}

async function refusedOf(verifier: Contract, batch: readonly BatchMember[]): Promise<readonly Refusal[]> {
  const reasons = await readView<readonly string[]>(verifier, "refusals", ...columns(batch));
  return batch.flatMap(({ account }, at) => (reasons[at] === "0x" ? [] : [{ account, revert: readRevert(reasons[at]!) }]));
}

async function batches(verifier: Contract, members: readonly BatchMember[]): Promise<readonly (readonly BatchMember[])[]> {
  const sorted = members.map(({ account, margin }) => ({ account: addressOf("account", account), margin })).sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
  const duplicate = sorted.find(({ account }, at) => account === sorted[at - 1]?.account);
  if (duplicate !== undefined) throw new DuplicateAccountError(duplicate.account);
  const size = Number(await readView<bigint>(verifier, "MAX_BATCH"));
  const tiers = [...new Set(sorted.map(({ margin }) => margin.tier))];
  return tiers.flatMap((tier) => {
    const ofTier = sorted.filter(({ margin }) => margin.tier === tier);
    return Array.from({ length: Math.ceil(ofTier.length / size) }, (_, at) => ofTier.slice(at * size, (at + 1) * size));
  });
}

export class DuplicateAccountError extends Error {
  override readonly name = "DuplicateAccountError";
  constructor(readonly account: string) {
    super(`account ${account} is in the batch twice`);
  }
}
