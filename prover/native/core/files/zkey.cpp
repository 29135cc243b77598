#include "zkey.hpp"

#include <bit>

#include "../curve/pairing.hpp"
#include "container.hpp"

namespace zkmargin {

namespace {

constexpr SectionName names[] = {
    {1, "protocol"}, {2, "header"},   {3, "IC points"}, {4, "coefficients"}, {5, "A points"},
    {6, "B1 points"}, {7, "B2 points"}, {8, "C points"},  {9, "H points"},     {10, "contributions"},
};
constexpr ContainerFormat format{"zkey", 1, names};

struct Protocol {
  std::uint8_t id[4];
};
constexpr std::uint32_t groth16 = 1;

struct Header {
  std::uint8_t baseElementSize[4];
  std::uint8_t baseModulus[32];
  std::uint8_t scalarElementSize[4];
  std::uint8_t scalarModulus[32];
  std::uint8_t wires[4];
  std::uint8_t publicSignals[4];
  std::uint8_t domain[4];
  G1Record alpha1, beta1;
  G2Record beta2, gamma2;
  G1Record delta1;
  G2Record delta2;
};
static_assert(sizeof(Header) == 84 + 3 * 64 + 3 * 128 && alignof(Header) == 1);

bool isCanonical(const Fp& a) { return words::less(a.words, FpParams::modulus); }
bool isCanonical(const Fp2& a) { return isCanonical(a.c0) && isCanonical(a.c1); }

constexpr const char* equation(const G1Affine&) { return "y^2 = x^3 + 3"; }
constexpr const char* equation(const G2Affine&) { return "y^2 = x^3 + 3 / (9 + u)"; }

template <class Point>
Point headerPoint(const Container& container, const Record<Point>& record, const char* name) {
  const Point point = record.read();
  if (!isCanonical(point.x) || !isCanonical(point.y)) {
    refuseSection(container, 2, std::string(name) + " has a coordinate that is not below the field's modulus");
  }
  if (point.isInfinity()) refuseSection(container, 2, std::string(name) + " is the point at infinity, must be another");
  if (!isOnCurve(point)) refuseSection(container, 2, std::string(name) + " is not on the curve " + equation(point));
  return point;
}

}  // namespace

ZkeyView parseZkey(std::span<const std::uint8_t> bytes, const std::string& name) {
  const Container container = parseContainer(bytes, name, format);
  const std::uint32_t protocol = loadUint32(requireRecords<Protocol>(container, 1, 1)[0].id);
  if (protocol != groth16) refuseSection(container, 1, "protocol " + std::to_string(protocol) + ", must be 1 (Groth16)");

  const Header& header = requireRecords<Header>(container, 2, 1)[0];
  requireModulus(container, 2, header.baseElementSize, header.baseModulus, FpParams::modulus);
  requireModulus(container, 2, header.scalarElementSize, header.scalarModulus, FrParams::modulus);

  ZkeyView view;
  view.wires = loadUint32(header.wires);
  view.publicSignals = loadUint32(header.publicSignals);
  if (view.wires <= view.publicSignals) {
    refuseSection(container, 2,
                  counted(view.wires, "wire") + ", must be at least the constant one and " + counted(view.publicSignals, "public signal"));
  }
  const std::uint32_t domain = loadUint32(header.domain);
  if (!std::has_single_bit(domain) || domain > std::uint32_t{1} << maximumDomainPower) {
    refuseSection(container, 2,
                  "domain of " + counted(domain, "row") + ", must be a power of two up to 2^" + std::to_string(maximumDomainPower));
  }
  // snarkjs adds a row for each of them after the constraints, so that the public signals' polynomials are linearly independent.
  if (domain <= view.publicSignals) {
    refuseSection(container, 2,
                  "domain of " + counted(domain, "row") + ", must have one for the constant and each of " +
                      counted(view.publicSignals, "public signal"));
  }
  view.domainPower = static_cast<unsigned>(std::countr_zero(domain));
  view.alpha1 = headerPoint(container, header.alpha1, "alpha1");
  view.beta1 = headerPoint(container, header.beta1, "beta1");
  view.beta2 = headerPoint(container, header.beta2, "beta2");
  view.gamma2 = headerPoint(container, header.gamma2, "gamma2");
  view.delta1 = headerPoint(container, header.delta1, "delta1");
  view.delta2 = headerPoint(container, header.delta2, "delta2");

  view.ic = requireRecords<G1Record>(container, 3, std::uint64_t{view.publicSignals} + 1);
  const auto coefficients = requireSection(container, 4);
  if (coefficients.size() < 4) refuseSection(container, 4, "has " + counted(coefficients.size(), "byte") + ", must have at least 4");
  std::uint32_t count = 0;
  std::memcpy(&count, coefficients.data(), sizeof count);
  view.coefficients = requireRecords<CoefficientRecord>(container, 4, count, sizeof count);
  view.a = requireRecords<G1Record>(container, 5, view.wires);
  view.b1 = requireRecords<G1Record>(container, 6, view.wires);
  view.b2 = requireRecords<G2Record>(container, 7, view.wires);
  view.c = requireRecords<G1Record>(container, 8, view.wires - view.publicSignals - 1);
  view.h = requireRecords<G1Record>(container, 9, domain);
  return view;
}

}  // namespace zkmargin
