// Proofs made from known discrete logarithms: the verification equation is one equation of scalars.
#include "../core/groth16/verify.hpp"

#include "check.hpp"
#include "curve-points.hpp"

namespace zkmargin {
namespace {

using test::Random;

struct Example {
  VerificationKeyPoints key;
  std::vector<G1Record> ic;
  Proof proof;
  std::vector<Words> signals;

  bool verifies() const {
    VerificationKeyPoints view = key;
    view.ic = ic;
    return verifyProof(view, proof, signals);
  }
};

G1Record record(const G1Affine& point) {
  G1Record result;
  std::memcpy(result.bytes, &point, sizeof point);
  return result;
}

/** With A = a G1 and B = b G2: C is (a b - alpha beta - ic gamma) / delta times G1. */
Example example(std::vector<Words> signals, std::uint64_t seed, bool infiniteA = false) {
  Random random{seed};
  const auto scalar = [&random] { return random.below(FrParams::modulus); };
  const auto in1 = [](const Words& log) { return test::times(test::generator1(), log); };
  const auto in2 = [](const Words& log) { return test::times(test::generator2(), log); };
  const Words alpha = scalar(), beta = scalar(), gamma = scalar(), delta = scalar(), a = infiniteA ? Words{} : scalar(), b = scalar();
  Example result;
  Words combined = scalar();
  result.ic.push_back(record(in1(combined)));
  for (const Words& signal : signals) {
    const Words log = scalar();
    result.ic.push_back(record(in1(log)));
    combined = test::added(combined, test::multiplied(log, signal));
  }
  Words c = test::subtracted(test::multiplied(a, b), test::multiplied(alpha, beta));
  c = test::multiplied(test::subtracted(c, test::multiplied(combined, gamma)), test::inverted(delta));
  result.key = {in1(alpha), in2(beta), in2(gamma), in2(delta), {}};
  result.proof = {in1(a), in2(b), in1(c)};
  result.signals = std::move(signals);
  return result;
}

Words minusOne() {
  Words value = FrParams::modulus;
  value[0]--;
  return value;
}

std::vector<Words> sevenSignals() {
  Random random{21};
  // The first and the last are zero: without the last the sum is the same.
  return {{}, {1, 0, 0, 0}, minusOne(), {~0ULL, 0, 0, 0}, random.below(FrParams::modulus), random.below(FrParams::modulus), {}};
}

/** The example with one thing changed no longer verifies. */
#define CHECK_REFUSED(change)      \
  do {                             \
    Example altered = good;        \
    change;                        \
    CHECK(!altered.verifies());    \
  } while (false)

}  // namespace

TEST("proofs that satisfy the equation verify, with any number of signals") {
  CHECK(example(sevenSignals(), 22).verifies());
  CHECK(example({}, 23).verifies());
  CHECK(example({{}}, 24).verifies());
  CHECK(example({minusOne()}, 25).verifies());
  // Infinity is a point of G1 like others.
  CHECK(example(sevenSignals(), 26, true).verifies());
}

TEST("a proof with another point is refused") {
  const Example good = example(sevenSignals(), 27);
  CHECK(good.verifies());
  const G1Affine p = test::generator1();
  const G2Affine q = test::generator2();
  CHECK_REFUSED(altered.proof.a = test::negated(good.proof.a));
  CHECK_REFUSED(altered.proof.b = test::negated(good.proof.b));
  CHECK_REFUSED(altered.proof.c = test::negated(good.proof.c));
  CHECK_REFUSED(altered.proof.a = test::plus(good.proof.a, p));
  CHECK_REFUSED(altered.proof.b = test::plus(good.proof.b, q));
  CHECK_REFUSED(altered.proof.c = test::plus(good.proof.c, p));
  CHECK_REFUSED(altered.proof.a = {});
  CHECK_REFUSED(altered.proof.b = {});
  CHECK_REFUSED(altered.proof.c = {});
  CHECK_REFUSED(std::swap(altered.proof.a, altered.proof.c));
  CHECK_REFUSED(altered.proof = example(sevenSignals(), 28).proof);
  // -A, -B is the same proof in other words: Groth16 proofs can be changed into others.
  Example other = good;
  other.proof.a = test::negated(good.proof.a);
  other.proof.b = test::negated(good.proof.b);
  CHECK(other.verifies());
}

TEST("a proof with a point that is not canonical, on the curve or in G2 is refused") {
  const Example good = example(sevenSignals(), 29);
  const auto raise = [](Fp& value) { words::add(value.words, value.words, FpParams::modulus); };
  CHECK_REFUSED(raise(altered.proof.a.x));
  CHECK_REFUSED(raise(altered.proof.a.y));
  CHECK_REFUSED(raise(altered.proof.b.x.c0));
  CHECK_REFUSED(raise(altered.proof.b.x.c1));
  CHECK_REFUSED(raise(altered.proof.b.y.c0));
  CHECK_REFUSED(raise(altered.proof.b.y.c1));
  CHECK_REFUSED(raise(altered.proof.c.x));
  CHECK_REFUSED(raise(altered.proof.c.y));
  CHECK_REFUSED(altered.proof.a.x.words[0] ^= 1);
  CHECK_REFUSED(altered.proof.b.y.c1.words[0] ^= 1);
  CHECK_REFUSED(altered.proof.c.y.words[1] ^= 1);
  Random random{30};
  const G2Affine outside = test::times(test::twistPoint(random), FrParams::modulus);
  CHECK_REFUSED(altered.proof.b = test::plus(good.proof.b, outside));
  CHECK_REFUSED(altered.proof.b = outside);
  // The equation alone does not see this: with A at infinity B has no part in it.
  Example infinite = example(sevenSignals(), 31, true);
  infinite.proof.b = test::plus(infinite.proof.b, outside);
  CHECK(!infinite.verifies());
}

TEST("a proof for other signals is refused, and so are signals not below r") {
  const Example good = example(sevenSignals(), 32);
  for (std::size_t i = 0; i < good.signals.size(); i++) {
    CHECK_REFUSED(altered.signals[i] = test::added(altered.signals[i], {1, 0, 0, 0}));
    CHECK_REFUSED(words::add(altered.signals[i], altered.signals[i], FrParams::modulus));
  }
  CHECK_REFUSED(altered.signals[0] = FrParams::modulus);
  CHECK_REFUSED(altered.signals[3] = (Words{~0ULL, ~0ULL, ~0ULL, ~0ULL}));
  for (std::size_t i = 0; i < good.signals.size(); i++) {
    for (std::size_t j = i + 1; j < good.signals.size(); j++) {
      if (good.signals[i] != good.signals[j]) CHECK_REFUSED(std::swap(altered.signals[i], altered.signals[j]));
    }
  }
  CHECK_REFUSED(altered.signals.pop_back());
  CHECK_REFUSED(altered.signals.push_back({}));
  CHECK_REFUSED(altered.signals.erase(altered.signals.begin()));
  CHECK_REFUSED(altered.signals.clear());
}

TEST("a proof for another key is refused") {
  const Example good = example(sevenSignals(), 33), other = example(sevenSignals(), 34);
  CHECK_REFUSED(altered.key.alpha1 = other.key.alpha1);
  CHECK_REFUSED(altered.key.beta2 = other.key.beta2);
  CHECK_REFUSED(altered.key.gamma2 = other.key.gamma2);
  CHECK_REFUSED(altered.key.delta2 = other.key.delta2);
  CHECK_REFUSED(altered.ic[0] = other.ic[0]);
  CHECK_REFUSED(altered.ic[2] = other.ic[2]);
  CHECK_REFUSED(altered.ic.clear());
  CHECK_REFUSED(altered.ic[7].bytes[0] ^= 1);
  // The signal of ic[1] is zero: only the check of the points themselves can see it.
  CHECK_REFUSED(altered.ic[1].bytes[0] ^= 1);
}

}  // namespace zkmargin
