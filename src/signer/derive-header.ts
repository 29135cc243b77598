/** Aggregated market -> risk model -> risk payload -> header, and a signer's refusal of any other. */
import type { Signer } from "ethers";
import type { MarketSnapshot } from "../market/market-snapshot.js";
import type { AssetIndices } from "../policy/asset-indices.js";
import { buildRiskModel } from "../policy/build-risk-model.js";
import type { Policy } from "../policy/policy.js";
import { type AnyPolicy, isWorstCase } from "../policy/policy-file.js";
import { type BuiltPayload, buildPayload } from "../risk/build-payload.js";
import { type ProtocolStates, deriveIndices } from "./derive-indices.js";
import { type OracleDomain, type RiskHeader, checkHeaderRanges, signHeader } from "./risk-header.js";

export interface HeaderInputs {
  /** As aggregated. */
  readonly snapshot: MarketSnapshot;
  /** Of the payload. */
  readonly policy: AnyPolicy;
  /** Of the indices: `policy` where absent. A worst-case policy has no estimators, and needs one. */
  readonly estimators?: Policy;
  readonly protocol: ProtocolStates;
}

export interface DerivedHeader extends BuiltPayload {
  readonly header: RiskHeader;
}

/**
 * The header that the inputs give, and its payload: the same inputs give the same bits everywhere.
 * @throws NoEstimatorsError; what deriveIndices, buildRiskModel and buildPayload throw.
 */
export function deriveHeader({ snapshot, policy, estimators, protocol }: HeaderInputs): DerivedHeader {
  // The cheap part first: it is where inputs are refused.
  const assets = deriveIndices(snapshot, estimators ?? estimatorsOf(policy), protocol);
  const built = buildPayload(snapshot, buildRiskModel(snapshot, policy));
  const header: RiskHeader = {
    epoch: BigInt(snapshot.epoch), time: BigInt(snapshot.time), riskRoot: built.tree.riskRoot, assets,
  };
  checkHeaderRanges(header);
  return { header, ...built };
}

function estimatorsOf(policy: AnyPolicy): Policy {
  if (isWorstCase(policy)) throw new NoEstimatorsError();
  return policy;
}

/** @throws HeaderMismatchError for the first field in which a header differs from the one derived. */
export function checkHeader(header: RiskHeader, derived: RiskHeader): void {
  const same = (field: string, value: bigint | number, expected: bigint | number) => {
    if (value !== expected) throw new HeaderMismatchError(field, BigInt(value), BigInt(expected));
  };
  same("epoch", header.epoch, derived.epoch);
  same("time", header.time, derived.time);
  same("riskRoot", header.riskRoot, derived.riskRoot);
  same("assets", header.assets.length, derived.assets.length);
  derived.assets.forEach((expected, at) => {
    const given = header.assets[at]!;
    for (const field of Object.keys(expected) as (keyof AssetIndices)[]) same(`assets[${at}].${field}`, given[field], expected[field]);
  });
}

/**
 * Rebuilds a proposed header from the signer's own inputs and signs it if it is the same, bit for bit, and follows the last one that this signer
 * has signed: two headers of one epoch are never signed.
 * @throws HeaderMismatchError, HeaderOrderError; what deriveHeader throws.
 */
export async function signDerived(
  signer: Signer, domain: OracleDomain, proposed: RiskHeader, inputs: HeaderInputs, last?: Pick<RiskHeader, "epoch" | "time">,
): Promise<string> {
  for (const field of ["epoch", "time"] as const) {
    if (last !== undefined && proposed[field] <= last[field]) throw new HeaderOrderError(field, proposed[field], last[field]);
  }
  checkHeader(proposed, deriveHeader(inputs).header);
  return signHeader(signer, domain, proposed);
}

export class HeaderMismatchError extends Error {
  override readonly name = "HeaderMismatchError";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly expected: bigint,
  ) {
    super(`header: ${field} ${value}: must be ${expected}, which the inputs give`);
  }
}

export class HeaderOrderError extends Error {
  override readonly name = "HeaderOrderError";

  constructor(
    readonly field: "epoch" | "time",
    readonly value: bigint,
    readonly last: bigint,
  ) {
    super(`header: ${field} ${value}: must be above ${last}, of the last header signed`);
  }
}

export class NoEstimatorsError extends Error {
  override readonly name = "NoEstimatorsError";

  constructor() {
    super("a worst-case policy has no estimators: name a policy of expected shortfall for the indices");
  }
}
