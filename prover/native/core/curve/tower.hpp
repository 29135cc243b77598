// Fp2 = Fp[u]/(u^2 + 1), Fp6 = Fp2[v]/(v^3 - xi), Fp12 = Fp6[w]/(w^2 - v), with xi = 9 + u.
// Products are not inlined: with one copy of each, a pairing takes a third less time.
#pragma once

#include "affine.hpp"

namespace zkmargin {

/** Members as those of Field, so that group code serves both. @tparam F a Field<FpParams, ...> */
template <class F>
struct Fp2Field {
  using Base = F;
  using Value = Fp2;

  static constexpr Value zero() { return {}; }
  static constexpr Value one() { return {F::one(), F::zero()}; }

  static inline Value add(const Value& a, const Value& b) { return {F::add(a.c0, b.c0), F::add(a.c1, b.c1)}; }
  static inline Value subtract(const Value& a, const Value& b) { return {F::subtract(a.c0, b.c0), F::subtract(a.c1, b.c1)}; }
  static inline Value negate(const Value& a) { return {F::negate(a.c0), F::negate(a.c1)}; }
  static inline Value twice(const Value& a) { return {F::twice(a.c0), F::twice(a.c1)}; }
  /** Karatsuba */
  [[gnu::noinline]] static Value multiply(const Value& a, const Value& b) {
    const Fp low = F::multiply(a.c0, b.c0), high = F::multiply(a.c1, b.c1);
    const Fp all = F::multiply(F::add(a.c0, a.c1), F::add(b.c0, b.c1));
    return {F::subtract(low, high), F::subtract(F::subtract(all, low), high)};
  }
  [[gnu::noinline]] static Value square(const Value& a) {
    const Fp cross = F::multiply(a.c0, a.c1);
    return {F::multiply(F::add(a.c0, a.c1), F::subtract(a.c0, a.c1)), F::twice(cross)};
  }
  static inline Value multiplyByScalar(const Value& a, const Fp& scalar) { return {F::multiply(a.c0, scalar), F::multiply(a.c1, scalar)}; }
  static inline Value conjugate(const Value& a) { return {a.c0, F::negate(a.c1)}; }
  /** (9 + u) a */
  static inline Value multiplyByXi(const Value& a) {
    const Value eight = twice(twice(twice(a)));
    return {F::subtract(F::add(eight.c0, a.c0), a.c1), F::add(F::add(eight.c1, a.c1), a.c0)};
  }
  /** Zero for zero. */
  static Value inverse(const Value& a) {
    const Fp norm = F::inverse(F::add(F::square(a.c0), F::square(a.c1)));
    return multiplyByScalar(conjugate(a), norm);
  }
  static Value power(const Value& base, const Words& exponent) {
    Value result = one();
    for (unsigned bit = words::bitLength(exponent); bit-- > 0;) {
      result = square(result);
      if ((exponent[bit / 64] >> (bit % 64)) & 1) result = multiply(result, base);
    }
    return result;
  }
  static constexpr bool isCanonical(const Value& a) { return F::isCanonical(a.c0.words) && F::isCanonical(a.c1.words); }
};

/** c0 + c1 v + c2 v^2 */
struct Fp6 {
  Fp2 c0, c1, c2;
  friend constexpr bool operator==(const Fp6&, const Fp6&) = default;
};

template <class F>
struct Fp6Field {
  using Base = Fp2Field<F>;
  using Value = Fp6;

  static constexpr Value zero() { return {}; }
  static constexpr Value one() { return {Base::one(), Base::zero(), Base::zero()}; }

  static inline Value add(const Value& a, const Value& b) { return {Base::add(a.c0, b.c0), Base::add(a.c1, b.c1), Base::add(a.c2, b.c2)}; }
  static inline Value subtract(const Value& a, const Value& b) {
    return {Base::subtract(a.c0, b.c0), Base::subtract(a.c1, b.c1), Base::subtract(a.c2, b.c2)};
  }
  static inline Value negate(const Value& a) { return {Base::negate(a.c0), Base::negate(a.c1), Base::negate(a.c2)}; }
  static inline Value twice(const Value& a) { return {Base::twice(a.c0), Base::twice(a.c1), Base::twice(a.c2)}; }
  static inline Value multiplyByV(const Value& a) { return {Base::multiplyByXi(a.c2), a.c0, a.c1}; }
  static inline Value multiplyByScalar(const Value& a, const Fp2& scalar) {
    return {Base::multiply(a.c0, scalar), Base::multiply(a.c1, scalar), Base::multiply(a.c2, scalar)};
  }
  /** Karatsuba: three products of the coefficients and three of sums. */
  [[gnu::noinline]] static Value multiply(const Value& a, const Value& b) {
    const Fp2 t0 = Base::multiply(a.c0, b.c0), t1 = Base::multiply(a.c1, b.c1), t2 = Base::multiply(a.c2, b.c2);
    const Fp2 s01 = Base::multiply(Base::add(a.c0, a.c1), Base::add(b.c0, b.c1));
    const Fp2 s02 = Base::multiply(Base::add(a.c0, a.c2), Base::add(b.c0, b.c2));
    const Fp2 s12 = Base::multiply(Base::add(a.c1, a.c2), Base::add(b.c1, b.c2));
    return {Base::add(t0, Base::multiplyByXi(Base::subtract(Base::subtract(s12, t1), t2))),
            Base::add(Base::subtract(Base::subtract(s01, t0), t1), Base::multiplyByXi(t2)),
            Base::add(Base::subtract(Base::subtract(s02, t0), t2), t1)};
  }
  /** a (b0 + b1 v) */
  [[gnu::noinline]] static Value multiplyByLinear(const Value& a, const Fp2& b0, const Fp2& b1) {
    const Fp2 t0 = Base::multiply(a.c0, b0), t1 = Base::multiply(a.c1, b1);
    const Fp2 s01 = Base::multiply(Base::add(a.c0, a.c1), Base::add(b0, b1));
    return {Base::add(t0, Base::multiplyByXi(Base::multiply(a.c2, b1))), Base::subtract(Base::subtract(s01, t0), t1),
            Base::add(Base::multiply(a.c2, b0), t1)};
  }
  [[gnu::noinline]] static Value square(const Value& a) { return multiply(a, a); }
  /** By the adjugate of the multiplication by a. Zero for zero. */
  static Value inverse(const Value& a) {
    const Fp2 t0 = Base::subtract(Base::square(a.c0), Base::multiplyByXi(Base::multiply(a.c1, a.c2)));
    const Fp2 t1 = Base::subtract(Base::multiplyByXi(Base::square(a.c2)), Base::multiply(a.c0, a.c1));
    const Fp2 t2 = Base::subtract(Base::square(a.c1), Base::multiply(a.c0, a.c2));
    const Fp2 cross = Base::add(Base::multiply(a.c2, t1), Base::multiply(a.c1, t2));
    const Fp2 norm = Base::add(Base::multiply(a.c0, t0), Base::multiplyByXi(cross));
    return multiplyByScalar({t0, t1, t2}, Base::inverse(norm));
  }
};

/** c0 + c1 w */
struct Fp12 {
  Fp6 c0, c1;
  friend constexpr bool operator==(const Fp12&, const Fp12&) = default;
};

template <class F>
struct Fp12Field {
  using Base = Fp6Field<F>;
  using Value = Fp12;

  static constexpr Value zero() { return {}; }
  static constexpr Value one() { return {Base::one(), Base::zero()}; }

  [[gnu::noinline]] static Value multiply(const Value& a, const Value& b) {
    const Fp6 low = Base::multiply(a.c0, b.c0), high = Base::multiply(a.c1, b.c1);
    const Fp6 all = Base::multiply(Base::add(a.c0, a.c1), Base::add(b.c0, b.c1));
    return {Base::add(low, Base::multiplyByV(high)), Base::subtract(Base::subtract(all, low), high)};
  }
  [[gnu::noinline]] static Value square(const Value& a) {
    const Fp6 cross = Base::multiply(a.c0, a.c1);
    // (c0 + c1) (c0 + v c1) = c0^2 + v c1^2 + (1 + v) c0 c1
    const Fp6 all = Base::multiply(Base::add(a.c0, a.c1), Base::add(a.c0, Base::multiplyByV(a.c1)));
    return {Base::subtract(Base::subtract(all, cross), Base::multiplyByV(cross)), Base::twice(cross)};
  }
  /** a (l0 + l1 w + l3 w^3): the shape of a line. */
  [[gnu::noinline]] static Value multiplyByLine(const Value& a, const Fp2& l0, const Fp2& l1, const Fp2& l3) {
    const Fp6 low = Base::multiplyByScalar(a.c0, l0), high = Base::multiplyByLinear(a.c1, l1, l3);
    const Fp6 all = Base::multiplyByLinear(Base::add(a.c0, a.c1), Base::Base::add(l0, l1), l3);
    return {Base::add(low, Base::multiplyByV(high)), Base::subtract(Base::subtract(all, low), high)};
  }
  /** The p^6-th power; the inverse of an element of the cyclotomic subgroup. */
  static inline Value conjugate(const Value& a) { return {a.c0, Base::negate(a.c1)}; }
  /** Zero for zero. */
  static Value inverse(const Value& a) {
    const Fp6 norm = Base::inverse(Base::subtract(Base::square(a.c0), Base::multiplyByV(Base::square(a.c1))));
    return {Base::multiply(a.c0, norm), Base::negate(Base::multiply(a.c1, norm))};
  }
  /**
   * The square of an element of the cyclotomic subgroup, the powers of (p^6 - 1)(p^2 + 1).
   * Granger and Scott, "Faster squaring in the cyclotomic subgroup of sixth degree extensions", 2010, section 3.2, for
   * a = A + B w + C w^2 over Fp4 = Fp2[s]/(s^2 - xi), s = w^3: a^2 = 3 A^2 - 2 A' + (3 s C^2 + 2 B') w + (3 B^2 - 2 C') w^2, where ' negates s.
   */
  [[gnu::noinline]] static Value cyclotomicSquare(const Value& a) {
    using K = Fp2Field<F>;
    struct Fp4 {
      Fp2 c0, c1;
    };
    const auto squared = [](const Fp2& x, const Fp2& y) -> Fp4 {
      const Fp2 xx = K::square(x), yy = K::square(y);
      return {K::add(xx, K::multiplyByXi(yy)), K::subtract(K::subtract(K::square(K::add(x, y)), xx), yy)};
    };
    // 3 square - 2 a and 3 square + 2 a
    const auto less = [](const Fp2& square, const Fp2& x) { return K::add(K::twice(K::subtract(square, x)), square); };
    const auto more = [](const Fp2& square, const Fp2& x) { return K::add(K::twice(K::add(square, x)), square); };
    // The coefficient of w^i is in c0 for even i, in c1 for odd i.
    const Fp4 aa = squared(a.c0.c0, a.c1.c1), bb = squared(a.c1.c0, a.c0.c2), cc = squared(a.c0.c1, a.c1.c2);
    return {{less(aa.c0, a.c0.c0), less(bb.c0, a.c0.c1), less(cc.c0, a.c0.c2)},
            {more(K::multiplyByXi(cc.c1), a.c1.c0), more(aa.c1, a.c1.c1), more(bb.c1, a.c1.c2)}};
  }
};

}  // namespace zkmargin
