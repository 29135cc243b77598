// Repeatable pseudo-random numbers for tests: SplitMix64 (Steele, Lea and Flood, 2014).
#pragma once

#include <vector>

#include "../core/field/params.hpp"

namespace zkmargin::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t word() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  Words words() { return {word(), word(), word(), word()}; }
  /** For a bound of 254 bits. */
  Words below(const Words& bound) {
    for (;;) {
      Words value = words();
      value[3] >>= 2;
      if (zkmargin::words::less(value, bound)) return value;
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace zkmargin::test
