// Multiples of points in all back ends: against double and add, and against arithmetic with the points' logarithms.
#include "../core/field/adx.hpp"
#include "../core/msm/fixed-base.hpp"
#include "affine-oracle.hpp"
#include "check.hpp"
#include "coverage.hpp"

namespace zkmargin::test {
namespace {

constexpr Words r = FrParams::modulus;

Words minus(const Words& a, std::uint64_t b) {
  Words difference;
  words::subtract(difference, a, Words{b, 0, 0, 0});
  return difference;
}
Words opposite(const Words& a) {
  Words difference;
  words::subtract(difference, r, a);
  return words::isZero(a) ? a : difference;
}
Words powerOfTwo(unsigned exponent) {
  Words power{};
  power[exponent / 64] = std::uint64_t{1} << (exponent % 64);
  return power;
}

template <class Point>
std::span<const Record<Point>> recordsOf(const std::vector<Point>& points) {
  return {reinterpret_cast<const Record<Point>*>(points.data()), points.size()};
}
template <class Point>
Point multiply(const Backend& backend, const std::vector<Point>& points, const std::vector<Words>& scalars, Threads& threads) {
  if constexpr (sizeof(Point) == 64) return backend.multiplyG1(recordsOf(points), scalars, threads);
  else return backend.multiplyG2(recordsOf(points), scalars, threads);
}
template <class Point>
std::vector<Point> multiplyBase(const Backend& backend, const Point& base, const std::vector<Words>& scalars, Threads& threads) {
  std::vector<Point> products(scalars.size(), base);
  if constexpr (sizeof(Point) == 64) backend.multiplyBaseG1(base, scalars, products, threads);
  else backend.multiplyBaseG2(base, scalars, products, threads);
  return products;
}

/** (sum of scalars[i] x logarithms[i]) x generator */
template <class Point>
Point expected(const KnownPoints<Point>& known, const std::vector<Words>& scalars) {
  Fr sum{};
  for (std::size_t i = 0; i < scalars.size(); i++) sum = PlainFr::add(sum, PlainFr::multiply(known.logarithms[i], PlainFr::fromInteger(scalars[i])));
  return multipleOf(PlainCurve<Point>::generator(), PlainFr::toInteger(sum));
}

template <class Point>
KnownPoints<Point> firstOf(const KnownPoints<Point>& known, std::size_t count) {
  const auto end = static_cast<std::ptrdiff_t>(count);
  return {{known.points.begin(), known.points.begin() + end}, {known.logarithms.begin(), known.logarithms.begin() + end}};
}

template <class Make>
std::vector<Words> scalarsOf(std::size_t count, const Make& make) {
  std::vector<Words> scalars(count);
  for (std::size_t i = 0; i < count; i++) scalars[i] = make(i);
  return scalars;
}

template <class Point>
void checkSmallSizes() {
  const KnownPoints<Point> all = knownPoints<Point>(33, 3);
  Random random{4};
  for (const std::size_t count : {0, 1, 2, 3, 31, 32, 33}) {
    const KnownPoints<Point> known = firstOf(all, count);
    const std::vector<Words> scalars = scalarsOf(count, [&](std::size_t) { return random.below(r); });
    Point sum{};
    for (std::size_t i = 0; i < count; i++) sum = sumOf(sum, multipleOf(known.points[i], scalars[i]));
    CHECK_EQUAL(expected(known, scalars), sum);
    forEachBackend([&](const Backend& backend) {
      for (const unsigned count_ : {1u, 3u}) {
        Threads threads(count_);
        CHECK_EQUAL(multiply(backend, known.points, scalars, threads), sum);
      }
    });
  }
}
TEST("sums of few multiples are those of double and add, in G1") { checkSmallSizes<G1Affine>(); }
TEST("sums of few multiples are those of double and add, in G2") { checkSmallSizes<G2Affine>(); }

struct Case {
  const char* name;
  std::vector<Words> scalars;
};

std::vector<Case> casesOf(std::size_t count, Random& random) {
  return {
      {"random", scalarsOf(count, [&](std::size_t) { return random.below(r); })},
      {"zeros, ones, small ones and small negatives",
       scalarsOf(count, [&](std::size_t i) -> Words {
         if (i % 10 < 6) return {random.word() % 2, 0, 0, 0};
         if (i % 10 < 7) return minus(r, 1 + random.word() % 1000);
         if (i % 10 < 8) return {random.word() >> (random.word() % 64), 0, 0, 0};
         return random.below(r);
       })},
      {"all the same", std::vector<Words>(count, random.below(r))},
      {"all r - 1", std::vector<Words>(count, minus(r, 1))},
      {"all zero", std::vector<Words>(count)},
      {"all one", std::vector<Words>(count, Words{1, 0, 0, 0})},
      {"alternating opposites", scalarsOf(count, [](std::size_t i) { return i % 2 == 0 ? Words{77, 1, 0, 0} : opposite({77, 1, 0, 0}); })},
  };
}

template <class Point>
void checkCases(KnownPoints<Point> known, std::size_t infinities, std::span<const unsigned> threadCounts, std::size_t cases = SIZE_MAX) {
  Random random{known.size()};
  for (std::size_t i = 0; i < infinities; i++) {
    const std::size_t at = random.word() % known.size();
    known.points[at] = {};
    known.logarithms[at] = {};
  }
  for (const Case& each : casesOf(known.size(), random)) {
    if (cases-- == 0) break;
    const Point sum = expected(known, each.scalars);
    forEachBackend([&](const Backend& backend) {
      for (const unsigned count : threadCounts) {
        Threads threads(count);
        if (multiply(backend, known.points, each.scalars, threads) == sum) continue;
        fail(__FILE__, __LINE__, std::string(backend.name) + ", " + std::to_string(known.size()) + " scalars, " + each.name + ", " + std::to_string(count) + " threads");
      }
    });
  }
}

TEST("sums of multiples follow from the points' logarithms, on any number of threads") {
  static constexpr unsigned counts[] = {1, 2, 3, 7};
  checkCases(knownPoints<G1Affine>(1000, 5), 60, counts);
  checkCases(knownPoints<G2Affine>(200, 6), 20, counts);
}

// The buckets of equal scalars are as long as the table: longer than one task's part of it, 4096 to 32768 points.
TEST("sums of thousands of multiples follow from the points' logarithms, where one bucket is many tasks' work") {
  static constexpr unsigned counts[] = {2};
  checkCases(knownPoints<G1Affine>(20'011, 7), 100, counts, 3);
  checkCases(knownPoints<G2Affine>(6'007, 8), 30, counts, 3);
}

template <class Point>
void checkEqualPoints(std::size_t count) {
  Random random{9};
  const KnownPoints<Point> one = knownPoints<Point>(2, 10);
  KnownPoints<Point> known;
  for (std::size_t i = 0; i < count; i++) known.push(i % 2 == 0 ? one.points[1] : negated(one.points[1]), i % 2 == 0 ? one.logarithms[1] : PlainFr::negate(one.logarithms[1]));
  static constexpr unsigned counts[] = {2};
  checkCases(known, 0, counts);
  for (std::size_t i = 0; i < count; i++) {
    known.points[i] = one.points[1];
    known.logarithms[i] = one.logarithms[1];
  }
  checkCases(known, 0, counts);
}
TEST("sums of multiples of one point and its opposite follow from its logarithm") {
  checkEqualPoints<G1Affine>(900);
  checkEqualPoints<G2Affine>(100);
}

// Digits carry from window to window at these, at each width of windows somewhere.
TEST("scalars around powers of two, and their opposites, carry right") {
  const KnownPoints<G1Affine> two = knownPoints<G1Affine>(2, 12);
  std::vector<Words> all;
  G1Affine power = two.points[0], other = two.points[1];
  for (unsigned k = 0; k < 254; k++) {
    const Words exact = powerOfTwo(k), below = minus(exact, 1);
    if (!words::less(exact, r)) break;
    const G1Affine sum = sumOf(power, sumOf(other, negated(two.points[1])));
    forEachBackend([&](const Backend& backend) {
      Threads threads(1);
      CHECK_EQUAL(multiply(backend, two.points, {exact, below}, threads), sum);
      CHECK_EQUAL(multiply(backend, two.points, {opposite(exact), opposite(below)}, threads), negated(sum));
    });
    for (const Words& each : {exact, below, opposite(exact), opposite(below)}) all.push_back(each);
    power = sumOf(power, power);
    other = sumOf(other, other);
  }
  // The halves of r are where a scalar's opposite becomes shorter than itself.
  Words half = r;
  for (std::size_t i = 0; i < 4; i++) half[i] = (r[i] >> 1) | (i < 3 ? r[i + 1] << 63 : 0);
  for (const std::uint64_t distance : {0, 1, 2}) all.push_back(minus(half, distance));
  for (std::size_t distance = 1; distance < 4; distance++) all.push_back(opposite(minus(half, distance - 1)));
  CHECK(all.size() > 1000);
  const KnownPoints<G1Affine> known = knownPoints<G1Affine>(all.size(), 13);
  const G1Affine sum = expected(known, all);
  forEachBackend([&](const Backend& backend) {
    Threads threads(2);
    CHECK_EQUAL(multiply(backend, known.points, all, threads), sum);
  });
}

// Many short scalars make wide windows: one of all their bits.
TEST("windows are right in every width") {
  const KnownPoints<G1Affine> known = knownPoints<G1Affine>(64, 14);
  Random random{15};
  for (const auto& [bits, count] : {std::pair<unsigned, std::size_t>{15, 100'000}, {14, 40'000}, {12, 20'000}, {10, 6'000}, {8, 2'000}, {5, 400}, {1, 100}}) {
    std::vector<G1Affine> points(count);
    std::vector<Words> scalars(count);
    // What the multiples of each point add up to, for a short oracle.
    std::vector<Fr> totals(known.size());
    for (std::size_t i = 0; i < count; i++) {
      const std::size_t point = random.word() % known.size();
      points[i] = known.points[point];
      scalars[i] = {random.word() & ((std::uint64_t{1} << bits) - 1), 0, 0, 0};
      if (i % 3 == 0) scalars[i] = opposite(scalars[i]);
      totals[point] = PlainFr::add(totals[point], PlainFr::fromInteger(scalars[i]));
    }
    const G1Affine sum = expected(known, scalarsOf(known.size(), [&](std::size_t i) { return PlainFr::toInteger(totals[i]); }));
    forEachBackend([&](const Backend& backend) {
      Threads threads(2);
      CHECK_EQUAL(multiply(backend, points, scalars, threads), sum);
    });
  }
}

template <class Point>
void checkBases(std::size_t many) {
  Random random{16};
  std::vector<Words> scalars{{0, 0, 0, 0}, {1, 0, 0, 0}, {2, 0, 0, 0}, minus(r, 1), minus(r, 2)};
  for (unsigned k = 1; k < 254; k++) {
    if (!words::less(powerOfTwo(k), r)) break;
    for (const Words& each : {powerOfTwo(k), minus(powerOfTwo(k), 1)}) scalars.push_back(each);
  }
  const Point base = knownPoints<Point>(3, 17).points[2];
  std::vector<Point> products{{}, base, sumOf(base, base), negated(base), negated(sumOf(base, base))};
  for (Point power = sumOf(base, base); products.size() < scalars.size(); power = sumOf(power, power)) {
    products.push_back(power);
    products.push_back(sumOf(power, negated(base)));
  }
  while (scalars.size() < many) scalars.push_back(random.below(r));
  std::vector<Point> first;
  forEachBackend([&](const Backend& backend) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{5}, products.size(), many}) {
      Threads threads(count == many ? 2 : 3);
      const std::vector<Words> some(scalars.begin(), scalars.begin() + static_cast<std::ptrdiff_t>(count));
      const std::vector<Point> found = multiplyBase(backend, base, some, threads);
      for (std::size_t i = 0; i < std::min(count, products.size()); i++) CHECK_EQUAL(found[i], products[i]);
      if (count != many) continue;
      // Naively for some of them; all back ends alike for all.
      for (std::size_t i = products.size(); i < many; i += 97) CHECK_EQUAL(found[i], multipleOf(base, scalars[i]));
      if (first.empty()) first = found;
      CHECK(found == first);
    }
    Threads threads(1);
    CHECK(multiplyBase(backend, Point{}, {{0, 0, 0, 0}, {1, 0, 0, 0}, {5, 0, 0, 1}}, threads) == std::vector<Point>(3));
  });
}
TEST("multiples of one point of G1 are those of double and add") { checkBases<G1Affine>(3000); }
TEST("multiples of one point of G2 are those of double and add") { checkBases<G2Affine>(800); }

TEST("tables of every width make the same multiples of a point") {
  using Group = G1Group<ScalarLanes<FpParams, PortableMultiply>, PortableMultiply>;
  Random random{18};
  std::vector<Words> scalars{{1, 0, 0, 0}, minus(r, 1), minus(powerOfTwo(253), 1)};
  for (int i = 0; i < 12; i++) scalars.push_back(random.below(r));
  const G1Affine base = PlainCurve<G1Affine>::generator();
  std::vector<G1Affine> products(scalars.size());
  Threads threads(2);
  std::vector<G1Affine> naive;
  for (const Words& scalar : scalars) naive.push_back(multipleOf(base, scalar));
  // The number that the table is made for decides its width: 2 to 13 bits.
  for (std::size_t count = 1; count <= 65536; count *= 2) {
    FixedBase<Group>(base, count, threads).multiply(scalars, products, threads);
    CHECK(products == naive);
  }
}

}  // namespace
}  // namespace zkmargin::test
