/**
 * Cost of closing a book (circuits/liquidity.circom).
 */
import { ceilDiv } from "../math/fixed-point.js";
import type { BucketExposure } from "./scenario-pnl.js";

const LAMBDA_SCALE = 1n << 80n;

/**
 * ceil((sum over assets of lambda_D D^2 + sum over buckets of lambda_V vega^2) / 2^80), value units. D is the dollar delta of the
 * whole asset, over all its buckets: splitting a book over bands must not lower it. Rounded up once, against the account.
 */
export function liquidityAddOn(exposures: readonly BucketExposure[]): bigint {
  const assets = new Map<number, { lambda: bigint; delta: bigint }>();
  let scaled = 0n;
  for (const { bucket, dollarDelta, vega } of exposures) {
    const asset = assets.get(bucket.asset);
    assets.set(bucket.asset, { lambda: bucket.lambdaDelta, delta: (asset?.delta ?? 0n) + dollarDelta });
    scaled += bucket.lambdaVega * vega * vega;
  }
  for (const { lambda, delta } of assets.values()) scaled += lambda * delta * delta;
  return ceilDiv(scaled, LAMBDA_SCALE);
}
