// Many multiples of one point: a table of the digits' multiples in every window, then for each scalar the sum of its windows' entries.
#pragma once

#include "multi-scalar.hpp"

namespace zkmargin {

template <class Group>
class FixedBase {
  using Point = typename Group::Point;
  using Scalar = typename Group::Scalar;

 public:
  /** @param scalars about how many will be multiplied: decides the table's size */
  FixedBase(const Point& base, std::size_t scalars, Threads& threads) : bits_(bitsFor(scalars)), windows_(scalarBits / bits_ + 1), table_(windows_ * half()) {
    // Entries 2^b of each window one by one; entry 2^b + i is the sum of two entries below, in batches.
    auto power = Xyzz<Scalar>::from(base);
    std::vector<Xyzz<Scalar>> powers(windows_ * bits_);
    for (auto& each : powers) {
      each = power;
      power = power.doubled();
    }
    threads.forEach(windows_, [&](std::size_t window, unsigned) {
      PairAdder<Group> adder;
      adder.setSource(Source::stored);
      Point* entries = &table_[window * half()];
      for (std::size_t bit = 0; bit < bits_; bit++) {
        const std::size_t top = std::size_t{1} << bit;
        PairAdder<Group>::write(powers[window * bits_ + bit].toAffine(), &entries[top - 1]);
        for (std::size_t i = 1; i < top && top + i <= half(); i++) adder.push(&entries[top - 1], &entries[i - 1], &entries[top + i - 1]);
        adder.flush();
        if (2 * top > half()) break;
      }
    });
  }

  /** @param products in file form */
  void multiply(std::span<const Words> scalars, std::span<Point> products, Threads& threads) {
    std::vector<ListSums<Group>> kernels(threads.count());
    threads.forEach((scalars.size() + scalarsATask - 1) / scalarsATask, [&](std::size_t task, unsigned thread) {
      const std::size_t begin = task * scalarsATask, end = std::min(scalars.size(), begin + scalarsATask);
      Aligned<PointReference> references((end - begin) * windows_);
      std::vector<std::uint32_t> ends;
      std::uint32_t size = 0;
      for (std::size_t i = begin; i < end; i++) {
        std::int64_t carry = 0;
        for (std::size_t window = 0; window < windows_; window++) {
          std::int64_t digit = static_cast<std::int64_t>(bitsAt(scalars[i], window * bits_)) + carry;
          carry = digit > static_cast<std::int64_t>(half());
          if (carry != 0) digit -= std::int64_t{1} << bits_;
          if (digit == 0) continue;
          const bool negate = digit < 0;
          references[size++] = PointReference::of(window * half() + static_cast<std::size_t>(negate ? -digit : digit) - 1, negate);
        }
        ends.push_back(size);
      }
      Aligned<Point> sums(end - begin);
      kernels[thread].sum({reinterpret_cast<const std::uint8_t*>(table_.data()), Source::stored}, references.span().first(size), 0, ends,
                          [&](std::size_t k) -> void* { return &sums[k]; });
      PairAdder<Group>::readAll(sums.span(), products.subspan(begin, end - begin));
    });
  }

 private:
  static constexpr std::size_t scalarBits = 254, scalarsATask = 2048;

  /** A table entry costs one sum, and a scalar one sum for each window. */
  static std::size_t bitsFor(std::size_t scalars) {
    std::size_t best = 2, lowest = SIZE_MAX;
    for (std::size_t bits = 2; bits <= 13; bits++) {
      const std::size_t windows = scalarBits / bits + 1, cost = windows * (scalars + (std::size_t{1} << (bits - 1)));
      if (cost < lowest) {
        lowest = cost;
        best = bits;
      }
    }
    return best;
  }
  std::size_t half() const { return std::size_t{1} << (bits_ - 1); }
  std::uint64_t bitsAt(const Words& scalar, std::size_t bit) const {
    if (bit >= 256) return 0;
    const std::size_t word = bit / 64;
    std::uint64_t value = scalar[word] >> (bit % 64);
    if (bit % 64 + bits_ > 64 && word < 3) value |= scalar[word + 1] << (64 - bit % 64);
    return value & ((std::uint64_t{1} << bits_) - 1);
  }

  std::size_t bits_, windows_;
  Aligned<Point> table_;
};

}  // namespace zkmargin
