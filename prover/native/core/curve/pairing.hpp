// The optimal ate pairing on BN254: Vercauteren, "Optimal pairings", 2010, section IV.
// G2 is on the twist y^2 = x^3 + 3/xi; (x, y) there is (x w^2, y w^3) on the curve over Fp12.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "tower.hpp"
#include "xyzz.hpp"

namespace zkmargin {

/** Canonical coordinates that satisfy the curve's equation, or infinity. All such points of G1 have order r. */
bool isOnCurve(const G1Affine& point);
bool isOnCurve(const G2Affine& point);
/** On the curve, and of order r or infinity. */
bool isInG2(const G2Affine& point);

using PairingPair = std::pair<G1Affine, G2Affine>;

/** Whether the product of the pairings is one. The points are in their groups; one at infinity makes its pair's pairing one. */
bool pairingProductIsOne(std::span<const PairingPair> pairs);

namespace bn {

/** The curve's parameter: p and r are polynomials in it (Barreto and Naehrig, "Pairing-friendly elliptic curves of prime order", 2005). */
inline constexpr std::uint64_t x = 4965661367192848881;

/** 36 x^4 + 36 x^3 + squares x^2 + 6 x + 1 */
constexpr Words polynomial(std::uint64_t squares) {
  Words value{};
  for (const std::uint64_t coefficient : {std::uint64_t{36}, std::uint64_t{36}, squares, std::uint64_t{6}, std::uint64_t{1}}) {
    unsigned __int128 carry = coefficient;
    for (std::uint64_t& word : value) {
      carry += static_cast<unsigned __int128>(word) * x;
      word = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
  }
  return value;
}
static_assert(polynomial(24) == FpParams::modulus && polynomial(18) == FrParams::modulus);

/** Digits -1, 0 and 1, least significant first, of which no two neighbours are nonzero. */
struct SignedDigits {
  std::array<std::int8_t, 72> digits{};
  std::size_t count = 0;
};

constexpr SignedDigits signedDigits(unsigned __int128 value) {
  SignedDigits result;
  for (; value != 0; value >>= 1) {
    const int digit = (value & 1) == 0 ? 0 : (value & 3) == 1 ? 1 : -1;
    if (digit > 0) value -= 1;
    if (digit < 0) value += 1;
    result.digits[result.count++] = static_cast<std::int8_t>(digit);
  }
  return result;
}

inline constexpr SignedDigits xDigits = signedDigits(x);
inline constexpr SignedDigits loopDigits = signedDigits(static_cast<unsigned __int128>(x) * 6 + 2);

struct Constants {
  /** xi^(i (p - 1) / 6): w^(i p) = frobenius[i] w^i. */
  std::array<Fp2, 6> frobenius;
  /** 3/xi and 9/xi */
  Fp2 twist, threeTwist;
};
/** Computed at the first call. */
const Constants& constants();

}  // namespace bn

/** @tparam F a Field<FpParams, ...> */
template <class F>
struct Pairing {
  using K = Fp2Field<F>;
  using GT = Fp12Field<F>;

  static bool isOnCurve(const G1Affine& point) {
    if (!F::isCanonical(point.x.words) || !F::isCanonical(point.y.words)) return false;
    const Fp three = F::fromInteger(3);
    return point.isInfinity() || F::square(point.y) == F::add(F::multiply(F::square(point.x), point.x), three);
  }
  static bool isOnCurve(const G2Affine& point) {
    if (!K::isCanonical(point.x) || !K::isCanonical(point.y)) return false;
    return point.isInfinity() || K::square(point.y) == K::add(K::multiply(K::square(point.x), point.x), bn::constants().twist);
  }

  /** The p-th power of the coordinates, seen on the twist: on G2, multiplication by p. */
  static G2Affine frobenius(const G2Affine& q) {
    const bn::Constants& c = bn::constants();
    return {K::multiply(K::conjugate(q.x), c.frobenius[2]), K::multiply(K::conjugate(q.y), c.frobenius[3])};
  }

  /**
   * Whether frobenius(Q) = 6 x^2 Q (the endomorphism of Galbraith and Scott, "Exponentiation in pairing-friendly groups using
   * homomorphisms", 2008). The trace is t = 6 x^2 + 1, so it holds in G2, where frobenius is p = t - 1 mod r. And frobenius
   * satisfies z^2 - t z + p = 0 on the whole twist; at z = t - 1 that is p + 1 - t = r: where it holds, r Q = 0.
   */
  static bool isInG2(const G2Affine& q) {
    if (!isOnCurve(q)) return false;
    if (q.isInfinity()) return true;
    constexpr unsigned __int128 multiple = static_cast<unsigned __int128>(bn::x) * bn::x * 6;
    const auto product = Xyzz<K>::from(q).times({static_cast<std::uint64_t>(multiple), static_cast<std::uint64_t>(multiple >> 64), 0, 0});
    const G2Affine image = frobenius(q);
    return product.plus(G2Affine{image.x, K::negate(image.y)}).isInfinity();
  }

  /** The product of the pairs' Miller functions. */
  static Fp12 millerLoop(std::span<const PairingPair> pairs) {
    std::vector<Step> steps;
    for (const auto& [p, q] : pairs) {
      if (!p.isInfinity() && !q.isInfinity()) steps.push_back({p, q, q.x, q.y, K::one()});
    }
    Fp12 f = GT::one();
    for (std::size_t i = bn::loopDigits.count - 1; i-- > 0;) {
      f = GT::square(f);
      const int digit = bn::loopDigits.digits[i];
      for (Step& step : steps) {
        f = step.doubled(f);
        if (digit != 0) f = step.added(f, digit > 0 ? step.q : negated(step.q));
      }
    }
    for (Step& step : steps) {
      const G2Affine once = frobenius(step.q);
      f = step.added(f, once);
      f = step.added(f, negated(frobenius(once)));
    }
    return f;
  }

  /**
   * f to the power (p^12 - 1)/r times 2 x (6 x^2 + 3 x + 1), which has no factor in common with r.
   * Fuentes-Castaneda, Knapp and Rodriguez-Henriquez, "Faster hashing to G2", 2011, section 5: the hard part, (p^4 - p^2 + 1)/r,
   * times that is sum of l_i p^i with l_2 = 12 x^3 + 6 x^2 + 6 x, l_1 = l_2 - 2 x, l_0 = l_2 + 6 x^2 + 1, l_3 = l_1 - 1.
   */
  static Fp12 finalPower(const Fp12& f) {
    // Easy part: (p^6 - 1)(p^2 + 1).
    Fp12 m = GT::multiply(GT::conjugate(f), GT::inverse(f));
    m = GT::multiply(frobenius(m, 2), m);
    const Fp12 m2x = GT::cyclotomicSquare(powerOfX(m));
    const Fp12 m6x = GT::multiply(GT::cyclotomicSquare(m2x), m2x);
    const Fp12 m6xx = powerOfX(m6x);
    const Fp12 m12xxx = powerOfX(GT::cyclotomicSquare(m6xx));
    const Fp12 l2 = GT::multiply(GT::multiply(m12xxx, m6xx), m6x);
    const Fp12 l1 = GT::multiply(l2, GT::conjugate(m2x));
    const Fp12 l0 = GT::multiply(GT::multiply(l2, m6xx), m);
    const Fp12 l3 = GT::multiply(l1, GT::conjugate(m));
    return GT::multiply(GT::multiply(l0, frobenius(l1, 1)), GT::multiply(frobenius(l2, 2), frobenius(l3, 3)));
  }

  /** f^(p^times) */
  static Fp12 frobenius(Fp12 f, int times) {
    const auto& c = bn::constants().frobenius;
    for (; times > 0; times--) {
      // The coefficient of w^i is in c0 for even i, in c1 for odd i.
      f = {{K::conjugate(f.c0.c0), K::multiply(K::conjugate(f.c0.c1), c[2]), K::multiply(K::conjugate(f.c0.c2), c[4])},
           {K::multiply(K::conjugate(f.c1.c0), c[1]), K::multiply(K::conjugate(f.c1.c1), c[3]), K::multiply(K::conjugate(f.c1.c2), c[5])}};
    }
    return f;
  }

 private:
  static G2Affine negated(const G2Affine& q) { return {q.x, K::negate(q.y)}; }

  /** Of an element of the cyclotomic subgroup. */
  static Fp12 powerOfX(const Fp12& f) {
    const Fp12 inverse = GT::conjugate(f);
    Fp12 result = f;
    for (std::size_t i = bn::xDigits.count - 1; i-- > 0;) {
      result = GT::cyclotomicSquare(result);
      const int digit = bn::xDigits.digits[i];
      if (digit != 0) result = GT::multiply(result, digit > 0 ? f : inverse);
    }
    return result;
  }

  /**
   * A pair and the multiple T = (X/Z, Y/Z) of Q that the loop has reached. Each step multiplies f by the line through the points
   * at P, up to a factor in Fp2, which the final power makes one. A line of slope s on the twist is, at P,
   * y_P - s x_P w + (s x_T - y_T) w^3.
   */
  struct Step {
    G1Affine p;
    G2Affine q;
    Fp2 x, y, z;

    /** T = 2 T. Costello, Lange and Naehrig, "Faster pairing computations on curves with high-degree twists", 2010, section 5, times 4; the line times 2 Y Z. */
    Fp12 doubled(const Fp12& f) {
      const Fp2 xx = K::square(x), yy = K::square(y);
      const Fp2 e = K::multiply(bn::constants().threeTwist, K::square(z));
      const Fp2 yz2 = K::twice(K::multiply(y, z)), xy2 = K::twice(K::multiply(x, y));
      const Fp2 e2 = K::twice(e), e3 = K::add(e2, e);
      const Fp2 l1 = K::negate(K::multiplyByScalar(K::add(K::twice(xx), xx), p.x));
      x = K::multiply(xy2, K::subtract(yy, e3));
      const Fp2 ee4 = K::square(e2);
      y = K::subtract(K::square(K::add(yy, e3)), K::add(K::twice(ee4), ee4));
      z = K::twice(K::twice(K::multiply(yy, yz2)));
      return GT::multiplyByLine(f, K::multiplyByScalar(yz2, p.y), l1, K::subtract(yy, e));
    }

    /** T = T + R for R other than T and -T; the line times X - x_R Z. */
    Fp12 added(const Fp12& f, const G2Affine& r) {
      const Fp2 rise = K::subtract(y, K::multiply(r.y, z)), run = K::subtract(x, K::multiply(r.x, z));
      const Fp2 run2 = K::square(run), run3 = K::multiply(run, run2), xRun2 = K::multiply(x, run2);
      const Fp2 h = K::subtract(K::add(run3, K::multiply(z, K::square(rise))), K::twice(xRun2));
      x = K::multiply(run, h);
      y = K::subtract(K::multiply(rise, K::subtract(xRun2, h)), K::multiply(run3, y));
      z = K::multiply(z, run3);
      const Fp2 l3 = K::subtract(K::multiply(rise, r.x), K::multiply(run, r.y));
      return GT::multiplyByLine(f, K::multiplyByScalar(run, p.y), K::negate(K::multiplyByScalar(rise, p.x)), l3);
    }
  };
};

}  // namespace zkmargin
