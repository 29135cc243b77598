#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "../core/files/container.hpp"
#include "../core/files/mapped-file.hpp"
#include "../core/files/ptau.hpp"
#include "../core/files/r1cs.hpp"
#include "../core/files/wtns.hpp"
#include "../core/files/zkey.hpp"
#include "check.hpp"
#include "sample-files.hpp"

namespace {

using namespace zkmargin;
using namespace zkmargin::test;

/** What parsing says: the whole message of its FileError, or "accepted". */
std::string outcome(const Bytes& bytes) {
  const std::string magic(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 4)));
  try {
    if (magic == "wtns") {
      parseWtns(bytes, "sample");
    } else if (magic == "r1cs") {
      parseR1cs(bytes, "sample");
    } else if (magic == "ptau") {
      parsePtau(bytes, "sample");
    } else {
      parseZkey(bytes, "sample");
    }
    return "accepted";
  } catch (const FileError& error) {
    if (std::string(error.what()) != error.file + ", " + error.section + ": " + error.rule) return "a message that is not the sum of its parts";
    return error.what();
  }
}

std::string outcome(SampleFile file, const std::function<void(SampleFile&)>& change) {
  change(file);
  return outcome(file.encoded());
}

Words below(const Words& modulus, std::uint64_t distance) {
  Words words = modulus;
  words[0] -= distance;
  return words;
}

std::uint64_t recordNumber(const G1Record& record) { return record.read().x.words[0]; }
std::uint64_t recordNumber(const G2Record& record) { return record.read().x.c0.words[0]; }

// Offsets in headers: their fields in the order of the files.
constexpr std::size_t zkeyWires = 72, zkeyPublic = 76, zkeyDomain = 80, zkeyAlpha1 = 84, zkeyBeta1 = 148, zkeyBeta2 = 212, zkeyGamma2 = 340,
                      zkeyDelta1 = 468, zkeyDelta2 = 532;
constexpr std::size_t r1csWires = 36, r1csOutputs = 40, r1csPublicInputs = 44, r1csConstraints = 60;

/** A temporary file, removed with this. */
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0 || ::write(descriptor, content.data(), content.size()) != static_cast<ssize_t>(content.size())) std::abort();
    ::close(descriptor);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/zkmargin-files-XXXXXX";
};

}  // namespace

TEST("a mapped file has the file's bytes and path, also after it is moved and the file is gone") {
  std::string path;
  const auto open = [&] {
    const TemporaryFile file("four");
    path = file.path();
    return MappedFile(file.path());
  };
  MappedFile first = open();
  const MappedFile second(std::move(first));
  CHECK_EQUAL(std::string(second.bytes().begin(), second.bytes().end()), "four");
  CHECK_EQUAL(second.path(), path);
  CHECK(first.bytes().empty());
}

TEST("a file that is missing, empty, a directory or a pipe is refused") {
  const TemporaryFile empty("");
  CHECK_THROWS(FileError, MappedFile("/nonexistent/file"), "/nonexistent/file, file: can't be opened: No such file or directory");
  CHECK_THROWS(FileError, MappedFile(""), "can't be opened: No such file or directory");
  CHECK_THROWS(FileError, MappedFile(empty.path()), empty.path() + ", file: is empty");
  CHECK_THROWS(FileError, MappedFile("/tmp"), "/tmp, file: is not a regular file");
  CHECK_THROWS(FileError, MappedFile(std::string("/tmp\0/x", 7)), "/tmp, file: its path holds a zero byte");
  const std::string pipe = empty.path() + ".pipe";
  CHECK_EQUAL(::mkfifo(pipe.c_str(), 0600), 0);
  CHECK_THROWS(FileError, MappedFile(pipe), pipe + ", file: is not a regular file");
  std::remove(pipe.c_str());
}

TEST("a container is refused on another magic or version, and when sections are cut off, repeated or too many") {
  const Bytes valid = sampleZkey().encoded();
  const auto changed = [&](std::size_t at, auto value) {
    Bytes bytes = valid;
    put(bytes, at, value);
    return outcome(bytes);
  };
  const auto cut = [&](std::size_t size) { return outcome(Bytes(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(size))); };
  CHECK_EQUAL(outcome(valid), "accepted");
  CHECK_EQUAL(outcome(Bytes{}), "sample, header: the file has 0 bytes, must have at least 12");
  CHECK_EQUAL(cut(11), "sample, header: the file has 11 bytes, must have at least 12");
  CHECK_EQUAL(changed(0, 'Z'), "sample, header: begins with the bytes 5a6b6579, must begin with 7a6b6579 (\"zkey\")");
  CHECK_EQUAL(changed(4, std::uint32_t{2}), "sample, header: version 2, must be 1");
  CHECK_EQUAL(changed(8, std::uint32_t{65}), "sample, header: 65 sections, may be 64 at most");
  CHECK_EQUAL(changed(8, std::uint32_t{11}), "sample, header of section number 11 of 11: needs 12 bytes, the file has 0 left");
  CHECK_EQUAL(cut(23), "sample, header of section number 1 of 10: needs 12 bytes, the file has 11 left");
  CHECK_EQUAL(cut(valid.size() - 1), "sample, section 10 (contributions): has 68 bytes by its header, the file has 67 left");
  CHECK_EQUAL(changed(16, ~std::uint64_t{0}),
              "sample, section 1 (protocol): has 18446744073709551615 bytes by its header, the file has " + std::to_string(valid.size() - 24) + " left");
  CHECK_EQUAL(outcome(sampleZkey(), [](SampleFile& file) { file.sections.push_back({4, {}}); }),
              "sample, section 4 (coefficients): occurs twice, must occur once");
  CHECK_EQUAL(outcome(sampleZkey(), [](SampleFile& file) { file.sections.insert(file.sections.begin(), 2, {77, {}}); }),
              "sample, section 77: occurs twice, must occur once");
}

TEST("sections in another order, of unknown ids, and bytes after the last one are accepted") {
  CHECK_EQUAL(outcome(sampleZkey(), [](SampleFile& file) {
                std::reverse(file.sections.begin(), file.sections.end());
                file.sections.push_back({77, Bytes(5)});
              }),
              "accepted");
  Bytes longer = sampleZkey().encoded();
  longer.resize(longer.size() + 13);
  CHECK_EQUAL(outcome(longer), "accepted");
}

TEST("a proving key is read section by section") {
  const Bytes bytes = sampleZkey().encoded();
  const ZkeyView view = parseZkey(bytes, "sample");
  CHECK_EQUAL(view.wires, 4);
  CHECK_EQUAL(view.publicSignals, 1);
  CHECK_EQUAL(view.domainPower, 2);
  for (const G1Affine& point : {view.alpha1, view.beta1, view.delta1}) CHECK_EQUAL(point, generatorG1());
  for (const G2Affine& point : {view.beta2, view.gamma2, view.delta2}) CHECK_EQUAL(point, generatorG2());
  CHECK_EQUAL(view.ic.size(), 2);
  CHECK_EQUAL(view.a.size(), 4);
  CHECK_EQUAL(view.b1.size(), 4);
  CHECK_EQUAL(view.b2.size(), 4);
  CHECK_EQUAL(view.c.size(), 2);
  CHECK_EQUAL(view.h.size(), 4);
  CHECK_EQUAL(view.a[3].read(), generatorG1());
  CHECK(view.b1[3].read().isInfinity());
  CHECK_EQUAL(view.b2[3].read(), generatorG2());
  CHECK_EQUAL(view.coefficients.size(), 3);
  CHECK_EQUAL(loadUint32(view.coefficients[1].matrix), 1);
  CHECK_EQUAL(loadUint32(view.coefficients[2].row), 1);
  CHECK_EQUAL(loadUint32(view.coefficients[1].wire), 3);
  CHECK_EQUAL(loadWords(view.coefficients[1].coefficient), (Words{4, 0, 0, 0}));
}

TEST("a proving key of another protocol or field is refused") {
  const auto changed = [](std::uint32_t id, std::size_t at, auto value) {
    return outcome(sampleZkey(), [&](SampleFile& file) { put(file.section(id), at, value); });
  };
  CHECK_EQUAL(changed(1, 0, std::uint32_t{2}), "sample, section 1 (protocol): protocol 2, must be 1 (Groth16)");
  CHECK_EQUAL(changed(2, 0, std::uint32_t{48}), "sample, section 2 (header): field elements of 48 bytes, must have 32");
  CHECK_EQUAL(changed(2, 36, std::uint32_t{0}), "sample, section 2 (header): field elements of 0 bytes, must have 32");
  const std::string p = "0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
  const std::string r = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
  CHECK_EQUAL(changed(2, 4, FrParams::modulus), "sample, section 2 (header): field modulus " + r + ", must be " + p + " (BN254)");
  CHECK_EQUAL(changed(2, 40, FpParams::modulus), "sample, section 2 (header): field modulus " + p + ", must be " + r + " (BN254)");
}

TEST("a proving key whose counts contradict each other is refused") {
  const auto counts = [](std::uint32_t wires, std::uint32_t publicSignals, std::uint32_t domain) {
    return outcome(sampleZkey(), [&](SampleFile& file) {
      put(file.section(2), zkeyWires, wires);
      put(file.section(2), zkeyPublic, publicSignals);
      put(file.section(2), zkeyDomain, domain);
    });
  };
  const std::string header = "sample, section 2 (header): ";
  CHECK_EQUAL(counts(1, 1, 4), header + "1 wire, must be at least the constant one and 1 public signal");
  CHECK_EQUAL(counts(0, 0, 4), header + "0 wires, must be at least the constant one and 0 public signals");
  CHECK_EQUAL(counts(4, 0xffffffff, 4), header + "4 wires, must be at least the constant one and 4294967295 public signals");
  CHECK_EQUAL(counts(4, 1, 0), header + "domain of 0 rows, must be a power of two up to 2^27");
  CHECK_EQUAL(counts(4, 1, 3), header + "domain of 3 rows, must be a power of two up to 2^27");
  CHECK_EQUAL(counts(4, 1, 1u << 28), header + "domain of 268435456 rows, must be a power of two up to 2^27");
  CHECK_EQUAL(counts(4, 2, 2), header + "domain of 2 rows, must have one for the constant and each of 2 public signals");
  CHECK_EQUAL(counts(4, 1, 1u << 27), "sample, section 9 (H points): has 256 bytes, must have 8589934592 (134217728 of 64)");
  CHECK_EQUAL(counts(4, 2, 4), "sample, section 3 (IC points): has 128 bytes, must have 192 (3 of 64)");
  CHECK_EQUAL(counts(0xffffffff, 1, 4), "sample, section 5 (A points): has 256 bytes, must have 274877906880 (4294967295 of 64)");
}

TEST("a proving key whose section is missing or of another size is refused") {
  const auto resized = [](std::uint32_t id, std::size_t size) {
    return outcome(sampleZkey(), [&](SampleFile& file) { file.section(id).resize(size); });
  };
  CHECK_EQUAL(resized(1, 3), "sample, section 1 (protocol): has 3 bytes, must have 4 (1 of 4)");
  CHECK_EQUAL(resized(2, 661), "sample, section 2 (header): has 661 bytes, must have 660 (1 of 660)");
  CHECK_EQUAL(resized(3, 64), "sample, section 3 (IC points): has 64 bytes, must have 128 (2 of 64)");
  CHECK_EQUAL(resized(4, 3), "sample, section 4 (coefficients): has 3 bytes, must have at least 4");
  CHECK_EQUAL(resized(4, 4), "sample, section 4 (coefficients): has 4 bytes, must have 136 (4 and 3 of 44)");
  CHECK_EQUAL(resized(5, 257), "sample, section 5 (A points): has 257 bytes, must have 256 (4 of 64)");
  CHECK_EQUAL(resized(6, 0), "sample, section 6 (B1 points): has 0 bytes, must have 256 (4 of 64)");
  CHECK_EQUAL(resized(7, 1), "sample, section 7 (B2 points): has 1 byte, must have 512 (4 of 128)");
  CHECK_EQUAL(resized(8, 127), "sample, section 8 (C points): has 127 bytes, must have 128 (2 of 64)");
  CHECK_EQUAL(resized(9, 320), "sample, section 9 (H points): has 320 bytes, must have 256 (4 of 64)");
  const char* names[] = {"protocol", "header", "IC points", "coefficients", "A points", "B1 points", "B2 points", "C points", "H points"};
  for (std::uint32_t id = 1; id <= 9; id++) {
    CHECK_EQUAL(outcome(sampleZkey(), [&](SampleFile& file) { file.remove(id); }),
                "sample, section " + std::to_string(id) + " (" + names[id - 1] + "): is missing");
  }
  // 44 times this and the count's 4 bytes are 2^32 + 44: the section's size in 32-bit arithmetic.
  CHECK_EQUAL(outcome(sampleZkey(),
                      [](SampleFile& file) {
                        file.section(4).resize(44);
                        put(file.section(4), 0, std::uint32_t{0x5d1745e});
                      }),
              "sample, section 4 (coefficients): has 44 bytes, must have 4294967340 (4 and 97612894 of 44)");
}

TEST("a point of a proving key's header that is not canonical, infinity or off the curve is refused by its name") {
  const auto changed = [](std::size_t at, auto value) {
    return outcome(sampleZkey(), [&](SampleFile& file) { put(file.section(2), at, value); });
  };
  const std::string header = "sample, section 2 (header): ";
  const struct {
    const char* name;
    std::size_t at;
  } g1[] = {{"alpha1", zkeyAlpha1}, {"beta1", zkeyBeta1}, {"delta1", zkeyDelta1}},
    g2[] = {{"beta2", zkeyBeta2}, {"gamma2", zkeyGamma2}, {"delta2", zkeyDelta2}};
  for (const auto& [name, at] : g1) {
    CHECK_EQUAL(changed(at, G1Affine{}), header + name + " is the point at infinity, must be another");
    CHECK_EQUAL(changed(at, G1Affine{generatorG1().y, generatorG1().x}), header + name + " is not on the curve y^2 = x^3 + 3");
    for (const std::size_t coordinate : {0, 32}) {
      CHECK_EQUAL(changed(at + coordinate, FpParams::modulus), header + name + " has a coordinate that is not below the field's modulus");
    }
  }
  for (const auto& [name, at] : g2) {
    G2Affine other = generatorG2();
    std::swap(other.y.c0, other.y.c1);
    CHECK_EQUAL(changed(at, G2Affine{}), header + name + " is the point at infinity, must be another");
    CHECK_EQUAL(changed(at, other), header + name + " is not on the curve y^2 = x^3 + 3 / (9 + u)");
    for (const std::size_t coordinate : {0, 32, 64, 96}) {
      CHECK_EQUAL(changed(at + coordinate, FpParams::modulus), header + name + " has a coordinate that is not below the field's modulus");
    }
  }
  CHECK_EQUAL(changed(zkeyAlpha1 + 32, SampleField::negate(SampleField::fromInteger(2))), "accepted");
}

TEST("a witness is the bytes of its values") {
  SampleFile file = sampleWtns();
  const Bytes bytes = file.encoded();
  const auto values = parseWtns(bytes, "sample");
  CHECK(std::equal(values.begin(), values.end(), file.section(2).begin(), file.section(2).end()));
}

TEST("a witness of another field or count, with a value that is not below r, or without the one is refused, and no value is quoted") {
  const auto changed = [](std::uint32_t id, std::size_t at, auto value) {
    return outcome(sampleWtns(), [&](SampleFile& file) { put(file.section(id), at, value); });
  };
  CHECK_EQUAL(outcome(sampleWtns(), [](SampleFile& file) { file.version = 1; }), "sample, header: version 1, must be 2");
  CHECK_EQUAL(changed(1, 0, std::uint32_t{8}), "sample, section 1 (header): field elements of 8 bytes, must have 32");
  CHECK_EQUAL(changed(1, 4, FpParams::modulus).substr(0, 56), "sample, section 1 (header): field modulus 0x30644e72e131");
  CHECK_EQUAL(changed(1, 36, std::uint32_t{0}), "sample, section 1 (header): 0 values, must be at least the constant one");
  CHECK_EQUAL(changed(1, 36, std::uint32_t{4}), "sample, section 2 (values): has 96 bytes, must have 128 (4 of 32)");
  CHECK_EQUAL(changed(1, 36, std::uint32_t{2}), "sample, section 2 (values): has 96 bytes, must have 64 (2 of 32)");
  CHECK_EQUAL(changed(1, 36, std::uint32_t{0x8000000}), "sample, section 2 (values): has 96 bytes, must have 4294967296 (134217728 of 32)");
  CHECK_EQUAL(changed(2, 0, Words{2, 0, 0, 0}), "sample, section 2 (values): value 0 is not the constant 1");
  CHECK_EQUAL(changed(2, 0, Words{1, 0, 0, 1}), "sample, section 2 (values): value 0 is not the constant 1");
  CHECK_EQUAL(changed(2, 64, FrParams::modulus), "sample, section 2 (values): value 2 is not below the field's modulus");
  CHECK_EQUAL(changed(2, 32, ~std::uint64_t{0}), "accepted");
  CHECK_EQUAL(changed(2, 56, ~std::uint64_t{0}), "sample, section 2 (values): value 1 is not below the field's modulus");
  for (const std::uint32_t id : {1u, 2u}) {
    CHECK_EQUAL(outcome(sampleWtns(), [&](SampleFile& file) { file.remove(id); }),
                "sample, section " + std::to_string(id) + (id == 1 ? " (header)" : " (values)") + ": is missing");
  }
}

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
