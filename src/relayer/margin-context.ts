/**
 * What a consumer demands, what a prover brings, and the context that binds a proof to both: the same bytes as MarginVerifier.contextOf.
 */

import { P } from "../math/field.js";
import { AbiCoder, keccak256 } from "ethers";
import type { SolidityProof } from "./proof-encoding.js";

/** `Demand` of the contracts: units and ranges are there. */
export interface Demand {
  readonly account: string;
  /** 32 bytes, 0x-prefixed. */
  readonly action: string;
  readonly amount: bigint;
  /** The answer that the consumer's rule needs. */
  readonly healthy: boolean;
  /** Bit 0: the requirement; bit 1: the equity. */
  readonly disclose: bigint;
  /** Value units, below 2^72, as it will be after the action. */
  readonly collateral: bigint;
  /** Q16: 2^16 is the maintenance margin; above 0, below 2^24. */
  readonly ratio: bigint;
}

/** `MarginProof` of the contracts. */
export interface MarginProof {
  /** Name of the circuit it was made in, left-aligned in 32 bytes, 0x-prefixed: `encodeBytes32String("S")`. */
  readonly tier: string;
  /** Q16, below 2^24. */
  readonly factor: bigint;
  /** Value units, below 2^72, that the proof assumes. */
  readonly collateral: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
  readonly epoch: bigint;
  readonly version: bigint;
  readonly nonce: bigint;
  readonly healthy: boolean;
  /** Value units; 0 if not disclosed. */
  readonly disclosedRequirement: bigint;
  /** Value units + 2^100; 0 if not disclosed. */
  readonly disclosedEquity: bigint;
  readonly proof: SolidityProof;
}

/** Where a proof is used. */
export interface ContextDomain {
  readonly chainId: bigint;
  readonly marginVerifier: string;
  /** The contract (or account) that calls `attest`; the verifier itself for a standing attestation. */
  readonly consumer: string;
}

/** What the context binds besides the domain. */
export type ContextTerms = Pick<Demand, "action" | "amount" | "account"> & Pick<MarginProof, "version" | "nonce" | "deadline">;

/** The public signal `context`: keccak256(abi.encode(domain, terms)) modulo the order of the scalar field. */
export function marginContext(domain: ContextDomain, terms: ContextTerms): bigint {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ["uint256", "address", "address", "bytes32", "uint256", "address", "uint64", "uint256", "uint256"],
    [
      domain.chainId,
      domain.marginVerifier,
      domain.consumer,
      terms.action,
      terms.amount,
      terms.account,
      terms.version,
      terms.nonce,
      terms.deadline,
    ],
  );
  return BigInt(keccak256(encoded)) % P;
}
