/**
 * The policy function: from the signers' indices to the multiplier of the maintenance margin, the least `factor` of a proof of health.
 * The same function as verifier-contracts/src/libraries/StressMultiplier.sol, to the bit; every quotient is rounded up, so that the
 * multiplier is never understated. Q32 throughout unless said otherwise.
 */

import { Q32, abs, ceilDiv, max, min } from "../math/fixed-point.js";
import type { AssetIndices } from "./asset-indices.js";

/** 1: volatility; 2: also liquidity depth, open interest, utilisation; 3: also correlation and contagion. */
export type Generation = 1 | 2 | 3;

/** How an index adds to the multiplier: nothing up to `from`, then `slope` per 1 of the index, at most `cap`. Q32, below 2^40. */
export interface Ramp {
  readonly from: bigint;
  readonly slope: bigint;
  readonly cap: bigint;
}

/** Parameters of the policy function, the fields of `PolicyParameters` in verifier-contracts/src/interfaces/IPolicyRegistry.sol. */
export interface PolicyParameters {
  /** Multiplier of a calm market, Q32, at least 1. */
  readonly base: bigint;
  /** Largest multiplier, Q32, in [base, MULTIPLIER_LIMIT]. */
  readonly maximum: bigint;
  /** How far the multiplier may fall in a second, Q32, in [1, 2^64). */
  readonly decay: bigint;
  /** Weight of the fast volatility in the blend, Q32, in [0, 1]. */
  readonly fastWeight: bigint;
  /** Depth at which liquidity adds nothing, value units, below 2^96; 0 switches the term off. */
  readonly depthTarget: bigint;
  /** Over the blend of fast and slow volatility. */
  readonly volatility: Ramp;
  /** Over the shortfall (depthTarget - depth) / depthTarget. */
  readonly depth: Ramp;
  /** Over |openInterestSkew|. */
  readonly openInterest: Ramp;
  readonly utilisation: Ramp;
  /** Over the correlation; a negative one counts as 0. */
  readonly correlation: Ramp;
  readonly contagion: Ramp;
}

/** The ramps, in the order of the contract's struct. */
export const RAMPS = ["volatility", "depth", "openInterest", "utilisation", "correlation", "contagion"] as const;

/** Largest multiplier, Q32: as a factor, Q16, it is 2^24 - 1, the largest that a proof can carry. */
export const MULTIPLIER_LIMIT = (1n << 40n) - (1n << 16n);

/** Fastest fall, Q32 a second: 1 an hour. */
export const MAX_DECAY = Q32 / 3_600n;

/**
 * The multiplier, Q32: the largest over the assets, since nobody sees which ones an account holds; `base` if there is none. Needs
 * parameters in their ranges (`checkParameters`).
 */
export function multiplierOf(generation: Generation, parameters: PolicyParameters, indices: readonly AssetIndices[]): bigint {
  const stress = indices.reduce((most, asset) => max(most, stressOf(generation, parameters, asset)), 0n);
  return min(parameters.maximum, parameters.base + stress);
}

/** What one asset adds to `base`, Q32: the sum of its ramps. */
export function stressOf(generation: Generation, parameters: PolicyParameters, asset: AssetIndices): bigint {
  let stress = ramp(parameters.volatility, blend(parameters.fastWeight, asset.fastVolatility, asset.slowVolatility));
  if (generation < 2) return stress;
  stress += ramp(parameters.depth, shortfall(parameters.depthTarget, asset.depth));
  stress += ramp(parameters.openInterest, abs(asset.openInterestSkew));
  stress += ramp(parameters.utilisation, asset.utilisation);
  if (generation < 3) return stress;
  return stress + ramp(parameters.correlation, max(0n, asset.correlation)) + ramp(parameters.contagion, asset.contagion);
}

/** The mix of fast and slow volatility, never below the slow one: up at a shock, down at the slow pace. Q32. */
export function blend(fastWeight: bigint, fast: bigint, slow: bigint): bigint {
  return max(slow, ceilDiv(fastWeight * fast + (Q32 - fastWeight) * slow, Q32));
}

/** The part of the target that the depth falls short of, Q32; 0 without a target. */
export function shortfall(target: bigint, depth: bigint): bigint {
  return target === 0n ? 0n : ceilDiv((target - min(depth, target)) * Q32, target);
}

/** Nothing up to `from`, then `slope` per 1 of the index, at most `cap`. Q32. */
export function ramp({ from, slope, cap }: Ramp, index: bigint): bigint {
  return min(cap, ceilDiv(slope * max(0n, index - from), Q32));
}

/** What a value has fallen to after `elapsed` seconds, not below the target it falls to. Q32. */
export function decayed(value: bigint, decay: bigint, elapsed: bigint, target: bigint): bigint {
  return max(target, value - decay * elapsed);
}

/** Smallest Q16 factor not below a multiplier, Q32. */
export function factorOf(multiplier: bigint): bigint {
  return ceilDiv(multiplier, 1n << 16n);
}

/** Throws ParameterError for the first parameter that the contract would refuse, or that does not fit its type there. */
export function checkParameters(parameters: PolicyParameters): void {
  const { base, maximum, decay, fastWeight, depthTarget } = parameters;
  const within = (field: string, value: bigint, least: bigint, most: bigint) => {
    if (value < least || value > most) throw new ParameterError(field, value, `must be in [${least}, ${most}]`);
  };
  within("base", base, Q32, MULTIPLIER_LIMIT);
  within("maximum", maximum, base, MULTIPLIER_LIMIT);
  within("decay", decay, 1n, MAX_DECAY);
  within("fastWeight", fastWeight, 0n, Q32);
  within("depthTarget", depthTarget, 0n, (1n << 96n) - 1n);
  for (const name of RAMPS) {
    for (const field of ["from", "slope", "cap"] as const) within(`${name}.${field}`, parameters[name][field], 0n, (1n << 40n) - 1n);
  }
}

export class ParameterError extends Error {
  override readonly name = "ParameterError";

  constructor(
    readonly field: string,
    readonly value: bigint,
    readonly rule: string,
  ) {
    super(`parameter ${field} = ${value}: ${rule}`);
  }
}
