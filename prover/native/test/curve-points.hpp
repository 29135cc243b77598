// Points of known discrete logarithm, and points of the twist outside of G2. Portable arithmetic.
#pragma once

#include "../core/curve/tower.hpp"
#include "../core/curve/xyzz.hpp"
#include "random.hpp"

namespace zkmargin::test {

using PortableFp = Field<FpParams, PortableMultiply>;
using PortableFr = Field<FrParams, PortableMultiply>;
using PortableFp2 = Fp2Field<PortableFp>;

inline G1Affine times(const G1Affine& point, const Words& scalar) { return Xyzz<PortableFp>::from(point).times(scalar).toAffine(); }
inline G2Affine times(const G2Affine& point, const Words& scalar) { return Xyzz<PortableFp2>::from(point).times(scalar).toAffine(); }
inline G1Affine plus(const G1Affine& a, const G1Affine& b) { return Xyzz<PortableFp>::from(a).plus(b).toAffine(); }
inline G2Affine plus(const G2Affine& a, const G2Affine& b) { return Xyzz<PortableFp2>::from(a).plus(b).toAffine(); }
inline G1Affine negated(const G1Affine& a) { return {a.x, PortableFp::negate(a.y)}; }
inline G2Affine negated(const G2Affine& a) { return {a.x, PortableFp2::negate(a.y)}; }

inline G1Affine generator1() { return {PortableFp::one(), PortableFp::fromInteger(2)}; }

/** A root, if there is one: p = 3 mod 4, so it is a^((p + 1)/4). */
inline Fp rootCandidate(const Fp& a) {
  Words exponent{};
  words::add(exponent, FpParams::modulus, {1, 0, 0, 0});
  for (std::size_t i = 0; i < 4; i++) exponent[i] = (exponent[i] >> 2) | (i < 3 ? exponent[i + 1] << 62 : 0);
  return PortableFp::power(a, exponent);
}

/** A point of the twist with random x; in G2 with chance 1/(2 p - r). */
inline G2Affine twistPoint(Random& random) {
  using F = PortableFp;
  using K = PortableFp2;
  const Fp2 xi{F::fromInteger(9), F::one()};
  const Fp2 b = K::multiplyByScalar(K::inverse(xi), F::fromInteger(3));
  const Fp half = F::inverse(F::fromInteger(2));
  for (;;) {
    const Fp2 x{F::fromInteger(random.words()), F::fromInteger(random.words())};
    const Fp2 square = K::add(K::multiply(K::square(x), x), b);
    // (y0 + y1 u)^2: y0^2 is half of c0 plus or minus the root of the norm, and y1 = c1 / (2 y0).
    const Fp norm = rootCandidate(F::add(F::square(square.c0), F::square(square.c1)));
    for (const Fp& root : {norm, F::negate(norm)}) {
      const Fp y0 = rootCandidate(F::multiply(half, F::add(square.c0, root)));
      const Fp2 y{y0, F::multiply(F::multiply(half, square.c1), F::inverse(y0))};
      if (K::square(y) == square) return {x, y};
    }
  }
}

/** The twist has r (2 p - r) points. */
inline Words cofactor() {
  Words result{};
  words::add(result, FpParams::modulus, FpParams::modulus);
  words::subtract(result, result, FrParams::modulus);
  return result;
}

/** value / divisor, without its rest. */
inline Words divided(Words value, std::uint64_t divisor) {
  unsigned __int128 rest = 0;
  for (std::size_t i = 4; i-- > 0;) {
    rest = (rest << 64) | value[i];
    value[i] = static_cast<std::uint64_t>(rest / divisor);
    rest %= divisor;
  }
  return value;
}

inline const G2Affine& generator2() {
  static const G2Affine point = [] {
    Random random{2};
    return times(twistPoint(random), cofactor());
  }();
  return point;
}

/** scalar arithmetic on plain integers below r */
inline Words multiplied(const Words& a, const Words& b) {
  return PortableFr::toInteger(PortableFr::multiply(PortableFr::fromInteger(a), PortableFr::fromInteger(b)));
}
inline Words subtracted(const Words& a, const Words& b) { return PortableFr::subtract({a}, {b}).words; }
inline Words added(const Words& a, const Words& b) { return PortableFr::add({a}, {b}).words; }
inline Words inverted(const Words& a) { return PortableFr::toInteger(PortableFr::inverse(PortableFr::fromInteger(a))); }

}  // namespace zkmargin::test
