#include "r1cs.hpp"

#include <bit>
#include <cstring>

#include "container.hpp"
#include "zkey.hpp"

namespace zkmargin {

namespace {

constexpr SectionName names[] = {
    {1, "header"}, {2, "constraints"}, {3, "labels of wires"}, {4, "custom gates"}, {5, "uses of custom gates"},
};
constexpr ContainerFormat format{"r1cs", 1, names};

struct Header {
  std::uint8_t elementSize[4];
  std::uint8_t modulus[32];
  std::uint8_t wires[4];
  std::uint8_t outputs[4];
  std::uint8_t publicInputs[4];
  std::uint8_t privateInputs[4];
  std::uint8_t labels[8];
  std::uint8_t constraints[4];
};
static_assert(sizeof(Header) == 64);

/** Takes a checked linear combination off the front of what `at` points to. */
LinearCombination take(const std::uint8_t*& at) {
  std::uint32_t count = 0;
  std::memcpy(&count, at, sizeof count);
  const LinearCombination terms(reinterpret_cast<const TermRecord*>(at + sizeof count), count);
  at += sizeof count + terms.size_bytes();
  return terms;
}

constexpr const char* matrices[] = {"A", "B", "C"};

/** Checks every constraint. @returns where the last one ends */
const std::uint8_t* checkConstraints(const Container& container, const R1csView& view) {
  std::span<const std::uint8_t> rest = requireSection(container, 2);
  for (std::uint32_t row = 0; row < view.constraints; row++) {
    for (const char* matrix : matrices) {
      const auto refuse = [&](const std::string& rule) {
        refuseSection(container, 2,
                      "constraint " + std::to_string(row) + " of " + std::to_string(view.constraints) + ", " + matrix + ": " + rule);
      };
      std::uint32_t count = 0;
      if (rest.size() < sizeof count) refuse("its number of terms needs 4 bytes, the section has " + std::to_string(rest.size()) + " left");
      std::memcpy(&count, rest.data(), sizeof count);
      rest = rest.subspan(sizeof count);
      if (std::uint64_t{count} * sizeof(TermRecord) > rest.size()) {
        refuse(counted(count, "term") + " of 36 bytes, the section has " + counted(rest.size(), "byte") + " left");
      }
      const LinearCombination terms(reinterpret_cast<const TermRecord*>(rest.data()), count);
      for (const TermRecord& term : terms) {
        const std::uint32_t wire = loadUint32(term.wire);
        if (wire >= view.wires) refuse("wire " + std::to_string(wire) + ", must be below the number of wires, " + std::to_string(view.wires));
        if (!words::less(loadWords(term.coefficient), FrParams::modulus)) {
          refuse("the coefficient of wire " + std::to_string(wire) + " is not below the field's modulus");
        }
      }
      rest = rest.subspan(terms.size_bytes());
    }
  }
  if (!rest.empty()) refuseSection(container, 2, counted(rest.size(), "byte") + " after the last constraint, must be none");
  return rest.data();
}

void refuseCustomGates(const Container& container) {
  for (const std::uint32_t id : {4u, 5u}) {
    const Section* section = findSection(container, id);
    if (section == nullptr) continue;
    // circom writes both lists, empty, when custom templates are allowed but none is used.
    std::uint32_t count = 0;
    if (section->bytes.size() == sizeof count) std::memcpy(&count, section->bytes.data(), sizeof count);
    if (section->bytes.size() > sizeof count || count != 0) refuseSection(container, id, "is not empty, and Groth16 has no custom gates");
  }
}

}  // namespace

Constraint ConstraintIterator::operator*() const {
  const std::uint8_t* at = at_;
  Constraint constraint;
  constraint.a = take(at);
  constraint.b = take(at);
  constraint.c = take(at);
  return constraint;
}

ConstraintIterator& ConstraintIterator::operator++() {
  for (int matrix = 0; matrix < 3; matrix++) take(at_);
  return *this;
}

R1csView parseR1cs(std::span<const std::uint8_t> bytes, const std::string& name) {
  const Container container = parseContainer(bytes, name, format);
  const Header& header = requireRecords<Header>(container, 1, 1)[0];
  requireModulus(container, 1, header.elementSize, header.modulus, FrParams::modulus);
  refuseCustomGates(container);

  R1csView view;
  view.wires = loadUint32(header.wires);
  view.outputs = loadUint32(header.outputs);
  view.publicInputs = loadUint32(header.publicInputs);
  view.privateInputs = loadUint32(header.privateInputs);
  view.constraints = loadUint32(header.constraints);
  const std::uint64_t publicSignals = std::uint64_t{view.outputs} + view.publicInputs;
  if (view.wires <= publicSignals) {
    refuseSection(container, 1, counted(view.wires, "wire") + ", must be at least the constant one and " + counted(publicSignals, "public signal"));
  }
  view.publicSignals = static_cast<std::uint32_t>(publicSignals);
  // Also for the counts' width: the smallest power of two above constraints + publicSignals.
  view.domainPower = static_cast<unsigned>(std::bit_width(view.constraints + publicSignals));
  if (view.domainPower > maximumDomainPower) {
    refuseSection(container, 1,
                  counted(view.constraints, "constraint") + " and " + counted(publicSignals, "public signal") + " need a domain of 2^" +
                      std::to_string(view.domainPower) + " rows, may be 2^" + std::to_string(maximumDomainPower) + " at most");
  }
  view.first = ConstraintIterator(requireSection(container, 2).data());
  view.last = ConstraintIterator(checkConstraints(container, view));
  return view;
}

}  // namespace zkmargin
