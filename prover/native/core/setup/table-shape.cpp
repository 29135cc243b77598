#include "table-shape.hpp"

#include <algorithm>
#include <cmath>

#include "combinations.hpp"

namespace zkmargin {

TableShape chooseShape(LinearCombination terms, double& cost) {
  // A power of two is one digit in any window.
  std::size_t bits = 1, powers = 0, others = 0;
  for (const TermRecord& term : terms) {
    const Words magnitude = magnitudeOf(term).words;
    if (words::isZero(magnitude)) continue;
    std::size_t set = 0;
    for (const std::uint64_t word : magnitude) set += static_cast<std::size_t>(__builtin_popcountll(word));
    (set == 1 ? powers : others)++;
    bits = std::max<std::size_t>(bits, words::bitLength(magnitude));
  }
  TableShape best;
  cost = HUGE_VAL;
  for (std::size_t width = 1; width <= TableShape::maximumWidth; width++) {
    // Digits of width one are not signed; of others, a carry may go up where the last window is full.
    const std::size_t windows = width == 1 ? bits : bits / width + 1;
    const auto sums = static_cast<double>(windows * (std::size_t{1} << (width - 1)) + powers);
    const double digits = width == 1 ? 0.5 : 1 - 1 / static_cast<double>(std::size_t{1} << width);
    const double total = sums + digits * static_cast<double>(others * windows);
    if (total >= cost) continue;
    cost = total;
    best = {static_cast<std::uint8_t>(width), static_cast<std::uint16_t>(windows)};
  }
  return best;
}

}  // namespace zkmargin
