#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace zkmargin {

/** A file mapped for reading. */
class MappedFile {
 public:
  /** @throws FileError when it can't be opened, is no regular file, or is empty */
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile& operator=(MappedFile&&) = delete;

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::span<const std::uint8_t> bytes_;
};

}  // namespace zkmargin
