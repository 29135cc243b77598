pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "lib/division.circom";

// Worst damped stress loss: max over {0, rows} of ceil((damping + 1) / 1024 x loss).
// @param rows       stress rows
// @input loss       signed, below 2^67
// @input damping    10 bits each, ranged here because they are packed before the hash
// @output worst     in [0, 2^63)
// The maximum is at least each candidate (range checks) and equals one (a product of differences that is zero).
// Cost: 85 rows + 146.
template WorstLoss(rows) {
    signal input loss[rows];
    signal input damping[rows];
    signal output worst;

    signal damped[rows];
    component dampingRange[rows];
    for (var k = 0; k < rows; k++) {
        dampingRange[k] = Num2Bits(10);
        dampingRange[k].in <== damping[k];
        damped[k] <== (damping[k] + 1) * loss[k];
    }

    // |damped| < 2^72 for a book within the ranges. The hint is pinned by the range checks and the product below.
    signal maximum;
    var best = 0;
    for (var k = 0; k < rows; k++) {
        // circom compares field elements above p / 2 as negative.
        best = damped[k] > best ? damped[k] : best;
    }
    maximum <-- best;

    component notNegative = Num2Bits(73);
    notNegative.in <== maximum;
    component atLeast[rows];
    signal product[rows + 1];
    product[0] <== maximum;
    for (var k = 0; k < rows; k++) {
        atLeast[k] = Num2Bits(73);
        atLeast[k].in <== maximum - damped[k];
        product[k + 1] <== product[k] * (maximum - damped[k]);
    }
    product[rows] === 0;

    component undamp = CeilDivPow2(10, 63);
    undamp.in <== maximum;
    worst <== undamp.out;
}
