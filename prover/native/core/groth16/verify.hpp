#pragma once

#include <span>

#include "proof.hpp"

namespace zkmargin {

/** The part of a key that verifies. Its points are taken to be in their groups, as a key's maker must have checked; `ic` is checked to be on the curve. */
struct VerificationKeyPoints {
  G1Affine alpha1;
  G2Affine beta2, gamma2, delta2;
  /** One more than the public signals: for the constant one first. */
  std::span<const G1Record> ic;
};

/**
 * Groth 2016, section 3.2: e(A, B) = e(alpha, beta) e(ic_0 + sum of signal_i ic_(i + 1), gamma) e(C, delta).
 * False also when a point of the proof is not canonical, on its curve and of order r, when a signal is not below r, or when there
 * are not as many signals as the key is for.
 * @param publicSignals plain integers
 */
bool verifyProof(const VerificationKeyPoints& key, const Proof& proof, std::span<const Words> publicSignals);

}  // namespace zkmargin
