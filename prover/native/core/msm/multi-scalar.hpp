// Multi-scalar multiplication by buckets (Pippenger) with signed digits. Every step that costs is a set of lists of points to sum up:
// the points of a bucket, then the rows and the columns of the square that a window's buckets form.
#pragma once

#include <algorithm>
#include <array>

#include "../threads.hpp"
#include "list-sums.hpp"

namespace zkmargin {

template <class Group>
class MultiScalar {
  using Point = typename Group::Point;
  using Scalar = typename Group::Scalar;
  using Sum = Xyzz<Scalar>;
  using Table = typename ListSums<Group>::Table;

 public:
  explicit MultiScalar(Threads& threads) : threads_(threads), kernels_(threads.count()) {}
  ~MultiScalar() {
    for (const auto& kernel : kernels_) (sizeof(Point) == sizeof(G1Affine) ? threads_.work().g1Sums : threads_.work().g2Sums) += kernel.sumsDone();
  }

  /**
   * sum of scalars[i] x points[i]
   * @param points in file form; infinity allowed
   * @param scalars plain integers below r
   */
  Point multiply(std::span<const Record<Point>> points, std::span<const Words> scalars) {
    collect(points, scalars);
    if (terms_.size() == 0) return {};
    table_ = {reinterpret_cast<const std::uint8_t*>(points.data()), Source::file};
    chooseBits();
    sortIntoBuckets();
    sumBuckets();
    const std::vector<Sum> windows = sumWindows();
    Sum total;
    for (std::size_t window = windows.size(); window-- > 0;) {
      for (unsigned bit = 0; bit < bits_; bit++) total = total.doubled();
      total = total.plus(windows[window]);
    }
    return total.toAffine();
  }

 private:
  /** s or r - s, whichever is shorter, and the point it belongs to. */
  struct Term {
    Words magnitude;
    PointReference point;
  };
  /** References of one window that one task sums up. */
  struct Slice {
    std::size_t window, firstBucket, begin, end;
    /** Its first bucket began in the slice before. */
    bool continues;
  };
  static constexpr unsigned maximumBits = 16;
  static constexpr std::size_t termsATask = 4096;
  static constexpr std::size_t maximumSlice = 32768, minimumSlice = 4096;

  std::size_t bucketCount() const { return std::size_t{1} << (bits_ - 1); }
  /** Terms that may have a digit in the window: a carry goes up into it from magnitudes one bit shorter than it begins at. */
  std::size_t termsOf(std::size_t window) const { return termsByLength_[window == 0 ? 0 : window * bits_ - 1]; }

  /** Keeps the terms that count, longest first: each window then looks only at those that reach it. */
  void collect(std::span<const Record<Point>> points, std::span<const Words> scalars) {
    constexpr Words r = FrParams::modulus;
    const std::size_t count = scalars.size();
    Aligned<std::uint8_t> lengths(count);
    const std::size_t tasks = (count + termsATask - 1) / termsATask;
    auto shortest = [&](std::size_t i, bool& negate) {
      Words scalar = scalars[i], opposite;
      // Below r by contract; what is not would have more digits than there are places for.
      while (!words::less(scalar, r)) words::subtract(scalar, scalar, r);
      words::subtract(opposite, r, scalar);
      negate = words::less(opposite, scalar);
      return negate ? opposite : scalar;
    };
    // positions[task][length]: where the task's terms of that length go.
    std::vector<std::array<std::uint32_t, 257>> positions(tasks);
    threads_.forEach(tasks, [&](std::size_t task, unsigned) {
      positions[task].fill(0);
      for (std::size_t i = task * termsATask; i < std::min(count, (task + 1) * termsATask); i++) {
        if (words::isZero(scalars[i]) || points[i].isInfinity()) continue;
        bool negate;
        lengths[i] = static_cast<std::uint8_t>(words::bitLength(shortest(i, negate)));
        positions[task][lengths[i]]++;
      }
    });
    std::uint32_t total = 0;
    termsByLength_.assign(257, 0);
    for (std::size_t length = 256; length > 0; length--) {
      for (auto& each : positions) total += std::exchange(each[length], total);
      termsByLength_[length] = total;
    }
    termsByLength_[0] = total;
    while (termsByLength_.size() > 1 && termsByLength_.back() == 0) termsByLength_.pop_back();
    terms_ = Aligned<Term>(total);
    threads_.forEach(tasks, [&](std::size_t task, unsigned) {
      for (std::size_t i = task * termsATask; i < std::min(count, (task + 1) * termsATask); i++) {
        if (lengths[i] == 0) continue;
        bool negate;
        const Words magnitude = shortest(i, negate);
        terms_[positions[task][lengths[i]]++] = {magnitude, PointReference::of(i, negate)};
      }
    });
  }

  /** The window width that costs the fewest sums; then each magnitude gets half a window added in every window, which makes its digits signed. */
  void chooseBits() {
    std::size_t best = SIZE_MAX;
    for (unsigned bits = 2; bits <= maximumBits; bits++) {
      std::size_t cost = 0;
      for (std::size_t length = 0; length <= termsByLength_.size(); length += bits) {
        cost += termsByLength_[length == 0 ? 0 : length - 1] + (std::size_t{2} << (bits - 1)) + sumsOfAWindow;
      }
      if (cost < best) {
        best = cost;
        bits_ = bits;
      }
    }
    windows_ = termsByLength_.size() / bits_ + 1;
    Words halves{};
    for (std::size_t window = 0; window < windows_; window++) {
      const std::size_t bit = window * bits_ + bits_ - 1;
      if (bit < 256) halves[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    threads_.forEach((terms_.size() + termsATask - 1) / termsATask, [&](std::size_t task, unsigned) {
      for (std::size_t i = task * termsATask; i < std::min(terms_.size(), (task + 1) * termsATask); i++) {
        words::add(terms_[i].magnitude, terms_[i].magnitude, halves);
      }
    });
  }

  /** In [-half, half), where half is 2^(bits - 1). */
  std::int32_t digit(const Words& shifted, std::size_t window) const {
    const std::size_t bit = window * bits_, word = bit / 64;
    std::uint64_t value = shifted[word] >> (bit % 64);
    if (bit % 64 + bits_ > 64 && word < 3) value |= shifted[word + 1] << (64 - bit % 64);
    // The highest window has no bit left for a half, and so none to take off; its digits are below half by themselves.
    const std::size_t half = bit + bits_ <= 256 ? bucketCount() : 0;
    return static_cast<std::int32_t>(value & ((std::uint64_t{1} << bits_) - 1)) - static_cast<std::int32_t>(half);
  }

  void sortIntoBuckets() {
    starts_.assign(windows_ + 1, 0);
    for (std::size_t window = 0; window < windows_; window++) starts_[window + 1] = starts_[window] + termsOf(window);
    if (starts_[windows_] > UINT32_MAX) throw EngineError("a multi-scalar multiplication of more than 2^32 digits");
    references_ = Aligned<PointReference>(starts_[windows_]);
    ends_ = Aligned<std::uint32_t>(windows_ * bucketCount());
    threads_.forEach(windows_, [&](std::size_t window, unsigned) {
      const std::size_t terms = termsOf(window);
      std::uint32_t* ends = &ends_[window * bucketCount()];
      auto bucketOf = [](std::int32_t d) { return static_cast<std::size_t>((d < 0 ? -d : d) - 1); };
      for (std::size_t i = 0; i < terms; i++) {
        const std::int32_t d = digit(terms_[i].magnitude, window);
        if (d != 0) ends[bucketOf(d)]++;
      }
      auto at = static_cast<std::uint32_t>(starts_[window]);
      for (std::size_t bucket = 0; bucket < bucketCount(); bucket++) at += std::exchange(ends[bucket], at);
      // Each place moves on from its bucket's begin to its end.
      for (std::size_t i = 0; i < terms; i++) {
        const std::int32_t d = digit(terms_[i].magnitude, window);
        if (d != 0) references_[ends[bucketOf(d)]++] = {terms_[i].point.word ^ static_cast<std::uint32_t>(d < 0)};
      }
    });
  }

  void sumBuckets() {
    buckets_ = Aligned<Point>(windows_ * bucketCount());
    const std::vector<Slice> slices = cut();
    Aligned<Point> partials(slices.size());
    threads_.forEach(slices.size(), [&](std::size_t task, unsigned thread) {
      const Slice& slice = slices[task];
      const std::uint32_t* ends = &ends_[slice.window * bucketCount()];
      std::vector<std::uint32_t> cutEnds;
      for (std::size_t bucket = slice.firstBucket;; bucket++) {
        cutEnds.push_back(static_cast<std::uint32_t>(std::min<std::size_t>(ends[bucket], slice.end)));
        if (ends[bucket] >= slice.end) break;
      }
      Point* sums = &buckets_[slice.window * bucketCount() + slice.firstBucket];
      kernels_[thread].sum(table_, references_.span().first(slice.end), slice.begin, cutEnds,
                           [&](std::size_t k) -> void* { return k == 0 && slice.continues ? &partials[task] : &sums[k]; });
    });
    for (std::size_t task = 0; task < slices.size(); task++) {
      if (!slices[task].continues) continue;
      Point& bucket = buckets_[slices[task].window * bucketCount() + slices[task].firstBucket];
      const auto sum = Sum::from(PairAdder<Group>::read(Source::stored, &bucket, false)).plus(PairAdder<Group>::read(Source::stored, &partials[task], false));
      PairAdder<Group>::write(sum.toAffine(), &bucket);
    }
  }

  std::vector<Slice> cut() const {
    const std::size_t length = std::clamp(starts_[windows_] / (8 * threads_.count()), minimumSlice, maximumSlice);
    std::vector<Slice> slices;
    for (std::size_t window = 0; window < windows_; window++) {
      const std::uint32_t* ends = &ends_[window * bucketCount()];
      const std::size_t windowEnd = ends[bucketCount() - 1];
      std::size_t bucket = 0;
      for (std::size_t begin = starts_[window]; begin < windowEnd; begin += length) {
        while (ends[bucket] <= begin) bucket++;
        const std::size_t bucketBegin = bucket == 0 ? starts_[window] : ends[bucket - 1];
        slices.push_back({window, bucket, begin, std::min(begin + length, windowEnd), bucketBegin < begin});
      }
    }
    return slices;
  }

  /**
   * For each window the sum of (k + 1) x bucket k. With k = row x columns + column that is columns x (sum of row x its row's sum) plus
   * the sum of (column + 1) x its column's sum.
   */
  std::vector<Sum> sumWindows() {
    std::vector<Sum> results(windows_);
    const std::size_t columnBits = (bits_ - 1) / 2, columns = std::size_t{1} << columnBits, rows = bucketCount() / columns;
    threads_.forEach(windows_, [&](std::size_t window, unsigned thread) {
      const Point* buckets = &buckets_[window * bucketCount()];
      std::vector<PointReference> references;
      std::vector<std::uint32_t> ends;
      references.reserve(2 * bucketCount());
      auto take = [&](std::size_t k) {
        if (!buckets[k].isInfinity()) references.push_back(PointReference::of(k, false));
      };
      for (std::size_t row = 0; row < rows; row++) {
        for (std::size_t column = 0; column < columns; column++) take(row * columns + column);
        ends.push_back(static_cast<std::uint32_t>(references.size()));
      }
      for (std::size_t column = 0; column < columns; column++) {
        for (std::size_t row = 0; row < rows; row++) take(row * columns + column);
        ends.push_back(static_cast<std::uint32_t>(references.size()));
      }
      Aligned<Point> sums(rows + columns);
      kernels_[thread].sum({reinterpret_cast<const std::uint8_t*>(buckets), Source::stored}, references, 0, ends, [&](std::size_t k) -> void* { return &sums[k]; });
      Sum total = weighted(&sums[1], rows - 1);
      for (std::size_t bit = 0; bit < columnBits; bit++) total = total.doubled();
      results[window] = total.plus(weighted(&sums[rows], columns));
    });
    return results;
  }

  /** sum of (k + 1) x points[k] */
  static Sum weighted(const Point* points, std::size_t count) {
    Sum running, total;
    for (std::size_t k = count; k-- > 0;) {
      running = running.plus(PairAdder<Group>::read(Source::stored, &points[k], false));
      total = total.plus(running);
    }
    return total;
  }

  /** What a window costs besides, in sums. */
  static constexpr std::size_t sumsOfAWindow = 64;

  Threads& threads_;
  std::vector<ListSums<Group>> kernels_;
  Table table_{};
  unsigned bits_ = 0;
  std::size_t windows_ = 0;
  Aligned<Term> terms_;
  /** [k]: terms of at least k bits. */
  std::vector<std::size_t> termsByLength_;
  /** Of the windows, in references_; and of the buckets. */
  std::vector<std::size_t> starts_;
  Aligned<PointReference> references_;
  Aligned<std::uint32_t> ends_;
  Aligned<Point> buckets_;
};

}  // namespace zkmargin
