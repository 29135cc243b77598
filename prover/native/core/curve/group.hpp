// G1 and G2 over a Lanes: how a point lies in memory, and which field its coordinates are in.
#pragma once

#include "../field/fp2-lanes.hpp"
#include "affine.hpp"
#include "tower.hpp"

namespace zkmargin {

template <class LanesOfFp, class MultiplyOne>
struct G1Group {
  using Lanes = LanesOfFp;
  using Coordinate = Lanes;
  using Value = typename Coordinate::Value;
  using Mask = typename Lanes::Mask;
  using Point = G1Affine;
  using Scalar = Field<FpParams, MultiplyOne>;

  ZKMARGIN_ALWAYS_INLINE static Mask load(const void* const* addresses, Value& x, Value& y) { return Lanes::loadPair(addresses, 0, x, y); }
  ZKMARGIN_ALWAYS_INLINE static Mask loadFile(const void* const* addresses, Value& x, Value& y) { return Lanes::loadFilePair(addresses, 0, x, y); }
  ZKMARGIN_ALWAYS_INLINE static void store(void* const* addresses, const Value& x, const Value& y) { Lanes::storePair(addresses, 0, x, y); }
  ZKMARGIN_ALWAYS_INLINE static void toElements(const Value& a, Fp* elements) { Lanes::toElements(a, elements); }
  ZKMARGIN_ALWAYS_INLINE static Value fromElements(const Fp* elements) { return Lanes::fromElements(elements); }
};

template <class LanesOfFp, class MultiplyOne>
struct G2Group {
  using Lanes = LanesOfFp;
  using Coordinate = Fp2Lanes<Lanes>;
  using Value = typename Coordinate::Value;
  using Mask = typename Lanes::Mask;
  using Point = G2Affine;
  using Scalar = Fp2Field<Field<FpParams, MultiplyOne>>;

  ZKMARGIN_ALWAYS_INLINE static Mask load(const void* const* addresses, Value& x, Value& y) {
    return static_cast<Mask>(Lanes::loadPair(addresses, 0, x.c0, x.c1) & Lanes::loadPair(addresses, 64, y.c0, y.c1));
  }
  ZKMARGIN_ALWAYS_INLINE static Mask loadFile(const void* const* addresses, Value& x, Value& y) {
    return static_cast<Mask>(Lanes::loadFilePair(addresses, 0, x.c0, x.c1) & Lanes::loadFilePair(addresses, 64, y.c0, y.c1));
  }
  ZKMARGIN_ALWAYS_INLINE static void store(void* const* addresses, const Value& x, const Value& y) {
    Lanes::storePair(addresses, 0, x.c0, x.c1);
    Lanes::storePair(addresses, 64, y.c0, y.c1);
  }
  ZKMARGIN_ALWAYS_INLINE static void toElements(const Value& a, Fp2* elements) {
    Fp c0[Lanes::count], c1[Lanes::count];
    Lanes::toElements(a.c0, c0);
    Lanes::toElements(a.c1, c1);
    for (std::size_t i = 0; i < Lanes::count; i++) elements[i] = {c0[i], c1[i]};
  }
  ZKMARGIN_ALWAYS_INLINE static Value fromElements(const Fp2* elements) {
    Fp c0[Lanes::count], c1[Lanes::count];
    for (std::size_t i = 0; i < Lanes::count; i++) {
      c0[i] = elements[i].c0;
      c1[i] = elements[i].c1;
    }
    return {Lanes::fromElements(c0), Lanes::fromElements(c1)};
  }
};

}  // namespace zkmargin
