// One field element at a time: arithmetic over R = 2^256 Montgomery form, canonical (below the modulus) everywhere.
// `Multiply` is the only part that differs between processors.
#pragma once

#include "params.hpp"

namespace zkmargin {

/** A field element: Montgomery form, below the modulus, 32 bytes as in the files. */
template <class Params>
struct Element {
  Words words{};
  friend constexpr bool operator==(const Element&, const Element&) = default;
  constexpr bool isZero() const { return words::isZero(words); }
};

using Fp = Element<FpParams>;
using Fr = Element<FrParams>;

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
    const Words t{t0, t1, t2, t3};
    Words reduced;
    product = words::subtract(reduced, t, p) != 0 ? t : reduced;
  }
};

/** Operations on single elements. All results are canonical. */
template <class Params, class Multiply>
struct Field {
  using Value = Element<Params>;
  using Constants = Montgomery<Params>;
  static constexpr Words modulus = Params::modulus;

  static constexpr Value zero() { return {}; }
  static constexpr Value one() { return {Constants::one}; }

  static inline Value add(const Value& a, const Value& b) {
    Words sum, reduced;
    words::add(sum, a.words, b.words);
    return {words::subtract(reduced, sum, modulus) != 0 ? sum : reduced};
  }
  static inline Value subtract(const Value& a, const Value& b) {
    Words difference;
    const std::uint64_t mask = ~words::subtract(difference, a.words, b.words) + 1;
    const Words correction{modulus[0] & mask, modulus[1] & mask, modulus[2] & mask, modulus[3] & mask};
    words::add(difference, difference, correction);
    return {difference};
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
  /** 1/a by Fermat; zero for zero. */
  static Value inverse(const Value& a) { return power(a, Constants::minusTwo); }

  /** Whether the words are a canonical element, as a file must hold it. */
  static constexpr bool isCanonical(const Words& value) { return words::less(value, modulus); }
};

}  // namespace zkmargin
