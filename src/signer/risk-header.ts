/** The head of a risk payload that the oracle's signers sign: EIP-712, as `RiskOracle.digestOf` has it. */
import { Signature, TypedDataEncoder, getAddress, isHexString, recoverAddress, type Signer } from "ethers";
import { P } from "../math/field.js";
import type { AssetIndices } from "../policy/asset-indices.js";
import { checkIndices } from "./derive-indices.js";

/** `RiskHeader` of verifier-contracts/src/interfaces/IRiskOracle.sol. */
export interface RiskHeader {
  /** Of the payload, above that of every header before it, below 2^64. */
  readonly epoch: bigint;
  /** Unix second of the market data, below 2^64. */
  readonly time: bigint;
  /** In [1, p). */
  readonly riskRoot: bigint;
  /** In ascending order of `asset`. */
  readonly assets: readonly AssetIndices[];
}

/** Which oracle on which chain a signature is for. */
export interface OracleDomain {
  readonly name: "zkmargin RiskOracle";
  readonly version: "1";
  readonly chainId: bigint;
  readonly verifyingContract: string;
}

export function oracleDomain(chainId: bigint, oracle: string): OracleDomain {
  return { name: "zkmargin RiskOracle", version: "1", chainId, verifyingContract: getAddress(oracle) };
}

/** The EIP-712 types, in the order of the Solidity structs. */
export const RISK_HEADER_TYPES = {
  RiskHeader: [
    { name: "epoch", type: "uint64" },
    { name: "time", type: "uint64" },
    { name: "riskRoot", type: "uint256" },
    { name: "assets", type: "AssetIndices[]" },
  ],
  AssetIndices: [
    { name: "asset", type: "uint32" },
    { name: "spot", type: "uint64" },
    { name: "fastVolatility", type: "uint40" },
    { name: "slowVolatility", type: "uint40" },
    { name: "openInterestSkew", type: "int40" },
    { name: "correlation", type: "int40" },
    { name: "depth", type: "uint96" },
    { name: "utilisation", type: "uint40" },
    { name: "contagion", type: "uint40" },
  ],
};

const MAX_UINT64 = (1n << 64n) - 1n;

/** @throws HeaderRangeError for the first field outside its range; IndexRangeError */
export function checkHeaderRanges({ epoch, time, riskRoot, assets }: RiskHeader): void {
  const within = (field: string, value: bigint, least: bigint, most: bigint) => {
    if (value < least || value > most) throw new HeaderRangeError(field, value, `must be from ${least} to ${most}`);
  };
  within("epoch", epoch, 1n, MAX_UINT64);
  within("time", time, 1n, MAX_UINT64);
  within("riskRoot", riskRoot, 1n, P - 1n);
  if (assets.length === 0) throw new HeaderRangeError("assets", 0n, "must not be empty");
  let previous = 0;
  for (const indices of assets) {
    checkIndices(indices, `asset ${indices.asset}`);
    if (indices.asset <= previous) throw new HeaderRangeError("asset", BigInt(indices.asset), `must be above ${previous}: ascending`);
    previous = indices.asset;
  }
}

/** 0x-prefixed hash that is signed. @throws HeaderRangeError, IndexRangeError */
export function headerDigest(domain: OracleDomain, header: RiskHeader): string {
  checkHeaderRanges(header);
  return TypedDataEncoder.hash({ ...domain }, RISK_HEADER_TYPES, header);
}

/** A signer's word for a header as it is; whether it is right is `checkHeader`'s and `signDerived`'s business. 65 bytes, hex. */
export async function signHeader(signer: Signer, domain: OracleDomain, header: RiskHeader): Promise<string> {
  checkHeaderRanges(header);
  return signer.signTypedData({ ...domain }, RISK_HEADER_TYPES, header);
}

/** Address that signed. @throws SignatureError unless it is 65 bytes r, s, v with the low s and v 27 or 28, as the contract wants them. */
export function recoverSigner(domain: OracleDomain, header: RiskHeader, signature: string): string {
  if (!isHexString(signature, 65)) throw new SignatureError("signature", signature.slice(0, 16), "must be 65 bytes in hex");
  const v = signature.slice(-2).toLowerCase();
  if (v !== "1b" && v !== "1c") throw new SignatureError("v", `0x${v}`, "must be 27 or 28");
  const digest = headerDigest(domain, header);
  try {
    return recoverAddress(digest, Signature.from(signature));
  } catch {
    throw new SignatureError("signature", signature.slice(0, 16), "must have r and s on the curve and the low s");
  }
}

/** Who may sign and how many must. */
export interface SignerSet {
  readonly signers: readonly string[];
  readonly threshold: number;
}

/**
 * The signatures in ascending order of their signers' addresses, as `publish` takes them, in whatever order they came in.
 * @throws SignatureError for a malformed one or one of nobody in the set; DuplicateSignerError; BelowThresholdError.
 */
export function combineSignatures(
  domain: OracleDomain, header: RiskHeader, signatures: readonly string[], { signers, threshold }: SignerSet,
): readonly string[] {
  const known = new Set(signers.map((address) => BigInt(address)));
  const bySigner = new Map<bigint, string>();
  for (const signature of signatures) {
    const address = recoverSigner(domain, header, signature);
    const signer = BigInt(address);
    // A signature of another header, or for another oracle, recovers to a stranger too.
    if (!known.has(signer)) throw new SignatureError("signer", address, "must be one of the oracle's signers, for this header");
    if (bySigner.has(signer)) throw new DuplicateSignerError(address);
    bySigner.set(signer, signature);
  }
  if (bySigner.size < threshold) throw new BelowThresholdError(bySigner.size, threshold);
  return [...bySigner].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, signature]) => signature);
}

export class HeaderRangeError extends Error {
  override readonly name = "HeaderRangeError";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly rule: string,
  ) {
    super(`header: ${field} ${value}: ${rule}`);
  }
}

export class SignatureError extends Error {
  override readonly name = "SignatureError";

  constructor(
    readonly field: string,
    readonly value: string,
    readonly rule: string,
  ) {
    super(`header signature: ${field} ${value}: ${rule}`);
  }
}

export class DuplicateSignerError extends Error {
  override readonly name = "DuplicateSignerError";

  constructor(readonly signer: string) {
    super(`signer ${signer} has signed twice`);
  }
}

export class BelowThresholdError extends Error {
  override readonly name = "BelowThresholdError";

  constructor(
    readonly count: number,
    readonly threshold: number,
  ) {
    super(`${count} signers have signed, ${threshold} must`);
  }
}
