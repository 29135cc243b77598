#pragma once

#include <cstddef>
#include <cstring>

namespace zkmargin {

/** Zeroes memory that is about to be given back, in a way that no compiler leaves out. */
inline void wipe(void* memory, std::size_t bytes) {
  std::memset(memory, 0, bytes);
  asm volatile("" : : "r"(memory) : "memory");
}

}  // namespace zkmargin
