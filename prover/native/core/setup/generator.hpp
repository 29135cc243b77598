// The generators of the two groups, and many multiples of one: powers of tau and keys of known secrets.
#pragma once

#include <span>
#include <vector>

#include "../backend.hpp"

namespace zkmargin {

template <class Point>
Point generator();
/** (1, 2) */
template <>
G1Affine generator<G1Affine>();
/** EIP-197's P2. */
template <>
G2Affine generator<G2Affine>();

struct Encodings {
  bool uncompressed = false, compressed = false;
};

template <class Point>
struct Multiples {
  std::vector<Point> points;
  /** One after the other, as setup/point-bytes.hpp writes them; empty unless asked for. */
  std::vector<std::uint8_t> uncompressed, compressed;
};

/** scalar x generator for each scalar, plain integers below r. */
Multiples<G1Affine> multiplyGeneratorG1(const Backend& backend, std::span<const Words> scalars, Encodings encodings, Threads& threads);
Multiples<G2Affine> multiplyGeneratorG2(const Backend& backend, std::span<const Words> scalars, Encodings encodings, Threads& threads);

}  // namespace zkmargin
