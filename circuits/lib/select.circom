pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

// One of 2^k values by a binary tree of selectors.
// @param k        number of selector bits
// @input value    2^k field elements
// @input bit      k selector bits, least significant first; the caller makes them boolean
// @output out     value[sum bit_i 2^i]
// Cost: 2^k - 1.
template Select(k) {
    signal input value[2 ** k];
    signal input bit[k];
    signal output out;

    // level[l] holds 2^(k-l) values; flattened, level l starts at 2^(k+1) - 2^(k-l+1).
    var last = 2 ** (k + 1) - 2;
    signal level[last + 1];
    for (var i = 0; i < 2 ** k; i++) {
        level[i] <== value[i];
    }
    var from = 0;
    for (var l = 0; l < k; l++) {
        var width = 2 ** (k - l);
        var to = from + width;
        for (var i = 0; i < width / 2; i++) {
            level[to + i] <== level[from + 2 * i] + bit[l] * (level[from + 2 * i + 1] - level[from + 2 * i]);
        }
        from = to;
    }
    out <== level[last];
}

// Makes k signals boolean.
// @input in   k signals
// Cost: k.
template Booleans(k) {
    signal input in[k];
    for (var i = 0; i < k; i++) {
        in[i] * (in[i] - 1) === 0;
    }
}
