#include "backend.hpp"

#include <array>
#include <cstring>
#include <string>

namespace zkmargin {

std::span<const Backend* const> backends() {
#if defined(__x86_64__)
  static const std::array<const Backend*, 3> all{&ifmaBackend, &adxBackend, &portableBackend};
#else
  static const std::array<const Backend*, 1> all{&portableBackend};
#endif
  return all;
}

const Backend& fastestBackend() {
  for (const Backend* backend : backends()) {
    if (backend->available()) return *backend;
  }
  return portableBackend;
}

const Backend& backendNamed(const char* name) {
  for (const Backend* backend : backends()) {
    if (std::strcmp(backend->name, name) != 0) continue;
    if (!backend->available()) throw EngineError(std::string("back end ") + name + ": this processor does not have its instructions");
    return *backend;
  }
  std::string names;
  for (const Backend* backend : backends()) names += std::string(names.empty() ? "" : ", ") + backend->name;
  throw EngineError(std::string("back end ") + name + ": must be one of " + names);
}

}  // namespace zkmargin
