#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>

#include "../core/files/ptau.hpp"
#include "../core/files/r1cs.hpp"
#include "../core/files/wtns.hpp"
#include "../core/files/zkey.hpp"
#include "sample-files.hpp"

namespace zkmargin::test {

/** What parsing says: the whole message of its FileError, or "accepted". */
inline std::string outcome(const Bytes& bytes) {
  const std::string magic(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 4)));
  try {
    if (magic == "wtns") {
      parseWtns(bytes, "sample");
    } else if (magic == "r1cs") {
      parseR1cs(bytes, "sample");
    } else if (magic == "ptau") {
      parsePtau(bytes, "sample");
    } else {
      parseZkey(bytes, "sample");
    }
    return "accepted";
  } catch (const FileError& error) {
    if (std::string(error.what()) != error.file + ", " + error.section + ": " + error.rule) return "a message that is not the sum of its parts";
    return error.what();
  }
}

inline std::string outcome(SampleFile file, const std::function<void(SampleFile&)>& change) {
  change(file);
  return outcome(file.encoded());
}

}  // namespace zkmargin::test
