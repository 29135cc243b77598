/**
 * The indices of one asset that the signers sign and the policy function reads, the fields of `AssetIndices` in
 * verifier-contracts/src/interfaces/IRiskOracle.sol. Q32: 2^32 is 1.
 */
export interface AssetIndices {
  /** Number of the asset in the risk payload, from 1. */
  readonly asset: number;
  /** Price in the quote currency x 10^8, above 0, below 2^64. */
  readonly spot: bigint;
  /** Annual volatility, fast estimate, Q32, in [0, 2^40). */
  readonly fastVolatility: bigint;
  /** Annual volatility, slow estimate, Q32, in [0, 2^40). */
  readonly slowVolatility: bigint;
  /** (long - short) / (long + short) of the crowded side, Q32, in [-2^32, 2^32]. */
  readonly openInterestSkew: bigint;
  /** Mean correlation with the other assets, Q32, in [-2^32, 2^32]. */
  readonly correlation: bigint;
  /** Value units (1e-6 of the quote currency) that can be traded in a day without exhausting the book, below 2^96. */
  readonly depth: bigint;
  /** Share of the protocol's capacity in the asset that is in use, Q32, in [0, 2^32]. */
  readonly utilisation: bigint;
  /** Stress observed at other protocols, Q32, in [0, 2^32]. */
  readonly contagion: bigint;
}
