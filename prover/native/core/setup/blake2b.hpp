// BLAKE2b (RFC 7693) with a digest of 64 bytes and no key: the hash of circuits and contributions in .zkey and .ptau files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zkmargin {

class Blake2b {
 public:
  using Digest = std::array<std::uint8_t, 64>;

  Blake2b();
  void update(std::span<const std::uint8_t> bytes);
  /** Of all bytes so far; the object is used up. */
  Digest digest();

 private:
  static constexpr std::size_t blockSize = 128;

  void compress(const std::uint8_t* block, bool last);

  std::array<std::uint64_t, 8> state_;
  /** Bytes compressed; below 2^64, so that the counter's upper word stays zero. */
  std::uint64_t compressed_ = 0;
  /** The last block stays here until it is known to be the last. */
  std::array<std::uint8_t, blockSize> block_{};
  std::size_t filled_ = 0;
};

}  // namespace zkmargin
