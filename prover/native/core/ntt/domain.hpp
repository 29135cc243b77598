#pragma once

#include "../field/element.hpp"

namespace zkmargin {

/** The 2^power-th roots of unity, prepared for one back end. Immutable: any number of proofs may use it at once. */
class Domain {
 public:
  explicit Domain(unsigned power) : power(power) {}
  virtual ~Domain() = default;
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;
  const unsigned power;
  std::size_t size() const { return std::size_t{1} << power; }
};

/** Generators of the roots of unity as snarkjs chooses them: 5 is the smallest non-residue, 5^((r - 1) / 2^28) generates all of them. */
template <class F>
typename F::Value rootOfUnity(unsigned power) {
  constexpr Words exponent = [] {
    Words value = FrParams::modulus;
    value[0] -= 1;
    for (unsigned i = 0; i < FrParams::twoAdicity; i++) {
      for (std::size_t word = 0; word < 4; word++) value[word] = (value[word] >> 1) | (word < 3 ? value[word + 1] << 63 : 0);
    }
    return value;
  }();
  auto root = F::power(F::fromInteger(5), exponent);
  for (unsigned i = power; i < FrParams::twoAdicity; i++) root = F::square(root);
  return root;
}

}  // namespace zkmargin
