#include "verify.hpp"

#include "../curve/pairing.hpp"
#include "../field/fastest.hpp"

namespace zkmargin {

namespace {

/** ic_0 + sum of signals[i] ic[i + 1], by one chain of doublings for all. */
template <class F>
G1Affine combine(std::span<const G1Affine> ic, std::span<const Words> signals) {
  Xyzz<F> sum;
  for (unsigned bit = 256; bit-- > 0;) {
    sum = sum.doubled();
    for (std::size_t i = 0; i < signals.size(); i++) {
      if ((signals[i][bit / 64] >> (bit % 64)) & 1) sum = sum.plus(ic[i + 1]);
    }
  }
  return sum.plus(ic[0]).toAffine();
}

}  // namespace

bool verifyProof(const VerificationKeyPoints& key, const Proof& proof, std::span<const Words> publicSignals) {
  if (key.ic.size() != publicSignals.size() + 1) return false;
  for (const Words& signal : publicSignals) {
    if (!words::less(signal, FrParams::modulus)) return false;
  }
  std::vector<G1Affine> ic;
  for (const G1Record& record : key.ic) {
    ic.push_back(record.read());
    if (!isOnCurve(ic.back())) return false;
  }
  if (!isOnCurve(proof.a) || !isInG2(proof.b) || !isOnCurve(proof.c)) return false;

  return withFastestMultiply([&]<class Multiply>() {
    using F = Field<FpParams, Multiply>;
    const auto negated = [](const G1Affine& point) { return G1Affine{point.x, F::negate(point.y)}; };
    const std::array<PairingPair, 4> pairs{PairingPair{proof.a, proof.b}, {negated(key.alpha1), key.beta2},
                                           {negated(combine<F>(ic, publicSignals)), key.gamma2}, {negated(proof.c), key.delta2}};
    return pairingProductIsOne(pairs);
  });
}

}  // namespace zkmargin
