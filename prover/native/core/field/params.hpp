// The two prime fields of BN254 (EIP-196; "alt_bn128"), and what Montgomery arithmetic derives from a modulus.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace zkmargin {

/** 256 bits, least significant word first. */
using Words = std::array<std::uint64_t, 4>;

namespace words {

constexpr bool isZero(const Words& a) { return (a[0] | a[1] | a[2] | a[3]) == 0; }

constexpr bool less(const Words& a, const Words& b) {
  for (std::size_t i = 4; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

/** a + b, and the carry out of the top. */
constexpr std::uint64_t add(Words& sum, const Words& a, const Words& b) {
  unsigned __int128 carry = 0;
  for (std::size_t i = 0; i < 4; i++) {
    carry += static_cast<unsigned __int128>(a[i]) + b[i];
    sum[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  return static_cast<std::uint64_t>(carry);
}

/** a - b, and the borrow out of the top. */
constexpr std::uint64_t subtract(Words& difference, const Words& a, const Words& b) {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; i++) {
    const unsigned __int128 d = static_cast<unsigned __int128>(a[i]) - b[i] - borrow;
    difference[i] = static_cast<std::uint64_t>(d);
    borrow = static_cast<std::uint64_t>(d >> 64) & 1;
  }
  return borrow;
}

/** 2^exponent mod m, for m of 254 bits. */
constexpr Words powerOfTwo(unsigned exponent, const Words& m) {
  Words value{1, 0, 0, 0};
  for (unsigned i = 0; i < exponent; i++) {
    add(value, value, value);
    if (!less(value, m)) subtract(value, value, m);
  }
  return value;
}

/** -1/m mod 2^64, for odd m. */
constexpr std::uint64_t negatedInverse(std::uint64_t m) {
  std::uint64_t inverse = 1;
  // Newton: the number of right bits doubles with each step.
  for (int i = 0; i < 6; i++) inverse *= 2 - m * inverse;
  return ~inverse + 1;
}

constexpr unsigned bitLength(const Words& a) {
  for (std::size_t i = 4; i-- > 0;) {
    if (a[i] != 0) return static_cast<unsigned>(64 * i + 64 - static_cast<unsigned>(__builtin_clzll(a[i])));
  }
  return 0;
}

}  // namespace words

/** The field of the curve's coordinates. */
struct FpParams {
  static constexpr Words modulus{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029};
};

/** The field of scalars: the order of G1 and G2, and the field of the circuits. */
struct FrParams {
  static constexpr Words modulus{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
  /** 2^28 divides r - 1. */
  static constexpr unsigned twoAdicity = 28;
};

/** Montgomery form with R = 2^256, which is also the form of points and coefficients in .zkey and .ptau files. */
template <class Params>
struct Montgomery {
  static constexpr Words modulus = Params::modulus;
  static constexpr std::uint64_t negatedInverse = words::negatedInverse(modulus[0]);
  static constexpr Words one = words::powerOfTwo(256, modulus);
  static constexpr Words squared = words::powerOfTwo(512, modulus);
  static constexpr Words minusTwo = [] {
    Words value{};
    words::subtract(value, modulus, Words{2, 0, 0, 0});
    return value;
  }();
};

}  // namespace zkmargin
