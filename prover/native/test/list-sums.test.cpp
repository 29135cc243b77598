// The kernel of sums over one lane.
#include "../core/field/adx.hpp"
#include "coverage.hpp"
#include "list-sums-checks.hpp"

namespace zkmargin::test {
namespace {

TEST("the generators of the oracle are on their curves and of order r") {
  CHECK(isOnCurve(PlainCurve<G1Affine>::generator()));
  CHECK(isOnCurve(PlainCurve<G2Affine>::generator()));
  CHECK(multipleOf(PlainCurve<G1Affine>::generator(), FrParams::modulus).isInfinity());
  CHECK(multipleOf(PlainCurve<G2Affine>::generator(), FrParams::modulus).isInfinity());
  const KnownPoints<G2Affine> known = knownPoints<G2Affine>(3, 1);
  CHECK_EQUAL(known.points[2], multipleOf(PlainCurve<G2Affine>::generator(), PlainFr::toInteger(known.logarithms[2])));
}

TEST("portable sums of pairs and lists are those of points added one by one") {
  if (!covers(portableBackend)) return;
  ListSumsChecks<G1Group<ScalarLanes<FpParams, PortableMultiply>, PortableMultiply>>().run();
  ListSumsChecks<G2Group<ScalarLanes<FpParams, PortableMultiply>, PortableMultiply>>().run();
}

#if defined(__x86_64__)
TEST("ADX sums of pairs and lists are those of points added one by one") {
  if (!covers(adxBackend)) return;
  ListSumsChecks<G1Group<ScalarLanes<FpParams, AdxMultiply>, AdxMultiply>>().run();
  ListSumsChecks<G2Group<ScalarLanes<FpParams, AdxMultiply>, AdxMultiply>>().run();
}
#endif

}  // namespace
}  // namespace zkmargin::test
