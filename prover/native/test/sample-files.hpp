// Small valid files of every format, built in memory, and what takes them apart for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/curve/affine.hpp"

namespace zkmargin::test {

using Bytes = std::vector<std::uint8_t>;

template <class Value>
void append(Bytes& bytes, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class Value>
void put(Bytes& bytes, std::size_t at, const Value& value) {
  std::memcpy(&bytes.at(at + sizeof value - 1) + 1 - sizeof value, &value, sizeof value);
}

template <class... Values>
Bytes joined(const Values&... values) {
  Bytes bytes;
  (append(bytes, values), ...);
  return bytes;
}

struct SampleSection {
  std::uint32_t id;
  Bytes bytes;
};

struct SampleFile {
  std::string magic;
  std::uint32_t version;
  std::vector<SampleSection> sections;

  Bytes& section(std::uint32_t id) {
    return std::find_if(sections.begin(), sections.end(), [&](const SampleSection& section) { return section.id == id; })->bytes;
  }
  void remove(std::uint32_t id) {
    std::erase_if(sections, [&](const SampleSection& section) { return section.id == id; });
  }
  Bytes encoded() const {
    Bytes bytes(magic.begin(), magic.end());
    append(bytes, version);
    append(bytes, static_cast<std::uint32_t>(sections.size()));
    for (const SampleSection& section : sections) {
      append(bytes, section.id);
      append(bytes, static_cast<std::uint64_t>(section.bytes.size()));
      bytes.insert(bytes.end(), section.bytes.begin(), section.bytes.end());
    }
    return bytes;
  }
};

using SampleField = Field<FpParams, PortableMultiply>;

inline G1Affine generatorG1() { return {SampleField::fromInteger(1), SampleField::fromInteger(2)}; }

/** EIP-197's P2. */
inline G2Affine generatorG2() {
  const auto coordinate = [](const Words& c0, const Words& c1) { return Fp2{SampleField::fromInteger(c0), SampleField::fromInteger(c1)}; };
  return {coordinate({0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76},
                     {0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a}),
          coordinate({0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb},
                     {0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075})};
}

template <class Point>
Bytes repeated(const Point& point, std::size_t count) {
  Bytes bytes;
  for (std::size_t i = 0; i < count; i++) append(bytes, point);
  return bytes;
}

/** 4 wires of which 1 public, a domain of 4, 3 coefficients. */
inline SampleFile sampleZkey() {
  const G1Affine g1 = generatorG1();
  const G2Affine g2 = generatorG2();
  const auto coefficient = [](std::uint32_t matrix, std::uint32_t row, std::uint32_t wire) {
    return joined(matrix, row, wire, Words{wire + 1, 0, 0, 0});
  };
  Bytes coefficients = joined(std::uint32_t{3});
  for (const Bytes& record : {coefficient(0, 0, 2), coefficient(1, 0, 3), coefficient(0, 1, 0)}) {
    coefficients.insert(coefficients.end(), record.begin(), record.end());
  }
  return {"zkey",
          1,
          {
              {1, joined(std::uint32_t{1})},
              {2, joined(std::uint32_t{32}, FpParams::modulus, std::uint32_t{32}, FrParams::modulus, std::uint32_t{4}, std::uint32_t{1},
                         std::uint32_t{4}, g1, g1, g2, g2, g1, g2)},
              {3, repeated(g1, 2)},
              {4, coefficients},
              {5, repeated(g1, 4)},
              {6, repeated(G1Affine{}, 4)},
              {7, repeated(g2, 4)},
              {8, repeated(g1, 2)},
              {9, repeated(g1, 4)},
              {10, Bytes(68)},
          }};
}

/** 1, 5 and r - 1. */
inline SampleFile sampleWtns() {
  Words largest = FrParams::modulus;
  largest[0]--;
  return {"wtns",
          2,
          {
              {1, joined(std::uint32_t{32}, FrParams::modulus, std::uint32_t{3})},
              {2, joined(Words{1, 0, 0, 0}, Words{5, 0, 0, 0}, largest)},
          }};
}

/** 4 wires (the constant, an output, a public and a private input) and 2 constraints: w2 w3 = w1, and 0 = w1 - w1. */
inline SampleFile sampleR1cs() {
  Words minusOne = FrParams::modulus;
  minusOne[0]--;
  const Words one{1, 0, 0, 0};
  const std::uint32_t none = 0, single = 1, two = 2;
  return {"r1cs",
          1,
          {
              {1, joined(std::uint32_t{32}, FrParams::modulus, std::uint32_t{4}, std::uint32_t{1}, std::uint32_t{1}, std::uint32_t{1},
                         std::uint64_t{4}, std::uint32_t{2})},
              {2, joined(single, std::uint32_t{2}, one, single, std::uint32_t{3}, one, single, std::uint32_t{1}, one, none, none, two,
                         std::uint32_t{1}, one, std::uint32_t{1}, minusOne)},
              {3, joined(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3})},
          }};
}

/** Powers for domains of up to 4, prepared. Point i of a section of G1 has i in its first word, so that a test can tell them apart. */
inline SampleFile samplePtau() {
  const auto numbered = [](std::size_t count, std::size_t size) {
    Bytes bytes(count * size);
    for (std::uint64_t i = 0; i < count; i++) put(bytes, i * size, i);
    return bytes;
  };
  return {"ptau",
          1,
          {
              {1, joined(std::uint32_t{32}, FpParams::modulus, std::uint32_t{2}, std::uint32_t{28})},
              {2, numbered(7, 64)},
              {3, numbered(4, 128)},
              {4, numbered(4, 64)},
              {5, numbered(4, 64)},
              {6, numbered(1, 128)},
              {7, Bytes(4)},
              {12, numbered(15, 64)},
              {13, numbered(7, 128)},
              {14, numbered(7, 64)},
              {15, numbered(7, 64)},
          }};
}

}  // namespace zkmargin::test
