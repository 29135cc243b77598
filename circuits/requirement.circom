pragma circom 2.2.0;
// SPDX-License-Identifier: GPL-3.0-or-later

include "circomlib/circuits/bitify.circom";
include "lib/division.circom";

// Maintenance margin from its parts.
//   MM = ceil((1 + buffer) x (max(ES, worst) + gross short lots)) + liquidity + charges
// A short loses up to one value unit a lot by the floor of d, so the gross short lots are added inside the buffer.
// @input es           signed, in [-2^63, 2^63)
// @input worst        in [0, 2^63), so the maximum with 0 is included
// @input shortLots    below 450 x 2^25
// @input buffer       Q16, ranged to 16 bits by RiskRoot
// @input liquidity    below 2^80
// @input charges      below 450 x 2^53
// @output maintenance in [0, 2^81)
// Cost: 149.
template MaintenanceMargin() {
    signal input es;
    signal input worst;
    signal input shortLots;
    signal input buffer;
    signal input liquidity;
    signal input charges;
    signal output maintenance;

    // |es - worst| < 2^64: the top bit of the shifted difference is es >= worst.
    component difference = Num2Bits(65);
    difference.in <== es - worst + 2 ** 64;
    signal loss <== worst + difference.out[64] * (es - worst);

    component buffered = CeilDivPow2(16, 66);
    buffered.in <== (2 ** 16 + buffer) * (loss + shortLots);
    maintenance <== buffered.out + liquidity + charges;
}

// What the contract asks for, packed in one public input: a public input costs the verifier a scalar multiplication.
// @input terms        factor + disclose 2^24 + collateral 2^26; anything at or above 2^98 has no witness
// @output factor      Q16, below 2^24
// @output disclose    bits: requirement, equity
// @output collateral  value units, below 2^72
// Cost: 98.
template Terms() {
    signal input terms;
    signal output factor;
    signal output disclose[2];
    signal output collateral;

    component bits = Num2Bits(98);
    bits.in <== terms;
    var factorSum = 0;
    for (var i = 0; i < 24; i++) {
        factorSum += bits.out[i] * 2 ** i;
    }
    factor <== factorSum;
    disclose <== [bits.out[24], bits.out[25]];
    var collateralSum = 0;
    for (var i = 0; i < 72; i++) {
        collateralSum += bits.out[26 + i] * 2 ** i;
    }
    collateral <== collateralSum;
}

// Requirement, health, and what the account discloses of them.
//   requirement = ceil(factor x MM / 2^16);  healthy = equity >= requirement, the bit forced both ways
// @input maintenance   below 2^81
// @input factor        Q16, below 2^24 by Terms
// @input equity        signed, |equity| < 2^75
// @input granularity   in [1, 2^40)
// @input disclose      bits: requirement, equity; boolean by Terms
// @output healthy
// @output disclosedRequirement   requirement rounded up to the granularity; 0 if not disclosed
// @output disclosedEquity        equity rounded down to the granularity, plus 2^100; 0 if not disclosed
// Cost: 547.
template Disclosure() {
    signal input maintenance;
    signal input factor;
    signal input equity;
    signal input granularity;
    signal input disclose[2];
    signal output healthy;
    signal output disclosedRequirement;
    signal output disclosedEquity;

    component scaled = CeilDivPow2(16, 90);
    scaled.in <== factor * maintenance;
    signal requirement <== scaled.out;

    // |equity - requirement| < 2^91: the top bit of the shifted difference is equity >= requirement.
    component surplus = Num2Bits(92);
    surplus.in <== equity - requirement + 2 ** 91;
    healthy <== surplus.out[91];

    component up = CeilDiv(40, 92);
    up.in <== requirement;
    up.divisor <== granularity;
    disclosedRequirement <== disclose[0] * up.multiple;

    // floor(x) = - ceil(- x)
    component down = CeilDiv(40, 92);
    down.in <== - equity;
    down.divisor <== granularity;
    disclosedEquity <== disclose[1] * (2 ** 100 - down.multiple);
}
