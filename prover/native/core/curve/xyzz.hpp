// Points one at a time, in extended coordinates: x = X / ZZ, y = Y / ZZZ, ZZ^3 = ZZZ^2, infinity as ZZ = 0.
// Formulas add-2008-s, madd-2008-s, dbl-2008-s-1 and mdbl-2008-s-1 of the Explicit-Formulas Database for a = 0.
#pragma once

#include "affine.hpp"

namespace zkmargin {

/** @tparam F Field<FpParams, ...> or Fp2Field<...> */
template <class F>
struct Xyzz {
  using Value = typename F::Value;
  Value x = F::zero(), y = F::zero(), zz = F::zero(), zzz = F::zero();

  bool isInfinity() const { return zz.isZero(); }
  static Xyzz from(const Affine<Value>& p) {
    if (p.isInfinity()) return {};
    return {p.x, p.y, F::one(), F::one()};
  }
  Affine<Value> toAffine() const {
    if (isInfinity()) return {};
    // 1/ZZ = ZZ^2 / ZZZ^2
    const Value inverse = F::inverse(zzz);
    const Value ratio = F::multiply(zz, inverse);
    return {F::multiply(x, F::square(ratio)), F::multiply(y, inverse)};
  }
  Xyzz negated() const { return {x, F::negate(y), zz, zzz}; }

  Xyzz doubled() const {
    if (isInfinity()) return *this;
    const Value u = F::twice(y);
    const Value v = F::square(u);
    const Value w = F::multiply(u, v);
    const Value s = F::multiply(x, v);
    const Value xx = F::square(x);
    const Value m = F::add(F::twice(xx), xx);
    const Value x3 = F::subtract(F::square(m), F::twice(s));
    return {x3, F::subtract(F::multiply(m, F::subtract(s, x3)), F::multiply(w, y)), F::multiply(v, zz), F::multiply(w, zzz)};
  }

  Xyzz plus(const Xyzz& b) const {
    if (isInfinity()) return b;
    if (b.isInfinity()) return *this;
    const Value u1 = F::multiply(x, b.zz), u2 = F::multiply(b.x, zz);
    const Value s1 = F::multiply(y, b.zzz), s2 = F::multiply(b.y, zzz);
    const Value p = F::subtract(u2, u1), r = F::subtract(s2, s1);
    if (p.isZero()) return r.isZero() ? doubled() : Xyzz{};
    const Value pp = F::square(p), ppp = F::multiply(p, pp), q = F::multiply(u1, pp);
    const Value x3 = F::subtract(F::subtract(F::square(r), ppp), F::twice(q));
    return {x3, F::subtract(F::multiply(r, F::subtract(q, x3)), F::multiply(s1, ppp)), F::multiply(F::multiply(zz, b.zz), pp),
            F::multiply(F::multiply(zzz, b.zzz), ppp)};
  }

  Xyzz plus(const Affine<Value>& b) const {
    if (b.isInfinity()) return *this;
    if (isInfinity()) return from(b);
    const Value u2 = F::multiply(b.x, zz), s2 = F::multiply(b.y, zzz);
    const Value p = F::subtract(u2, x), r = F::subtract(s2, y);
    if (p.isZero()) return r.isZero() ? doubled() : Xyzz{};
    const Value pp = F::square(p), ppp = F::multiply(p, pp), q = F::multiply(x, pp);
    const Value x3 = F::subtract(F::subtract(F::square(r), ppp), F::twice(q));
    return {x3, F::subtract(F::multiply(r, F::subtract(q, x3)), F::multiply(y, ppp)), F::multiply(zz, pp), F::multiply(zzz, ppp)};
  }

  /** Double and add; for single multiplications. */
  Xyzz times(const Words& scalar) const {
    Xyzz sum;
    for (unsigned bit = words::bitLength(scalar); bit-- > 0;) {
      sum = sum.doubled();
      if ((scalar[bit / 64] >> (bit % 64)) & 1) sum = sum.plus(*this);
    }
    return sum;
  }
};

}  // namespace zkmargin
