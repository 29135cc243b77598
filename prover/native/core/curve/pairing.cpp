#include "pairing.hpp"

#include "../field/fastest.hpp"

namespace zkmargin {

namespace {

constexpr Words dividedBy(const Words& value, std::uint64_t divisor) {
  Words quotient{};
  unsigned __int128 rest = 0;
  for (std::size_t i = 4; i-- > 0;) {
    rest = (rest << 64) | value[i];
    quotient[i] = static_cast<std::uint64_t>(rest / divisor);
    rest %= divisor;
  }
  return quotient;
}

template <class Multiply>
using PairingOf = Pairing<Field<FpParams, Multiply>>;

bn::Constants computeConstants() {
  using F = Field<FpParams, PortableMultiply>;
  using K = Fp2Field<F>;
  bn::Constants result;
  const Fp2 xi = K::multiplyByXi(K::one());
  // 6 divides p - 1, as p is 1 mod 6 for every x.
  const Fp2 sixth = K::power(xi, dividedBy(FpParams::modulus, 6));
  result.frobenius[0] = K::one();
  for (std::size_t i = 1; i < 6; i++) result.frobenius[i] = K::multiply(result.frobenius[i - 1], sixth);
  result.twist = K::multiplyByScalar(K::inverse(xi), F::fromInteger(3));
  result.threeTwist = K::add(K::twice(result.twist), result.twist);
  return result;
}

}  // namespace

const bn::Constants& bn::constants() {
  static const Constants result = computeConstants();
  return result;
}

bool isOnCurve(const G1Affine& point) {
  return withFastestMultiply([&]<class Multiply>() { return PairingOf<Multiply>::isOnCurve(point); });
}

bool isOnCurve(const G2Affine& point) {
  return withFastestMultiply([&]<class Multiply>() { return PairingOf<Multiply>::isOnCurve(point); });
}

bool isInG2(const G2Affine& point) {
  return withFastestMultiply([&]<class Multiply>() { return PairingOf<Multiply>::isInG2(point); });
}

bool pairingProductIsOne(std::span<const PairingPair> pairs) {
  return withFastestMultiply([&]<class Multiply>() {
    using P = PairingOf<Multiply>;
    return P::finalPower(P::millerLoop(pairs)) == P::GT::one();
  });
}

}  // namespace zkmargin
