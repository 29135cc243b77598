#pragma once

#include <array>
#include <cstdint>

#include "../curve/affine.hpp"

namespace zkmargin {

/**
 * left - right as snarkjs 0.7 computes it (wasmcurves 0.2, g1m_subAffine and g1m_batchToAffine), in file form, also where `left` is no point and its
 * coordinates are not below the modulus: the arithmetic then does not reduce what it takes for reduced.
 * @param left 64 bytes of any value
 * @param right a point, not infinity
 */
G1Affine subtractLikeSnarkjs(const G1Record& left, const G1Affine& right);

}  // namespace zkmargin
