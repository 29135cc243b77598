#include "../core/setup/initial-key.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "../core/files/zkey.hpp"
#include "check.hpp"
#include "known-logarithms.hpp"
#include "sample-circuits.hpp"

namespace {

using namespace zkmargin;
using namespace zkmargin::test;

/** A folder that is gone at the end of the test. */
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "zkmargin-setup-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string at(const char* name) const { return (path_ / name).string(); }
  std::string write(const char* name, const Bytes& bytes) const {
    std::ofstream(at(name), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return at(name);
  }
  Bytes read(const char* name) const {
    std::ifstream file(at(name), std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  std::filesystem::path path_;
};

/** Prepared powers of which every point is the generator: on the curve, and of logarithm one. */
SampleFile generatorPtau(unsigned power) {
  const std::size_t n = std::size_t{1} << power;
  const auto g1 = [](std::size_t count) { return repeated(generatorG1(), count); };
  const auto g2 = [](std::size_t count) { return repeated(generatorG2(), count); };
  return {"ptau",
          1,
          {
              {1, joined(std::uint32_t{32}, FpParams::modulus, static_cast<std::uint32_t>(power), std::uint32_t{28})},
              {2, g1(2 * n - 1)},
              {3, g2(n)},
              {4, g1(n)},
              {5, g1(n)},
              {6, g2(1)},
              {12, g1(4 * n - 1)},
              {13, g2(2 * n - 1)},
              {14, g1(2 * n - 1)},
              {15, g1(2 * n - 1)},
          }};
}

/** 3 w0 x (w2 + w3) = w1, and w1 x w1 = 5 w2: a domain of 4. */
Bytes smallCircuit() {
  const Words one{1, 0, 0, 0}, three{3, 0, 0, 0}, five{5, 0, 0, 0};
  return r1csOf(4, 1, {{{{0, three}}, {{2, one}, {3, one}}, {{1, one}}}, {{{1, one}}, {{1, one}}, {{2, five}}}});
}

template <class Point>
std::string logarithms(std::span<const Record<Point>> points) {
  const auto multiples = [] {
    if constexpr (sizeof(Point) == 64) return pointsG1({{}, {1, 0, 0, 0}, {2, 0, 0, 0}, {3, 0, 0, 0}, {4, 0, 0, 0}, {5, 0, 0, 0}, {6, 0, 0, 0}});
    else return pointsG2({{}, {1, 0, 0, 0}, {2, 0, 0, 0}, {3, 0, 0, 0}});
  }();
  std::string result;
  for (const auto& record : points) {
    const auto found = std::find(multiples.begin(), multiples.end(), record.read());
    result += found == multiples.end() ? "? " : std::to_string(found - multiples.begin()) + " ";
  }
  return result;
}

}  // namespace

TEST("a first key has the sums of its rows, in every back end") {
  const Folder folder;
  const std::string r1cs = folder.write("r1cs", smallCircuit()), ptau = folder.write("ptau", generatorPtau(3).encoded());
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    writeInitialKey(r1cs, ptau, folder.at("zkey"), {.backend = *backend, .threads = 2});
    const Bytes bytes = folder.read("zkey");
    const ZkeyView key = parseZkey(bytes, "key");
    CHECK_EQUAL(key.wires, 4);
    CHECK_EQUAL(key.publicSignals, 1);
    CHECK_EQUAL(key.domainPower, 2);
    CHECK_EQUAL(key.delta1, generatorG1());
    // 5 terms of A and B in the rows, and the wires of the public rows.
    CHECK_EQUAL(key.coefficients.size(), 7);
    CHECK_EQUAL(logarithms<G1Affine>(key.a), "4 2 0 0 ");
    CHECK_EQUAL(logarithms<G1Affine>(key.b1), "0 1 1 1 ");
    CHECK_EQUAL(logarithms<G2Affine>(key.b2), "0 1 1 1 ");
    CHECK_EQUAL(logarithms<G1Affine>(key.ic), "4 4 ");
    CHECK_EQUAL(logarithms<G1Affine>(key.c), "6 1 ");
    CHECK_EQUAL(logarithms<G1Affine>(key.h), "1 1 1 1 ");
    std::filesystem::remove(folder.at("zkey"));
  }
}

TEST("a first key is not written over a file, and leaves none when it fails") {
  const Folder folder;
  const std::string r1cs = folder.write("r1cs", smallCircuit()), ptau = folder.write("ptau", generatorPtau(3).encoded());
  folder.write("taken", {1, 2, 3});
  CHECK_THROWS(FileError, writeInitialKey(r1cs, ptau, folder.at("taken"), {}), "exists already");
  CHECK(folder.read("taken") == Bytes({1, 2, 3}));
  CHECK_THROWS(FileError, writeInitialKey(r1cs, ptau, folder.at("missing/zkey"), {}), "can't be written");
  std::atomic<bool> cancelled = false;
  const auto cancel = [&](double) { cancelled = true; };
  CHECK_THROWS(Cancelled, writeInitialKey(r1cs, ptau, folder.at("zkey"), {.threads = 2, .cancelled = &cancelled, .onProgress = cancel}), "cancelled");
  CHECK_EQUAL(folder.files(), 3);
}

TEST("powers of tau that no key can be made of are refused by section") {
  const Folder folder;
  const std::string r1cs = folder.write("r1cs", smallCircuit());
  auto refuses = [&](const SampleFile& ptau, const char* rule) {
    CHECK_THROWS(FileError, writeInitialKey(r1cs, folder.write("ptau", ptau.encoded()), folder.at("zkey"), {}), rule);
    CHECK_EQUAL(folder.files(), 2);
  };
  refuses(generatorPtau(1), "power 1, the circuit's domain needs at least 2");
  for (const std::uint32_t id : {12u, 13u, 14u, 15u}) {
    SampleFile unprepared = generatorPtau(2);
    unprepared.remove(id);
    refuses(unprepared, "must be prepared for phase 2");
  }
  // A byte of the first point that the key takes, of a file for just this domain.
  const auto damaged = [](std::uint32_t id, std::size_t at) {
    SampleFile file = generatorPtau(2);
    file.section(id).at(at) ^= 1;
    return file;
  };
  refuses(damaged(2, 0), "section 2 (tauG1): point 0 is not on the curve");
  refuses(damaged(2, 6 * 64 + 40), "section 2 (tauG1): point 6 is not on the curve");
  refuses(damaged(4, 5), "section 4 (alphaTauG1): point 0 is not on the curve");
  refuses(damaged(5, 5), "section 5 (betaTauG1): point 0 is not on the curve");
  refuses(damaged(6, 100), "section 6 (betaG2): point 0 is not on the curve");
  refuses(damaged(12, 3 * 64), "section 12 (Lagrange tauG1): point 0 is not on the curve");
  refuses(damaged(12, 14 * 64), "section 12 (Lagrange tauG1 of twice the domain): point 7 is not on the curve");
  refuses(damaged(13, 3 * 128 + 127), "section 13 (Lagrange tauG2): point 0 is not on the curve");
  refuses(damaged(14, 6 * 64), "section 14 (Lagrange alphaTauG1): point 3 is not on the curve");
  refuses(damaged(15, 6 * 64), "section 15 (Lagrange betaTauG1): point 3 is not on the curve");
}

TEST("a large domain needs 64 bytes behind its powers, as the circuit hash takes them") {
  const Folder folder;
  const std::string r1cs = folder.write("r1cs", r1csOf(1, 0, std::vector<Row>(std::size_t{1} << 14)));
  SampleFile ptau = generatorPtau(15);
  const auto hash = writeInitialKey(r1cs, folder.write("ptau", ptau.encoded()), folder.at("zkey"), {.threads = 2});
  // What is behind them counts.
  std::swap(ptau.sections[2], ptau.sections[3]);
  CHECK(writeInitialKey(r1cs, folder.write("ptau", ptau.encoded()), folder.at("other.zkey"), {.threads = 2}) != hash);
  std::swap(ptau.sections[1], ptau.sections.back());
  CHECK_THROWS(FileError, writeInitialKey(r1cs, folder.write("ptau", ptau.encoded()), folder.at("last.zkey"), {}), "must have 64 bytes behind it");
}
