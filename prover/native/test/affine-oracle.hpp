// Points added one by one, by chords and tangents with an inversion each: the oracle of the engine's batches. Shares only single field
// elements with them, which field.test.cpp checks.
#pragma once

#include <vector>

#include "../core/curve/affine.hpp"
#include "random.hpp"

namespace zkmargin::test {

using PlainFp = Field<FpParams, PortableMultiply>;
using PlainFr = Field<FrParams, PortableMultiply>;

/** By the schoolbook. */
struct PlainFp2 {
  using Value = Fp2;
  static Fp2 add(const Fp2& a, const Fp2& b) { return {PlainFp::add(a.c0, b.c0), PlainFp::add(a.c1, b.c1)}; }
  static Fp2 subtract(const Fp2& a, const Fp2& b) { return {PlainFp::subtract(a.c0, b.c0), PlainFp::subtract(a.c1, b.c1)}; }
  static Fp2 multiply(const Fp2& a, const Fp2& b) {
    return {PlainFp::subtract(PlainFp::multiply(a.c0, b.c0), PlainFp::multiply(a.c1, b.c1)),
            PlainFp::add(PlainFp::multiply(a.c0, b.c1), PlainFp::multiply(a.c1, b.c0))};
  }
  static Fp2 inverse(const Fp2& a) {
    const Fp norm = PlainFp::inverse(PlainFp::add(PlainFp::multiply(a.c0, a.c0), PlainFp::multiply(a.c1, a.c1)));
    return {PlainFp::multiply(a.c0, norm), PlainFp::multiply(PlainFp::negate(a.c1), norm)};
  }
};

template <class Point>
struct PlainCurve;
template <>
struct PlainCurve<G1Affine> {
  using F = PlainFp;
  static G1Affine generator() { return {PlainFp::fromInteger(1), PlainFp::fromInteger(2)}; }
  static Fp constant() { return PlainFp::fromInteger(3); }
};
template <>
struct PlainCurve<G2Affine> {
  using F = PlainFp2;
  /** EIP-197's P2. */
  static G2Affine generator() {
    return {{PlainFp::fromInteger(Words{0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76}),
             PlainFp::fromInteger(Words{0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a})},
            {PlainFp::fromInteger(Words{0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb}),
             PlainFp::fromInteger(Words{0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075})}};
  }
  /** 3 / (9 + u) */
  static Fp2 constant() { return PlainFp2::multiply({PlainFp::fromInteger(3), {}}, PlainFp2::inverse({PlainFp::fromInteger(9), PlainFp::fromInteger(1)})); }
};

template <class Point>
bool isOnCurve(const Point& point) {
  using F = typename PlainCurve<Point>::F;
  return point.isInfinity() || F::multiply(point.y, point.y) == F::add(F::multiply(F::multiply(point.x, point.x), point.x), PlainCurve<Point>::constant());
}

template <class Point>
Point negated(const Point& point) {
  using F = typename PlainCurve<Point>::F;
  return point.isInfinity() ? point : Point{point.x, F::subtract({}, point.y)};
}

template <class Point>
Point sumOf(const Point& a, const Point& b) {
  using F = typename PlainCurve<Point>::F;
  if (a.isInfinity()) return b;
  if (b.isInfinity()) return a;
  typename F::Value slope;
  if (a.x == b.x) {
    // There is no point of order two.
    if (a.y != b.y) return {};
    const auto square = F::multiply(a.x, a.x);
    slope = F::multiply(F::add(F::add(square, square), square), F::inverse(F::add(a.y, a.y)));
  } else {
    slope = F::multiply(F::subtract(b.y, a.y), F::inverse(F::subtract(b.x, a.x)));
  }
  const auto x = F::subtract(F::subtract(F::multiply(slope, slope), a.x), b.x);
  return {x, F::subtract(F::multiply(slope, F::subtract(a.x, x)), a.y)};
}

/** Double and add, from the lowest bit up. */
template <class Point>
Point multipleOf(Point point, const Words& scalar) {
  Point sum{};
  for (unsigned bit = 0; bit < words::bitLength(scalar); bit++) {
    if ((scalar[bit / 64] >> (bit % 64)) & 1) sum = sumOf(sum, point);
    point = sumOf(point, point);
  }
  return sum;
}

/** Points and their logarithms to the generator's base, in Montgomery form. */
template <class Point>
struct KnownPoints {
  std::vector<Point> points;
  std::vector<Fr> logarithms;
  void push(const Point& point, const Fr& logarithm) {
    points.push_back(point);
    logarithms.push_back(logarithm);
  }
  std::size_t size() const { return points.size(); }
};

/** Different ones, each the one before plus one of a few random multiples of the generator. */
template <class Point>
KnownPoints<Point> knownPoints(std::size_t count, std::uint64_t seed) {
  Random random{seed};
  KnownPoints<Point> steps, result;
  for (int i = 0; i < 5; i++) {
    const Words logarithm = random.below(FrParams::modulus);
    steps.push(multipleOf(PlainCurve<Point>::generator(), logarithm), PlainFr::fromInteger(logarithm));
  }
  Point point = PlainCurve<Point>::generator();
  Fr logarithm = PlainFr::one();
  for (std::size_t i = 0; i < count; i++) {
    result.push(point, logarithm);
    const std::size_t step = random.word() % 5;
    point = sumOf(point, steps.points[step]);
    logarithm = PlainFr::add(logarithm, steps.logarithms[step]);
  }
  return result;
}

}  // namespace zkmargin::test
