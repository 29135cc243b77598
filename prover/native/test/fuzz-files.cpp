// Mutates valid files and reads them: a parser may accept or throw FileError, nothing else, and what it accepts must lie within the file.
// fuzz-files [iterations] [seed] [valid files...]; iteration i of seed s is iteration 0 of seed s + i. Meant for -fsanitize=address,undefined.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "../core/files/mapped-file.hpp"
#include "../core/files/ptau.hpp"
#include "../core/files/r1cs.hpp"
#include "../core/files/wtns.hpp"
#include "../core/files/zkey.hpp"
#include "sample-files.hpp"

namespace zkmargin::test {
namespace {

/** SplitMix64 (Steele and others, "Fast splittable pseudorandom number generators"). */
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /** 0 when the bound is 0. */
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }
  bool oneIn(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

[[noreturn]] void broken(const std::string& what) { throw std::logic_error(what); }

/** Reads every byte of what a parser returned, so that an address sanitizer sees those outside the file. */
class Walk {
 public:
  explicit Walk(std::span<const std::uint8_t> file) : file_(file) {}
  template <class Item>
  void operator()(std::span<const Item> items) {
    const auto bytes = std::as_bytes(items);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (!bytes.empty() && (begin < file_.data() || begin + bytes.size() > file_.data() + file_.size())) broken("a span is outside the file");
    for (const std::byte byte : bytes) sum_ += static_cast<std::uint64_t>(byte);
  }
  std::uint64_t sum() const { return sum_; }

 private:
  std::span<const std::uint8_t> file_;
  std::uint64_t sum_ = 0;
};

void walkZkey(std::span<const std::uint8_t> bytes, Walk& walk) {
  const ZkeyView view = parseZkey(bytes, "fuzzed.zkey");
  const std::size_t domain = std::size_t{1} << view.domainPower;
  const std::size_t publicWires = std::size_t{view.publicSignals} + 1;
  if (view.ic.size() != publicWires || view.a.size() != view.wires || view.b1.size() != view.wires || view.b2.size() != view.wires ||
      view.c.size() + publicWires != view.wires || view.h.size() != domain || domain < publicWires || view.domainPower > maximumDomainPower) {
    broken("counts of a proving key disagree");
  }
  for (const auto& points : {view.ic, view.a, view.b1, view.c, view.h}) walk(points);
  walk(view.b2);
  walk(view.coefficients);
}

void walkWtns(std::span<const std::uint8_t> bytes, Walk& walk) {
  const auto values = parseWtns(bytes, "fuzzed.wtns");
  if (values.empty() || values.size() % 32 != 0) broken("a witness of no whole number of values");
  walk(values);
  for (std::size_t at = 0; at < values.size(); at += 32) {
    Words value;
    std::memcpy(&value, values.data() + at, sizeof value);
    if (!words::less(value, FrParams::modulus) || (at == 0 && value != Words{1, 0, 0, 0})) broken("a witness value out of range was accepted");
  }
}

void walkR1cs(std::span<const std::uint8_t> bytes, Walk& walk) {
  const R1csView view = parseR1cs(bytes, "fuzzed.r1cs");
  if (view.wires <= view.publicSignals || view.domainPower > maximumDomainPower) broken("counts of a constraint system disagree");
  std::size_t constraints = 0;
  for (const Constraint constraint : view) {
    constraints++;
    for (const LinearCombination& terms : {constraint.a, constraint.b, constraint.c}) {
      walk(terms);
      for (const TermRecord& term : terms) {
        std::uint32_t wire = 0;
        Words coefficient;
        std::memcpy(&wire, term.wire, sizeof wire);
        std::memcpy(&coefficient, term.coefficient, sizeof coefficient);
        if (wire >= view.wires || !words::less(coefficient, FrParams::modulus)) broken("a term out of range was accepted");
      }
    }
  }
  if (constraints != view.constraints) broken("the iterator meets another number of constraints than the header has");
}

void walkPtau(std::span<const std::uint8_t> bytes, Walk& walk) {
  const PtauView view = parsePtau(bytes, "fuzzed.ptau");
  for (const auto& points : {view.tauG1, view.alphaTauG1, view.betaTauG1, view.lagrangeTauG1, view.lagrangeAlphaTauG1, view.lagrangeBetaTauG1}) {
    walk(points);
  }
  walk(view.tauG2);
  walk(view.lagrangeTauG2);
  for (unsigned power = 0; power <= view.power + 1; power++) {
    LagrangeBases bases;
    try {
      bases = lagrangeBases(view, power);
    } catch (const FileError&) {
      return;
    }
    if (power > view.power) broken("a basis of a domain that the powers are too few for");
    const std::size_t domain = std::size_t{1} << power;
    if (bases.tauG1.size() != domain || bases.doubleTauG1.size() != 2 * domain || bases.tauG2.size() != domain) broken("a basis of another size");
    for (const auto& points : {bases.tauG1, bases.alphaTauG1, bases.betaTauG1, bases.doubleTauG1}) walk(points);
    walk(bases.tauG2);
  }
}

struct Format {
  const char* magic;
  void (*walk)(std::span<const std::uint8_t>, Walk&);
  std::size_t accepted = 0;
  std::size_t refused = 0;
};

SampleFile split(std::span<const std::uint8_t> bytes) {
  const auto loaded = [&](auto value, std::size_t at) {
    if (at + sizeof value > bytes.size()) broken("a seed file is no valid container");
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  };
  SampleFile file{std::string(bytes.begin(), bytes.begin() + 4), loaded(std::uint32_t{}, 4), {}};
  std::size_t at = 12;
  for (auto left = loaded(std::uint32_t{}, 8); left > 0; left--) {
    const auto id = loaded(std::uint32_t{}, at);
    const auto size = loaded(std::uint64_t{}, at + 4);
    at += 12;
    if (size > bytes.size() - at) broken("a seed file is no valid container");
    const auto body = bytes.subspan(at, size);
    file.sections.push_back({id, Bytes(body.begin(), body.end())});
    at += size;
  }
  return file;
}

std::uint64_t interesting(Random& random, std::uint64_t found, std::size_t fileSize) {
  // 2^32 over the sizes of records, where 32-bit products wrap; 2^27 to 2^29, the largest domains; headers' sizes from the top of 64 bits.
  static constexpr std::array<std::uint64_t, 34> values{
      0, 1, 2, 3, 4, 8, 31, 32, 33, 64, 65, 255, 256, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1u << 26, 1u << 27,
      1u << 28, 1u << 29, (1u << 28) + 1, 0x5d1745e, 0x71c71c8, 0x4000000, 0x2000000, ~std::uint64_t{0}, ~std::uint64_t{11}, ~std::uint64_t{23},
      std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 58};
  switch (random.below(4)) {
    case 0:
      return found + 1 + random.below(3);
    case 1:
      return found - 1 - random.below(3);
    case 2:
      return random.oneIn(2) ? fileSize - random.below(64) : ~std::uint64_t{0} - fileSize + random.below(64);
    default:
      return values[random.below(values.size())];
  }
}

/** Offsets near the beginning, where headers and counts are, are as likely as all others. */
std::size_t anyOffset(Random& random, const Bytes& bytes, std::size_t size) {
  if (bytes.size() < size || random.oneIn(4)) return 0;
  const std::size_t last = bytes.size() - size + 1;
  const std::size_t at = random.oneIn(2) ? random.below(last) : random.below(std::min<std::size_t>(last, 160));
  return random.oneIn(4) ? at : at / 4 * 4;
}

template <class Value>
void makeInteresting(Random& random, Bytes& bytes, std::size_t at) {
  Value value;
  if (bytes.size() < at + sizeof value) return;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  value = static_cast<Value>(interesting(random, value, bytes.size()));
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void truncate(Random& random, Bytes& bytes) {
  switch (random.below(3)) {
    case 0:
      bytes.resize(random.below(bytes.size()));
      break;
    case 1:
      bytes.resize(bytes.size() - 1 - random.below(std::min<std::size_t>(bytes.size(), 80)));
      break;
    default:
      bytes.resize(std::min<std::size_t>(bytes.size(), random.below(9)));
      break;
  }
}

void mutateBytes(Random& random, Bytes& bytes) {
  if (bytes.empty()) return;
  switch (random.below(8)) {
    case 0:
      bytes[anyOffset(random, bytes, 1)] ^= static_cast<std::uint8_t>(1u << random.below(8));
      break;
    case 1:
      bytes[anyOffset(random, bytes, 1)] = static_cast<std::uint8_t>(random.next());
      break;
    case 2:
    case 3:
      makeInteresting<std::uint32_t>(random, bytes, anyOffset(random, bytes, 4));
      break;
    case 4:
      makeInteresting<std::uint64_t>(random, bytes, anyOffset(random, bytes, 8));
      break;
    case 5:
      truncate(random, bytes);
      break;
    case 6:
      for (std::size_t left = 1 + random.below(130); left > 0; left--) bytes.push_back(static_cast<std::uint8_t>(random.next()));
      break;
    default:
      if (bytes.size() < 32) break;
      // A field element at and around a modulus.
      Words value = random.oneIn(2) ? FrParams::modulus : FpParams::modulus;
      value[0] += random.below(3) - 1;
      put(bytes, anyOffset(random, bytes, 32), value);
      break;
  }
}

/** Keeps the container intact, so that the parser behind it is reached. */
void mutateSections(Random& random, SampleFile& file) {
  if (file.sections.empty()) return;
  SampleSection& chosen = file.sections[random.below(file.sections.size())];
  switch (random.below(8)) {
    case 0:
      file.sections.push_back(SampleSection(chosen));
      break;
    case 1:
      std::swap(chosen, file.sections[random.below(file.sections.size())]);
      break;
    case 2:
      std::swap(chosen.bytes, file.sections[random.below(file.sections.size())].bytes);
      break;
    case 3:
      file.remove(chosen.id);
      break;
    case 4:
      chosen.id = static_cast<std::uint32_t>(random.oneIn(2) ? random.below(20) : random.next());
      break;
    default:
      mutateBytes(random, chosen.bytes);
      break;
  }
}

/** The size in a section's header, which may be any of 64 bits. */
void mutateSize(Random& random, const SampleFile& file, Bytes& bytes) {
  std::size_t at = 12;
  const std::size_t chosen = random.below(file.sections.size());
  for (std::size_t before = 0; before < chosen; before++) at += 12 + file.sections[before].bytes.size();
  makeInteresting<std::uint64_t>(random, bytes, at + 4);
}

struct Seed {
  SampleFile file;
  Format* format;
};

/** @returns whether the mutated file was accepted, with the sum of what the parser returned added to `sum` */
bool iterate(Random& random, const Seed& seed, std::uint64_t& sum) {
  SampleFile file = seed.file;
  for (std::size_t left = random.below(4); left > 0; left--) mutateSections(random, file);
  Bytes bytes = file.encoded();
  if (random.oneIn(4)) mutateSize(random, file, bytes);
  for (std::size_t left = random.below(3); left > 0; left--) mutateBytes(random, bytes);
  // Ends where its memory ends and begins at any alignment.
  const std::size_t shift = random.below(8);
  const auto memory = std::make_unique<std::uint8_t[]>(shift + bytes.size());
  std::copy(bytes.begin(), bytes.end(), memory.get() + shift);
  const std::span<const std::uint8_t> input(memory.get() + shift, bytes.size());
  Walk walk(input);
  try {
    seed.format->walk(input, walk);
  } catch (const FileError& error) {
    if (error.section.empty() || error.rule.empty()) broken("a FileError without section or rule");
    return false;
  }
  sum += walk.sum();
  return true;
}

int run(std::uint64_t iterations, std::uint64_t seed, std::span<char*> paths) {
  std::array<Format, 4> formats{{{"zkey", walkZkey}, {"wtns", walkWtns}, {"r1cs", walkR1cs}, {"ptau", walkPtau}}};
  std::vector<Seed> seeds;
  const auto addSeed = [&](const SampleFile& file) {
    const auto format = std::find_if(formats.begin(), formats.end(), [&](const Format& each) { return file.magic == each.magic; });
    if (format == formats.end()) broken("a seed file of no known format");
    const Bytes bytes = file.encoded();
    Walk walk(bytes);
    format->walk(bytes, walk);
    seeds.push_back({file, &*format});
  };
  for (char* path : paths) addSeed(split(MappedFile(path).bytes()));
  if (paths.empty()) {
    SampleFile unprepared = samplePtau();
    for (const std::uint32_t id : {12u, 13u, 14u, 15u}) unprepared.remove(id);
    for (const SampleFile& file : {sampleZkey(), sampleWtns(), sampleR1cs(), samplePtau(), unprepared}) addSeed(file);
  }

  // Printed, so that no compiler leaves the reading out.
  std::uint64_t sum = 0;
  for (std::uint64_t iteration = 0; iteration < iterations; iteration++) {
    Random random(seed + iteration);
    const Seed& chosen = seeds[random.below(seeds.size())];
    try {
      (iterate(random, chosen, sum) ? chosen.format->accepted : chosen.format->refused)++;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "seed %llu, %s: %s\n", static_cast<unsigned long long>(seed + iteration), chosen.format->magic, error.what());
      return 1;
    }
  }
  bool both = true;
  for (const Format& format : formats) {
    if (std::none_of(seeds.begin(), seeds.end(), [&](const Seed& each) { return each.format == &format; })) continue;
    std::printf("%s: %zu accepted, %zu refused\n", format.magic, format.accepted, format.refused);
    both = both && format.accepted > 0 && format.refused > 0;
  }
  std::printf("sum of all accepted bytes: %llu\n", static_cast<unsigned long long>(sum));
  if (!both) std::fprintf(stderr, "a format was never accepted or never refused: too few iterations\n");
  return both ? 0 : 1;
}

}  // namespace
}  // namespace zkmargin::test

int main(int argc, char** argv) {
  const std::uint64_t iterations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::span<char*> paths(argv + std::min(argc, 3), static_cast<std::size_t>(std::max(argc - 3, 0)));
  try {
    return zkmargin::test::run(iterations, seed, paths);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
