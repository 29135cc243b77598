pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "lib/poseidon.circom";
include "lib/select.circom";

// The commitment an account is registered with, over all its positions and nothing else (SPEC.md section 2).
// @param positions   slots of the tier
// @input count       positions in the book, 0..positions: the sum of the prefix flags
// @input used        prefix flags: 1 for slots 0..count-1, made boolean and non-increasing here
// @input id          ranged here to 32 bits
// @input quantity    absolute lots, ranged here to 25 bits
// @input sign        1 for a short, made boolean here
// @input salt        any field element, private
// @input cash        signed value units, ranged here to [-2^71, 2^71)
// @output commitment
// Slots from `count` on hold zero quantity, sign and id: without it, slots outside the committed prefix are free hedges.
// The chain has max(1, ceil(count / 15)) blocks in every tier: without it a smaller tier opens a suffix of the chain.
// Cost: 64 positions + 565 ceil(positions / 15) + 385. A slot costs 61; one that the tier leaves empty is a constant in its block,
// which saves Poseidon 3.
template PortfolioCommitment(positions) {
    var blocks = (positions + 14) \ 15;
    signal input count;
    signal input used[positions];
    signal input id[positions];
    signal input quantity[positions];
    signal input sign[positions];
    signal input salt;
    signal input cash;
    signal output commitment;

    component usedBits = Booleans(positions);
    usedBits.in <== used;
    component signBits = Booleans(positions);
    signBits.in <== sign;

    component idRange[positions];
    component quantityRange[positions];
    signal slot[blocks * 15];
    var sum = 0;
    for (var i = 0; i < positions; i++) {
        sum += used[i];
        if (i > 0) {
            used[i] * (1 - used[i - 1]) === 0;
        }
        idRange[i] = Num2Bits(32);
        idRange[i].in <== id[i];
        quantityRange[i] = Num2Bits(25);
        quantityRange[i].in <== quantity[i];
        slot[i] <== id[i] + quantity[i] * 2 ** 32 + sign[i] * 2 ** 57;
        // The three parts are ranged, so the packed slot is zero only if each of them is.
        (1 - used[i]) * slot[i] === 0;
    }
    for (var i = positions; i < blocks * 15; i++) {
        slot[i] <== 0;
    }
    count === sum;

    component cashRange = Num2Bits(72);
    cashRange.in <== cash + 2 ** 71;

    // slots hash: block k counts if slot 15 k is used (block 0 always).
    component link[blocks];
    signal chain[blocks];
    for (var k = 0; k < blocks; k++) {
        link[k] = Poseidon(16);
        for (var i = 0; i < 15; i++) {
            link[k].inputs[1 + i] <== slot[15 * k + i];
        }
        if (k == 0) {
            link[k].inputs[0] <== 0;
            chain[k] <== link[k].out;
        } else {
            link[k].inputs[0] <== chain[k - 1];
            chain[k] <== chain[k - 1] + used[15 * k] * (link[k].out - chain[k - 1]);
        }
    }

    component hash = Poseidon(5);
    hash.inputs <== [2, count, salt, cash + 2 ** 71, chain[blocks - 1]];
    commitment <== hash.out;
}
