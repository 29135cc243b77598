// Natural numbers for oracles: schoolbook on 32-bit digits, with nothing of the engine in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zkmargin::test {

/** Below 2^640; what does not fit is lost. */
class Natural {
 public:
  static constexpr std::size_t digits = 20;

  Natural() = default;
  Natural(std::uint64_t value) : digits_{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)} {}

  /** sum of words[i] x 2^(bits i); words may be longer than `bits`. */
  static Natural fromWords(std::span<const std::uint64_t> words, unsigned bits) {
    Natural sum;
    for (std::size_t i = words.size(); i-- > 0;) sum = (sum << bits) + Natural(words[i]);
    return sum;
  }
  /** The lowest count x bits bits. */
  void toWords(std::span<std::uint64_t> words, unsigned bits) const {
    for (std::size_t i = 0; i < words.size(); i++) {
      words[i] = 0;
      for (unsigned bit = 0; bit < bits; bit++) words[i] |= std::uint64_t{this->bit(i * bits + bit)} << bit;
    }
  }

  bool bit(std::size_t at) const { return at < 32 * digits && ((digits_[at / 32] >> (at % 32)) & 1) != 0; }
  std::size_t bitLength() const {
    std::size_t length = 32 * digits;
    while (length > 0 && digits_[(length - 1) / 32] == 0) length -= 32;
    while (length > 0 && !bit(length - 1)) length--;
    return length;
  }

  friend Natural operator+(const Natural& a, const Natural& b) {
    Natural sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < digits; i++) {
      carry += std::uint64_t{a.digits_[i]} + b.digits_[i];
      sum.digits_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return sum;
  }
  /** a >= b */
  friend Natural operator-(const Natural& a, const Natural& b) {
    Natural difference;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < digits; i++) {
      const std::uint64_t subtrahend = b.digits_[i] + borrow;
      borrow = a.digits_[i] < subtrahend ? 1 : 0;
      difference.digits_[i] = static_cast<std::uint32_t>(a.digits_[i] + (borrow << 32) - subtrahend);
    }
    return difference;
  }
  friend Natural operator*(const Natural& a, const Natural& b) {
    Natural product;
    for (std::size_t i = 0; i < digits; i++) {
      if (a.digits_[i] == 0) continue;
      std::uint64_t carry = 0;
      for (std::size_t j = 0; i + j < digits; j++) {
        carry += product.digits_[i + j] + std::uint64_t{a.digits_[i]} * b.digits_[j];
        product.digits_[i + j] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
      }
    }
    return product;
  }
  friend Natural operator<<(const Natural& a, std::size_t bits) {
    Natural shifted;
    for (std::size_t i = digits; i-- > bits / 32;) {
      std::uint64_t two = std::uint64_t{a.digits_[i - bits / 32]} << 32;
      if (i > bits / 32) two |= a.digits_[i - bits / 32 - 1];
      shifted.digits_[i] = static_cast<std::uint32_t>(two >> (32 - bits % 32));
    }
    return shifted;
  }
  friend Natural operator%(Natural a, const Natural& modulus) {
    const std::size_t length = a.bitLength(), bits = modulus.bitLength();
    for (std::size_t shift = length < bits ? 0 : length - bits + 1; shift-- > 0;) {
      const Natural multiple = modulus << shift;
      if (!(a < multiple)) a = a - multiple;
    }
    return a;
  }
  friend bool operator<(const Natural& a, const Natural& b) {
    for (std::size_t i = digits; i-- > 0;) {
      if (a.digits_[i] != b.digits_[i]) return a.digits_[i] < b.digits_[i];
    }
    return false;
  }
  friend bool operator==(const Natural&, const Natural&) = default;

 private:
  std::array<std::uint32_t, digits> digits_{};
};

}  // namespace zkmargin::test
