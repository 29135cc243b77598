#include "combinations.hpp"

#include <cstring>
#include <unordered_map>

#include "../files/container.hpp"

namespace zkmargin {

namespace {

/** The same for a combination and its negative. Neither of a fixed key nor strong: whoever makes them collide only makes set-up slower. */
std::uint64_t signlessHash(LinearCombination terms) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  std::uint64_t hash = terms.size();
  auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * factor;
    hash ^= hash >> 32;
  };
  for (const TermRecord& term : terms) {
    mix(loadUint32(term.wire));
    for (const std::uint64_t word : magnitudeOf(term).words) mix(word);
  }
  return hash;
}

enum class Relation : std::uint8_t { equal, opposite, different };

Relation compare(LinearCombination left, LinearCombination right) {
  if (left.size() != right.size()) return Relation::different;
  if (std::memcmp(left.data(), right.data(), left.size_bytes()) == 0) return Relation::equal;
  for (std::size_t i = 0; i < left.size(); i++) {
    if (loadUint32(left[i].wire) != loadUint32(right[i].wire)) return Relation::different;
    if (loadWords(left[i].coefficient) != negatedCoefficient(loadWords(right[i].coefficient))) return Relation::different;
  }
  return Relation::opposite;
}

/** The term 1 x wire. */
TermRecord unitTerm(std::uint32_t wire) {
  TermRecord term{};
  std::memcpy(term.wire, &wire, sizeof wire);
  term.coefficient[0] = 1;
  return term;
}

}  // namespace

Words negatedCoefficient(const Words& coefficient) {
  Words negated{};
  if (!words::isZero(coefficient)) words::subtract(negated, FrParams::modulus, coefficient);
  return negated;
}

Magnitude magnitudeOf(const TermRecord& term) {
  const Words coefficient = loadWords(term.coefficient), opposite = negatedCoefficient(coefficient);
  return words::less(opposite, coefficient) ? Magnitude{opposite, true} : Magnitude{coefficient, false};
}

Combinations collectCombinations(const R1csView& r1cs) {
  struct Place {
    std::uint32_t combination;
    Occurrence occurrence;
  };
  Combinations result;
  result.wires = r1cs.wires;
  std::vector<Place> places;
  places.reserve(std::size_t{3} * r1cs.constraints + r1cs.publicSignals + 1);
  std::unordered_map<std::uint64_t, std::uint32_t> known;
  auto add = [&](LinearCombination terms, std::uint32_t row, ConstraintMatrix matrix) {
    if (terms.empty()) return;
    const auto next = static_cast<std::uint32_t>(result.all.size());
    const auto found = known.try_emplace(signlessHash(terms), next);
    std::uint32_t combination = found.first->second;
    const Relation relation = found.second ? Relation::different : compare(result.all[combination].terms, terms);
    if (relation == Relation::different) {
      combination = next;
      result.all.push_back({terms, {}});
    }
    places.push_back({combination, {row, matrix, relation == Relation::opposite}});
  };
  std::uint32_t row = 0;
  for (const Constraint& constraint : r1cs) {
    add(constraint.a, row, ConstraintMatrix::a);
    add(constraint.b, row, ConstraintMatrix::b);
    add(constraint.c, row, ConstraintMatrix::c);
    row++;
  }
  result.publicTerms.reserve(std::size_t{r1cs.publicSignals} + 1);
  for (std::uint32_t wire = 0; wire <= r1cs.publicSignals; wire++) {
    result.publicTerms.push_back(unitTerm(wire));
    add({&result.publicTerms.back(), 1}, row++, ConstraintMatrix::a);
  }

  // By combination, rows rising.
  std::vector<std::size_t> ends(result.all.size() + 1);
  for (const Place& place : places) ends[place.combination + 1]++;
  for (std::size_t i = 0; i < result.all.size(); i++) ends[i + 1] += ends[i];
  result.occurrences.resize(places.size());
  for (const Place& place : places) result.occurrences[ends[place.combination]++] = place.occurrence;
  for (std::size_t i = 0, begin = 0; i < result.all.size(); begin = ends[i++]) {
    result.all[i].occurrences = std::span<const Occurrence>(result.occurrences).subspan(begin, ends[i] - begin);
  }
  return result;
}

}  // namespace zkmargin
