#include "initial-key.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "../curve/pairing.hpp"
#include "../files/container.hpp"
#include "../files/mapped-file.hpp"
#include "../files/ptau.hpp"
#include "../files/r1cs.hpp"
#include "blake2b.hpp"
#include "combinations.hpp"
#include "generator.hpp"
#include "key-file.hpp"
#include "point-bytes.hpp"
#include "snarkjs-subtraction.hpp"

namespace zkmargin {

namespace {

using ScalarField = Field<FrParams, PortableMultiply>;

constexpr std::size_t pointsATask = 4096;
/** snarkjs hashes the H points in blocks of this many. */
constexpr std::size_t hashBlock = std::size_t{1} << 14;

/** Whole points of a section, and what errors call them. */
template <class Point>
struct Named {
  const char* name;
  std::span<const Record<Point>> points;
};

template <class Point>
void requireOnCurve(const std::string& file, const Named<Point>& named, Threads& threads) {
  threads.forEach((named.points.size() + pointsATask - 1) / pointsATask, [&](std::size_t task, unsigned) {
    for (std::size_t i = task * pointsATask; i < std::min(named.points.size(), (task + 1) * pointsATask); i++) {
      if (!isOnCurve(named.points[i].read())) throw FileError(file, named.name, "point " + std::to_string(i) + " is not on the curve, or not canonical");
    }
  });
}

/** The hash over everything in the key but the coefficients. */
class CircuitHash {
 public:
  explicit CircuitHash(Threads& threads) : threads_(threads) {}

  /** A count in front of points, big-endian. */
  void count(std::uint32_t value) {
    std::array<std::uint8_t, 4> bytes;
    for (std::size_t i = 0; i < 4; i++) bytes[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    hash_.update(bytes);
  }

  template <class Point>
  void points(std::span<const Point> points) {
    std::vector<std::uint8_t> bytes(points.size() * sizeof(Point));
    threads_.forEach((points.size() + pointsATask - 1) / pointsATask, [&](std::size_t task, unsigned) {
      for (std::size_t i = task * pointsATask; i < std::min(points.size(), (task + 1) * pointsATask); i++) {
        writeUncompressed(points[i], bytes.data() + i * sizeof(Point));
      }
    });
    hash_.update(bytes);
  }
  template <class Point>
  void point(const Point& point) {
    points(std::span<const Point>(&point, 1));
  }

  Blake2b::Digest digest() { return hash_.digest(); }

 private:
  Threads& threads_;
  Blake2b hash_;
};

class InitialKey {
 public:
  InitialKey(const std::string& r1cs, const std::string& ptau, const std::string& zkey, const SetupOptions& options)
      : options_(options), threads_(options.threads, options.cancelled), r1csFile_(r1cs), ptauFile_(ptau), r1cs_(parseR1cs(r1csFile_.bytes(), r1cs)),
        ptau_(parsePtau(ptauFile_.bytes(), ptau)),
        // snarkjs makes no domain smaller.
        power_(std::max(1u, r1cs_.domainPower)), domain_(std::size_t{1} << power_), bases_(lagrangeBases(ptau_, power_)), hash_(threads_),
        key_(zkey, "zkey", 1, 10) {}

  Blake2b::Digest write() {
    checkPoints();
    writeHeader();
    writeCoefficients();
    const Combinations combinations = collectCombinations(r1cs_);
    progress(checked);
    {
      const auto linear = sumG1(combinations, {bases_.betaTauG1, bases_.alphaTauG1, bases_.tauG1}, shareOfC);
      const auto all = std::span<const G1Affine>(linear);
      writePoints<G1Affine>(3, all.first(r1cs_.publicSignals + 1));
      writeH();
      hashH();
      writePoints<G1Affine>(8, all.subspan(r1cs_.publicSignals + 1));
    }
    writePoints<G1Affine>(5, sumG1(combinations, {bases_.tauG1, {}, {}}, shareOfA));
    writePoints<G1Affine>(6, sumG1(combinations, {std::span<const G1Record>(), bases_.tauG1, {}}, shareOfB1));
    {
      std::vector<G2Affine> sums(r1cs_.wires);
      options_.backend.sumWiresG2(combinations, {std::span<const G2Record>(), bases_.tauG2, {}}, sums, threads_, part(shareOfB2));
      done_ += shareOfB2;
      writePoints<G2Affine>(7, sums);
    }
    const Blake2b::Digest digest = hash_.digest();
    key_.section(10, digest.size() + 4);
    key_.write(digest);
    key_.write(0);
    key_.finish();
    progress(1);
    return digest;
  }

 private:
  // Shares of the whole, as measured on a circuit of hash functions.
  static constexpr double checked = 0.05, shareOfC = 0.25, shareOfA = 0.15, shareOfB1 = 0.15, shareOfB2 = 0.38;

  void progress(double done) {
    done_ = done;
    if (options_.onProgress) options_.onProgress(done);
  }
  std::function<void(double)> part(double share) {
    return [this, share](double fraction) {
      if (options_.onProgress) options_.onProgress(done_ + share * fraction);
    };
  }

  /** Of all that goes into the key or its hash. */
  void checkPoints() {
    const std::string& file = ptau_.file;
    requireOnCurve<G1Affine>(file, {"section 2 (tauG1)", ptau_.tauG1.first(std::min(ptau_.tauG1.size(), 2 * domain_))}, threads_);
    requireOnCurve<G1Affine>(file, {"section 4 (alphaTauG1)", ptau_.alphaTauG1.first(1)}, threads_);
    requireOnCurve<G1Affine>(file, {"section 5 (betaTauG1)", ptau_.betaTauG1.first(1)}, threads_);
    requireOnCurve<G2Affine>(file, {"section 6 (betaG2)", {&ptau_.betaG2, 1}}, threads_);
    requireOnCurve<G1Affine>(file, {"section 12 (Lagrange tauG1)", bases_.tauG1}, threads_);
    requireOnCurve<G1Affine>(file, {"section 12 (Lagrange tauG1 of twice the domain)", bases_.doubleTauG1}, threads_);
    requireOnCurve<G2Affine>(file, {"section 13 (Lagrange tauG2)", bases_.tauG2}, threads_);
    requireOnCurve<G1Affine>(file, {"section 14 (Lagrange alphaTauG1)", bases_.alphaTauG1}, threads_);
    requireOnCurve<G1Affine>(file, {"section 15 (Lagrange betaTauG1)", bases_.betaTauG1}, threads_);
  }

  void writeHeader() {
    constexpr std::uint32_t groth16 = 1, elementSize = sizeof(Words);
    key_.section(1, 4);
    key_.write(groth16);
    const G1Affine alpha1 = ptau_.alphaTauG1[0].read(), beta1 = ptau_.betaTauG1[0].read();
    const G2Affine beta2 = ptau_.betaG2.read(), generator2 = generator<G2Affine>();
    key_.section(2, 2 * (4 + sizeof(Words)) + 3 * 4 + 3 * sizeof(G1Affine) + 3 * sizeof(G2Affine));
    for (const Words& modulus : {FpParams::modulus, FrParams::modulus}) {
      key_.write(elementSize);
      key_.writeValues<Words>({&modulus, 1});
    }
    key_.write(r1cs_.wires);
    key_.write(r1cs_.publicSignals);
    key_.write(static_cast<std::uint32_t>(domain_));
    auto write = [&](const auto& point) {
      key_.writeValues(std::span(&point, 1));
      hash_.point(point);
    };
    write(alpha1);
    write(beta1);
    write(beta2);
    // gamma and delta are one.
    write(generator2);
    write(generator<G1Affine>());
    write(generator2);
  }

  /** Row by row, A before B, and a row for the constant one and each public signal. */
  void writeCoefficients() {
    std::uint64_t count = std::uint64_t{r1cs_.publicSignals} + 1;
    for (const Constraint& constraint : r1cs_) count += constraint.a.size() + constraint.b.size();
    if (count > UINT32_MAX) throw FileError(r1csFile_.path(), "section 2 (constraints)", std::to_string(count) + " coefficients, a key can hold 2^32 - 1");
    key_.section(4, 4 + count * sizeof(CoefficientRecord));
    key_.write(static_cast<std::uint32_t>(count));
    std::vector<CoefficientRecord> records;
    auto flush = [&] {
      key_.writeValues<CoefficientRecord>(records);
      records.clear();
      threads_.throwIfCancelled();
    };
    auto add = [&](std::uint32_t matrix, std::uint32_t row, std::uint32_t wire, const Words& coefficient) {
      CoefficientRecord& record = records.emplace_back();
      // Times 2^512.
      const Fr value = ScalarField::fromInteger(ScalarField::fromInteger(coefficient).words);
      std::memcpy(record.matrix, &matrix, 4);
      std::memcpy(record.row, &row, 4);
      std::memcpy(record.wire, &wire, 4);
      std::memcpy(record.coefficient, &value, 32);
    };
    std::uint32_t row = 0;
    for (const Constraint& constraint : r1cs_) {
      for (const TermRecord& term : constraint.a) add(0, row, loadUint32(term.wire), loadWords(term.coefficient));
      for (const TermRecord& term : constraint.b) add(1, row, loadUint32(term.wire), loadWords(term.coefficient));
      row++;
      if (records.size() >= recordsAWrite) flush();
    }
    for (std::uint32_t signal = 0; signal <= r1cs_.publicSignals; signal++) add(0, row++, signal, {1, 0, 0, 0});
    flush();
  }

  std::vector<G1Affine> sumG1(const Combinations& combinations, const std::array<std::span<const G1Record>, 3>& bases, double share) {
    std::vector<G1Affine> sums(r1cs_.wires);
    options_.backend.sumWiresG1(combinations, bases, sums, threads_, part(share));
    progress(done_ + share);
    return sums;
  }

  template <class Point>
  void writePoints(std::uint32_t id, std::span<const Point> points) {
    hash_.count(static_cast<std::uint32_t>(points.size()));
    hash_.points(points);
    key_.section(id, points.size_bytes());
    key_.writeValues(points);
  }

  /** The odd half of the basis of twice the domain. */
  void writeH() {
    key_.section(9, domain_ * sizeof(G1Affine));
    std::vector<G1Record> odd(domain_);
    for (std::size_t i = 0; i < domain_; i++) odd[i] = bases_.doubleTauG1[2 * i + 1];
    key_.writeValues<G1Record>(odd);
  }

  /**
   * (tau^(i + n) - tau^i) G1 for i below n - 1, which is what H was before it had Lagrange form. In whole blocks of 2^14, when there are several:
   * then the last block takes one more, for which a file of just this power has no point, and snarkjs takes the bytes that lie there.
   */
  void hashH() {
    const std::size_t count = domain_ > hashBlock ? domain_ : domain_ - 1;
    const std::size_t whole = std::min(count, ptau_.tauG1.size() - domain_);
    hash_.count(static_cast<std::uint32_t>(domain_ - 1));
    std::vector<G1Affine> differences(count);
    options_.backend.subtractG1(ptau_.tauG1.subspan(domain_, whole), ptau_.tauG1.first(whole), std::span(differences).first(whole), threads_);
    if (whole < count) {
      const auto* behind = reinterpret_cast<const std::uint8_t*>(ptau_.tauG1.data() + ptau_.tauG1.size());
      const auto bytes = ptauFile_.bytes();
      if (bytes.data() + bytes.size() < behind + sizeof(G1Record)) {
        throw FileError(ptau_.file, "section 2 (tauG1)", "must have 64 bytes behind it, as snarkjs takes them for a point");
      }
      G1Record record;
      std::memcpy(record.bytes, behind, sizeof record);
      differences[whole] = subtractLikeSnarkjs(record, ptau_.tauG1[whole].read());
    }
    hash_.points<G1Affine>(differences);
  }

  static constexpr std::size_t recordsAWrite = std::size_t{1} << 16;

  const SetupOptions& options_;
  Threads threads_;
  MappedFile r1csFile_, ptauFile_;
  R1csView r1cs_;
  PtauView ptau_;
  unsigned power_;
  std::size_t domain_;
  LagrangeBases bases_;
  CircuitHash hash_;
  KeyFile key_;
  double done_ = 0;
};

}  // namespace

std::array<std::uint8_t, 64> writeInitialKey(const std::string& r1cs, const std::string& ptau, const std::string& zkey, const SetupOptions& options) {
  return InitialKey(r1cs, ptau, zkey, options).write();
}

}  // namespace zkmargin
