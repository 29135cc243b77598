// The linear combinations of a constraint system, each once. A circuit uses many of them several times: x * x = y has one on both sides, and
// x^5 takes it up again in another row. What is multiplied by a combination's coefficients is the sum over all places where it stands.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "../field/params.hpp"
#include "../files/r1cs.hpp"

namespace zkmargin {

enum class ConstraintMatrix : std::uint8_t { a, b, c };

/** A place where a combination stands, perhaps negated. */
struct Occurrence {
  std::uint32_t row;
  ConstraintMatrix matrix;
  bool negate;
};

struct Combination {
  LinearCombination terms;
  std::span<const Occurrence> occurrences;
};

/** Spans lie in the constraint system's bytes and in this object, which therefore is only moved. */
struct Combinations {
  std::uint32_t wires = 0;
  /** In the order of their first rows; no two are equal, or equal but for the sign. Unless hashes collide: then one may be here twice. */
  std::vector<Combination> all;

  Combinations() = default;
  Combinations(Combinations&&) = default;
  Combinations& operator=(Combinations&&) = default;
  std::vector<Occurrence> occurrences;
  /** Of the rows that Groth16 adds for the constant one and each public signal, whose A is that wire. */
  std::vector<TermRecord> publicTerms;
};

Combinations collectCombinations(const R1csView& r1cs);

/** r - coefficient, for coefficients in [0, r). */
Words negatedCoefficient(const Words& coefficient);

/** The smaller one of a coefficient and its negative. */
struct Magnitude {
  Words words;
  bool negate;
};
Magnitude magnitudeOf(const TermRecord& term);

}  // namespace zkmargin
