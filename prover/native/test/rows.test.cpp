// Rows of a constraint system by sums of products one by one, in all back ends.
#include <algorithm>

#include "affine-oracle.hpp"
#include "check.hpp"
#include "coverage.hpp"

namespace zkmargin::test {
namespace {

using F = PlainFr;

/** coefficient in Montgomery form; the file has it times 2^256 once more. */
CoefficientRecord record(std::uint32_t matrix, std::uint32_t row, std::uint32_t wire, const Words& coefficient) {
  CoefficientRecord result;
  std::memcpy(result.matrix, &matrix, 4);
  std::memcpy(result.row, &row, 4);
  std::memcpy(result.wire, &wire, 4);
  std::memcpy(result.coefficient, &coefficient, 32);
  return result;
}

struct System {
  std::size_t rows;
  std::vector<CoefficientRecord> records;
  std::vector<Words> witness;
};

struct Rows {
  std::vector<Fr> a, b;
};

std::uint32_t wordOf(const std::uint8_t* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, 4);
  return word;
}

Rows naive(const System& system) {
  Rows result{std::vector<Fr>(system.rows), std::vector<Fr>(system.rows)};
  // coefficient x 2^512 as plain words is Montgomery form of coefficient x 2^256.
  const Fr back = F::inverse(F::fromInteger(F::one().words));
  for (const CoefficientRecord& each : system.records) {
    Fr coefficient;
    std::memcpy(&coefficient.words, each.coefficient, 32);
    Fr& row = (wordOf(each.matrix) == 0 ? result.a : result.b)[wordOf(each.row)];
    row = F::add(row, F::multiply(F::multiply(coefficient, back), F::fromInteger(system.witness[wordOf(each.wire)])));
  }
  return result;
}

/** Rows rise, each with terms of A, then of B; some have none. */
System sorted(std::size_t rows, std::size_t most, std::uint64_t seed) {
  Random random{seed};
  System system{rows, {}, {{1, 0, 0, 0}}};
  Words high = FrParams::modulus;
  high[0] -= 1;
  for (int i = 0; i < 40; i++) {
    switch (random.word() % 4) {
      case 0: system.witness.push_back({}); break;
      case 1: system.witness.push_back({1, 0, 0, 0}); break;
      case 2: system.witness.push_back(i % 8 == 0 ? high : i % 8 == 4 ? Words{0, 0, 0, 1} : Words{2 + random.word() % 3, 0, 0, 0}); break;
      default: system.witness.push_back(random.below(FrParams::modulus));
    }
  }
  for (std::size_t row = 0; row < rows; row++) {
    for (std::uint32_t matrix = 0; matrix < 2; matrix++) {
      for (std::size_t left = random.word() % (most + 1); left > 0; left--) {
        const Words coefficient = random.word() % 16 == 0 ? high : random.word() % 16 == 0 ? Words{} : random.below(FrParams::modulus);
        system.records.push_back(record(matrix, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(random.word() % system.witness.size()), coefficient));
      }
    }
  }
  return system;
}

void checkRows(const System& system, const char* name) {
  const Rows expected = naive(system);
  forEachBackend([&](const Backend& backend) {
    for (const unsigned count : {1u, 2u, 3u, 7u}) {
      Threads threads(count);
      Rows found{std::vector<Fr>(system.rows), std::vector<Fr>(system.rows)};
      const std::size_t checked = backend.evaluateRows(system.records, system.witness, found.a, found.b, threads);
      if (checked == system.records.size() && found.a == expected.a && found.b == expected.b) continue;
      fail(__FILE__, __LINE__, std::string(name) + ", " + backend.name + ", " + std::to_string(count) + " threads");
    }
  });
}

template <class Generator>
void shuffle(std::vector<CoefficientRecord>& records, Generator random) {
  for (std::size_t i = records.size(); i > 1; i--) std::swap(records[i - 1], records[random.word() % i]);
}

TEST("rows are the sums of their terms, few or many") {
  checkRows({1, {}, {{1, 0, 0, 0}}}, "no records");
  checkRows(sorted(1, 3, 1), "one row");
  checkRows(sorted(16, 3, 2), "few rows");
  // From 4096 records on, tasks share them.
  checkRows(sorted(1024, 8, 3), "many rows");
  checkRows(sorted(3, 4000, 4), "rows longer than a task");
  checkRows(sorted(1, 8000, 5), "one row longer than all tasks");
}

TEST("rows are right in any order of the records") {
  System system = sorted(700, 9, 6);
  const System original = system;
  shuffle(system.records, Random{7});
  checkRows(system, "shuffled");
  system = original;
  std::reverse(system.records.begin(), system.records.end());
  checkRows(system, "falling");
  // All rows rise but for a few records at the end, or in the middle, which belong to rows of the first task.
  system = original;
  std::rotate(system.records.begin(), system.records.begin() + 50, system.records.end());
  checkRows(system, "first records last");
  system = original;
  std::rotate(system.records.begin(), system.records.begin() + 50, system.records.begin() + static_cast<std::ptrdiff_t>(system.records.size() / 2));
  checkRows(system, "first records in the middle");
  system = original;
  for (std::size_t i = system.records.size() / 2; i < system.records.size(); i++) std::memset(system.records[i].row, 0, 4);
  checkRows(system, "half of all in row 0, last");
  system = original;
  system.records.insert(system.records.end(), original.records.begin(), original.records.end());
  checkRows(system, "twice");
}

TEST("the first record that is wrong is told, wherever it is") {
  const System system = sorted(1024, 8, 8);
  const std::size_t size = system.records.size();
  CHECK(size > 4096);
  Words above = FrParams::modulus;
  const auto wires = static_cast<std::uint32_t>(system.witness.size()), rows = static_cast<std::uint32_t>(system.rows);
  const auto spoil = [&](CoefficientRecord& each, std::size_t kind) {
    const std::uint32_t values[] = {2, rows, wires, ~0u};
    if (kind == 0) std::memcpy(each.matrix, &values[0], 4);
    if (kind == 1) std::memcpy(each.row, &values[1], 4);
    if (kind == 2) std::memcpy(each.wire, &values[2], 4);
    if (kind == 3) std::memcpy(each.coefficient, &above, 32);
    if (kind == 4) std::memset(each.coefficient, 0xff, 32);
    if (kind == 5) std::memcpy(each.matrix, &values[3], 4);
    if (kind == 6) std::memcpy(each.row, &values[3], 4);
    if (kind == 7) std::memcpy(each.wire, &values[3], 4);
  };
  const std::size_t places[] = {0, 1, size / 16, size / 8 + 1, size / 2, size - 2, size - 1};
  forEachBackend([&](const Backend& backend) {
    for (const unsigned count : {1u, 3u}) {
      Threads threads(count);
      const auto checked = [&](const std::vector<CoefficientRecord>& records) {
        std::vector<Fr> a(system.rows), b(system.rows);
        return backend.evaluateRows(records, system.witness, a, b, threads);
      };
      for (std::size_t kind = 0; kind < 8; kind++) {
        for (const std::size_t place : places) {
          std::vector<CoefficientRecord> records = system.records;
          spoil(records[place], kind);
          CHECK_EQUAL(checked(records), place);
        }
        // The first of several, and also where rows do not rise.
        std::vector<CoefficientRecord> records = system.records;
        for (std::size_t i = 3; i < std::size(places); i++) spoil(records[places[i]], (kind + i) % 8);
        CHECK_EQUAL(checked(records), places[3]);
        std::swap(records[10], records[size - 20]);
        CHECK_EQUAL(checked(records), places[3]);
      }
      std::vector<CoefficientRecord> few(system.records.begin(), system.records.begin() + 5);
      spoil(few[4], 2);
      CHECK_EQUAL(checked(few), 4);
    }
  });
}

}  // namespace
}  // namespace zkmargin::test
