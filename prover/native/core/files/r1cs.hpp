#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>

namespace zkmargin {

/** A term of a linear combination as it lies in the file: 36 bytes, no alignment. */
struct TermRecord {
  /** Below the number of wires. */
  std::uint8_t wire[4];
  /** A plain integer below r. */
  std::uint8_t coefficient[32];
};
static_assert(sizeof(TermRecord) == 36 && alignof(TermRecord) == 1);

using LinearCombination = std::span<const TermRecord>;

/** (a . w)(b . w) = c . w */
struct Constraint {
  LinearCombination a, b, c;
};

/** Copies stay valid as long as the file's bytes, so that one may mark where a part of the constraints begins. */
class ConstraintIterator {
 public:
  using value_type = Constraint;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;

  ConstraintIterator() = default;
  /** @param at where a constraint begins that parseR1cs has checked, or the end of the last */
  explicit ConstraintIterator(const std::uint8_t* at) : at_(at) {}

  Constraint operator*() const;
  ConstraintIterator& operator++();
  ConstraintIterator operator++(int) {
    const ConstraintIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const ConstraintIterator&, const ConstraintIterator&) = default;

 private:
  const std::uint8_t* at_ = nullptr;
};

/** A constraint system over BN254's scalar field as circom writes it; what it points to lies in the bytes that were given. */
struct R1csView {
  /** With the constant one, which is wire 0; then outputs, public inputs, and the private wires. */
  std::uint32_t wires = 0;
  std::uint32_t outputs = 0;
  std::uint32_t publicInputs = 0;
  /** As the circuit declares them: circom may have optimised some away. */
  std::uint32_t privateInputs = 0;
  std::uint32_t constraints = 0;
  /** Outputs and public inputs, without the constant one. */
  std::uint32_t publicSignals = 0;
  /** log2 of the Groth16 domain: a row for each constraint, each public signal and the constant. */
  unsigned domainPower = 0;

  ConstraintIterator begin() const { return first; }
  ConstraintIterator end() const { return last; }
  ConstraintIterator first, last;
};

/**
 * Checks magic, version, modulus, counts, and every term: inside its section, its wire below the number of wires, its coefficient below r.
 * @param name what errors call the file
 * @throws FileError, also for custom gates, which Groth16 has none of
 */
R1csView parseR1cs(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace zkmargin
