#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "../core/files/container.hpp"
#include "../core/files/mapped-file.hpp"
#include "../core/files/wtns.hpp"
#include "../core/files/zkey.hpp"
#include "check.hpp"
#include "file-outcome.hpp"
#include "sample-files.hpp"

namespace {

using namespace zkmargin;
using namespace zkmargin::test;

// Offsets in the header.
constexpr std::size_t zkeyWires = 72, zkeyPublic = 76, zkeyDomain = 80, zkeyAlpha1 = 84, zkeyBeta1 = 148, zkeyBeta2 = 212, zkeyGamma2 = 340,
                      zkeyDelta1 = 468, zkeyDelta2 = 532;

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
