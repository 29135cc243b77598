import type { AssetMarket } from "../market/market-snapshot.js";
import { sqrtQ32 } from "../math/elementary.js";
import { Q32, clamp, floorDiv, isqrt, roundDiv } from "../math/fixed-point.js";
import { decimalQ32 } from "./decimals.js";
import type { Policy } from "./policy.js";
import { DAY } from "../market/utc-time.js";
import { logRatio } from "./volatility.js";

/** Symmetric, unit diagonal, Q32. */
export type CorrelationMatrix = readonly (readonly bigint[])[];

/**
 * EWMA correlation of daily close-to-close log returns on common days, shrunk to the policy's target, then floored and capped.
 * A pair with too few common returns has the target.
 */
export function assetCorrelation(assets: readonly AssetMarket[], policy: Policy): CorrelationMatrix {
  const { correlation } = policy.scenarios;
  const weight = decimalQ32(correlation.shrinkage);
  const target = decimalQ32(correlation.target);
  const returns = assets.map(dailyReturns);
  return symmetric(assets.length, (i, j) => {
    const estimate = ewmaCorrelation(returns[i] ?? new Map(), returns[j] ?? new Map(), policy);
    const shrunk = estimate === undefined ? target : roundDiv((Q32 - weight) * estimate + weight * target, Q32);
    return clamp(shrunk, decimalQ32(correlation.floor), decimalQ32(correlation.ceiling));
  });
}

function dailyReturns({ history }: AssetMarket): ReadonlyMap<number, bigint> {
  const returns = new Map<number, bigint>();
  history.forEach((bar, index) => {
    const previous = history[index - 1];
    if (previous !== undefined && bar.time - previous.time === DAY) returns.set(bar.time, logRatio(bar.close, previous.close));
  });
  return returns;
}

/** undefined where there are too few common returns or one of the two never moves. */
function ewmaCorrelation(a: ReadonlyMap<number, bigint>, b: ReadonlyMap<number, bigint>, policy: Policy): bigint | undefined {
  const { lambda, minimumBars } = policy.scenarios.correlation;
  const decay = decimalQ32(lambda);
  let common = 0;
  let [varianceA, varianceB, covariance] = [0n, 0n, 0n];
  const step = (value: bigint, product: bigint) => roundDiv(decay * value + (Q32 - decay) * product, Q32);
  for (const [time, x] of a) {
    const y = b.get(time);
    if (y === undefined) continue;
    common++;
    varianceA = step(varianceA, x * x);
    varianceB = step(varianceB, y * y);
    covariance = step(covariance, x * y);
  }
  const scale = isqrt(varianceA * varianceB);
  return common < minimumBars || scale === 0n ? undefined : clamp(roundDiv(covariance << 32n, scale), -Q32, Q32);
}

/** A block's correlation: part of the way to 1, then part of the way to 0, Q32. Both keep a matrix positive semidefinite. */
export function blockCorrelation(matrix: CorrelationMatrix, tighten: bigint, loosen: bigint): CorrelationMatrix {
  return symmetric(matrix.length, (i, j) => {
    const base = matrix[i]?.[j] ?? 0n;
    const tightened = base + roundDiv((Q32 - base) * tighten, Q32);
    return roundDiv(tightened * (Q32 - loosen), Q32);
  });
}

/**
 * Lower triangular L, Q32, with L L^T = matrix. A matrix that is not safely positive definite (pairs were estimated on different days, or
 * floored) is mixed with the identity in steps of 1/32 until it is; the identity always is.
 */
export function choleskyFactor(matrix: CorrelationMatrix): CorrelationMatrix {
  for (let step = 0n; step < 32n; step++) {
    const factor = tryCholesky(symmetric(matrix.length, (i, j) => roundDiv((matrix[i]?.[j] ?? 0n) * (32n - step), 32n)));
    if (factor !== undefined) return factor;
  }
  return symmetric(matrix.length, () => 0n);
}

function tryCholesky(matrix: CorrelationMatrix): CorrelationMatrix | undefined {
  const smallestPivot = Q32 >> 12n;
  const factor: bigint[][] = [];
  for (const [i, row] of matrix.entries()) {
    const current: bigint[] = [];
    for (let j = 0; j <= i; j++) {
      const above = j === i ? current : (factor[j] ?? []);
      let rest = (row[j] ?? 0n) << 32n;
      for (let k = 0; k < j; k++) rest -= (current[k] ?? 0n) * (above[k] ?? 0n);
      const remainder = floorDiv(rest, Q32);
      if (j < i) {
        current.push(roundDiv(remainder << 32n, above[j] ?? Q32));
      } else {
        if (remainder < smallestPivot) return undefined;
        current.push(sqrtQ32(remainder));
      }
    }
    factor.push(current);
  }
  return factor;
}

function symmetric(size: number, entry: (i: number, j: number) => bigint): CorrelationMatrix {
  const rows: bigint[][] = Array.from({ length: size }, () => Array.from({ length: size }, () => Q32));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const value = entry(i, j);
      (rows[i] ?? [])[j] = value;
      (rows[j] ?? [])[i] = value;
    }
  }
  return rows;
}
