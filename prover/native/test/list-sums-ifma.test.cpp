// The kernel of sums over eight lanes.
#include "ifma-region.hpp"

#if defined(__x86_64__)

#include "affine-oracle.hpp"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512ifma,avx512vl,avx512bw,avx512dq,avx512vbmi2,bmi2,adx")
#include "../core/field/ifma-lanes.hpp"
#include "list-sums-checks.hpp"
#pragma GCC pop_options

namespace zkmargin::test {
namespace {

using Lanes = IfmaLanes<FpParams, TestedMultiply>;

TEST("sums of pairs and lists in eight lanes are those of points added one by one") {
  if (!covers(ifmaBackend)) return;
  ListSumsChecks<G1Group<Lanes, TestedMultiply>>().run();
  ListSumsChecks<G2Group<Lanes, TestedMultiply>>().run();
}

/** Stored coordinates below 2p have two forms; pairs must be told equal or opposite in any. */
template <class Group>
void checkForms() {
  using Point = typename Group::Point;
  using Adder = PairAdder<Group>;
  const Point p = knownPoints<Point>(9, 5).points[8];
  constexpr std::size_t coordinates = sizeof(Point) / 32;
  const auto inForm = [&](const Point& point, unsigned form) {
    Words words[coordinates];
    Adder::write(point, words);
    for (std::size_t i = 0; i < coordinates; i++) {
      // Canonical, then one modulus more where asked for.
      Words lower;
      if (words::subtract(lower, words[i], FpParams::modulus) == 0) words[i] = lower;
      if ((form >> i) & 1) words::add(words[i], words[i], FpParams::modulus);
    }
    Point stored;
    std::memcpy(&stored, words, sizeof stored);
    return stored;
  };
  constexpr unsigned forms = 1u << coordinates;
  std::vector<Point> table, opposites;
  for (unsigned form = 0; form < forms; form++) {
    table.push_back(inForm(p, form));
    opposites.push_back(inForm(negated(p), form));
  }
  std::vector<Point> sums(2 * forms * forms), found(sums.size());
  Adder adder;
  adder.setSource(Source::stored);
  for (unsigned i = 0; i < forms * forms; i++) {
    adder.push(&table[i % forms], &table[i / forms], &sums[2 * i]);
    adder.push(&table[i % forms], &opposites[i / forms], &sums[2 * i + 1]);
  }
  adder.flush();
  Adder::readAll(sums, found);
  for (std::size_t i = 0; i < found.size(); i++) CHECK_EQUAL(found[i], i % 2 == 0 ? sumOf(p, p) : Point{});
}

TEST("a point meets itself and its opposite in any form of its coordinates below 2p") {
  if (!covers(ifmaBackend)) return;
  checkForms<G1Group<Lanes, TestedMultiply>>();
  checkForms<G2Group<Lanes, TestedMultiply>>();
}

}  // namespace
}  // namespace zkmargin::test

#else
#include "check.hpp"
TEST("another processor has no eight lanes") {
  std::printf("does not cover ifma: it is not compiled for this processor\n");
}
#endif
