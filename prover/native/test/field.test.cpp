// Both fields and all multiplications against an oracle that shifts and adds, and inverses against Fermat's.
#include "../core/field/adx.hpp"
#include "../core/field/element.hpp"
#include "check.hpp"
#include "random.hpp"

namespace zkmargin {
namespace {

using test::Random;

/** a + b mod p, for a, b < p < 2^254. */
Words oracleAdd(const Words& a, const Words& b, const Words& p) {
  Words sum{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; i++) {
    sum[i] = a[i] + b[i];
    const std::uint64_t overflow = sum[i] < a[i] ? 1 : 0;
    sum[i] += carry;
    carry = overflow | (sum[i] < carry ? 1 : 0);
  }
  std::size_t top = 3;
  while (top > 0 && sum[top] == p[top]) top--;
  if (sum[top] < p[top]) return sum;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; i++) {
    const std::uint64_t before = sum[i];
    sum[i] -= p[i] + borrow;
    borrow = before < p[i] || (borrow != 0 && before == p[i]) ? 1 : 0;
  }
  return sum;
}

/** a b mod p, for any a, and b < p: shift and add. */
Words oracleMultiply(const Words& a, const Words& b, const Words& p) {
  Words product{};
  for (std::size_t bit = 256; bit-- > 0;) {
    product = oracleAdd(product, product, p);
    if ((a[bit / 64] >> (bit % 64)) & 1) product = oracleAdd(product, b, p);
  }
  return product;
}

bool isBelow(const Words& a, const Words& p) {
  std::size_t i = 3;
  while (i > 0 && a[i] == p[i]) i--;
  return a[i] < p[i];
}

Words modulusMinus(const Words& p, std::uint64_t small) { return {p[0] - small, p[1], p[2], p[3]}; }

/** Below p: where carries and the last subtraction change, and random ones. */
std::vector<Words> operands(const Words& p, Random& random) {
  std::vector<Words> values{{0, 0, 0, 0},
                            {1, 0, 0, 0},
                            {2, 0, 0, 0},
                            modulusMinus(p, 1),
                            modulusMinus(p, 2),
                            {~0ULL, 0, 0, 0},
                            {0, 1, 0, 0},
                            {~0ULL, ~0ULL, 0, 0},
                            {~0ULL, ~0ULL, ~0ULL, 0},
                            {0, 0, 0, p[3]},
                            {~0ULL, ~0ULL, ~0ULL, p[3] - 1},
                            {p[0], p[1], p[2], 0},
                            {p[0] / 2 + 1, p[1] / 2, p[2] / 2, p[3] / 2}};
  for (int i = 0; i < 60; i++) values.push_back(random.below(p));
  return values;
}

constexpr Words allOnes{~0ULL, ~0ULL, ~0ULL, ~0ULL};

template <class Params, class Multiply>
void checkAgainstOracle() {
  using F = Field<Params, Multiply>;
  const Words p = Params::modulus;
  Random random{1};
  const std::vector<Words> values = operands(p, random);
  Words radix{1, 0, 0, 0};
  for (int i = 0; i < 256; i++) radix = oracleAdd(radix, radix, p);
  const Words zero{};
  for (const Words& a : values) {
    for (const Words& b : values) {
      const Words product = F::multiply({a}, {b}).words;
      CHECK(isBelow(product, p));
      CHECK_EQUAL(oracleMultiply(product, radix, p), oracleMultiply(a, b, p));
      CHECK_EQUAL(F::add({a}, {b}).words, oracleAdd(a, b, p));
      const Words difference = F::subtract({a}, {b}).words;
      CHECK(isBelow(difference, p));
      CHECK_EQUAL(oracleAdd(difference, b, p), a);
    }
    CHECK_EQUAL(F::twice({a}).words, oracleAdd(a, a, p));
    CHECK_EQUAL(F::square({a}).words, F::multiply({a}, {a}).words);
    CHECK(isBelow(F::negate({a}).words, p));
    CHECK_EQUAL(oracleAdd(F::negate({a}).words, a, p), zero);
    CHECK_EQUAL(F::fromInteger(a).words, oracleMultiply(a, radix, p));
    CHECK_EQUAL(F::toInteger(F::fromInteger(a)), a);
    CHECK(F::isCanonical(a));
  }
  CHECK_EQUAL(F::one().words, radix);
  CHECK_EQUAL(F::toInteger(F::one()), (Words{1, 0, 0, 0}));
  CHECK(!F::isCanonical(p));
  CHECK(!F::isCanonical(allOnes));
}

template <class Params, class Multiply>
void checkWideOperands() {
  const Words p = Params::modulus;
  Random random{2};
  std::vector<Words> wide{allOnes, p, {~0ULL, ~0ULL, ~0ULL, 1ULL << 63}, {0, 0, 0, ~0ULL}, {p[0] + 1, p[1], p[2], p[3]}};
  for (int i = 0; i < 200; i++) wide.push_back(random.words());
  const Words radix = oracleMultiply(allOnes, Words{1, 0, 0, 0}, p);
  const Words exact = oracleAdd(radix, {1, 0, 0, 0}, p);
  for (const Words& a : wide) {
    for (const Words& b : {modulusMinus(p, 1), Words{1, 0, 0, 0}, Words{}, random.below(p)}) {
      Words product{};
      Multiply::template multiply<Params>(product, a, b);
      CHECK(isBelow(product, p));
      CHECK_EQUAL(oracleMultiply(product, exact, p), oracleMultiply(a, b, p));
    }
    CHECK_EQUAL((Field<Params, Multiply>::fromInteger(a).words), oracleMultiply(a, exact, p));
  }
}

template <class Params>
void checkInverses() {
  using F = Field<Params, PortableMultiply>;
  const Words p = Params::modulus;
  Random random{3};
  std::vector<Words> values = operands(p, random);
  for (unsigned bit = 0; bit < 253; bit++) {
    Words power{};
    power[bit / 64] = 1ULL << (bit % 64);
    values.push_back(power);
  }
  for (int i = 0; i < 1000; i++) values.push_back(random.below(p));
  for (const Words& a : values) {
    const Words inverse = inverseOf(Element<Params>{a}).words;
    CHECK_EQUAL(inverse, F::power({a}, Montgomery<Params>::minusTwo).words);
    CHECK_EQUAL(F::inverse({a}).words, inverse);
  }
  CHECK(inverseOf(Element<Params>{}).isZero());
  CHECK_EQUAL(inverseOf(F::one()).words, F::one().words);
}

template <class Params>
void checkSameResults([[maybe_unused]] std::uint64_t seed) {
#if defined(__x86_64__)
  if (!AdxMultiply::available()) return;
  Random random{seed};
  for (int i = 0; i < 20000; i++) {
    const Words a = random.words(), b = random.below(Params::modulus), c = random.below(Params::modulus);
    Words portable{}, adx{};
    PortableMultiply::multiply<Params>(portable, a, b);
    AdxMultiply::multiply<Params>(adx, a, b);
    CHECK_EQUAL(adx, portable);
    CHECK_EQUAL((Field<Params, AdxMultiply>::add({b}, {c}).words), (Field<Params, PortableMultiply>::add({b}, {c}).words));
    CHECK_EQUAL((Field<Params, AdxMultiply>::subtract({b}, {c}).words), (Field<Params, PortableMultiply>::subtract({b}, {c}).words));
  }
#endif
}

}  // namespace

TEST("the portable field arithmetic agrees with shift-and-add on edge and random values") {
  checkAgainstOracle<FpParams, PortableMultiply>();
  checkAgainstOracle<FrParams, PortableMultiply>();
}

TEST("a portable product is right and canonical when one factor has all 256 bits") {
  checkWideOperands<FpParams, PortableMultiply>();
  checkWideOperands<FrParams, PortableMultiply>();
}

#if defined(__x86_64__)
TEST("the ADX field arithmetic agrees with shift-and-add on edge and random values") {
  if (!AdxMultiply::available()) return;
  checkAgainstOracle<FpParams, AdxMultiply>();
  checkAgainstOracle<FrParams, AdxMultiply>();
}

TEST("an ADX product is right and canonical when one factor has all 256 bits") {
  if (!AdxMultiply::available()) return;
  checkWideOperands<FpParams, AdxMultiply>();
  checkWideOperands<FrParams, AdxMultiply>();
}
#endif

TEST("portable and ADX arithmetic give the same words") {
  checkSameResults<FpParams>(4);
  checkSameResults<FrParams>(5);
}

TEST("an inverse by division steps is Fermat's, and that of zero is zero") {
  checkInverses<FpParams>();
  checkInverses<FrParams>();
}

}  // namespace zkmargin
