#include <array>
#include <map>

#include "../core/files/container.hpp"
#include "../core/setup/blake2b.hpp"
#include "../core/setup/combinations.hpp"
#include "../core/setup/snarkjs-subtraction.hpp"
#include "../core/setup/table-shape.hpp"
#include "check.hpp"
#include "known-logarithms.hpp"
#include "sample-circuits.hpp"

namespace {

using namespace zkmargin;
using namespace zkmargin::test;

constexpr Words one{1, 0, 0, 0};

Words powerOfTwo(unsigned bit) {
  Words words{};
  words[bit / 64] = std::uint64_t{1} << (bit % 64);
  return words;
}

std::string hexadecimal(const Blake2b::Digest& digest) {
  std::ostringstream out;
  for (const std::uint8_t byte : digest) out << std::hex << std::setw(2) << std::setfill('0') << +byte;
  return out.str();
}

/** Rows with coefficients of all kinds, many of them repeated or negated; wire 1 stands in all of them, the last wire in none. */
std::vector<Row> mixedRows(std::uint32_t wires, std::size_t count) {
  Random random(17);
  std::vector<Row> rows(count);
  auto coefficient = [&]() -> Words {
    switch (random.word() % 8) {
      case 0: return one;
      case 1: return negative(one);
      case 2: return powerOfTwo(static_cast<unsigned>(random.word() % 253));
      case 3: return negative(powerOfTwo(static_cast<unsigned>(random.word() % 253)));
      case 4: return {};
      case 5: return {random.word() % 1000, 0, 0, 0};
      default: return random.below(FrParams::modulus);
    }
  };
  auto combination = [&] {
    Terms terms{{1, coefficient()}};
    for (std::uint64_t left = random.word() % 12; left > 0; left--) terms.push_back({static_cast<std::uint32_t>(random.word() % (wires - 1)), coefficient()});
    return terms;
  };
  auto negated = [](Terms terms) {
    for (auto& [wire, value] : terms) value = negative(value);
    return terms;
  };
  for (std::size_t i = 0; i < count; i++) {
    rows[i] = {combination(), combination(), i % 3 == 0 ? Terms{} : combination()};
    if (i % 5 == 1) rows[i].b = rows[i].a;
    if (i % 5 == 2) rows[i].b = negated(rows[i - 1].a);
    if (i % 5 == 3) rows[i].c = rows[i - 1].b;
  }
  return rows;
}

/** For each wire the sum over its terms of coefficient x logarithm of the row's base; matrices without bases don't count. */
std::vector<Words> expectedSums(std::uint32_t wires, std::uint32_t outputs, const std::vector<Row>& rows, const std::array<std::vector<Words>, 3>& bases) {
  std::vector<Words> sums(wires);
  auto add = [&](const Terms& terms, const std::vector<Words>& base, std::size_t row) {
    if (base.empty()) return;
    for (const auto& [wire, coefficient] : terms) sums[wire] = plus(sums[wire], times(coefficient, base[row]));
  };
  for (std::size_t row = 0; row < rows.size(); row++) {
    add(rows[row].a, bases[0], row);
    add(rows[row].b, bases[1], row);
    add(rows[row].c, bases[2], row);
  }
  for (std::uint32_t wire = 0; wire <= outputs; wire++) add({{wire, one}}, bases[0], rows.size() + wire);
  return sums;
}

template <class Point>
std::size_t differences(const std::vector<Point>& found, const std::vector<Point>& expected) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < expected.size(); i++) count += found[i] != expected[i];
  return count;
}

std::vector<Words> randomScalars(Random& random, std::size_t count) {
  std::vector<Words> scalars(count);
  for (Words& scalar : scalars) scalar = random.below(FrParams::modulus);
  return scalars;
}

}  // namespace

TEST("BLAKE2b gives the digest of RFC 7693, appendix A") {
  Blake2b hash;
  const std::array<std::uint8_t, 3> abc{'a', 'b', 'c'};
  hash.update(abc);
  CHECK_EQUAL(hexadecimal(hash.digest()),
              "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST("BLAKE2b gives OpenSSL's digests of lengths around its blocks, however it is fed") {
  const std::map<std::size_t, std::string> expected{
      {0, "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
      {127, "b6292669ccd38d5f01caae96ba272c76a879a45743afa0725d83b9ebb26665b731f1848c52f11972b6644f554c064fa90780dbbbf3a89d4fc31f67df3e5857ef"},
      {128, "2319e3789c47e2daa5fe807f61bec2a1a6537fa03f19ff32e87eecbfd64b7e0e8ccff439ac333b040f19b0c4ddd11a61e24ac1fe0f10a039806c5dcc0da3d115"},
      {129, "f59711d44a031d5f97a9413c065d1e614c417ede998590325f49bad2fd444d3e4418be19aec4e11449ac1a57207898bc57d76a1bcf3566292c20c683a5c4648f"},
      {256, "93463ac058b6163eb43be3f5bb32b28541498f4e3366f1effe253ad44e1e076e41c3616046027c82a7124f8f4746668ad10b12e8e25a95ac8f3151df01cd5a93"},
      {1000, "c11e1c0340bd7e5a1b275f1230c962fad215ecb1391486e74e31b960a2f2996381a5fad092da06841d5f26e38f6ecfeaf441acbcd1c2de61aef121e7927175f5"},
  };
  Bytes bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<std::uint8_t>(i % 251);
  for (const auto& [length, digest] : expected) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{128}, std::size_t{300}, std::size_t{1000}}) {
      Blake2b hash;
      for (std::size_t at = 0; at < length; at += piece) hash.update(std::span(bytes).subspan(at, std::min(piece, length - at)));
      CHECK_EQUAL(hexadecimal(hash.digest()), digest);
    }
  }
}

TEST("a point minus what is no point is what snarkjs takes it for") {
  const G1Affine g1 = generator<G1Affine>();
  auto bytes = [](auto value) {
    G1Record record;
    for (std::size_t i = 0; i < sizeof record.bytes; i++) record.bytes[i] = static_cast<std::uint8_t>(value(i));
    return record;
  };
  // By wasmcurves 0.2.2: g1m_subAffine, then g1m_batchToAffine.
  const G1Affine ones{{{0xc4cd770d451bdc65, 0xebb54266d64a0b67, 0x247d899dcf30f8c7, 0x1ce14bc488d4097d}},
                      {{0x31b445fb154d95f, 0x1bbb2a68cf4319ca, 0x157deb0684bd0fc4, 0x8c5a5e1f4e3589c}}};
  CHECK_EQUAL(subtractLikeSnarkjs(bytes([](std::size_t) { return 255; }), g1), ones);
  const G1Affine mixed{{{0x5304db5928cb4541, 0x97965b9494cfb46, 0x524f031054d79d15, 0x1492f0ef840bdaf5}},
                       {{0x6ecf9ac2a479917f, 0x4d76d9a8fdba93bb, 0xe2f1127a343a1b65, 0x1c8cb5d89275a08f}}};
  CHECK_EQUAL(subtractLikeSnarkjs(bytes([](std::size_t i) { return 37 * i + 200; }), g1), mixed);
  const auto points = pointsG1({{7, 0, 0, 0}, {6, 0, 0, 0}, negative(one)});
  CHECK_EQUAL(subtractLikeSnarkjs(recordsOf(points)[0], g1), points[1]);
  CHECK_EQUAL(subtractLikeSnarkjs(bytes([](std::size_t) { return 0; }), g1), points[2]);
}

TEST("combinations are found again, negated ones too") {
  const Words minusOne = negative(one), minusFive = negative({5, 0, 0, 0});
  const Terms sum{{1, one}, {2, {5, 0, 0, 0}}, {3, {}}}, opposite{{1, minusOne}, {2, minusFive}, {3, {}}}, mixed{{1, one}, {2, minusFive}, {3, {}}};
  const Bytes bytes = r1csOf(4, 1, {{sum, sum, opposite}, {mixed, {}, sum}});
  const Combinations combinations = collectCombinations(parseR1cs(bytes, "sample"));
  // Two, and the wires of the public rows.
  CHECK_EQUAL(combinations.all.size(), 4);
  std::string found;
  for (const Combination& each : combinations.all) {
    for (const Occurrence& place : each.occurrences) {
      found += (place.negate ? "-" : "+") + std::string(1, static_cast<char>('a' + static_cast<int>(place.matrix))) + std::to_string(place.row);
    }
    found += ';';
  }
  CHECK_EQUAL(found, "+a0+b0-c0+c1;+a1;+a2;+a3;");
}

TEST("the digits of a table add up to the coefficient, in every width") {
  Random random(5);
  std::vector<Words> magnitudes{{}, one, {255, 0, 0, 0}, {128, 0, 0, 0}, {129, 0, 0, 0}};
  for (unsigned bit = 0; bit < 254; bit++) magnitudes.push_back(powerOfTwo(bit));
  for (int i = 0; i < 200; i++) magnitudes.push_back(random.below(FrParams::modulus));
  for (std::uint8_t width = 1; width <= TableShape::maximumWidth; width++) {
    const TableShape shape{width, static_cast<std::uint16_t>(width == 1 ? 254 : 254 / width + 1)};
    // What each entry is a multiple by.
    std::vector<Words> entries(shape.points());
    for (std::size_t window = 0; window < shape.windows; window++) {
      for (std::size_t digit = 1; digit <= shape.half(); digit++) {
        Words value{digit, 0, 0, 0};
        for (std::size_t bit = 0; bit < window * width; bit++) value = plus(value, value);
        entries[window * shape.half() + digit - 1] = value;
      }
    }
    for (std::size_t bit = 0; bit < 254; bit++) CHECK_EQUAL(entries[shape.power(bit)], plus(powerOfTwo(static_cast<unsigned>(bit)), {}));
    for (const Words& magnitude : magnitudes) {
      Words sum{};
      std::size_t digits = 0;
      forEachDigit(shape, magnitude, [&](std::size_t entry, bool negate) {
        sum = plus(sum, negate ? negative(entries[entry]) : entries[entry]);
        digits++;
      });
      CHECK_EQUAL(sum, magnitude);
      CHECK(digits <= shape.windows);
    }
  }
}

TEST("sums of wires follow from the logarithms of their rows, in every back end") {
  constexpr std::uint32_t wires = 60, outputs = 2;
  const std::vector<Row> rows = mixedRows(wires, 61);
  const Bytes bytes = r1csOf(wires, outputs, rows);
  const Combinations combinations = collectCombinations(parseR1cs(bytes, "sample"));
  Random random(23);
  std::array<std::vector<Words>, 3> logarithms;
  for (auto& each : logarithms) each = randomScalars(random, 64);
  // Infinity, and sums that are infinity or a double.
  logarithms[0][4] = {};
  logarithms[1][1] = negative(logarithms[0][1]);
  logarithms[1][6] = logarithms[0][6];
  logarithms[0][11] = logarithms[1][12] = {};
  logarithms[2][13] = {};
  for (const bool only : {false, true}) {
    // All three matrices, or B alone.
    if (only) logarithms[0] = logarithms[2] = {};
    const std::vector<Words> expected = expectedSums(wires, outputs, rows, logarithms);
    const auto expectedG1 = pointsG1(expected);
    const auto expectedG2 = pointsG2(expected);
    const std::array g1{pointsG1(logarithms[0]), pointsG1(logarithms[1]), pointsG1(logarithms[2])};
    const std::array g2{pointsG2(logarithms[0]), pointsG2(logarithms[1]), pointsG2(logarithms[2])};
    for (const Backend* backend : backends()) {
      if (!backend->available()) continue;
      for (const unsigned count : {1u, 3u}) {
        Threads threads(count);
        std::vector<G1Affine> sums1(wires, generator<G1Affine>());
        double last = 0;
        backend->sumWiresG1(combinations, {recordsOf(g1[0]), recordsOf(g1[1]), recordsOf(g1[2])}, sums1, threads, [&](double fraction) {
          CHECK(fraction >= last && fraction <= 1.0000001);
          last = fraction;
        });
        CHECK(last > 0.9999999);
        CHECK_EQUAL(differences(sums1, expectedG1), 0);
        std::vector<G2Affine> sums2(wires, generator<G2Affine>());
        backend->sumWiresG2(combinations, {recordsOf(g2[0]), recordsOf(g2[1]), recordsOf(g2[2])}, sums2, threads, {});
        CHECK_EQUAL(differences(sums2, expectedG2), 0);
      }
    }
    CHECK(expectedG1.back().isInfinity());
  }
}

TEST("sums of wires with more terms than a task takes, in more than one block, follow from the logarithms") {
  // Tables of these combinations take more than a block's memory; six wires stand in all of them.
  constexpr std::uint32_t wires = 9, count = 4000;
  Random random(29);
  std::vector<Row> rows(count);
  for (Row& row : rows) {
    for (std::uint32_t wire = 1; wire < 7; wire++) row.a.push_back({wire, random.below(FrParams::modulus)});
    row.b = {{static_cast<std::uint32_t>(6 + random.word() % 3), one}};
  }
  const Bytes bytes = r1csOf(wires, 0, rows);
  const Combinations combinations = collectCombinations(parseR1cs(bytes, "sample"));
  double cost = 0;
  CHECK(count * chooseShape(combinations.all[0].terms, cost).points() * sizeof(G1Affine) > std::size_t{64} << 20);
  const std::array<std::vector<Words>, 3> logarithms{randomScalars(random, 4096), randomScalars(random, 4096), {}};
  const auto expected = pointsG1(expectedSums(wires, 0, rows, logarithms));
  const std::array bases{pointsG1(logarithms[0]), pointsG1(logarithms[1])};
  for (const unsigned threadCount : {1u, 2u}) {
    Threads threads(threadCount);
    std::vector<G1Affine> sums(wires);
    fastestBackend().sumWiresG1(combinations, {recordsOf(bases[0]), recordsOf(bases[1]), {}}, sums, threads, {});
    CHECK_EQUAL(differences(sums, expected), 0);
  }
}

TEST("differences of points follow from their logarithms, in every back end") {
  Random random(31);
  std::vector<Words> left = randomScalars(random, 5000), right = randomScalars(random, 5000), expected;
  right[3] = left[3];
  right[4] = negative(left[4]);
  left[5] = {};
  right[6] = {};
  left[7] = right[7] = {};
  for (std::size_t i = 0; i < left.size(); i++) expected.push_back(plus(left[i], negative(right[i])));
  const auto leftPoints = pointsG1(left), rightPoints = pointsG1(right), expectedPoints = pointsG1(expected);
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    Threads threads(2);
    std::vector<G1Affine> found(left.size());
    backend->subtractG1(recordsOf(leftPoints), recordsOf(rightPoints), found, threads);
    CHECK_EQUAL(differences(found, expectedPoints), 0);
  }
}
