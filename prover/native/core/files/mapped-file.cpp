// POSIX only: a build without mmap compiles another definition of this class.
#if defined(__unix__) || defined(__APPLE__)

#include "mapped-file.hpp"

#include <cerrno>
#include <cstddef>
#include <limits>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../error.hpp"

namespace zkmargin {

namespace {

[[noreturn]] void refuse(const std::string& path, const char* action, int code) {
  throw FileError(path, "file", std::string("can't be ") + action + ": " + std::generic_category().message(code));
}

class Descriptor {
 public:
  // Without O_NONBLOCK, opening a pipe waits for its writer; on regular files it means nothing.
  explicit Descriptor(const std::string& path) {
    do {
      value_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (value_ < 0 && errno == EINTR);
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_ = -1;
};

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  if (path.find('\0') != std::string::npos) throw FileError(path.substr(0, path.find('\0')), "file", "its path holds a zero byte");
  const Descriptor descriptor(path);
  if (descriptor.value() < 0) refuse(path, "opened", errno);
  struct stat status {};
  if (::fstat(descriptor.value(), &status) != 0) refuse(path, "examined", errno);
  if (!S_ISREG(status.st_mode)) throw FileError(path, "file", "is not a regular file");
  if (status.st_size <= 0) throw FileError(path, "file", "is empty");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max())) {
    throw FileError(path, "file", "has " + std::to_string(size) + " bytes, more than can be addressed");
  }
  // A mapping outlives its descriptor.
  void* address = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, descriptor.value(), 0);
  if (address == MAP_FAILED) refuse(path, "mapped", errno);
  bytes_ = {static_cast<const std::uint8_t*>(address), static_cast<std::size_t>(size)};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace zkmargin

#endif
