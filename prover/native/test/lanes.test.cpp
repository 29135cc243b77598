// One lane: the portable and the ADX arithmetic.
#include "../core/field/adx.hpp"
#include "coverage.hpp"
#include "lanes-checks.hpp"

namespace zkmargin::test {
namespace {

TEST("one lane of portable arithmetic computes as the interface of a vector says") {
  if (!covers(portableBackend)) return;
  LanesChecks<ScalarLanes<FpParams, PortableMultiply>>().run();
  LanesChecks<ScalarLanes<FrParams, PortableMultiply>>().run();
}

#if defined(__x86_64__)
TEST("one lane of ADX arithmetic computes as the interface of a vector says") {
  if (!covers(adxBackend)) return;
  LanesChecks<ScalarLanes<FpParams, AdxMultiply>>().run();
  LanesChecks<ScalarLanes<FrParams, AdxMultiply>>().run();
}
#endif

}  // namespace
}  // namespace zkmargin::test
