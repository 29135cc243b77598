// Eight field elements at a time, for processors with AVX-512 IFMA (52-bit multiply-add) and VBMI2. Include only under
// `#pragma GCC target("avx512f,avx512ifma,...")`.
//
// A vector is five 52-bit limbs in five registers, eight elements across, Montgomery form with R = 2^260 = 84.6 p: operands need
// not be reduced as long as their bounds, in multiples of p, have a product of at most 84; then the product is below 2p.
// (Gueron and Krasnov, "Software implementation of modular exponentiation, using advanced vector instructions", 2012.)
#pragma once

#include <immintrin.h>

#include "scalar-lanes.hpp"

namespace zkmargin {

namespace ifma {

inline constexpr std::uint64_t limbMask = (1ULL << 52) - 1;

/** factor x words, as limbs of 52 bits, the last with what is left; factor x words < 2^260. */
constexpr std::array<std::uint64_t, 5> limbsOf(const Words& words, std::uint64_t factor) {
  std::array<std::uint64_t, 5> product{};
  unsigned __int128 carry = 0;
  for (std::size_t i = 0; i < 4; i++) {
    carry += static_cast<unsigned __int128>(words[i]) * factor;
    product[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  product[4] = static_cast<std::uint64_t>(carry);
  return {product[0] & limbMask, ((product[0] >> 52) | (product[1] << 12)) & limbMask, ((product[1] >> 40) | (product[2] << 24)) & limbMask,
          ((product[2] >> 28) | (product[3] << 36)) & limbMask, (product[3] >> 16) | (product[4] << 48)};
}

}  // namespace ifma

template <class Params, class Multiply>
struct IfmaLanes {
  using Scalar = Field<Params, Multiply>;
  using Element = zkmargin::Element<Params>;
  static constexpr std::size_t count = 8;
  static constexpr std::size_t vectorWords = 40;
  struct Value {
    __m512i limbs[5];
  };
  using Mask = __mmask8;
  using Limbs = std::array<std::uint64_t, 5>;

  static constexpr Limbs modulus = ifma::limbsOf(Params::modulus, 1);
  static constexpr Limbs twice = ifma::limbsOf(Params::modulus, 2);
  static constexpr Limbs sixteen = ifma::limbsOf(Params::modulus, 16);
  /** -1/p mod 2^52 */
  static constexpr std::uint64_t negatedInverse = Montgomery<Params>::negatedInverse & ifma::limbMask;
  static constexpr Limbs oneLimbs = ifma::limbsOf(words::powerOfTwo(260, Params::modulus), 1);
  /** Multiplying by it divides by 16: from R = 2^260 to R = 2^256. */
  static constexpr Limbs toFileLimbs = ifma::limbsOf(words::powerOfTwo(256, Params::modulus), 1);
  /** 2^260 - p */
  static constexpr Limbs complement = [] {
    Limbs limbs{};
    std::uint64_t carry = 1;
    for (std::size_t i = 0; i < 5; i++) {
      carry += ~modulus[i] & ifma::limbMask;
      limbs[i] = carry & ifma::limbMask;
      carry >>= 52;
    }
    return limbs;
  }();
  /** floor(2^52 / (top limb of p + 1)): 84, so that a top limb times it, over 2^52, estimates the quotient by p from below. */
  static constexpr std::uint64_t quotientFactor = (std::uint64_t{1} << 52) / (modulus[4] + 1);

  ZKMARGIN_ALWAYS_INLINE static __m512i all(std::uint64_t word) { return _mm512_set1_epi64(static_cast<long long>(word)); }
  ZKMARGIN_ALWAYS_INLINE static __m512i mask() { return all(ifma::limbMask); }
  ZKMARGIN_ALWAYS_INLINE static Value constant(const Limbs& limbs) { return {all(limbs[0]), all(limbs[1]), all(limbs[2]), all(limbs[3]), all(limbs[4])}; }
  ZKMARGIN_ALWAYS_INLINE static Value one() { return constant(oneLimbs); }

  ZKMARGIN_ALWAYS_INLINE static Value broadcast(const Element& element) {
    const Limbs limbs = ifma::limbsOf(element.words, 16);
    return reduce(constant(limbs));
  }

  /** Signed limbs to limbs of 52 bits; the value must be in [0, 2^260). */
  ZKMARGIN_ALWAYS_INLINE static Value carried(Value a) {
    const __m512i m = mask();
    for (int i = 0; i < 4; i++) {
      a.limbs[i + 1] = _mm512_add_epi64(a.limbs[i + 1], _mm512_srai_epi64(a.limbs[i], 52));
      a.limbs[i] = _mm512_and_si512(a.limbs[i], m);
    }
    return a;
  }

  ZKMARGIN_ALWAYS_INLINE static Value add(const Value& a, const Value& b) {
    Value sum;
    for (int i = 0; i < 5; i++) sum.limbs[i] = _mm512_add_epi64(a.limbs[i], b.limbs[i]);
    return carried(sum);
  }
  ZKMARGIN_ALWAYS_INLINE static Value subtractWith(const Limbs& offset, const Value& a, const Value& b) {
    Value difference;
    for (int i = 0; i < 5; i++) difference.limbs[i] = _mm512_add_epi64(_mm512_sub_epi64(a.limbs[i], b.limbs[i]), all(offset[i]));
    return carried(difference);
  }
  ZKMARGIN_ALWAYS_INLINE static Value subtract(const Value& a, const Value& b) { return subtractWith(sixteen, a, b); }
  ZKMARGIN_ALWAYS_INLINE static Value subtractReduced(const Value& a, const Value& b) { return subtractWith(twice, a, b); }
  ZKMARGIN_ALWAYS_INLINE static Value negateWhere(Mask lanes, const Value& a) {
    Value result;
    for (int i = 0; i < 5; i++) result.limbs[i] = _mm512_mask_sub_epi64(a.limbs[i], lanes, all(sixteen[i]), a.limbs[i]);
    return carried(result);
  }
  ZKMARGIN_ALWAYS_INLINE static Value select(Mask lanes, const Value& chosen, const Value& otherwise) {
    Value result;
    for (int i = 0; i < 5; i++) result.limbs[i] = _mm512_mask_blend_epi64(lanes, otherwise.limbs[i], chosen.limbs[i]);
    return result;
  }

  ZKMARGIN_ALWAYS_INLINE static Value reduce(const Value& a) {
    // q <= floor(a / p), and too small by less than 1 + bound / 84: a - q p is below 2p for a < 84 p.
    const __m512i zero = _mm512_setzero_si512();
    const __m512i q = _mm512_madd52hi_epu64(zero, a.limbs[4], all(quotientFactor));
    Value r = a;
    for (int i = 0; i < 5; i++) r.limbs[i] = _mm512_madd52lo_epu64(r.limbs[i], q, all(complement[i]));
    for (int i = 0; i < 4; i++) r.limbs[i + 1] = _mm512_madd52hi_epu64(r.limbs[i + 1], q, all(complement[i]));
    r = carried(r);
    // Modulo 2^260: what q (2^260 - p) added above it.
    r.limbs[4] = _mm512_and_si512(r.limbs[4], mask());
    return r;
  }

  /** Ten columns of a product to its Montgomery reduction. */
  ZKMARGIN_ALWAYS_INLINE static Value reduceColumns(__m512i* t) {
    const __m512i inverse = all(negatedInverse);
    const __m512i zero = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
      const __m512i q = _mm512_madd52lo_epu64(zero, t[i], inverse);
      t[i] = _mm512_madd52lo_epu64(t[i], q, all(modulus[0]));
      t[i + 1] = _mm512_madd52hi_epu64(t[i + 1], q, all(modulus[0]));
      for (int j = 1; j < 5; j++) {
        t[i + j] = _mm512_madd52lo_epu64(t[i + j], q, all(modulus[j]));
        t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], q, all(modulus[j]));
      }
      t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64(t[i], 52));
    }
    return carried({t[5], t[6], t[7], t[8], t[9]});
  }

  ZKMARGIN_ALWAYS_INLINE static Value multiply(const Value& a, const Value& b) {
    __m512i t[10];
    for (auto& column : t) column = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 5; j++) {
        t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.limbs[i], b.limbs[j]);
        t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a.limbs[i], b.limbs[j]);
      }
    }
    return reduceColumns(t);
  }

  ZKMARGIN_ALWAYS_INLINE static Value square(const Value& a) {
    __m512i t[10];
    for (auto& column : t) column = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
      for (int j = i + 1; j < 5; j++) {
        t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.limbs[i], a.limbs[j]);
        t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a.limbs[i], a.limbs[j]);
      }
    }
    for (int i = 1; i < 9; i++) t[i] = _mm512_add_epi64(t[i], t[i]);
    for (int i = 0; i < 5; i++) {
      t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a.limbs[i], a.limbs[i]);
      t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a.limbs[i], a.limbs[i]);
    }
    return reduceColumns(t);
  }

  /** Lanes that are zero modulo p; a < 2p. */
  ZKMARGIN_ALWAYS_INLINE static Mask zeroLanes(const Value& a) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i any = zero, other = zero;
    for (int i = 0; i < 5; i++) {
      any = _mm512_or_si512(any, a.limbs[i]);
      other = _mm512_or_si512(other, _mm512_xor_si512(a.limbs[i], all(modulus[i])));
    }
    return static_cast<Mask>(_mm512_cmpeq_epi64_mask(any, zero) | _mm512_cmpeq_epi64_mask(other, zero));
  }

  ZKMARGIN_ALWAYS_INLINE static Value loadVector(const std::uint64_t* memory) {
    Value value;
    for (int i = 0; i < 5; i++) value.limbs[i] = _mm512_load_si512(memory + 8 * i);
    return value;
  }
  ZKMARGIN_ALWAYS_INLINE static void storeVector(std::uint64_t* memory, const Value& a) {
    for (int i = 0; i < 5; i++) _mm512_store_si512(memory + 8 * i, a.limbs[i]);
  }

  /** Rows of eight words to columns, or back. */
  ZKMARGIN_ALWAYS_INLINE static void transpose(__m512i* rows) {
    __m512i a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
      a[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
      a[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    }
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const __m512i high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    for (int i = 0; i < 8; i += 4) {
      b[i] = _mm512_permutex2var_epi64(a[i], low, a[i + 2]);
      b[i + 1] = _mm512_permutex2var_epi64(a[i + 1], low, a[i + 3]);
      b[i + 2] = _mm512_permutex2var_epi64(a[i], high, a[i + 2]);
      b[i + 3] = _mm512_permutex2var_epi64(a[i + 1], high, a[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
      rows[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x44);
      rows[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xee);
    }
  }

  /** Words w[0..3] of eight elements to limbs, times 2^shift. */
  template <int shift>
  ZKMARGIN_ALWAYS_INLINE static Value unpack(const __m512i* w) {
    const __m512i m = mask();
    Value v;
    v.limbs[0] = _mm512_and_si512(shift == 0 ? w[0] : _mm512_slli_epi64(w[0], shift), m);
    v.limbs[1] = _mm512_and_si512(_mm512_shrdi_epi64(w[0], w[1], 52 - shift), m);
    v.limbs[2] = _mm512_and_si512(_mm512_shrdi_epi64(w[1], w[2], 40 - shift), m);
    v.limbs[3] = _mm512_and_si512(_mm512_shrdi_epi64(w[2], w[3], 28 - shift), m);
    v.limbs[4] = _mm512_srli_epi64(w[3], 16 - shift);
    return v;
  }
  ZKMARGIN_ALWAYS_INLINE static void pack(const Value& v, __m512i* w) {
    w[0] = _mm512_or_si512(v.limbs[0], _mm512_slli_epi64(v.limbs[1], 52));
    w[1] = _mm512_or_si512(_mm512_srli_epi64(v.limbs[1], 12), _mm512_slli_epi64(v.limbs[2], 40));
    w[2] = _mm512_or_si512(_mm512_srli_epi64(v.limbs[2], 24), _mm512_slli_epi64(v.limbs[3], 28));
    w[3] = _mm512_or_si512(_mm512_srli_epi64(v.limbs[3], 36), _mm512_slli_epi64(v.limbs[4], 16));
  }

  template <int shift>
  ZKMARGIN_ALWAYS_INLINE static Mask loadPairShifted(const void* const* addresses, std::size_t offset, Value& first, Value& second) {
    __m512i rows[8];
    for (int i = 0; i < 8; i++) rows[i] = _mm512_loadu_si512(static_cast<const std::uint8_t*>(addresses[i]) + offset);
    transpose(rows);
    first = unpack<shift>(rows);
    second = unpack<shift>(rows + 4);
    __m512i any = rows[0];
    for (int i = 1; i < 8; i++) any = _mm512_or_si512(any, rows[i]);
    return _mm512_testn_epi64_mask(any, any);
  }
  ZKMARGIN_ALWAYS_INLINE static Mask loadPair(const void* const* addresses, std::size_t offset, Value& first, Value& second) {
    return loadPairShifted<0>(addresses, offset, first, second);
  }
  // x 2^256 times 16 is x 2^260, below 16p.
  ZKMARGIN_ALWAYS_INLINE static Mask loadFilePair(const void* const* addresses, std::size_t offset, Value& first, Value& second) {
    return loadPairShifted<4>(addresses, offset, first, second);
  }
  ZKMARGIN_ALWAYS_INLINE static void storePair(void* const* addresses, std::size_t offset, const Value& first, const Value& second) {
    __m512i rows[8];
    pack(first, rows);
    pack(second, rows + 4);
    transpose(rows);
    for (int i = 0; i < 8; i++) _mm512_storeu_si512(static_cast<std::uint8_t*>(addresses[i]) + offset, rows[i]);
  }

  ZKMARGIN_ALWAYS_INLINE static Value fromElements(const Element* elements) {
    __m512i rows[8];
    // Two elements a row: even ones come out in the first four columns, odd ones in the last four.
    for (int i = 0; i < 4; i++) {
      rows[i] = _mm512_loadu_si512(elements + 2 * i);
      rows[i + 4] = _mm512_setzero_si512();
    }
    transpose(rows);
    const __m512i order = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
    for (int i = 0; i < 4; i++) rows[i] = _mm512_permutex2var_epi64(rows[i], order, rows[i + 4]);
    return unpack<4>(rows);
  }
  ZKMARGIN_ALWAYS_INLINE static void toElements(const Value& a, Element* elements) {
    writeElements(multiply(a, constant(toFileLimbs)), elements);
  }

  /** Plain integers below p; a < 2p. */
  ZKMARGIN_ALWAYS_INLINE static void toIntegers(const Value& a, Words* integers) {
    const Value v = multiply(a, constant({1, 0, 0, 0, 0}));
    writeElements(v, reinterpret_cast<Element*>(integers));
  }

  /** Lane i gets what lane i ^ distance had. */
  template <int distance>
  ZKMARGIN_ALWAYS_INLINE static Value swapLanes(const Value& a) {
    Value swapped;
    for (int i = 0; i < 5; i++) {
      if constexpr (distance == 1) swapped.limbs[i] = _mm512_permutex_epi64(a.limbs[i], 0xb1);
      else if constexpr (distance == 2) swapped.limbs[i] = _mm512_permutex_epi64(a.limbs[i], 0x4e);
      else swapped.limbs[i] = _mm512_shuffle_i64x2(a.limbs[i], a.limbs[i], 0x4e);
    }
    return swapped;
  }

 private:
  /** Eight values below 2p, made canonical. */
  ZKMARGIN_ALWAYS_INLINE static void writeElements(const Value& v, Element* elements) {
    __m512i rows[8];
    pack(v, rows);
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6);
    const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 1, 3, 5, 7);
    for (int i = 0; i < 4; i++) {
      rows[i + 4] = _mm512_permutexvar_epi64(odd, rows[i]);
      rows[i] = _mm512_permutexvar_epi64(even, rows[i]);
    }
    transpose(rows);
    for (int i = 0; i < 4; i++) _mm512_storeu_si512(elements + 2 * i, rows[i]);
    for (std::size_t i = 0; i < count; i++) {
      Words reduced;
      if (words::subtract(reduced, elements[i].words, Params::modulus) == 0) elements[i].words = reduced;
    }
  }
};

}  // namespace zkmargin
