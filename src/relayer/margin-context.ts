/**
 * The request that a margin proof is made for, and its context: the same bytes as MarginVerifier.contextOf.
 */

import { P } from "../math/field.js";
import { AbiCoder, keccak256 } from "ethers";

/** `IMarginVerifier.Request`: units and ranges are there. */
export interface MarginRequest {
  readonly account: string;
  /** 32 bytes, 0x-prefixed. */
  readonly action: string;
  readonly amount: bigint;
  /** Q16: 2^16 is 1; below 2^24. */
  readonly factor: bigint;
  /** Value units, below 2^72, as it will be after the action. */
  readonly collateral: bigint;
  /** Bit 0: the requirement; bit 1: the equity. */
  readonly disclose: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
  readonly riskRoot: bigint;
  readonly version: bigint;
  readonly nonce: bigint;
}

/** Where a request is used. */
export interface ContextDomain {
  readonly chainId: bigint;
  readonly marginVerifier: string;
  /** The contract (or account) that calls `attest`. */
  readonly consumer: string;
}

/** The public signal `context`: keccak256(abi.encode(domain, request)) modulo the order of the scalar field. */
export function marginContext(domain: ContextDomain, request: MarginRequest): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ["uint256", "address", "address", "bytes32", "uint256", "address", "uint64", "uint256", "uint256"],
    [
      domain.chainId,
      domain.marginVerifier,
      domain.consumer,
      request.action,
      request.amount,
      request.account,
      request.version,
      request.nonce,
      request.deadline,
    ],
  );
  return BigInt(keccak256(encoded)) % P;
}
