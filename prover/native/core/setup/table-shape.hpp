// How wide the table of a base is, and the digits of a coefficient in it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../files/r1cs.hpp"
#include "../field/params.hpp"

namespace zkmargin {

/** In each window the multiples 1 to half of the base times 2^(width x window), entry d - 1 being that of d. */
struct TableShape {
  static constexpr std::size_t maximumWidth = 8, maximumHalf = std::size_t{1} << (maximumWidth - 1);

  std::uint8_t width = 1;
  std::uint16_t windows = 1;

  std::size_t half() const { return std::size_t{1} << (width - 1); }
  std::size_t points() const { return windows * half(); }
  /** Powers of two times the base that it holds. */
  std::size_t bits() const { return std::size_t{windows} * width; }
  /** Entry of 2^bit times the base. */
  std::size_t power(std::size_t bit) const { return bit / width * half() + (std::size_t{1} << (bit % width)) - 1; }
};

/**
 * The shape that takes the fewest sums for a combination's coefficients.
 * @param cost gets about how many
 */
TableShape chooseShape(LinearCombination terms, double& cost);

/** Calls use(entry, negate) for each digit other than zero; the magnitude is one of those that the shape was chosen for. */
template <class Use>
inline void forEachDigit(const TableShape& shape, const Words& magnitude, Use&& use) {
  const std::size_t width = shape.width;
  const auto half = static_cast<std::int64_t>(shape.half());
  std::int64_t carry = 0;
  for (std::size_t window = 0, bit = 0; window < shape.windows && bit < 256; window++, bit += width) {
    const std::size_t word = bit / 64;
    std::uint64_t value = magnitude[word] >> (bit % 64);
    if (bit % 64 + width > 64 && word < 3) value |= magnitude[word + 1] << (64 - bit % 64);
    std::int64_t digit = static_cast<std::int64_t>(value & ((std::uint64_t{1} << width) - 1)) + carry;
    carry = digit > half;
    if (carry != 0) digit -= 2 * half;
    if (digit != 0) use(window * shape.half() + static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1, digit < 0);
  }
}

}  // namespace zkmargin
