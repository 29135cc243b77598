#include <string>

#include "../core/files/container.hpp"
#include "../core/files/ptau.hpp"
#include "../core/files/r1cs.hpp"
#include "check.hpp"
#include "file-outcome.hpp"
#include "sample-files.hpp"

namespace {

using namespace zkmargin;
using namespace zkmargin::test;

Words below(const Words& modulus, std::uint64_t distance) {
  Words words = modulus;
  words[0] -= distance;
  return words;
}

std::uint64_t recordNumber(const G1Record& record) { return record.read().x.words[0]; }
std::uint64_t recordNumber(const G2Record& record) { return record.read().x.c0.words[0]; }

// Offsets in the header.
constexpr std::size_t r1csWires = 36, r1csOutputs = 40, r1csPublicInputs = 44, r1csConstraints = 60;

}  // namespace

TEST("a constraint system is walked term by term") {
  const Bytes bytes = sampleR1cs().encoded();
  const R1csView view = parseR1cs(bytes, "sample");
  CHECK_EQUAL(view.wires, 4);
  CHECK_EQUAL(view.outputs, 1);
  CHECK_EQUAL(view.publicInputs, 1);
  CHECK_EQUAL(view.privateInputs, 1);
  CHECK_EQUAL(view.constraints, 2);
  CHECK_EQUAL(view.publicSignals, 2);
  // 2 constraints, 2 public signals, the constant.
  CHECK_EQUAL(view.domainPower, 3);
  std::string walked;
  for (const Constraint constraint : view) {
    for (const LinearCombination& terms : {constraint.a, constraint.b, constraint.c}) {
      for (const TermRecord& term : terms) {
        const bool one = loadWords(term.coefficient) == Words{1, 0, 0, 0};
        const bool minusOne = loadWords(term.coefficient) == below(FrParams::modulus, 1);
        walked += (one ? "+w" : minusOne ? "-w" : "?w") + std::to_string(loadUint32(term.wire));
      }
      walked += ' ';
    }
    walked += ';';
  }
  CHECK_EQUAL(walked, "+w2 +w3 +w1 ;  +w1-w1 ;");
  ConstraintIterator second = view.begin();
  const ConstraintIterator first = second++;
  CHECK(first == view.begin() && second != first && ++second == view.end());
  CHECK_EQUAL((*first).a.size(), 1);
}

TEST("a constraint system without constraints is accepted") {
  SampleFile file = sampleR1cs();
  put(file.section(1), r1csConstraints, std::uint32_t{0});
  file.section(2).clear();
  const Bytes bytes = file.encoded();
  const R1csView view = parseR1cs(bytes, "sample");
  CHECK(view.begin() == view.end());
  CHECK_EQUAL(view.domainPower, 2);
}

TEST("a constraint system of another field or with counts that contradict each other is refused") {
  const auto changed = [](std::size_t at, auto value) {
    return outcome(sampleR1cs(), [&](SampleFile& file) { put(file.section(1), at, value); });
  };
  const std::string header = "sample, section 1 (header): ";
  CHECK_EQUAL(outcome(sampleR1cs(), [](SampleFile& file) { file.version = 2; }), "sample, header: version 2, must be 1");
  CHECK_EQUAL(outcome(sampleR1cs(), [](SampleFile& file) { file.section(1).resize(60); }), header + "has 60 bytes, must have 64 (1 of 64)");
  CHECK_EQUAL(changed(0, std::uint32_t{8}), header + "field elements of 8 bytes, must have 32");
  CHECK_EQUAL(changed(4, FpParams::modulus).substr(0, 56), "sample, section 1 (header): field modulus 0x30644e72e131");
  CHECK_EQUAL(changed(r1csWires, std::uint32_t{2}), header + "2 wires, must be at least the constant one and 2 public signals");
  CHECK_EQUAL(changed(r1csOutputs, std::uint32_t{0xffffffff}), header + "4 wires, must be at least the constant one and 4294967296 public signals");
  CHECK_EQUAL(changed(r1csPublicInputs, std::uint32_t{3}), header + "4 wires, must be at least the constant one and 4 public signals");
  CHECK_EQUAL(changed(r1csConstraints, (std::uint32_t{1} << 27) - 2),
              header + "134217726 constraints and 2 public signals need a domain of 2^28 rows, may be 2^27 at most");
  CHECK_EQUAL(changed(r1csConstraints, std::uint32_t{0xffffffff}),
              header + "4294967295 constraints and 2 public signals need a domain of 2^33 rows, may be 2^27 at most");
  for (const std::uint32_t id : {1u, 2u}) {
    CHECK_EQUAL(outcome(sampleR1cs(), [&](SampleFile& file) { file.remove(id); }),
                "sample, section " + std::to_string(id) + (id == 1 ? " (header)" : " (constraints)") + ": is missing");
  }
}

TEST("a constraint with a term outside the section, a wire that is not there or a coefficient not below r is refused") {
  const auto changed = [](std::size_t at, auto value) {
    return outcome(sampleR1cs(), [&](SampleFile& file) { put(file.section(2), at, value); });
  };
  const auto resized = [](std::size_t size) {
    return outcome(sampleR1cs(), [&](SampleFile& file) { file.section(2).resize(size); });
  };
  const std::string first = "sample, section 2 (constraints): constraint 0 of 2, ";
  const std::string second = "sample, section 2 (constraints): constraint 1 of 2, ";
  CHECK_EQUAL(changed(4, std::uint32_t{4}), first + "A: wire 4, must be below the number of wires, 4");
  CHECK_EQUAL(changed(4, std::uint32_t{3}), "accepted");
  CHECK_EQUAL(changed(8, FrParams::modulus), first + "A: the coefficient of wire 2 is not below the field's modulus");
  CHECK_EQUAL(changed(8, below(FrParams::modulus, 1)), "accepted");
  CHECK_EQUAL(resized(0), first + "A: its number of terms needs 4 bytes, the section has 0 left");
  CHECK_EQUAL(resized(39), first + "A: 1 term of 36 bytes, the section has 35 bytes left");
  CHECK_EQUAL(resized(120), second + "A: its number of terms needs 4 bytes, the section has 0 left");
  CHECK_EQUAL(resized(203), second + "C: 2 terms of 36 bytes, the section has 71 bytes left");
  CHECK_EQUAL(resized(205), "sample, section 2 (constraints): 1 byte after the last constraint, must be none");
  // 36 times this is 2^32 + 32 in 32-bit arithmetic.
  CHECK_EQUAL(changed(0, std::uint32_t{0x71c71c8}), first + "A: 119304648 terms of 36 bytes, the section has 200 bytes left");
}

TEST("custom gates are refused, their empty lists are not") {
  const auto with = [](std::uint32_t id, const Bytes& list) {
    return outcome(sampleR1cs(), [&](SampleFile& file) { file.sections.push_back({id, list}); });
  };
  CHECK_EQUAL(with(4, Bytes(4)), "accepted");
  CHECK_EQUAL(with(5, Bytes(4)), "accepted");
  CHECK_EQUAL(with(4, joined(std::uint32_t{1})), "sample, section 4 (custom gates): is not empty, and Groth16 has no custom gates");
  CHECK_EQUAL(with(5, Bytes(8)), "sample, section 5 (uses of custom gates): is not empty, and Groth16 has no custom gates");
}

TEST("powers of tau and their Lagrange bases are where snarkjs looks for them") {
  SampleFile file = samplePtau();
  put(file.section(6), 0, std::uint64_t{99});
  const Bytes bytes = file.encoded();
  const PtauView view = parsePtau(bytes, "sample");
  CHECK_EQUAL(view.power, 2);
  CHECK_EQUAL(view.tauG1.size(), 7);
  CHECK_EQUAL(view.tauG2.size(), 4);
  CHECK_EQUAL(view.alphaTauG1.size(), 4);
  CHECK_EQUAL(view.betaTauG1.size(), 4);
  CHECK_EQUAL(recordNumber(view.tauG1[6]), 6);
  CHECK_EQUAL(recordNumber(view.betaG2), 99);
  for (unsigned power = 0; power <= 2; power++) {
    const LagrangeBases bases = lagrangeBases(view, power);
    const std::size_t domain = std::size_t{1} << power;
    CHECK_EQUAL(lagrangeOffset(power), domain - 1);
    CHECK_EQUAL(bases.tauG1.size(), domain);
    CHECK_EQUAL(bases.tauG2.size(), domain);
    CHECK_EQUAL(bases.doubleTauG1.size(), 2 * domain);
    // The sections' points are numbered: each basis begins after the smaller ones.
    CHECK_EQUAL(recordNumber(bases.tauG1.front()), domain - 1);
    CHECK_EQUAL(recordNumber(bases.tauG2.back()), 2 * domain - 2);
    CHECK_EQUAL(recordNumber(bases.alphaTauG1.back()), 2 * domain - 2);
    CHECK_EQUAL(recordNumber(bases.betaTauG1.front()), domain - 1);
    CHECK_EQUAL(recordNumber(bases.doubleTauG1.back()), 4 * domain - 2);
  }
}

TEST("Lagrange bases of a larger domain, or of a file that is not prepared, are refused") {
  const Bytes prepared = samplePtau().encoded();
  CHECK_THROWS(FileError, lagrangeBases(parsePtau(prepared, "sample"), 3),
               "sample, section 1 (header): power 2, the circuit's domain needs at least 3");
  const char* names[] = {"tauG1", "tauG2", "alphaTauG1", "betaTauG1"};
  for (std::uint32_t id = 12; id <= 15; id++) {
    SampleFile file = samplePtau();
    file.remove(id);
    const Bytes bytes = file.encoded();
    CHECK_EQUAL(outcome(bytes), "accepted");
    CHECK_THROWS(FileError, lagrangeBases(parsePtau(bytes, "sample"), 1),
                 "sample, section " + std::to_string(id) + " (Lagrange " + names[id - 12] +
                     "): is missing: the file must be prepared for phase 2 (snarkjs powersoftau prepare phase2)");
  }
}

TEST("powers of tau of another field, power or size are refused") {
  const auto changed = [](std::size_t at, auto value) {
    return outcome(samplePtau(), [&](SampleFile& file) { put(file.section(1), at, value); });
  };
  const std::string header = "sample, section 1 (header): ";
  CHECK_EQUAL(outcome(samplePtau(), [](SampleFile& file) { file.version = 3; }), "sample, header: version 3, must be 1");
  CHECK_EQUAL(changed(0, std::uint32_t{48}), header + "field elements of 48 bytes, must have 32");
  CHECK_EQUAL(changed(4, FrParams::modulus).substr(0, 56), "sample, section 1 (header): field modulus 0x30644e72e131");
  CHECK_EQUAL(changed(36, std::uint32_t{0}), header + "power 0, must be 1 to 28");
  CHECK_EQUAL(changed(36, std::uint32_t{29}), header + "power 29, must be 1 to 28");
  CHECK_EQUAL(changed(36, ~std::uint32_t{0}), header + "power 4294967295, must be 1 to 28");
  CHECK_EQUAL(changed(36, std::uint32_t{28}), "sample, section 2 (tauG1): has 448 bytes, must have 34359738304 (536870911 of 64)");
  const struct {
    std::uint32_t id;
    const char* name;
    std::size_t count, size;
  } sections[] = {{2, "tauG1", 7, 64},
                  {3, "tauG2", 4, 128},
                  {4, "alphaTauG1", 4, 64},
                  {5, "betaTauG1", 4, 64},
                  {6, "betaG2", 1, 128},
                  {12, "Lagrange tauG1", 15, 64},
                  {13, "Lagrange tauG2", 7, 128},
                  {14, "Lagrange alphaTauG1", 7, 64},
                  {15, "Lagrange betaTauG1", 7, 64}};
  for (const auto& [id, name, count, size] : sections) {
    const std::string section = "sample, section " + std::to_string(id) + " (" + name + "): ";
    const std::string required = std::to_string(count * size) + " (" + std::to_string(count) + " of " + std::to_string(size) + ")";
    for (const std::size_t found : {count * size - 1, count * size + size}) {
      CHECK_EQUAL(outcome(samplePtau(), [&, id = id](SampleFile& file) { file.section(id).resize(found); }),
                  section + "has " + std::to_string(found) + " bytes, must have " + required);
    }
    if (id < 12) CHECK_EQUAL(outcome(samplePtau(), [&, id = id](SampleFile& file) { file.remove(id); }), section + "is missing");
  }
}
