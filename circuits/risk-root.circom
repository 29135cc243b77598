pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "lib/poseidon.circom";

// The root of a risk payload (SPEC.md section 2).
// @param scenarios, stressRows
// @input node          the 8 nodes under the bucket root
// @input weight        ranged to 20 bits by ExpectedShortfall
// @input damping       ranged to 10 bits by WorstLoss
// @input tail          ranged here to 28 bits
// @input buffer        ranged here to 16 bits
// @input granularity   ranged here to 40 bits
// @input epoch, time   any field element
// @output root
// Cost: Poseidon(8) + Poseidon(ceil(scenarios / 12)) + Poseidon(8 + ceil(stressRows / 19)) + 81. Ranges cost 84; the constant tag
// saves Poseidon 3.
template RiskRoot(scenarios, stressRows) {
    var weightElements = (scenarios + 11) \ 12;
    var dampingElements = (stressRows + 18) \ 19;
    signal input node[8];
    signal input weight[scenarios];
    signal input damping[stressRows];
    signal input tail;
    signal input buffer;
    signal input granularity;
    signal input epoch;
    signal input time;
    signal output root;

    component tailRange = Num2Bits(28);
    tailRange.in <== tail;
    component bufferRange = Num2Bits(16);
    bufferRange.in <== buffer;
    component granularityRange = Num2Bits(40);
    granularityRange.in <== granularity;

    component bucketRoot = Poseidon(8);
    bucketRoot.inputs <== node;

    component weights = Poseidon(weightElements);
    for (var m = 0; m < weightElements; m++) {
        var packed = 0;
        for (var k = 0; k < 12 && 12 * m + k < scenarios; k++) {
            packed += weight[12 * m + k] * 2 ** (20 * k);
        }
        weights.inputs[m] <== packed;
    }

    component hash = Poseidon(8 + dampingElements);
    hash.inputs[0] <== 1;
    hash.inputs[1] <== bucketRoot.out;
    hash.inputs[2] <== weights.out;
    for (var m = 0; m < dampingElements; m++) {
        var packed = 0;
        for (var k = 0; k < 19 && 19 * m + k < stressRows; k++) {
            packed += damping[19 * m + k] * 2 ** (10 * k);
        }
        hash.inputs[3 + m] <== packed;
    }
    hash.inputs[3 + dampingElements] <== tail;
    hash.inputs[4 + dampingElements] <== buffer;
    hash.inputs[5 + dampingElements] <== granularity;
    hash.inputs[6 + dampingElements] <== epoch;
    hash.inputs[7 + dampingElements] <== time;
    root <== hash.out;
}
