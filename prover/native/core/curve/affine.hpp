// Points as the files hold them: affine, Montgomery coordinates with R = 2^256, infinity as all zeros.
#pragma once

#include <cstring>

#include "../field/element.hpp"

namespace zkmargin {

/** c0 + c1 u with u^2 = -1. */
struct Fp2 {
  Fp c0, c1;
  friend constexpr bool operator==(const Fp2&, const Fp2&) = default;
  constexpr bool isZero() const { return c0.isZero() && c1.isZero(); }
};

template <class Coordinate>
struct Affine {
  Coordinate x, y;
  friend constexpr bool operator==(const Affine&, const Affine&) = default;
  /** (0, 0) is on neither curve. */
  constexpr bool isInfinity() const { return x.isZero() && y.isZero(); }
};

/** y^2 = x^3 + 3 over Fp; 64 bytes. */
using G1Affine = Affine<Fp>;
/** y^2 = x^3 + 3 / (9 + u) over Fp2; 128 bytes. */
using G2Affine = Affine<Fp2>;

static_assert(sizeof(G1Affine) == 64 && sizeof(G2Affine) == 128);

/** A point where it lies in a file: sections begin at any multiple of four, so it has no alignment. */
template <class Point>
struct Record {
  std::uint8_t bytes[sizeof(Point)];
  Point read() const {
    Point point;
    std::memcpy(&point, bytes, sizeof point);
    return point;
  }
  bool isInfinity() const { return read().isInfinity(); }
};
using G1Record = Record<G1Affine>;
using G2Record = Record<G2Affine>;

}  // namespace zkmargin
