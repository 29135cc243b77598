#include "blake2b.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace zkmargin {

namespace {

static_assert(std::endian::native == std::endian::little, "the words of a block are read as they are");

// RFC 7693, sections 2.6 and 2.7.
constexpr std::array<std::uint64_t, 8> initial{
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
constexpr std::uint8_t schedule[10][16]{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

inline void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d, std::uint64_t x, std::uint64_t y) {
  a += b + x;
  d = std::rotr(d ^ a, 32);
  c += d;
  b = std::rotr(b ^ c, 24);
  a += b + y;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 63);
}

}  // namespace

Blake2b::Blake2b() : state_(initial) {
  // Parameter block: digest length 64, no key, fanout and depth 1.
  state_[0] ^= 0x01010040;
}

void Blake2b::update(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (filled_ == blockSize) {
      compress(block_.data(), false);
      filled_ = 0;
    }
    if (filled_ == 0) {
      // Whole blocks that others follow need no copy.
      while (bytes.size() > blockSize) {
        compress(bytes.data(), false);
        bytes = bytes.subspan(blockSize);
      }
    }
    const std::size_t taken = std::min(bytes.size(), blockSize - filled_);
    std::memcpy(block_.data() + filled_, bytes.data(), taken);
    filled_ += taken;
    bytes = bytes.subspan(taken);
  }
}

Blake2b::Digest Blake2b::digest() {
  std::fill(block_.begin() + static_cast<std::ptrdiff_t>(filled_), block_.end(), std::uint8_t{0});
  compress(block_.data(), true);
  Digest digest;
  std::memcpy(digest.data(), state_.data(), digest.size());
  return digest;
}

void Blake2b::compress(const std::uint8_t* block, bool last) {
  compressed_ += last ? filled_ : blockSize;
  std::uint64_t m[16], v[16];
  std::memcpy(m, block, sizeof m);
  std::copy(state_.begin(), state_.end(), v);
  std::copy(initial.begin(), initial.end(), v + 8);
  v[12] ^= compressed_;
  if (last) v[14] = ~v[14];
  for (std::size_t round = 0; round < 12; round++) {
    const auto& s = schedule[round % 10];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < 8; i++) state_[i] ^= v[i] ^ v[i + 8];
}

}  // namespace zkmargin
