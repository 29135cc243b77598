// Modular inverses by division steps: Bernstein and Yang, "Fast constant-time gcd computation and modular inversion", 2019
// (eprint 2019/266), sections 8 to 11, here in variable time: runs of steps that do the same are taken at once.
//
// The time depends on the operand, as does that of the multi-scalar multiplications which use it.
#pragma once

#include "element.hpp"

namespace zkmargin {

namespace division_steps {

/** Steps per batch: a batch's transition matrix has entries of at most 2^62. */
inline constexpr int batch = 62;
inline constexpr std::uint64_t limbMask = (1ULL << batch) - 1;

/** A signed integer: limbs of 62 bits, not negative but for the last, which has the sign. */
using Limbs = std::array<std::int64_t, 5>;

constexpr Limbs limbsOf(const Words& a) {
  return {static_cast<std::int64_t>(a[0] & limbMask), static_cast<std::int64_t>(((a[0] >> 62) | (a[1] << 2)) & limbMask),
          static_cast<std::int64_t>(((a[1] >> 60) | (a[2] << 4)) & limbMask),
          static_cast<std::int64_t>(((a[2] >> 58) | (a[3] << 6)) & limbMask), static_cast<std::int64_t>(a[3] >> 56)};
}

/** The words of a, which is in [0, 2^256). */
constexpr Words wordsOf(const Limbs& limbs) {
  const auto limb = [&limbs](std::size_t i) { return static_cast<std::uint64_t>(limbs[i]); };
  return {limb(0) | (limb(1) << 62), (limb(1) >> 2) | (limb(2) << 60), (limb(2) >> 4) | (limb(3) << 58), (limb(3) >> 6) | (limb(4) << 56)};
}

/** f, g after a batch are (u f + v g) / 2^62 and (q f + r g) / 2^62. */
struct Matrix {
  std::int64_t u, v, q, r;
};

/** A batch of division steps on the low words of f and g, f odd. */
inline Matrix transition(std::int64_t& delta, std::uint64_t f, std::uint64_t g) {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  for (int left = batch;;) {
    // While g is even a step halves it. Instead of halving q and r, u and v are doubled: in the end all count 2^62.
    const int zeros = __builtin_ctzll(g | (~0ULL << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    delta += zeros;
    left -= zeros;
    if (left == 0) break;
    if (delta > 0) {
      // (f, g) = (g, -f): the rest of such a step is that of one without exchange.
      delta = -delta;
      std::uint64_t old = f;
      f = g;
      g = ~old + 1;
      old = u;
      u = q;
      q = ~old + 1;
      old = v;
      v = r;
      r = ~old + 1;
    }
    // No exchange for the next 1 - delta steps: they add the multiple of f that clears as many bits of g. f f = 1 mod 8, so
    // that one Newton step makes of f its own inverse mod 2^6.
    const std::int64_t free = 1 - delta < left ? 1 - delta : left;
    const std::uint64_t mask = free < 6 ? (1ULL << free) - 1 : 63;
    const std::uint64_t w = (f * g * (f * f - 2)) & mask;
    g += f * w;
    q += u * w;
    r += v * w;
  }
  return {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q), static_cast<std::int64_t>(r)};
}

/** (x f + y g + m p) / 2^62, which must divide it; |x| + |y| <= 2^62 and |m| <= 2^61 keep the sums below 2^127. */
template <bool withModulus>
inline Limbs combine(std::int64_t x, const Limbs& f, std::int64_t y, const Limbs& g, std::int64_t m, const Limbs& p) {
  using Wide = __int128;
  Limbs result{};
  Wide sum = 0;
  for (std::size_t i = 0; i < 5; i++) {
    sum += static_cast<Wide>(x) * f[i] + static_cast<Wide>(y) * g[i];
    if constexpr (withModulus) sum += static_cast<Wide>(m) * p[i];
    if (i > 0) result[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) & limbMask);
    sum >>= batch;
  }
  result[4] = static_cast<std::int64_t>(sum);
  return result;
}

constexpr void normalize(Limbs& a) {
  for (std::size_t i = 0; i < 4; i++) {
    a[i + 1] += a[i] >> batch;
    a[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(a[i]) & limbMask);
  }
}

}  // namespace division_steps

/** 1/a in Montgomery form from Montgomery form; zero for zero. */
template <class Params>
Element<Params> inverseOf(const Element<Params>& a) {
  using namespace division_steps;
  using M = Montgomery<Params>;
  static constexpr Limbs p = limbsOf(M::modulus);
  // Throughout, d words(a) = f R^2 and e words(a) = g R^2 mod p.
  Limbs f = p, g = limbsOf(a.words), d{}, e = limbsOf(M::squared);
  std::int64_t delta = 1;
  while ((g[0] | g[1] | g[2] | g[3] | g[4]) != 0) {
    const Matrix t = transition(delta, static_cast<std::uint64_t>(f[0]) | (static_cast<std::uint64_t>(f[1]) << batch),
                                static_cast<std::uint64_t>(g[0]) | (static_cast<std::uint64_t>(g[1]) << batch));
    // The multiple of p that makes the sum divisible, in [-2^61, 2^61): so |d| and |e| grow by at most p/2 in a batch, and stay
    // below 7p in the 12 batches (741 steps; theorem 11.2) that numbers of 256 bits take at most.
    const auto divisible = [&](std::int64_t x, std::int64_t y) {
      const std::uint64_t low = static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(d[0]) +
                                static_cast<std::uint64_t>(y) * static_cast<std::uint64_t>(e[0]);
      return static_cast<std::int64_t>((low * M::negatedInverse) << 2) >> 2;
    };
    const Limbs nextD = combine<true>(t.u, d, t.v, e, divisible(t.u, t.v), p);
    e = combine<true>(t.q, d, t.r, e, divisible(t.q, t.r), p);
    d = nextD;
    const Limbs nextF = combine<false>(t.u, f, t.v, g, 0, p);
    g = combine<false>(t.q, f, t.r, g, 0, p);
    f = nextF;
  }
  // f is the greatest common divisor up to its sign: 1 or -1; or p for a = 0, where d is zero.
  if (f[4] < 0) {
    for (std::int64_t& limb : d) limb = -limb;
    normalize(d);
  }
  const auto plus = [&](std::int64_t sign) {
    for (std::size_t i = 0; i < 5; i++) d[i] += sign * p[i];
    normalize(d);
  };
  while (d[4] < 0) plus(1);
  while (d[4] >> 8 != 0 || !words::less(wordsOf(d), M::modulus)) plus(-1);
  return {wordsOf(d)};
}

}  // namespace zkmargin
