#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "wipe.hpp"

namespace zkmargin {

/** Memory aligned to cache lines, zeroed, and wiped when given back: sums and digits tell the scalars. */
template <class T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(std::size_t count) : count_(count) {
    if (count == 0) return;
    if (bytes() >= mapped) {
      // Fresh pages are zero already; large ones spare most page faults.
      void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
      madvise(memory, bytes(), MADV_HUGEPAGE);
#endif
      data_ = static_cast<T*>(memory);
    } else {
      data_ = static_cast<T*>(std::aligned_alloc(64, bytes()));
      if (data_ == nullptr) throw std::bad_alloc();
      std::memset(static_cast<void*>(data_), 0, bytes());
    }
  }
  Aligned(Aligned&& other) noexcept : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Aligned& operator=(Aligned&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Aligned() {
    if (data_ == nullptr) return;
    if (bytes() >= mapped) {
      // The system clears pages before anyone else gets them.
      munmap(static_cast<void*>(data_), bytes());
    } else {
      zkmargin::wipe(static_cast<void*>(data_), bytes());
      std::free(data_);
    }
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  std::span<T> span() { return {data_, count_}; }

 private:
  static constexpr std::size_t mapped = std::size_t{1} << 20;
  std::size_t bytes() const { return (count_ * sizeof(T) + 63) / 64 * 64; }

  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace zkmargin
