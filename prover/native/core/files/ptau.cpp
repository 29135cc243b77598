#include "ptau.hpp"

#include "container.hpp"

namespace zkmargin {

namespace {

constexpr SectionName names[] = {
    {1, "header"},
    {2, "tauG1"},
    {3, "tauG2"},
    {4, "alphaTauG1"},
    {5, "betaTauG1"},
    {6, "betaG2"},
    {7, "contributions"},
    {12, "Lagrange tauG1"},
    {13, "Lagrange tauG2"},
    {14, "Lagrange alphaTauG1"},
    {15, "Lagrange betaTauG1"},
};
constexpr ContainerFormat format{"ptau", 1, names};
constexpr std::uint32_t maximumPower = FrParams::twoAdicity;

struct Header {
  std::uint8_t elementSize[4];
  std::uint8_t modulus[32];
  std::uint8_t power[4];
  /** Of the ceremony that this file may be the beginning of. */
  std::uint8_t ceremonyPower[4];
};
static_assert(sizeof(Header) == 44);

/** The bases of all domains up to 2^highest points, when the file has them. */
template <class ByteRecord>
std::span<const ByteRecord> preparedRecords(const Container& container, std::uint32_t id, unsigned highest) {
  if (findSection(container, id) == nullptr) return {};
  return requireRecords<ByteRecord>(container, id, (std::uint64_t{1} << (highest + 1)) - 1);
}

template <class ByteRecord>
std::span<const ByteRecord> basis(const PtauView& ptau, std::uint32_t id, std::span<const ByteRecord> prepared, unsigned domainPower) {
  if (prepared.empty()) {
    throw FileError(ptau.file, sectionLabel(format, id), "is missing: the file must be prepared for phase 2 (snarkjs powersoftau prepare phase2)");
  }
  return prepared.subspan(lagrangeOffset(domainPower), std::size_t{1} << domainPower);
}

}  // namespace

PtauView parsePtau(std::span<const std::uint8_t> bytes, const std::string& name) {
  const Container container = parseContainer(bytes, name, format);
  const Header& header = requireRecords<Header>(container, 1, 1)[0];
  requireModulus(container, 1, header.elementSize, header.modulus, FpParams::modulus);
  const std::uint32_t power = loadUint32(header.power);
  if (power < 1 || power > maximumPower) {
    refuseSection(container, 1, "power " + std::to_string(power) + ", must be 1 to " + std::to_string(maximumPower));
  }
  const std::uint64_t domain = std::uint64_t{1} << power;

  PtauView view;
  view.file = name;
  view.power = power;
  view.tauG1 = requireRecords<G1Record>(container, 2, 2 * domain - 1);
  view.tauG2 = requireRecords<G2Record>(container, 3, domain);
  view.alphaTauG1 = requireRecords<G1Record>(container, 4, domain);
  view.betaTauG1 = requireRecords<G1Record>(container, 5, domain);
  view.betaG2 = requireRecords<G2Record>(container, 6, 1)[0];
  view.lagrangeTauG1 = preparedRecords<G1Record>(container, 12, power + 1);
  view.lagrangeTauG2 = preparedRecords<G2Record>(container, 13, power);
  view.lagrangeAlphaTauG1 = preparedRecords<G1Record>(container, 14, power);
  view.lagrangeBetaTauG1 = preparedRecords<G1Record>(container, 15, power);
  return view;
}

LagrangeBases lagrangeBases(const PtauView& ptau, unsigned domainPower) {
  if (domainPower > ptau.power) {
    throw FileError(ptau.file, sectionLabel(format, 1),
                    "power " + std::to_string(ptau.power) + ", the circuit's domain needs at least " + std::to_string(domainPower));
  }
  return {
      basis(ptau, 12, ptau.lagrangeTauG1, domainPower),
      basis(ptau, 13, ptau.lagrangeTauG2, domainPower),
      basis(ptau, 14, ptau.lagrangeAlphaTauG1, domainPower),
      basis(ptau, 15, ptau.lagrangeBetaTauG1, domainPower),
      basis(ptau, 12, ptau.lagrangeTauG1, domainPower + 1),
  };
}

}  // namespace zkmargin
