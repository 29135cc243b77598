#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "../backend.hpp"

namespace zkmargin {

/** log2 of the largest domain: a proof also takes the roots of unity of twice the domain. */
inline constexpr unsigned maximumDomainPower = FrParams::twoAdicity - 1;

/** A Groth16 proving key over BN254 in snarkjs's .zkey format; the spans lie in the bytes that were given. */
struct ZkeyView {
  std::uint32_t wires = 0;
  /** Without the constant one. */
  std::uint32_t publicSignals = 0;
  unsigned domainPower = 0;
  G1Affine alpha1, beta1, delta1;
  G2Affine beta2, gamma2, delta2;
  /** publicSignals + 1 */
  std::span<const G1Record> ic;
  std::span<const CoefficientRecord> coefficients;
  /** One for each wire. */
  std::span<const G1Record> a, b1;
  std::span<const G2Record> b2;
  /** One for each private wire: wires - publicSignals - 1. */
  std::span<const G1Record> c;
  /** One for each row of the domain. */
  std::span<const G1Record> h;
};

/**
 * Checks magic, version, protocol, both moduli, every count against its section's size, and the header's points (canonical, on the curve, not infinity).
 * @param name what errors call the file
 * @throws FileError
 */
ZkeyView parseZkey(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace zkmargin
