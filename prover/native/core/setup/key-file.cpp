#include "key-file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "../error.hpp"

namespace zkmargin {

namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

}  // namespace

KeyFile::KeyFile(const std::string& path, const char* magic, std::uint32_t version, std::uint32_t sections) : path_(path) {
  if (exists(path)) refuse("exists already; it is not overwritten");
  std::random_device random;
  temporary_ = path + "." + std::to_string(random()) + ".tmp";
  file_ = std::fopen(temporary_.c_str(), "wbx");
  if (file_ == nullptr) refuse(std::string("can't be written: ") + std::generic_category().message(errno));
  try {
    write({reinterpret_cast<const std::uint8_t*>(magic), 4});
    write(version);
    write(sections);
  } catch (...) {
    std::fclose(file_);
    std::remove(temporary_.c_str());
    throw;
  }
}

KeyFile::~KeyFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(temporary_.c_str());
}

void KeyFile::section(std::uint32_t id, std::uint64_t size) {
  write(id);
  writeValues<std::uint64_t>({&size, 1});
}

void KeyFile::write(std::span<const std::uint8_t> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) refuse(std::string("can't be written: ") + std::generic_category().message(errno));
}

void KeyFile::write(std::uint32_t value) { writeValues<std::uint32_t>({&value, 1}); }

void KeyFile::finish() {
  if (exists(path_)) refuse("has come to exist meanwhile; it is not overwritten");
  std::FILE* file = std::exchange(file_, nullptr);
  const bool flushed = std::fclose(file) == 0;
  const int code = errno;
  std::error_code renamed;
  if (flushed) std::filesystem::rename(temporary_, path_, renamed);
  if (flushed && !renamed) return;
  std::remove(temporary_.c_str());
  refuse("can't be written: " + (flushed ? renamed.message() : std::generic_category().message(code)));
}

void KeyFile::refuse(const std::string& rule) const { throw FileError(path_, "file", rule); }

}  // namespace zkmargin
