pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/comparators.circom";
include "lib/division.circom";

// Cost of closing the book: ceil((sum over assets of lambda_D D^2 + sum over buckets of lambda_V vega^2) / 2^80).
// D is the dollar delta of a whole asset: opened buckets of one asset follow each other (an asset's buckets have consecutive
// indices, `risk check`; opened indices increase), so D is summed over runs of equal assets. Both flags of equality are forced.
// @input asset, lambdaDelta, lambdaVega    of each opened bucket, below 2^64 and shared lambda_D within an asset by `risk check`
// @input dollarDelta, vega                 signed, |.| < 2^62 over the whole book
// @output liquidity                        in [0, 2^80)
// lambda D^2 < 2^188, and at most 32 such terms: nothing wraps.
// Cost: 8 buckets + 156.
template Liquidity(buckets) {
    signal input asset[buckets];
    signal input lambdaDelta[buckets];
    signal input lambdaVega[buckets];
    signal input dollarDelta[buckets];
    signal input vega[buckets];
    signal output liquidity;

    component sameAsset[buckets];
    signal run[buckets];
    run[0] <== dollarDelta[0];
    for (var b = 1; b < buckets; b++) {
        sameAsset[b] = IsEqual();
        sameAsset[b].in <== [asset[b], asset[b - 1]];
        run[b] <== dollarDelta[b] + sameAsset[b].out * run[b - 1];
    }

    signal deltaSquared[buckets];
    signal deltaCost[buckets];
    signal runCost[buckets];
    signal vegaSquared[buckets];
    signal vegaCost[buckets];
    var sum = 0;
    for (var b = 0; b < buckets; b++) {
        deltaSquared[b] <== run[b] * run[b];
        deltaCost[b] <== lambdaDelta[b] * deltaSquared[b];
        // Only the end of a run holds the asset's whole delta.
        if (b == buckets - 1) {
            runCost[b] <== deltaCost[b];
        } else {
            runCost[b] <== deltaCost[b] * (1 - sameAsset[b + 1].out);
        }
        vegaSquared[b] <== vega[b] * vega[b];
        vegaCost[b] <== lambdaVega[b] * vegaSquared[b];
        sum += runCost[b] + vegaCost[b];
    }

    component scaled = CeilDivPow2(80, 80);
    scaled.in <== sum;
    liquidity <== scaled.out;
}
