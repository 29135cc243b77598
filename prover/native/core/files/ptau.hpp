#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "../curve/affine.hpp"

namespace zkmargin {

/** Powers of tau over BN254 in snarkjs's .ptau format, prepared for phase 2 or not; the spans lie in the bytes that were given. */
struct PtauView {
  std::string file;
  /** log2 of the largest domain, 1 to 28. */
  unsigned power = 0;
  /** tau^i G1 for i below 2^(power + 1) - 1. */
  std::span<const G1Record> tauG1;
  /** tau^i G2, alpha tau^i G1, beta tau^i G1 for i below 2^power. */
  std::span<const G2Record> tauG2;
  std::span<const G1Record> alphaTauG1, betaTauG1;
  G2Record betaG2;

  /**
   * Of a prepared file, otherwise empty: the Lagrange bases at tau of the domains of 1, 2, 4, ... points one after the other, those of 2^p
   * points from lagrangeOffset(p) on; tauG1 up to p = power + 1, the others up to power. Of tauG1's last, the highest power is left out.
   */
  std::span<const G1Record> lagrangeTauG1;
  std::span<const G2Record> lagrangeTauG2;
  std::span<const G1Record> lagrangeAlphaTauG1, lagrangeBetaTauG1;
};

/** Index of the first point of the basis of 2^domainPower points. */
constexpr std::size_t lagrangeOffset(unsigned domainPower) { return (std::size_t{1} << domainPower) - 1; }

/** The bases of one domain of 2^domainPower points. */
struct LagrangeBases {
  std::span<const G1Record> tauG1;
  std::span<const G2Record> tauG2;
  std::span<const G1Record> alphaTauG1, betaTauG1;
  /** The basis of twice the domain, whose odd half the H points are made of. */
  std::span<const G1Record> doubleTauG1;
};

/**
 * Checks magic, version, modulus, and every count against its section's size; no point.
 * @param name what errors call the file
 * @throws FileError
 */
PtauView parsePtau(std::span<const std::uint8_t> bytes, const std::string& name);

/** @throws FileError when the powers are too few for the domain, or the file is not prepared for phase 2 */
LagrangeBases lagrangeBases(const PtauView& ptau, unsigned domainPower);

}  // namespace zkmargin
