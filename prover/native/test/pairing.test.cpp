#include "../core/curve/pairing.hpp"

#include "../core/field/adx.hpp"
#include "check.hpp"
#include "curve-points.hpp"

namespace zkmargin {
namespace {

using test::Random;

/** The coefficients of 1, w, ..., w^5 over Fp2. */
using Coefficients = std::array<Fp2, 6>;

Coefficients coefficients(const Fp12& a) { return {a.c0.c0, a.c1.c0, a.c0.c1, a.c1.c1, a.c0.c2, a.c1.c2}; }
Fp12 fromCoefficients(const Coefficients& a) { return {{a[0], a[2], a[4]}, {a[1], a[3], a[5]}}; }

template <class F>
Fp2 schoolbook(const Fp2& a, const Fp2& b) {
  return {F::subtract(F::multiply(a.c0, b.c0), F::multiply(a.c1, b.c1)), F::add(F::multiply(a.c0, b.c1), F::multiply(a.c1, b.c0))};
}

/** Modulo w^6 = 9 + u, product by product. */
template <class F>
Fp12 schoolbook(const Fp12& a, const Fp12& b) {
  const Coefficients x = coefficients(a), y = coefficients(b);
  const Fp2 xi{F::fromInteger(9), F::one()};
  Coefficients sum{};
  for (std::size_t i = 0; i < 6; i++) {
    for (std::size_t k = 0; k < 6; k++) {
      Fp2 term = schoolbook<F>(x[i], y[k]);
      if (i + k >= 6) term = schoolbook<F>(term, xi);
      Fp2& target = sum[(i + k) % 6];
      target = {F::add(target.c0, term.c0), F::add(target.c1, term.c1)};
    }
  }
  return fromCoefficients(sum);
}

template <class F>
Fp2 randomFp2(Random& random) {
  return {F::fromInteger(random.words()), F::fromInteger(random.words())};
}

template <class F>
Fp12 randomFp12(Random& random) {
  Coefficients c{};
  for (Fp2& coefficient : c) coefficient = randomFp2<F>(random);
  return fromCoefficients(c);
}

template <class F>
Fp12 power(const Fp12& base, const Words& exponent) {
  Fp12 result = Fp12Field<F>::one();
  for (std::size_t bit = 256; bit-- > 0;) {
    result = Fp12Field<F>::square(result);
    if ((exponent[bit / 64] >> (bit % 64)) & 1) result = Fp12Field<F>::multiply(result, base);
  }
  return result;
}

template <class F>
void checkTower() {
  using K = Fp2Field<F>;
  using S = Fp6Field<F>;
  using T = Fp12Field<F>;
  Random random{11};
  for (int i = 0; i < 20; i++) {
    const Fp2 a = randomFp2<F>(random), b = randomFp2<F>(random);
    CHECK_EQUAL(K::multiply(a, b), schoolbook<F>(a, b));
    CHECK_EQUAL(K::square(a), schoolbook<F>(a, a));
    CHECK_EQUAL(K::multiply(a, K::inverse(a)), K::one());
    CHECK_EQUAL(K::multiplyByXi(a), schoolbook<F>(a, {F::fromInteger(9), F::one()}));
    CHECK_EQUAL(K::multiplyByScalar(a, b.c0), schoolbook<F>(a, {b.c0, F::zero()}));
    CHECK_EQUAL(K::conjugate(a), K::power(a, FpParams::modulus));
    CHECK_EQUAL(K::add(K::subtract(a, b), b), a);
    CHECK_EQUAL(K::add(a, K::negate(a)), K::zero());
    CHECK_EQUAL(K::twice(a), K::add(a, a));

    const Fp12 f = randomFp12<F>(random), g = randomFp12<F>(random);
    CHECK_EQUAL(T::multiply(f, g), schoolbook<F>(f, g));
    CHECK_EQUAL(T::square(f), schoolbook<F>(f, f));
    CHECK_EQUAL(T::multiply(f, T::inverse(f)), T::one());
    CHECK_EQUAL(S::multiply(f.c0, S::inverse(f.c0)), S::one());
    CHECK_EQUAL(T::multiplyByLine(f, a, b, g.c0.c0), schoolbook<F>(f, fromCoefficients({a, b, Fp2{}, g.c0.c0, Fp2{}, Fp2{}})));
    CHECK_EQUAL(Pairing<F>::frobenius(f, 1), power<F>(f, FpParams::modulus));

    // To the power (p^6 - 1)(p^2 + 1): into the cyclotomic subgroup.
    Fp12 cyclotomic = T::multiply(Pairing<F>::frobenius(f, 6), T::inverse(f));
    CHECK_EQUAL(Pairing<F>::frobenius(f, 6), T::conjugate(f));
    cyclotomic = T::multiply(Pairing<F>::frobenius(cyclotomic, 2), cyclotomic);
    CHECK_EQUAL(T::cyclotomicSquare(cyclotomic), schoolbook<F>(cyclotomic, cyclotomic));
    CHECK_EQUAL(T::multiply(cyclotomic, T::conjugate(cyclotomic)), T::one());
  }
  CHECK_EQUAL(K::inverse(K::zero()), K::zero());
  CHECK_EQUAL(T::inverse(T::zero()), T::zero());
}

template <class F>
Fp12 pairing(const G1Affine& p, const G2Affine& q) {
  const PairingPair pair{p, q};
  return Pairing<F>::finalPower(Pairing<F>::millerLoop({&pair, 1}));
}

template <class F>
void checkBilinear() {
  using T = Fp12Field<F>;
  const G1Affine p = test::generator1();
  const G2Affine& q = test::generator2();
  const Fp12 base = pairing<F>(p, q);
  CHECK(base != T::one());
  CHECK(base != T::zero());
  CHECK_EQUAL(power<F>(base, FrParams::modulus), T::one());
  Random random{12};
  for (int i = 0; i < 4; i++) {
    const Words a = random.below(FrParams::modulus), b = random.below(FrParams::modulus);
    const G1Affine ap = test::times(p, a);
    const G2Affine bq = test::times(q, b);
    const Fp12 expected = power<F>(base, test::multiplied(a, b));
    CHECK_EQUAL(pairing<F>(ap, bq), expected);
    CHECK_EQUAL(pairing<F>(test::times(p, b), test::times(q, a)), expected);
    CHECK_EQUAL(pairing<F>(test::negated(ap), bq), T::conjugate(expected));
    CHECK_EQUAL(pairing<F>(test::plus(ap, p), bq), T::multiply(expected, pairing<F>(p, bq)));
    CHECK_EQUAL(pairing<F>(ap, test::plus(bq, q)), T::multiply(expected, pairing<F>(ap, q)));
  }
  CHECK_EQUAL(pairing<F>({}, q), T::one());
  CHECK_EQUAL(pairing<F>(p, {}), T::one());
}

/** A polynomial in the curve's parameter, constant first. */
using Polynomial = std::array<__int128, 24>;

Polynomial product(const Polynomial& a, const Polynomial& b) {
  Polynomial result{};
  for (std::size_t i = 0; i < a.size(); i++) {
    for (std::size_t k = 0; i + k < b.size(); k++) result[i + k] += a[i] * b[k];
  }
  return result;
}

Polynomial sum(const Polynomial& a, const Polynomial& b) {
  Polynomial result{};
  for (std::size_t i = 0; i < a.size(); i++) result[i] = a[i] + b[i];
  return result;
}

}  // namespace

TEST("the tower's products, squares, inverses and Frobenius maps agree with schoolbook arithmetic") {
  checkTower<Field<FpParams, PortableMultiply>>();
#if defined(__x86_64__)
  if (AdxMultiply::available()) checkTower<Field<FpParams, AdxMultiply>>();
#endif
}

TEST("the four exponents of the final power are the hard part times 2 x (6 x^2 + 3 x + 1)") {
  const Polynomial p{1, 6, 24, 36, 36}, r{1, 6, 18, 36, 36};
  const Polynomial pp = product(p, p), ppp = product(pp, p), pppp = product(pp, pp);
  const Polynomial l2{0, 6, 6, 12}, l1{0, 4, 6, 12}, l0{1, 6, 12, 12}, l3{-1, 4, 6, 12}, multiplier{0, 2, 6, 12}, one{1}, minusOne{-1};
  const Polynomial exponents = sum(sum(l0, product(l1, p)), sum(product(l2, pp), product(l3, ppp)));
  CHECK(product(exponents, r) == product(multiplier, sum(sum(pppp, product(minusOne, pp)), one)));
}

TEST("signed digits sum to the number and no two neighbours are nonzero") {
  for (const unsigned __int128 number : {static_cast<unsigned __int128>(bn::x), static_cast<unsigned __int128>(bn::x) * 6 + 2,
                                         static_cast<unsigned __int128>(1), static_cast<unsigned __int128>(3)}) {
    const bn::SignedDigits signedDigits = bn::signedDigits(number);
    __int128 value = 0;
    for (std::size_t i = signedDigits.count; i-- > 0;) {
      value = 2 * value + signedDigits.digits[i];
      CHECK(i == 0 || signedDigits.digits[i] == 0 || signedDigits.digits[i - 1] == 0);
    }
    CHECK(value == static_cast<__int128>(number));
    CHECK_EQUAL(signedDigits.digits[signedDigits.count - 1], 1);
  }
}

TEST("the pairing is bilinear and not degenerate with portable arithmetic") { checkBilinear<Field<FpParams, PortableMultiply>>(); }

#if defined(__x86_64__)
TEST("the pairing is bilinear and not degenerate with ADX arithmetic, and the same") {
  if (!AdxMultiply::available()) return;
  checkBilinear<Field<FpParams, AdxMultiply>>();
  CHECK_EQUAL((pairing<Field<FpParams, AdxMultiply>>(test::generator1(), test::generator2())),
              (pairing<Field<FpParams, PortableMultiply>>(test::generator1(), test::generator2())));
}
#endif

TEST("a product of pairings is one exactly when the products of logarithms sum to zero") {
  Random random{13};
  const G1Affine p = test::generator1();
  const G2Affine& q = test::generator2();
  const Words a = random.below(FrParams::modulus), b = random.below(FrParams::modulus), c = random.below(FrParams::modulus);
  const Words last = test::subtracted({}, test::added(test::multiplied(a, b), c));
  std::vector<PairingPair> pairs{{test::times(p, a), test::times(q, b)}, {p, test::times(q, c)}, {test::times(p, last), q}};
  CHECK(pairingProductIsOne(pairs));
  CHECK(pairingProductIsOne({}));
  pairs.push_back({{}, q});
  CHECK(pairingProductIsOne(pairs));
  pairs.push_back({p, {}});
  CHECK(pairingProductIsOne(pairs));
  pairs.push_back({p, q});
  CHECK(!pairingProductIsOne(pairs));
  pairs.push_back({p, test::negated(q)});
  CHECK(pairingProductIsOne(pairs));
  std::swap(pairs[0].first, pairs[1].first);
  CHECK(!pairingProductIsOne(pairs));
  CHECK(!pairingProductIsOne({pairs.data(), 1}));
}

TEST("a point is on the curve when its coordinates are canonical and satisfy the equation") {
  const G1Affine p = test::generator1();
  const G2Affine& q = test::generator2();
  CHECK(isOnCurve(p));
  CHECK(isOnCurve(q));
  CHECK(isOnCurve(G1Affine{}));
  CHECK(isOnCurve(G2Affine{}));
  CHECK(!isOnCurve(G1Affine{p.y, p.x}));
  CHECK(!isOnCurve(G1Affine{p.x, {}}));
  CHECK(!isOnCurve(G2Affine{q.x, {q.y.c1, q.y.c0}}));
  CHECK(!isOnCurve(G2Affine{q.x, {}}));
  // On the curve y^2 = x^3 + 3 over Fp2, not on the twist.
  CHECK(!isOnCurve(G2Affine{{p.x, {}}, {p.y, {}}}));
  const auto plusModulus = [](Fp value) {
    words::add(value.words, value.words, FpParams::modulus);
    return value;
  };
  CHECK(!isOnCurve(G1Affine{plusModulus(p.x), p.y}));
  CHECK(!isOnCurve(G1Affine{p.x, plusModulus(p.y)}));
  CHECK(!isOnCurve(G1Affine{{FpParams::modulus}, {FpParams::modulus}}));
  CHECK(!isOnCurve(G2Affine{{plusModulus(q.x.c0), q.x.c1}, q.y}));
  CHECK(!isOnCurve(G2Affine{{q.x.c0, plusModulus(q.x.c1)}, q.y}));
  CHECK(!isOnCurve(G2Affine{q.x, {plusModulus(q.y.c0), q.y.c1}}));
  CHECK(!isOnCurve(G2Affine{q.x, {q.y.c0, plusModulus(q.y.c1)}}));
}

TEST("a point of the twist is in G2 exactly when r times it is infinity") {
  Random random{14};
  CHECK(isInG2({}));
  for (int i = 0; i < 6; i++) {
    const G2Affine any = test::twistPoint(random);
    CHECK(isOnCurve(any));
    const G2Affine inG2 = test::times(any, test::cofactor()), inCofactor = test::times(any, FrParams::modulus);
    CHECK(!inG2.isInfinity());
    CHECK(test::times(inG2, FrParams::modulus).isInfinity());
    CHECK(isInG2(inG2));
    CHECK(!inCofactor.isInfinity());
    CHECK(!isInG2(any));
    CHECK(!isInG2(inCofactor));
    CHECK(!isInG2(test::plus(inG2, inCofactor)));
    CHECK(!isInG2(G2Affine{inG2.x, inG2.x}));
    // The smallest primes in 2 p - r.
    for (const std::uint64_t prime : {10069ULL, 5864401ULL}) {
      const G2Affine ofPrimeOrder = test::times(inCofactor, test::divided(test::cofactor(), prime));
      CHECK(!ofPrimeOrder.isInfinity());
      CHECK(test::times(ofPrimeOrder, {prime, 0, 0, 0}).isInfinity());
      CHECK(!isInG2(ofPrimeOrder));
      CHECK(!isInG2(test::plus(inG2, ofPrimeOrder)));
    }
  }
}

}  // namespace zkmargin
