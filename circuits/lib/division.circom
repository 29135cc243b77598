pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";

// out = ceil(in / 2^shift).
// @param shift    divisor is 2^shift
// @param bits     width of the quotient; shift + bits <= 250
// @input in       in (-2^shift, 2^(shift + bits) - 2^shift]; any other has no witness: quotient and remainder are ranged, so
//                 out 2^shift - remainder takes each integer of the range exactly once, and nothing wraps
// @output out     in [0, 2^bits)
// Cost: shift + bits.
template CeilDivPow2(shift, bits) {
    assert(shift + bits <= 250);
    signal input in;
    signal output out;

    // Pinned by the two range checks: in = out 2^shift - remainder, 0 <= remainder < 2^shift.
    out <-- (in + 2 ** shift - 1) >> shift;
    component quotientRange = Num2Bits(bits);
    quotientRange.in <== out;
    component remainderRange = Num2Bits(shift);
    remainderRange.in <== out * 2 ** shift - in;
}

// out = ceil(in / divisor) and floor(in / divisor) of a signed dividend.
// @param divisorBits    divisor is in [1, 2^divisorBits), ranged by the caller; divisor = 0 has no witness
// @param bits           ceil(in / divisor) is in [-2^(bits - 1), 2^(bits - 1)); bits + divisorBits <= 250
// @input in             signed
// @output ceil          signed: ceil divisor - in in [0, divisor)
// Cost: 1 + bits + 2 divisorBits.
template CeilDiv(divisorBits, bits) {
    assert(divisorBits + bits <= 250);
    signal input in;
    signal input divisor;
    signal output ceil;
    signal output multiple;

    // Pinned by 0 <= multiple - in <= divisor - 1 and the range of the quotient (no wrap in the product).
    // The shift by divisor 2^(bits-1) makes the dividend of the hint non-negative.
    ceil <-- (in + divisor * 2 ** (bits - 1) + divisor - 1) \ divisor - 2 ** (bits - 1);
    component quotientRange = Num2Bits(bits);
    quotientRange.in <== ceil + 2 ** (bits - 1);
    multiple <== ceil * divisor;
    component remainderRange = Num2Bits(divisorBits);
    remainderRange.in <== multiple - in;
    component remainderBelow = Num2Bits(divisorBits);
    remainderBelow.in <== divisor - 1 - (multiple - in);
}
