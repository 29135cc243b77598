pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/poseidon_constants.circom";

// Poseidon over the BN254 scalar field (Grassi et al., USENIX Security 2021): x^5, 8 full rounds, circomlib's constants and its sparse form of the
// partial rounds, so the same function as circomlib's template. Between S-boxes the state is kept as linear expressions in the inputs of
// S-boxes: as many constraints with half the terms in their factors, which a proof evaluates and a key stores, and less than half the time and
// a quarter of the memory to compile, without which the largest tier passes the 4 GiB that a compiler in WebAssembly has.
// @param n         inputs, 1 to 16
// @input inputs    field elements
// @output out
// Cost: 24 n + 3 partial rounds + 21.
template Poseidon(n) {
    signal input inputs[n];
    signal output out;

    var partialRounds[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    var t = n + 1;
    var partials = partialRounds[n - 1];
    var constant[8 * t + partials] = POSEIDON_C(t);
    var sparse[(2 * t - 1) * partials] = POSEIDON_S(t);
    var full[t][t] = POSEIDON_M(t);
    var last[t][t] = POSEIDON_P(t);

    // The first coefficient is the same in every partial round.
    var unit = 1 / sparse[0];

    signal in[6][t];
    signal partialIn[partials + 1];
    signal square[8][t];
    signal fourth[8][t];
    signal fifth[8][t];
    signal partialSquare[partials];
    signal partialFourth[partials];

    var state[t];
    var mixed[t];
    state[0] = constant[0];
    for (var i = 1; i < t; i++) {
        state[i] = inputs[i - 1] + constant[i];
    }
    for (var r = 0; r < 8; r++) {
        if (r == 4) {
            partialIn[0] <== state[0];
            for (var k = 0; k < partials; k++) {
                partialSquare[k] <== partialIn[k] * partialIn[k];
                partialFourth[k] <== partialSquare[k] * partialSquare[k];
                var row = (2 * t - 1) * k;
                var rest = sparse[row] * constant[5 * t + k];
                for (var i = 1; i < t; i++) {
                    rest += sparse[row + i] * state[i];
                }
                partialIn[k + 1] <== sparse[row] * partialFourth[k] * partialIn[k] + rest;
                // The fifth power and its constant, read off the next input, so that neither is a signal.
                var moved = unit * (partialIn[k + 1] - rest) + constant[5 * t + k];
                for (var i = 1; i < t; i++) {
                    state[i] += sparse[row + t + i - 1] * moved;
                }
            }
            state[0] = partialIn[partials];
        }
        for (var i = 0; i < t; i++) {
            // A short expression is worth a signal for the compiler to eliminate. After the partial rounds it is long, which would take minutes.
            if (r != 0 && r != 4) {
                var short = r < 4 ? r - 1 : r - 2;
                in[short][i] <== state[i];
                state[i] = in[short][i];
            }
            square[r][i] <== state[i] * state[i];
            fourth[r][i] <== square[r][i] * square[r][i];
            // Negated twice, or the compiler would put the fourth power second, where each wire costs a sum in G2.
            fifth[r][i] <== (-fourth[r][i]) * (-state[i]);
        }
        // Constants of the next round; the last has none.
        var next = r < 4 ? (r + 1) * t : (r + 1) * t + partials;
        for (var i = 0; i < t; i++) {
            mixed[i] = 0;
            for (var j = 0; j < t; j++) {
                var added = 0;
                if (r < 7) {
                    added = constant[next + j];
                }
                var weight = full[j][i];
                if (r == 3) {
                    weight = last[j][i];
                }
                mixed[i] += weight * (fifth[r][j] + added);
            }
        }
        for (var i = 0; i < t; i++) {
            state[i] = mixed[i];
        }
    }
    out <== state[0];
}
