// Doubles of many independent points, in affine coordinates with one shared inversion a batch, like the sums of pairs (pair-adder.hpp).
#pragma once

#include "pair-adder.hpp"

namespace zkmargin {

/** Of stored points (pair-adder.hpp) on the curve. A double may take the place of its point. */
template <class Group>
class PointDoubler {
  using Coordinate = typename Group::Coordinate;
  using Value = typename Coordinate::Value;
  using Mask = typename Group::Mask;
  using Point = typename Group::Point;
  using Scalar = typename Group::Scalar;
  static constexpr std::size_t lanes = Coordinate::count;

 public:
  static constexpr std::size_t capacity = PairAdder<Group>::capacity;

  PointDoubler() : points_(capacity), doubles_(capacity), infinite_(capacity / lanes), prefixes_(capacity / lanes * Coordinate::vectorWords) {}

  inline void push(const void* point, void* twice) {
    points_[size_] = point;
    doubles_[size_] = twice;
    if (++size_ == capacity) flush();
  }

  void flush() {
    if (size_ == 0) return;
    for (; size_ % lanes != 0; size_++) {
      points_[size_] = &spare_;
      doubles_[size_] = &spareDouble_;
    }
    writeDoubles(PairAdder<Group>::inverted(multiplyDenominators()));
    size_ = 0;
  }

 private:
  /** Last point first; each vector's prefix is the product of the denominators 2y of all vectors after it. */
  Value multiplyDenominators() {
    Value product = Coordinate::one();
    for (std::size_t vector = size_ / lanes; vector-- > 0;) {
      Value x, y;
      infinite_[vector] = Group::load(points_.data() + vector * lanes, x, y);
      Coordinate::storeVector(prefixes_.data() + vector * Coordinate::vectorWords, product);
      product = Coordinate::multiply(denominator(vector, y), product);
    }
    return product;
  }

  // Neither group has a point of order two, so y is not zero.
  inline Value denominator(std::size_t vector, const Value& y) const {
    const Value twice = Coordinate::add(y, y);
    return infinite_[vector] == 0 ? twice : Coordinate::select(infinite_[vector], Coordinate::one(), twice);
  }

  void writeDoubles(Value inverse) {
    for (std::size_t vector = 0; vector < size_ / lanes; vector++) {
      Value x, y;
      Group::load(points_.data() + vector * lanes, x, y);
      const Value prefix = Coordinate::loadVector(prefixes_.data() + vector * Coordinate::vectorWords);
      const Value square = Coordinate::square(x);
      const Value slope = Coordinate::multiply(Coordinate::add(Coordinate::add(square, square), square), Coordinate::multiply(prefix, inverse));
      inverse = Coordinate::multiply(denominator(vector, y), inverse);
      Value x3 = Coordinate::reduce(Coordinate::subtract(Coordinate::subtract(Coordinate::square(slope), x), x));
      Value y3 = Coordinate::multiply(Coordinate::subtractReduced(x, x3), slope);
      y3 = Coordinate::reduce(Coordinate::subtract(y3, y));
      if (infinite_[vector] != 0) [[unlikely]] {
        // All zeros, as it came.
        x3 = Coordinate::select(infinite_[vector], x, x3);
        y3 = Coordinate::select(infinite_[vector], y, y3);
      }
      Group::store(doubles_.data() + vector * lanes, x3, y3);
    }
  }

  std::size_t size_ = 0;
  std::vector<const void*> points_;
  std::vector<void*> doubles_;
  std::vector<Mask> infinite_;
  Aligned<std::uint64_t> prefixes_;
  /** For lanes without a point: infinity. */
  Point spare_{}, spareDouble_{};
};

}  // namespace zkmargin
