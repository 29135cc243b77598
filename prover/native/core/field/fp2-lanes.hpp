// Fp2 = Fp[u] / (u^2 + 1) over any Lanes, with the bounds of Lanes for each of the two coordinates.
#pragma once

#include "../curve/affine.hpp"
#include "scalar-lanes.hpp"

namespace zkmargin {

template <class Lanes>
struct Fp2Lanes {
  static constexpr std::size_t count = Lanes::count;
  static constexpr std::size_t vectorWords = 2 * Lanes::vectorWords;
  using Mask = typename Lanes::Mask;
  using Element = Fp2;
  struct Value {
    typename Lanes::Value c0, c1;
  };

  ZKMARGIN_ALWAYS_INLINE static Value one() { return {Lanes::one(), Lanes::subtractReduced(Lanes::one(), Lanes::one())}; }
  ZKMARGIN_ALWAYS_INLINE static Value add(const Value& a, const Value& b) { return {Lanes::add(a.c0, b.c0), Lanes::add(a.c1, b.c1)}; }
  ZKMARGIN_ALWAYS_INLINE static Value subtract(const Value& a, const Value& b) { return {Lanes::subtract(a.c0, b.c0), Lanes::subtract(a.c1, b.c1)}; }
  ZKMARGIN_ALWAYS_INLINE static Value subtractReduced(const Value& a, const Value& b) {
    return {Lanes::subtractReduced(a.c0, b.c0), Lanes::subtractReduced(a.c1, b.c1)};
  }
  /** a < 32p, b < 2p: the sums of coordinates multiply to less than 64p. */
  ZKMARGIN_ALWAYS_INLINE static Value multiply(const Value& a, const Value& b) {
    // Karatsuba: three products. (a0 + a1)(b0 + b1) is at most 64 x 4 / 84 + 1 = 4.1p.
    const auto low = Lanes::multiply(a.c0, b.c0);
    const auto high = Lanes::multiply(a.c1, b.c1);
    const auto cross = Lanes::multiply(Lanes::add(a.c0, a.c1), Lanes::add(b.c0, b.c1));
    return {Lanes::reduce(Lanes::subtractReduced(low, high)), Lanes::reduce(Lanes::subtractReduced(Lanes::subtractReduced(cross, low), high))};
  }
  /** a < 2p */
  ZKMARGIN_ALWAYS_INLINE static Value square(const Value& a) {
    const auto product = Lanes::multiply(a.c0, a.c1);
    return {Lanes::multiply(Lanes::add(a.c0, a.c1), Lanes::subtractReduced(a.c0, a.c1)), Lanes::reduce(Lanes::add(product, product))};
  }
  ZKMARGIN_ALWAYS_INLINE static Value reduce(const Value& a) { return {Lanes::reduce(a.c0), Lanes::reduce(a.c1)}; }
  ZKMARGIN_ALWAYS_INLINE static Value negateWhere(Mask mask, const Value& a) { return {Lanes::negateWhere(mask, a.c0), Lanes::negateWhere(mask, a.c1)}; }
  ZKMARGIN_ALWAYS_INLINE static Value select(Mask mask, const Value& chosen, const Value& otherwise) {
    return {Lanes::select(mask, chosen.c0, otherwise.c0), Lanes::select(mask, chosen.c1, otherwise.c1)};
  }
  ZKMARGIN_ALWAYS_INLINE static Mask zeroLanes(const Value& a) { return static_cast<Mask>(Lanes::zeroLanes(a.c0) & Lanes::zeroLanes(a.c1)); }

  ZKMARGIN_ALWAYS_INLINE static Value loadVector(const std::uint64_t* memory) {
    return {Lanes::loadVector(memory), Lanes::loadVector(memory + Lanes::vectorWords)};
  }
  ZKMARGIN_ALWAYS_INLINE static void storeVector(std::uint64_t* memory, const Value& a) {
    Lanes::storeVector(memory, a.c0);
    Lanes::storeVector(memory + Lanes::vectorWords, a.c1);
  }
};

}  // namespace zkmargin
