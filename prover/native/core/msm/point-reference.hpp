#pragma once

#include <cstddef>
#include <cstdint>

namespace zkmargin {

/** A point of a table, perhaps negated. */
struct PointReference {
  std::uint32_t word;
  static PointReference of(std::size_t index, bool negate) { return {static_cast<std::uint32_t>(index << 1) | static_cast<std::uint32_t>(negate)}; }
  std::size_t index() const { return word >> 1; }
  bool negate() const { return (word & 1) != 0; }
};

}  // namespace zkmargin
