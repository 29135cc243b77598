// Constraint systems of any terms, as files.
#pragma once

#include <utility>
#include <vector>

#include "sample-files.hpp"

namespace zkmargin::test {

using Term = std::pair<std::uint32_t, Words>;
using Terms = std::vector<Term>;
struct Row {
  Terms a, b, c;
};

/** All public signals are outputs. */
inline Bytes r1csOf(std::uint32_t wires, std::uint32_t outputs, const std::vector<Row>& rows) {
  SampleFile file = sampleR1cs();
  file.section(1) = joined(std::uint32_t{32}, FrParams::modulus, wires, outputs, std::uint32_t{0}, std::uint32_t{0}, std::uint64_t{wires},
                           static_cast<std::uint32_t>(rows.size()));
  Bytes& bytes = file.section(2);
  bytes.clear();
  for (const Row& row : rows) {
    for (const Terms& terms : {row.a, row.b, row.c}) {
      append(bytes, static_cast<std::uint32_t>(terms.size()));
      for (const auto& [wire, coefficient] : terms) {
        append(bytes, wire);
        append(bytes, coefficient);
      }
    }
  }
  return file.encoded();
}

}  // namespace zkmargin::test
