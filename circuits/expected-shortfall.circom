pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "lib/division.circom";
include "lib/select.circom";

// Expected shortfall of weighted losses without sorting, by a certificate of LP duality.
// T x ES = max { sum x_s loss_s : 0 <= x_s <= w_s, sum x_s = T }. The certificate is a threshold t, tail members b (loss >= t,
// all others <= t) and one boundary member c outside the tail whose loss is t and whose weight covers what is left of T.
// Then T x ES = sum w_s b_s (loss_s - t) + T t exactly, ties and zero weights included.
// @param scenarios   N
// @input loss        signed, |loss| < 2^62 for a book within the ranges; in any case below 2^67, so that nothing here wraps
// @input weight      20 bits each, ranged here because they are packed before the hash (a weight carried from one lane
//                    to the next would forge ES)
// @input tail        T, ranged by the caller to 28 bits; T = 0 has no witness
// @input threshold   t; equals some loss by the boundary's constraint
// @input inTail      b, made boolean here
// @input boundary    c, made one-hot here
// @output es         signed, ceil of the mean, in [-2^63, 2^63)
// Cost: 90 scenarios + 162.
template ExpectedShortfall(scenarios) {
    signal input loss[scenarios];
    signal input weight[scenarios];
    signal input tail;
    signal input threshold;
    signal input inTail[scenarios];
    signal input boundary[scenarios];
    signal output es;

    component tailBits = Booleans(scenarios);
    tailBits.in <== inTail;
    component boundaryBits = Booleans(scenarios);
    boundaryBits.in <== boundary;

    component weightRange[scenarios];
    component side[scenarios];
    signal excess[scenarios];
    signal weightedExcess[scenarios];
    signal tailWeight[scenarios];
    signal boundaryWeight[scenarios];
    var excessSum = 0;
    var tailSum = 0;
    var boundarySum = 0;
    var boundaries = 0;
    for (var s = 0; s < scenarios; s++) {
        weightRange[s] = Num2Bits(20);
        weightRange[s].in <== weight[s];

        // b = 1: loss >= t; b = 0: loss <= t. (2 b - 1)(loss - t) = 2 excess - (loss - t) >= 0.
        excess[s] <== inTail[s] * (loss[s] - threshold);
        side[s] = Num2Bits(63);
        side[s].in <== 2 * excess[s] - (loss[s] - threshold);

        // c = 1: loss = t and b = 0. Both parts are small integers, and b is the parity.
        boundary[s] * (2 * (loss[s] - threshold) + inTail[s]) === 0;

        weightedExcess[s] <== weight[s] * excess[s];
        tailWeight[s] <== weight[s] * inTail[s];
        boundaryWeight[s] <== weight[s] * boundary[s];
        excessSum += weightedExcess[s];
        tailSum += tailWeight[s];
        boundarySum += boundaryWeight[s];
        boundaries += boundary[s];
    }
    boundaries === 1;

    // theta = T - weight of the tail lies in [0, weight of the boundary].
    component thetaRange = Num2Bits(20);
    thetaRange.in <== tail - tailSum;
    component thetaBelow = Num2Bits(20);
    thetaBelow.in <== boundarySum - (tail - tailSum);

    component mean = CeilDiv(28, 64);
    mean.in <== excessSum + tail * threshold;
    mean.divisor <== tail;
    es <== mean.ceil;
}
