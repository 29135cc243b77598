// Transforms and the quotient polynomial by their definitions, in all back ends.
#include "../core/aligned.hpp"
#include "affine-oracle.hpp"
#include "check.hpp"
#include "coverage.hpp"

namespace zkmargin::test {
namespace {

using F = PlainFr;

/** 5^((r - 1) / 2^power), by which snarkjs's roots are defined. */
Fr rootOfOrder(unsigned power) {
  Words exponent = FrParams::modulus;
  exponent[0] -= 1;
  for (unsigned i = 0; i < power; i++) {
    for (std::size_t word = 0; word < 4; word++) exponent[word] = (exponent[word] >> 1) | (word < 3 ? exponent[word + 1] << 63 : 0);
  }
  Fr root = F::one(), square = F::fromInteger(5);
  for (unsigned bit = 0; bit < 256; bit++) {
    if ((exponent[bit / 64] >> (bit % 64)) & 1) root = F::multiply(root, square);
    square = F::multiply(square, square);
  }
  return root;
}

Fr evaluated(const std::vector<Fr>& coefficients, const Fr& at) {
  Fr value{};
  for (std::size_t i = coefficients.size(); i-- > 0;) value = F::add(F::multiply(value, at), coefficients[i]);
  return value;
}

/** At first x ratio^i for each i below count. */
std::vector<Fr> evaluatedAtAll(const std::vector<Fr>& coefficients, Fr first, const Fr& ratio, std::size_t count) {
  std::vector<Fr> values(count);
  for (auto& each : values) {
    each = evaluated(coefficients, first);
    first = F::multiply(first, ratio);
  }
  return values;
}

/** The coefficients of the polynomial with these values at the powers of the root, by the sum over the inverse root's. */
std::vector<Fr> interpolated(const std::vector<Fr>& values, const Fr& root) {
  std::vector<Fr> coefficients = evaluatedAtAll(values, F::one(), F::inverse(root), values.size());
  const Fr scale = F::inverse(F::fromInteger(values.size()));
  for (auto& each : coefficients) each = F::multiply(each, scale);
  return coefficients;
}

std::vector<Fr> randomValues(std::size_t count, Random& random) {
  std::vector<Fr> values(count);
  for (auto& each : values) each = {random.below(FrParams::modulus)};
  return values;
}
Fr highest() {
  Fr value{FrParams::modulus};
  value.words[0] -= 1;
  return value;
}

/** Random ones; all as high as can be; one alone; none. */
std::vector<std::vector<Fr>> inputsOf(std::size_t count, Random& random) {
  std::vector<Fr> one(count);
  one[count / 2] = highest();
  std::vector<Fr> mixed = randomValues(count, random);
  for (std::size_t i = 0; i < count; i += 3) mixed[i] = i % 2 == 0 ? Fr{} : highest();
  return {randomValues(count, random), std::vector<Fr>(count, highest()), one, std::vector<Fr>(count), mixed};
}

TEST("a transform evaluates at the roots of unity, and its inverse takes that back") {
  Random random{21};
  for (unsigned power = 0; power <= 9; power++) {
    const std::size_t n = std::size_t{1} << power;
    const Fr root = rootOfOrder(power);
    for (const std::vector<Fr>& coefficients : inputsOf(n, random)) {
      const std::vector<Fr> expected = evaluatedAtAll(coefficients, F::one(), root, n);
      forEachBackend([&](const Backend& backend) {
        const auto domain = backend.makeDomain(power);
        CHECK_EQUAL(domain->power, power);
        std::vector<Fr> values = coefficients;
        backend.transform(*domain, values, false);
        CHECK(values == expected);
        backend.transform(*domain, values, true);
        CHECK(values == coefficients);
        // The other way round.
        backend.transform(*domain, values, true);
        backend.transform(*domain, values, false);
        CHECK(values == coefficients);
      });
    }
  }
}

// p(z) = (z^n - 1) / n x sum of p(w^i) w^i / (z - w^i): at a random z, wrong values agree with a probability below 2^-200.
TEST("large transforms agree with their polynomial at a random point") {
  Random random{22};
  for (const unsigned power : {10u, 11u, 12u, 14u}) {
    const std::size_t n = std::size_t{1} << power;
    const std::vector<Fr> coefficients = randomValues(n, random);
    const Fr z{random.below(FrParams::modulus)}, root = rootOfOrder(power);
    const Fr expected = evaluated(coefficients, z);
    std::vector<Fr> weights(n), prefixes(n);
    Fr product = F::one(), place = F::one();
    for (std::size_t i = 0; i < n; i++) {
      weights[i] = F::subtract(z, place);
      prefixes[i] = product;
      product = F::multiply(product, weights[i]);
      place = F::multiply(place, root);
    }
    Fr inverse = F::inverse(product);
    const Fr back = F::inverse(root);
    for (std::size_t i = n; i-- > 0;) {
      place = F::multiply(place, back);
      const Fr difference = weights[i];
      weights[i] = F::multiply(F::multiply(inverse, prefixes[i]), place);
      inverse = F::multiply(inverse, difference);
    }
    Fr vanishing = z;
    for (unsigned i = 0; i < power; i++) vanishing = F::multiply(vanishing, vanishing);
    const Fr scale = F::multiply(F::subtract(vanishing, F::one()), F::inverse(F::fromInteger(n)));
    forEachBackend([&](const Backend& backend) {
      const auto domain = backend.makeDomain(power);
      std::vector<Fr> values = coefficients;
      backend.transform(*domain, values, false);
      Fr sum{};
      for (std::size_t i = 0; i < n; i++) sum = F::add(sum, F::multiply(weights[i], values[i]));
      CHECK_EQUAL(F::multiply(sum, scale), expected);
      backend.transform(*domain, values, true);
      CHECK(values == coefficients);
    });
  }
}

TEST("a domain beyond the field's roots of unity is refused") {
  forEachBackend([&](const Backend& backend) { CHECK_THROWS(EngineError, backend.makeDomain(28), "domain 2^28"); });
}

TEST("a quotient is A B - C on the coset, by interpolation") {
  Random random{23};
  for (unsigned power = 0; power <= 8; power++) {
    const std::size_t n = std::size_t{1} << power;
    const Fr root = rootOfOrder(power), shift = rootOfOrder(power + 1);
    const std::vector<std::vector<Fr>> lefts = inputsOf(n, random), rights = inputsOf(n, random);
    for (std::size_t input = 0; input < lefts.size(); input++) {
      if (power > 6 && input > 0) break;
      const std::vector<Fr>& a = lefts[input];
      const std::vector<Fr>& b = rights[(input + (power % 2)) % rights.size()];
      std::vector<Fr> c(n);
      for (std::size_t i = 0; i < n; i++) c[i] = F::multiply(a[i], b[i]);
      const auto onCoset = [&](const std::vector<Fr>& values) { return evaluatedAtAll(interpolated(values, root), shift, root, n); };
      const std::vector<Fr> left = onCoset(a), right = onCoset(b), product = onCoset(c);
      std::vector<Words> expected(n);
      for (std::size_t i = 0; i < n; i++) expected[i] = F::toInteger(F::subtract(F::multiply(left[i], right[i]), product[i]));
      forEachBackend([&](const Backend& backend) {
        const auto domain = backend.makeDomain(power);
        for (const unsigned count : {1u, 3u}) {
          Threads threads(count);
          std::vector<Words> h(n, FrParams::modulus);
          backend.quotient(*domain, a, b, h, threads);
          CHECK(h == expected);
        }
      });
    }
  }
}

TEST("a large quotient vanishes against the definition at one place, and is the same in all back ends on any number of threads") {
  constexpr unsigned power = 13;
  constexpr std::size_t n = std::size_t{1} << power;
  Random random{24};
  const std::vector<Fr> a = randomValues(n, random), b = randomValues(n, random);
  std::vector<Fr> c(n);
  for (std::size_t i = 0; i < n; i++) c[i] = F::multiply(a[i], b[i]);
  // Lagrange's formula at the coset's places 0 and 5000: (x^n - 1) / n x sum of values[i] w^i / (x - w^i), where x^n = -1.
  const Fr root = rootOfOrder(power), shift = rootOfOrder(power + 1);
  const auto definition = [&](std::size_t place) {
    Fr x = shift;
    for (std::size_t i = 0; i < place; i++) x = F::multiply(x, root);
    Fr sums[3]{}, at = F::one();
    for (std::size_t i = 0; i < n; i++) {
      const Fr weight = F::multiply(at, F::inverse(F::subtract(x, at)));
      for (std::size_t k = 0; k < 3; k++) sums[k] = F::add(sums[k], F::multiply(weight, (k == 0 ? a : k == 1 ? b : c)[i]));
      at = F::multiply(at, root);
    }
    const Fr scale = F::multiply(F::subtract(Fr{}, F::fromInteger(2)), F::inverse(F::fromInteger(n)));
    for (auto& sum : sums) sum = F::multiply(sum, scale);
    return F::toInteger(F::subtract(F::multiply(sums[0], sums[1]), sums[2]));
  };
  std::vector<Words> first;
  forEachBackend([&](const Backend& backend) {
    const auto domain = backend.makeDomain(power);
    for (const unsigned count : {1u, 2u, 7u}) {
      Threads threads(count);
      std::vector<Words> h(n);
      backend.quotient(*domain, a, b, h, threads);
      if (first.empty()) {
        first = h;
        for (const std::size_t place : {std::size_t{0}, std::size_t{5000}}) CHECK_EQUAL(h[place], definition(place));
      }
      CHECK(h == first);
    }
  });
}

}  // namespace
}  // namespace zkmargin::test
