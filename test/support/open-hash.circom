pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

// Stands in for Poseidon where a test is about anything but hashing: an open linear mix of the inputs.
template Poseidon(n) {
    signal input inputs[n];
    signal output out;
    var sum = 0;
    for (var i = 0; i < n; i++) {
        sum += 1000003 ** (i + 1) * inputs[i];
    }
    out <== sum;
}
