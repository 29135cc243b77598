// One field element at a time: arithmetic over R = 2^256 Montgomery form, canonical (below the modulus) everywhere.
// `Multiply` is the only part that differs between processors.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "params.hpp"

namespace zkmargin {

// Additions of the hot paths. Branchless: on random data, a branch on a carry costs more than the multiplication around it.
namespace carries {

// The word in which a carry travels, and the type behind the pointers, are those of the intrinsics.
using Carry = unsigned char;
using Word = unsigned long long;

/** sum = a + b + carry, and the carry out. */
inline Carry add(Carry carry, std::uint64_t a, std::uint64_t b, Word& sum) {
#if defined(__x86_64__)
  return _addcarry_u64(carry, a, b, &sum);
#else
  const bool first = __builtin_add_overflow(a, b, &sum);
  const bool second = __builtin_add_overflow(sum, static_cast<Word>(carry), &sum);
  return static_cast<Carry>(first | second);
#endif
}

/** difference = a - b - borrow, and the borrow out. */
inline Carry subtract(Carry borrow, std::uint64_t a, std::uint64_t b, Word& difference) {
#if defined(__x86_64__)
  return _subborrow_u64(borrow, a, b, &difference);
#else
  const bool first = __builtin_sub_overflow(a, b, &difference);
  const bool second = __builtin_sub_overflow(difference, static_cast<Word>(borrow), &difference);
  return static_cast<Carry>(first | second);
#endif
}

/** a - b, plus p when that is negative; for a, b that differ by less than p. */
inline Words subtractModulo(const Words& a, const Words& b, const Words& p) {
  Word d0, d1, d2, d3;
  Carry carry = subtract(0, a[0], b[0], d0);
  carry = subtract(carry, a[1], b[1], d1);
  carry = subtract(carry, a[2], b[2], d2);
  carry = subtract(carry, a[3], b[3], d3);
  const std::uint64_t mask = ~static_cast<std::uint64_t>(carry) + 1;
  carry = add(0, d0, p[0] & mask, d0);
  carry = add(carry, d1, p[1] & mask, d1);
  carry = add(carry, d2, p[2] & mask, d2);
  add(carry, d3, p[3] & mask, d3);
  return {d0, d1, d2, d3};
}

/** a + b, without the carry out of the top. */
inline Words sum(const Words& a, const Words& b) {
  Word s0, s1, s2, s3;
  Carry carry = add(0, a[0], b[0], s0);
  carry = add(carry, a[1], b[1], s1);
  carry = add(carry, a[2], b[2], s2);
  add(carry, a[3], b[3], s3);
  return {s0, s1, s2, s3};
}

}  // namespace carries

/** A field element: Montgomery form, below the modulus, 32 bytes as in the files. */
template <class Params>
struct Element {
  Words words{};
  friend constexpr bool operator==(const Element&, const Element&) = default;
  constexpr bool isZero() const { return words::isZero(words); }
};

using Fp = Element<FpParams>;
using Fr = Element<FrParams>;

/** inverse.hpp */
template <class Params>
Element<Params> inverseOf(const Element<Params>& a);

/** Montgomery multiplication in plain C++: a b / 2^256 mod p, for a, b below 2^256 with a b < 2^256 p; the result is canonical. */
struct PortableMultiply {
  template <class Params>
  static inline void multiply(Words& product, const Words& a, const Words& b) {
    using M = Montgomery<Params>;
    constexpr Words p = M::modulus;
    using Wide = unsigned __int128;
    // The modulus leaves two bits of the top word free, so the two carries of a round fit one word (Botrel and others,
    // "Faster modular exponentiation using double precision floating point"; gnark's "no-carry" condition).
    std::uint64_t t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (std::size_t i = 0; i < 4; i++) {
      const std::uint64_t x = a[i];
      Wide w = static_cast<Wide>(x) * b[0] + t0;
      const auto low = static_cast<std::uint64_t>(w);
      std::uint64_t carry = static_cast<std::uint64_t>(w >> 64);
      const std::uint64_t m = low * M::negatedInverse;
      Wide r = static_cast<Wide>(m) * p[0] + low;
      std::uint64_t reduce = static_cast<std::uint64_t>(r >> 64);
      w = static_cast<Wide>(x) * b[1] + t1 + carry;
      carry = static_cast<std::uint64_t>(w >> 64);
      r = static_cast<Wide>(m) * p[1] + static_cast<std::uint64_t>(w) + reduce;
      t0 = static_cast<std::uint64_t>(r);
      reduce = static_cast<std::uint64_t>(r >> 64);
      w = static_cast<Wide>(x) * b[2] + t2 + carry;
      carry = static_cast<std::uint64_t>(w >> 64);
      r = static_cast<Wide>(m) * p[2] + static_cast<std::uint64_t>(w) + reduce;
      t1 = static_cast<std::uint64_t>(r);
      reduce = static_cast<std::uint64_t>(r >> 64);
      w = static_cast<Wide>(x) * b[3] + t3 + carry;
      carry = static_cast<std::uint64_t>(w >> 64);
      r = static_cast<Wide>(m) * p[3] + static_cast<std::uint64_t>(w) + reduce;
      t2 = static_cast<std::uint64_t>(r);
      reduce = static_cast<std::uint64_t>(r >> 64);
      t3 = carry + reduce;
    }
    product = carries::subtractModulo({t0, t1, t2, t3}, p, p);
  }
};

/** Operations on single elements. All results are canonical. `Multiply` may also have `add` and `subtract`, of its signature. */
template <class Params, class Multiply>
struct Field {
  using Value = Element<Params>;
  using Constants = Montgomery<Params>;
  static constexpr Words modulus = Params::modulus;

  static constexpr Value zero() { return {}; }
  static constexpr Value one() { return {Constants::one}; }

  static inline Value add(const Value& a, const Value& b) {
    if constexpr (requires(Words& w) { Multiply::template add<Params>(w, w, w); }) {
      Value sum;
      Multiply::template add<Params>(sum.words, a.words, b.words);
      return sum;
    } else {
      return {carries::subtractModulo(carries::sum(a.words, b.words), modulus, modulus)};
    }
  }
  static inline Value subtract(const Value& a, const Value& b) {
    if constexpr (requires(Words& w) { Multiply::template subtract<Params>(w, w, w); }) {
      Value difference;
      Multiply::template subtract<Params>(difference.words, a.words, b.words);
      return difference;
    } else {
      return {carries::subtractModulo(a.words, b.words, modulus)};
    }
  }
  static inline Value negate(const Value& a) { return subtract(zero(), a); }
  static inline Value twice(const Value& a) { return add(a, a); }
  static inline Value multiply(const Value& a, const Value& b) {
    Value product;
    Multiply::template multiply<Params>(product.words, a.words, b.words);
    return product;
  }
  static inline Value square(const Value& a) { return multiply(a, a); }

  /** From a plain integer below 2^256; the result is canonical also when the integer is not. */
  static inline Value fromInteger(const Words& integer) {
    Value result;
    Multiply::template multiply<Params>(result.words, integer, Constants::squared);
    return result;
  }
  static inline Value fromInteger(std::uint64_t integer) { return fromInteger(Words{integer, 0, 0, 0}); }
  /** The plain integer, below the modulus. */
  static inline Words toInteger(const Value& a) {
    Words result;
    Multiply::template multiply<Params>(result, a.words, Words{1, 0, 0, 0});
    return result;
  }

  static Value power(const Value& base, const Words& exponent) {
    Value result = one();
    for (unsigned bit = words::bitLength(exponent); bit-- > 0;) {
      result = square(result);
      if ((exponent[bit / 64] >> (bit % 64)) & 1) result = multiply(result, base);
    }
    return result;
  }
  /** Zero for zero. The time depends on a. */
  static Value inverse(const Value& a) { return inverseOf(a); }

  /** Whether the words are a canonical element, as a file must hold it. */
  static constexpr bool isCanonical(const Words& value) { return words::less(value, modulus); }
};

}  // namespace zkmargin

#include "inverse.hpp"
