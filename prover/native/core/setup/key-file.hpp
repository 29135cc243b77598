#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace zkmargin {

/** Writes a container of iden3 files (files/container.hpp) section by section, beside its final name, and renames it when it is complete. */
class KeyFile {
 public:
  /** @throws FileError when something exists at `path`, or no file can be made beside it */
  KeyFile(const std::string& path, const char* magic, std::uint32_t version, std::uint32_t sections);
  /** Unless finish was called, nothing is left. */
  ~KeyFile();
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;

  /** @param size of what will be written to the section */
  void section(std::uint32_t id, std::uint64_t size);
  void write(std::span<const std::uint8_t> bytes);
  void write(std::uint32_t value);
  template <class Value>
  void writeValues(std::span<const Value> values) {
    write({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
  }
  /** @throws FileError, also when something has come to exist at the path meanwhile */
  void finish();

 private:
  [[noreturn]] void refuse(const std::string& rule) const;

  std::string path_, temporary_;
  std::FILE* file_ = nullptr;
};

}  // namespace zkmargin
