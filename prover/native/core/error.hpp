#pragma once

#include <stdexcept>
#include <string>

namespace zkmargin {

/** A file that is not what it must be: names the file, the section or field, and the rule. Never holds a witness value. */
class FileError : public std::runtime_error {
 public:
  FileError(std::string file, std::string section, std::string rule)
      : std::runtime_error(file + ", " + section + ": " + rule), file(std::move(file)), section(std::move(section)), rule(std::move(rule)) {}
  const std::string file;
  const std::string section;
  const std::string rule;
};

/** A computation that can't give a right result: a proof that does not verify, a back end that this processor has not. */
class EngineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** The caller asked to stop. */
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace zkmargin
