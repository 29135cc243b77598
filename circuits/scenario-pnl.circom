pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "lib/select.circom";

// Splits an aggregate of packed elements into its four signed lanes.
// @input packed    sum over positions of q x element; each lane in [-2^62, 2^62) because |q| < 2^25 (ranged), |lane| < 2^28 per lot
//                  (`risk check`) and at most 450 positions: 450 x 2^53 < 2^62
// @output lane     signed
// Cost: 252.
template UnpackLanes() {
    signal input packed;
    signal output lane[4];
    var offset = 0;
    for (var k = 0; k < 4; k++) {
        offset += 2 ** 62 * 2 ** (63 * k);
    }
    // 252 bits are below the field's 253: the decomposition is unique.
    component bits = Num2Bits(252);
    bits.in <== packed + offset;
    for (var k = 0; k < 4; k++) {
        var sum = 0;
        for (var i = 0; i < 63; i++) {
            sum += bits.out[63 * k + i] * 2 ** i;
        }
        lane[k] <== sum - 2 ** 62;
    }
}

// P&L of the book at each grid node of each opened bucket, and its linear attributes there.
// @param positions, buckets
// @input signedQuantity   q_i, |q_i| < 2^25, from the caller
// @input inBucket         one-hot a position
// @input gridElement, linearElement    opened leaves
// @output pnl             V_b[r][j], signed, |.| < 2^62
// @output mark, dollarDelta, vega      sums per bucket, signed, |.| < 2^62
// Cost: 16 positions buckets + 3,780 buckets.
template GridPnl(positions, buckets) {
    // What keeps a lane below 2^62, and sums over buckets below 2^67.
    assert(positions <= 450);
    assert(buckets <= 32);
    signal input signedQuantity[positions];
    signal input inBucket[positions][buckets];
    signal input gridElement[positions][14];
    signal input linearElement[positions];
    signal output pnl[buckets][4][14];
    signal output mark[buckets];
    signal output dollarDelta[buckets];
    signal output vega[buckets];

    signal quantity[buckets][positions];
    signal gridTerm[buckets][14][positions];
    signal linearTerm[buckets][positions];
    component grid[buckets][14];
    component linear[buckets];
    for (var b = 0; b < buckets; b++) {
        for (var i = 0; i < positions; i++) {
            quantity[b][i] <== inBucket[i][b] * signedQuantity[i];
        }
        for (var j = 0; j < 14; j++) {
            var sum = 0;
            for (var i = 0; i < positions; i++) {
                gridTerm[b][j][i] <== quantity[b][i] * gridElement[i][j];
                sum += gridTerm[b][j][i];
            }
            grid[b][j] = UnpackLanes();
            grid[b][j].packed <== sum;
            for (var r = 0; r < 4; r++) {
                pnl[b][r][j] <== grid[b][j].lane[r];
            }
        }
        var linearSum = 0;
        for (var i = 0; i < positions; i++) {
            linearTerm[b][i] <== quantity[b][i] * linearElement[i];
            linearSum += linearTerm[b][i];
        }
        linear[b] = UnpackLanes();
        linear[b].packed <== linearSum;
        mark[b] <== linear[b].lane[0];
        dollarDelta[b] <== linear[b].lane[1];
        vega[b] <== linear[b].lane[2];
    }
}

// A bucket's column of the scenario map: the P&L of the bucket in each scenario, and the packed column for its hash.
// @param scenarios    N, four regime blocks of N / 4
// @input nodeBit      4 bits a scenario, made boolean here, so that the packed column is ranged
// @input pnl          V_b[r][j]
// @output scenarioPnl of each scenario; nodes 14 and 15 read as unmoved
// @output column      packed nodes, one element a regime: N / 4 nodes of 4 bits, N / 4 <= 62
// Cost: 18 scenarios.
template ScenarioColumn(scenarios) {
    assert(scenarios % 4 == 0);
    assert(scenarios / 4 <= 62);
    var block = scenarios / 4;
    signal input nodeBit[scenarios][4];
    signal input pnl[4][14];
    signal output scenarioPnl[scenarios];
    signal output column[4];

    component bits[scenarios];
    component node[scenarios];
    for (var r = 0; r < 4; r++) {
        var packed = 0;
        for (var k = 0; k < block; k++) {
            var s = r * block + k;
            bits[s] = Booleans(4);
            bits[s].in <== nodeBit[s];
            for (var i = 0; i < 4; i++) {
                packed += nodeBit[s][i] * 2 ** (4 * k + i);
            }
            node[s] = Select(4);
            for (var j = 0; j < 14; j++) {
                node[s].value[j] <== pnl[r][j];
            }
            node[s].value[14] <== 0;
            node[s].value[15] <== 0;
            node[s].bit <== nodeBit[s];
            scenarioPnl[s] <== node[s].out;
        }
        column[r] <== packed;
    }
}
