// Eight lanes.
#include "ifma-region.hpp"

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx512f,avx512ifma,avx512vl,avx512bw,avx512dq,avx512vbmi2,bmi2,adx")

#include "../core/field/ifma-lanes.hpp"
#include "lanes-checks.hpp"

namespace zkmargin::test {

template <class Params, class Multiply>
struct Representation<IfmaLanes<Params, Multiply>> {
  using Lanes = IfmaLanes<Params, Multiply>;
  static constexpr unsigned radixBits = 260;
  static constexpr bool lazy = true;
  static Natural read(const typename Lanes::Value& vector, std::size_t lane) {
    alignas(64) std::uint64_t limbs[5][8];
    std::uint64_t words[5];
    for (std::size_t i = 0; i < 5; i++) {
      _mm512_store_si512(limbs[i], vector.limbs[i]);
      words[i] = limbs[i][lane];
      // Products read 52 bits of a limb only.
      CHECK(words[i] <= ifma::limbMask);
    }
    return Natural::fromWords(words, 52);
  }
  static typename Lanes::Value make(const Natural* numbers) {
    alignas(64) std::uint64_t limbs[5][8];
    for (std::size_t lane = 0; lane < 8; lane++) {
      std::uint64_t words[5];
      numbers[lane].toWords(words, 52);
      for (std::size_t i = 0; i < 5; i++) limbs[i][lane] = words[i];
    }
    typename Lanes::Value vector;
    for (std::size_t i = 0; i < 5; i++) vector.limbs[i] = _mm512_load_si512(limbs[i]);
    return vector;
  }
};

}  // namespace zkmargin::test

#pragma GCC pop_options

namespace zkmargin::test {
namespace {

TEST("eight lanes compute as the interface of a vector says, up to the bounds of their operands") {
  if (!covers(ifmaBackend)) return;
  LanesChecks<IfmaLanes<FpParams, TestedMultiply>>().run();
  LanesChecks<IfmaLanes<FrParams, TestedMultiply>>().run();
}

}  // namespace
}  // namespace zkmargin::test

#else
#include "check.hpp"
TEST("another processor has no eight lanes") {
  std::printf("does not cover ifma: it is not compiled for this processor\n");
}
#endif
