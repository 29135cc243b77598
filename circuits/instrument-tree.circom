pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "lib/poseidon.circom";
include "lib/select.circom";

// Opens one instrument leaf in the bucket the position names, and returns nothing but the fact (SPEC.md section 2).
// @param buckets            opened buckets
// @input gridElement        14 packed elements of the leaf; lanes below 2^28 per lot are guaranteed by `risk check` of the payload
// @input linearElement      packed mark, dollar delta, vega, 0; guaranteed likewise
// @input id                 ranged to 32 bits by the portfolio commitment
// @input longCharge         ranged here to 28 bits: it shares the tag with id and the other charge
// @input shortCharge        ranged here to 28 bits
// @input inBucket           one-hot over the opened buckets, made so by the caller
// @input groupBit, placeBit index of the group and of the place in it, free; made boolean here
// @input leaf               the 16 leaves of the group
// @input group              group hashes of each opened bucket, bound to its cap by BucketOpening
// Cost: 2 Poseidon(16) + 16 buckets + 79.
template InstrumentOpening(buckets) {
    signal input gridElement[14];
    signal input linearElement;
    signal input id;
    signal input longCharge;
    signal input shortCharge;
    signal input inBucket[buckets];
    signal input groupBit[4];
    signal input placeBit[4];
    signal input leaf[16];
    signal input group[buckets][16];

    component longRange = Num2Bits(28);
    longRange.in <== longCharge;
    component shortRange = Num2Bits(28);
    shortRange.in <== shortCharge;

    component leafHash = Poseidon(16);
    for (var j = 0; j < 14; j++) {
        leafHash.inputs[j] <== gridElement[j];
    }
    leafHash.inputs[14] <== linearElement;
    leafHash.inputs[15] <== id + longCharge * 2 ** 32 + shortCharge * 2 ** 60;

    component groupBits = Booleans(4);
    groupBits.in <== groupBit;
    component placeBits = Booleans(4);
    placeBits.in <== placeBit;

    component place = Select(4);
    place.value <== leaf;
    place.bit <== placeBit;
    place.out === leafHash.out;

    component groupHash = Poseidon(16);
    groupHash.inputs <== leaf;

    // The group of the named bucket: inBucket is one-hot, so the sum is a selection.
    component inGroup[buckets];
    signal chosen[buckets + 1];
    chosen[0] <== 0;
    for (var b = 0; b < buckets; b++) {
        inGroup[b] = Select(4);
        inGroup[b].value <== group[b];
        inGroup[b].bit <== groupBit;
        chosen[b + 1] <== chosen[b] + inBucket[b] * inGroup[b].out;
    }
    chosen[buckets] === groupHash.out;
}

// Opens one bucket in the bucket tree.
// @input column        packed nodes of the bucket's column, one element per regime, from ScenarioColumn
// @input asset, lambdaDelta, lambdaVega, group: contents of the bucket, guaranteed by `risk check`
// @input indexBit      the bucket's index, 6 bits, made boolean here
// @input sibling       the 8 buckets under the same node
// @input node          the 8 nodes under the bucket root
// @output index
// Cost: Poseidon(16) + 2 Poseidon(8) + 20.
template BucketOpening() {
    signal input column[4];
    signal input asset;
    signal input lambdaDelta;
    signal input lambdaVega;
    signal input group[16];
    signal input indexBit[6];
    signal input sibling[8];
    signal input node[8];
    signal output index;

    component cap = Poseidon(16);
    cap.inputs <== group;

    component bucket = Poseidon(8);
    for (var r = 0; r < 4; r++) {
        bucket.inputs[r] <== column[r];
    }
    bucket.inputs[4] <== asset;
    bucket.inputs[5] <== lambdaDelta;
    bucket.inputs[6] <== lambdaVega;
    bucket.inputs[7] <== cap.out;

    component indexBits = Booleans(6);
    indexBits.in <== indexBit;

    component here = Select(3);
    here.value <== sibling;
    here.bit <== [indexBit[0], indexBit[1], indexBit[2]];
    here.out === bucket.out;

    component siblings = Poseidon(8);
    siblings.inputs <== sibling;
    component above = Select(3);
    above.value <== node;
    above.bit <== [indexBit[3], indexBit[4], indexBit[5]];
    above.out === siblings.out;

    var sum = 0;
    for (var i = 0; i < 6; i++) {
        sum += indexBit[i] * 2 ** i;
    }
    index <== sum;
}

// Strictly increasing bucket indices: no bucket is opened twice.
// @input index    each below 64, from BucketOpening
// Cost: 6 n - 6.
template StrictlyIncreasing(n) {
    signal input index[n];
    component step[n];
    for (var b = 1; b < n; b++) {
        step[b] = Num2Bits(6);
        step[b].in <== index[b] - index[b - 1] - 1;
    }
}
