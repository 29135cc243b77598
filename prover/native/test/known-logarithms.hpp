// Points as multiples of the generators, so that what a computation with points must give follows from arithmetic with their logarithms.
#pragma once

#include <vector>

#include "../core/setup/generator.hpp"
#include "random.hpp"
#include "sample-files.hpp"

namespace zkmargin::test {

using ScalarField = Field<FrParams, PortableMultiply>;

/** Multiples of the generators, by the plainest back end. */
inline std::vector<G1Affine> pointsG1(const std::vector<Words>& logarithms) {
  Threads threads(1);
  return multiplyGeneratorG1(portableBackend, logarithms, {}, threads).points;
}
inline std::vector<G2Affine> pointsG2(const std::vector<Words>& logarithms) {
  Threads threads(1);
  return multiplyGeneratorG2(portableBackend, logarithms, {}, threads).points;
}

template <class Point>
std::span<const Record<Point>> recordsOf(const std::vector<Point>& points) {
  return {reinterpret_cast<const Record<Point>*>(points.data()), points.size()};
}

/** Sums and products of plain integers modulo r. */
inline Words plus(const Words& a, const Words& b) { return ScalarField::toInteger(ScalarField::add(ScalarField::fromInteger(a), ScalarField::fromInteger(b))); }
inline Words times(const Words& a, const Words& b) { return ScalarField::toInteger(ScalarField::multiply(ScalarField::fromInteger(a), ScalarField::fromInteger(b))); }
inline Words negative(const Words& a) { return ScalarField::toInteger(ScalarField::negate(ScalarField::fromInteger(a))); }

}  // namespace zkmargin::test
