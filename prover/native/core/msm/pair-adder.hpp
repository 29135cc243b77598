// Sums of many independent pairs of points, in affine coordinates with one shared inversion a batch (Montgomery's trick):
// six multiplications a sum, in all lanes.
#pragma once

#include <algorithm>
#include <vector>

#include "../aligned.hpp"
#include "../curve/group.hpp"
#include "../curve/xyzz.hpp"

namespace zkmargin {

/** Where the points of a batch come from. */
enum class Source : bool { file, stored };

/**
 * Collects pairs and adds them up in batches. Sums are written in the order of the pairs, each after its own pair was read for the last time: a
 * sum may take the place of an operand of its own or an earlier pair of the same batch.
 */
template <class Group>
class PairAdder {
  using Coordinate = typename Group::Coordinate;
  using Value = typename Coordinate::Value;
  using Mask = typename Group::Mask;
  using Point = typename Group::Point;
  using Scalar = typename Group::Scalar;
  static constexpr std::size_t lanes = Coordinate::count;

 public:
  /** Pairs a batch: enough to make the inversion cheap, few enough for the second-level cache. */
  static constexpr std::size_t capacity = sizeof(Point) == 64 ? 2048 : 1024;

  PairAdder()
      : left_(capacity), right_(capacity), sums_(capacity), negateLeft_(capacity / lanes), negateRight_(capacity / lanes), excluded_(capacity / lanes),
        prefixes_(capacity / lanes * Coordinate::vectorWords) {
    // Operands for lanes without a pair: any two points of different x.
    spares_[0].x = spares_[0].y = Scalar::one();
    spares_[1].y = Scalar::one();
  }

  /** Of all pairs until the next flush. Nothing may be pending. */
  void setSource(Source source) { source_ = source; }

  inline void push(const void* left, bool negateLeft, const void* right, bool negateRight, void* sum) {
    const std::size_t at = size_++;
    left_[at] = left;
    right_[at] = right;
    sums_[at] = sum;
    if (negateLeft) negateLeft_[at / lanes] = static_cast<Mask>(negateLeft_[at / lanes] | (1u << (at % lanes)));
    if (negateRight) negateRight_[at / lanes] = static_cast<Mask>(negateRight_[at / lanes] | (1u << (at % lanes)));
    if (size_ == capacity) flush();
  }
  inline void push(const void* left, const void* right, void* sum) { push(left, false, right, false, sum); }

  void flush() {
    if (size_ == 0) return;
    const std::size_t pairs = size_;
    sumsDone_ += pairs;
    for (; size_ % lanes != 0; size_++) {
      left_[size_] = &spares_[0];
      right_[size_] = &spares_[1];
      sums_[size_] = &spareSum_;
    }
    if (source_ == Source::file) run<Source::file>();
    else run<Source::stored>();
    for (std::size_t vector = 0; vector * lanes < pairs; vector++) negateLeft_[vector] = negateRight_[vector] = 0;
    size_ = 0;
  }

  /** Pairs added up so far. */
  std::uint64_t sumsDone() const { return sumsDone_; }

  /** Copies a point to stored form, negated if asked to. */
  void copy(Source source, const void* from, bool negate, void* to) {
    const void* addresses[lanes];
    void* targets[lanes];
    for (std::size_t lane = 0; lane < lanes; lane++) {
      addresses[lane] = from;
      targets[lane] = lane == 0 ? to : &spareSum_;
    }
    Value x, y;
    if ((source == Source::file ? Group::loadFile(addresses, x, y) : Group::load(addresses, x, y)) != 0) {
      std::memset(to, 0, sizeof(Point));
      return;
    }
    if (negate) y = Coordinate::negateWhere(static_cast<Mask>(~0u), y);
    Group::store(targets, Coordinate::reduce(x), Coordinate::reduce(y));
  }

  /** The point at an address, in file form. */
  static Point read(Source source, const void* address, bool negate) {
    const void* addresses[lanes];
    for (auto& each : addresses) each = address;
    Value x, y;
    if ((source == Source::file ? Group::loadFile(addresses, x, y) : Group::load(addresses, x, y)) != 0) return {};
    decltype(Point::x) xs[lanes], ys[lanes];
    Group::toElements(x, xs);
    Group::toElements(y, ys);
    return {xs[0], negate ? Scalar::negate(ys[0]) : ys[0]};
  }

  /** Stored points to file form. */
  static void readAll(std::span<const Point> stored, std::span<Point> points) {
    for (std::size_t i = 0; i < stored.size(); i += lanes) {
      const void* addresses[lanes];
      for (std::size_t lane = 0; lane < lanes; lane++) addresses[lane] = &stored[std::min(i + lane, stored.size() - 1)];
      Value x, y;
      const Mask zeros = Group::load(addresses, x, y);
      decltype(Point::x) xs[lanes], ys[lanes];
      Group::toElements(x, xs);
      Group::toElements(y, ys);
      for (std::size_t lane = 0; lane < lanes && i + lane < stored.size(); lane++) {
        points[i + lane] = ((zeros >> lane) & 1) != 0 ? Point{} : Point{xs[lane], ys[lane]};
      }
    }
  }

  /** Writes a point that is given in file form. */
  static void write(const Point& point, void* address) {
    if (point.isInfinity()) {
      std::memset(address, 0, sizeof(Point));
      return;
    }
    void* targets[lanes];
    Point others[lanes];
    for (std::size_t lane = 0; lane < lanes; lane++) targets[lane] = lane == 0 ? address : &others[lane];
    decltype(Point::x) xs[lanes], ys[lanes];
    for (std::size_t lane = 0; lane < lanes; lane++) {
      xs[lane] = point.x;
      ys[lane] = point.y;
    }
    Group::store(targets, Coordinate::reduce(Group::fromElements(xs)), Coordinate::reduce(Group::fromElements(ys)));
  }

  /** 1/product in each lane, by one inversion; no lane is zero. */
  static Value inverted(const Value& product) {
    using Element = decltype(Point::x);
    Element values[lanes], prefixes[lanes];
    Group::toElements(product, values);
    Element all = Scalar::one();
    for (std::size_t lane = 0; lane < lanes; lane++) {
      prefixes[lane] = all;
      all = Scalar::multiply(all, values[lane]);
    }
    Element inverse = Scalar::inverse(all);
    for (std::size_t lane = lanes; lane-- > 0;) {
      const Element value = values[lane];
      values[lane] = Scalar::multiply(inverse, prefixes[lane]);
      inverse = Scalar::multiply(inverse, value);
    }
    return Coordinate::reduce(Group::fromElements(values));
  }

 private:
  template <Source source>
  ZKMARGIN_ALWAYS_INLINE Mask loadAt(const Aligned<const void*>& addresses, std::size_t vector, Value& x, Value& y) const {
    if constexpr (source == Source::file) return Group::loadFile(addresses.data() + vector * lanes, x, y);
    else return Group::load(addresses.data() + vector * lanes, x, y);
  }

  template <Source source>
  void run() {
    exceptions_.clear();
    Value product = multiplyDifferences<source, false>();
    if (Coordinate::zeroLanes(product) != 0) {
      // Some pair has the same x twice: find it, and leave it out.
      exceptions_.clear();
      product = multiplyDifferences<source, true>();
    }
    writeSums<source>(inverted(product));
    for (const Exception& exception : exceptions_) {
      write(Xyzz<Scalar>::from(exception.left).plus(exception.right).toAffine(), sums_[exception.at]);
    }
  }

  /** Last pair first; each vector's prefix is the product of the differences of all vectors after it. */
  template <Source source, bool careful>
  Value multiplyDifferences() {
    Value product = Coordinate::one();
    for (std::size_t vector = size_ / lanes; vector-- > 0;) {
      Value x1, y1, x2, y2;
      Mask excluded = loadAt<source>(left_, vector, x1, y1) | loadAt<source>(right_, vector, x2, y2);
      Value difference = Coordinate::subtract(x2, x1);
      if constexpr (careful) excluded |= Coordinate::zeroLanes(Coordinate::multiply(difference, Coordinate::one()));
      excluded_[vector] = excluded;
      if (excluded != 0) [[unlikely]] {
        except(vector, excluded);
        difference = Coordinate::select(excluded, Coordinate::one(), difference);
      }
      Coordinate::storeVector(prefixes_.data() + vector * Coordinate::vectorWords, product);
      product = Coordinate::multiply(difference, product);
    }
    return product;
  }

  template <Source source>
  void writeSums(Value inverse) {
    for (std::size_t vector = 0; vector < size_ / lanes; vector++) {
      Value x1, y1, x2, y2;
      loadAt<source>(left_, vector, x1, y1);
      loadAt<source>(right_, vector, x2, y2);
      y1 = Coordinate::negateWhere(negateLeft_[vector], y1);
      y2 = Coordinate::negateWhere(negateRight_[vector], y2);
      Value difference = Coordinate::subtract(x2, x1);
      if (excluded_[vector] != 0) [[unlikely]] difference = Coordinate::select(excluded_[vector], Coordinate::one(), difference);
      const Value prefix = Coordinate::loadVector(prefixes_.data() + vector * Coordinate::vectorWords);
      const Value slope = Coordinate::multiply(Coordinate::subtract(y2, y1), Coordinate::multiply(prefix, inverse));
      inverse = Coordinate::multiply(difference, inverse);
      const Value x3 = Coordinate::reduce(Coordinate::subtract(Coordinate::subtract(Coordinate::square(slope), x1), x2));
      const Value y3 = Coordinate::multiply(Coordinate::subtractReduced(x1, x3), slope);
      Group::store(sums_.data() + vector * lanes, x3, Coordinate::reduce(Coordinate::subtract(y3, y1)));
    }
  }

  /** Keeps the operands of the lanes before anything is overwritten. */
  void except(std::size_t vector, Mask excluded) {
    for (std::size_t lane = 0; lane < lanes; lane++) {
      if (((excluded >> lane) & 1) == 0) continue;
      const bool negateLeft = (negateLeft_[vector] >> lane) & 1, negateRight = (negateRight_[vector] >> lane) & 1;
      const std::size_t at = vector * lanes + lane;
      exceptions_.push_back({at, read(source_, left_[at], negateLeft), read(source_, right_[at], negateRight)});
    }
  }

  struct Exception {
    std::size_t at;
    Point left, right;
  };

  Source source_ = Source::file;
  std::size_t size_ = 0;
  std::uint64_t sumsDone_ = 0;
  // Wiped too: which points met tells the scalars.
  Aligned<const void*> left_, right_;
  Aligned<void*> sums_;
  Aligned<Mask> negateLeft_, negateRight_, excluded_;
  std::vector<Exception> exceptions_;
  Aligned<std::uint64_t> prefixes_;
  Point spares_[2]{}, spareSum_{};
};

}  // namespace zkmargin
