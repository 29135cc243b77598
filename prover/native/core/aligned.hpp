#pragma once

#include <string.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace zkmargin {

/** Memory aligned to cache lines, zeroed, wiped when given back: sums may tell the scalars. */
template <class T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(std::size_t count) : count_(count) {
    const std::size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
    if (bytes == 0) return;
    data_ = static_cast<T*>(std::aligned_alloc(64, bytes));
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(static_cast<void*>(data_), 0, bytes);
  }
  Aligned(Aligned&& other) noexcept : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Aligned& operator=(Aligned&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Aligned() {
    if (data_ != nullptr) explicit_bzero(static_cast<void*>(data_), count_ * sizeof(T));
    std::free(data_);
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  std::span<T> span() { return {data_, count_}; }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace zkmargin
