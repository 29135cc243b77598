// Which back ends a run of the tests covers: a processor may not have all. scripts/native-tests.mjs reads the lines.
#pragma once

#include <cstdio>
#include <vector>

#include "../core/backend.hpp"

namespace zkmargin::test {

/** Tells it on standard output, once a program for each back end. @returns whether this processor can run it */
inline bool covers(const Backend& backend) {
  static std::vector<const Backend*> told;
  const bool available = backend.available();
  for (const Backend* each : told) {
    if (each == &backend) return available;
  }
  told.push_back(&backend);
  std::printf(available ? "covers %s\n" : "does not cover %s: this processor does not have its instructions\n", backend.name);
  return available;
}

template <class Body>
void forEachBackend(const Body& body) {
  for (const Backend* backend : backends()) {
    if (covers(*backend)) body(*backend);
  }
}

}  // namespace zkmargin::test
