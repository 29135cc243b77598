// The interface of a vector of field elements, for one lane: ordinary arithmetic, canonical at every step.
#pragma once

#include <cstring>

#include "element.hpp"

// Vectors stay in registers only where no call comes between: a call passes them through memory.
#define ZKMARGIN_ALWAYS_INLINE __attribute__((always_inline)) inline

namespace zkmargin {

/**
 * What the algorithms ask of a vector of `count` field elements. With several lanes a value may be any representative below a bound, a
 * multiple of p, that each operation states ("< 2p"); with one lane all are canonical and bounds hold by themselves.
 * Stored: in memory of the algorithms, 32 bytes an element, in a form that only `load` and `store` of the same Lanes understand.
 * File form: canonical Montgomery with R = 2^256.
 */
template <class Params, class Multiply>
struct ScalarLanes {
  using Scalar = Field<Params, Multiply>;
  using Element = zkmargin::Element<Params>;
  static constexpr std::size_t count = 1;
  using Value = Element;
  /** One bit a lane. */
  using Mask = std::uint8_t;

  ZKMARGIN_ALWAYS_INLINE static Value one() { return Scalar::one(); }
  ZKMARGIN_ALWAYS_INLINE static Value broadcast(const Element& element) { return element; }

  /** < 16p: elements in file form. */
  ZKMARGIN_ALWAYS_INLINE static Value fromElements(const Element* elements) { return *elements; }
  /** Canonical, in file form; a < 2p. */
  ZKMARGIN_ALWAYS_INLINE static void toElements(const Value& a, Element* elements) { *elements = a; }
  /** Plain integers below p; a < 2p. */
  ZKMARGIN_ALWAYS_INLINE static void toIntegers(const Value& a, Words* integers) { *integers = Scalar::toInteger(a); }

  /** 64 bytes at each address, as two elements: stored ones (< 2p), or in file form (< 16p). Returns the lanes where all are zero. */
  ZKMARGIN_ALWAYS_INLINE static Mask loadPair(const void* const* addresses, std::size_t offset, Value& first, Value& second) {
    const auto* bytes = static_cast<const std::uint8_t*>(addresses[0]) + offset;
    std::memcpy(&first, bytes, 32);
    std::memcpy(&second, bytes + 32, 32);
    return first.isZero() && second.isZero();
  }
  ZKMARGIN_ALWAYS_INLINE static Mask loadFilePair(const void* const* addresses, std::size_t offset, Value& first, Value& second) {
    return loadPair(addresses, offset, first, second);
  }
  /** a, b < 2p */
  ZKMARGIN_ALWAYS_INLINE static void storePair(void* const* addresses, std::size_t offset, const Value& first, const Value& second) {
    auto* bytes = static_cast<std::uint8_t*>(addresses[0]) + offset;
    std::memcpy(bytes, &first, 32);
    std::memcpy(bytes + 32, &second, 32);
  }

  /** a + b: bounds add up. */
  ZKMARGIN_ALWAYS_INLINE static Value add(const Value& a, const Value& b) { return Scalar::add(a, b); }
  /** a - b, for b < 16p: < bound of a + 16p. */
  ZKMARGIN_ALWAYS_INLINE static Value subtract(const Value& a, const Value& b) { return Scalar::subtract(a, b); }
  /** a - b, for b < 2p: < bound of a + 2p. */
  ZKMARGIN_ALWAYS_INLINE static Value subtractReduced(const Value& a, const Value& b) { return Scalar::subtract(a, b); }
  /** < 2p, when the bounds of a and b multiply to at most 84. */
  ZKMARGIN_ALWAYS_INLINE static Value multiply(const Value& a, const Value& b) { return Scalar::multiply(a, b); }
  ZKMARGIN_ALWAYS_INLINE static Value square(const Value& a) { return Scalar::square(a); }
  /** < 2p from anything < 84p. */
  ZKMARGIN_ALWAYS_INLINE static Value reduce(const Value& a) { return a; }
  /** -a in the lanes of the mask, for a < 16p: < 16p, or 16p where a is zero. */
  ZKMARGIN_ALWAYS_INLINE static Value negateWhere(Mask mask, const Value& a) { return mask != 0 ? Scalar::negate(a) : a; }
  ZKMARGIN_ALWAYS_INLINE static Value select(Mask mask, const Value& chosen, const Value& otherwise) { return mask != 0 ? chosen : otherwise; }
  ZKMARGIN_ALWAYS_INLINE static Mask zeroLanes(const Value& a) { return a.isZero(); }

  /** Arrays of vectors in the algorithms' own memory. */
  ZKMARGIN_ALWAYS_INLINE static Value loadVector(const std::uint64_t* memory) {
    Value value;
    std::memcpy(&value, memory, 32);
    return value;
  }
  ZKMARGIN_ALWAYS_INLINE static void storeVector(std::uint64_t* memory, const Value& a) { std::memcpy(memory, &a, 32); }
  /** 64-bit words of a vector in such an array. */
  static constexpr std::size_t vectorWords = 4;
};

}  // namespace zkmargin
