// Number-theoretic transforms in vectors of a Lanes: decimation in frequency takes natural to bit-reversed order, decimation in time takes
// it back, both with the forward roots only. Two stages a pass over memory, then the quarters one by one, which fit the caches.
#pragma once

#include "../aligned.hpp"
#include "../threads.hpp"
#include "domain.hpp"

namespace zkmargin {

template <class Lanes>
class RootsTable : public Domain {
  using Scalar = typename Lanes::Scalar;

 public:
  static constexpr std::size_t lanes = Lanes::count;
  static constexpr std::size_t words = Lanes::vectorWords;

  explicit RootsTable(unsigned power) : Domain(power), roots_(size() < lanes ? 0 : size() / lanes * words), coset_(size() / lanes) {
    root = rootOfUnity<Scalar>(power);
    cosetShift = rootOfUnity<Scalar>(power + 1);
    // Roots of the largest stage one after the other, then every second one of them for the stage below, and so on.
    Aligned<Fr> current(size() / 2);
    Fr value = Scalar::one();
    for (std::size_t i = 0; i < current.size(); i++) {
      current[i] = value;
      value = Scalar::multiply(value, root);
    }
    for (std::size_t half = size() / 2; half >= lanes; half /= 2) {
      for (std::size_t j = 0; j < half; j += lanes) {
        Lanes::storeVector(roots_.data() + (half + j) / lanes * words, Lanes::reduce(Lanes::fromElements(&current[j])));
      }
      for (std::size_t j = 0; j < half / 2; j++) current[j] = current[2 * j];
    }
    if constexpr (lanes > 1) fillInner();
    fillCoset();
  }

  /** w^j of the 2 half-th roots, for j from 0 on in steps of `lanes`. */
  const std::uint64_t* stage(std::size_t half) const { return roots_.data() + half / lanes * words; }
  /** Factors of the stage with that distance inside a vector: 1 in the lanes of the first half, roots in those of the second. */
  typename Lanes::Value inner(std::size_t distance) const { return Lanes::loadVector(inner_.data() + distance * words); }
  /** The factors of the coset for vector number `vector` of bit-reversed coefficients. */
  typename Lanes::Value coset(std::size_t vector) const {
    return Lanes::multiply(Lanes::broadcast(coset_[vector]), Lanes::loadVector(cosetInner_.data()));
  }

  Fr root, cosetShift;

 private:
  void fillInner() {
    inner_ = Aligned<std::uint64_t>((lanes / 2 + 1) * words);
    for (std::size_t distance = 1; distance < lanes; distance *= 2) {
      Fr factors[lanes];
      const Fr step = rootOfUnity<Scalar>(static_cast<unsigned>(std::countr_zero(2 * distance)));
      for (std::size_t lane = 0; lane < lanes; lane++) {
        factors[lane] = (lane & distance) == 0 ? Scalar::one() : Scalar::power(step, Words{lane & (distance - 1), 0, 0, 0});
      }
      Lanes::storeVector(inner_.data() + distance * words, Lanes::reduce(Lanes::fromElements(factors)));
    }
  }

  /**
   * After a transform with the forward roots, place k holds n times coefficient -k. Coefficient n - k gets shift^(n - k) = -shift^-k, as
   * shift^n = -1; coefficient 0 gets 1.
   */
  void fillCoset() {
    const std::size_t vectors = size() / lanes;
    const Fr inverseSize = Scalar::inverse(Scalar::fromInteger(size())), back = Scalar::inverse(cosetShift);
    Fr powers[32];
    powers[0] = back;
    for (unsigned bit = 1; bit < 32; bit++) powers[bit] = Scalar::square(powers[bit - 1]);
    auto factor = [&](std::size_t place) {
      // The place is bit-reversed: its lowest bit stands for the highest power.
      Fr product = Scalar::one();
      for (unsigned bit = 0; bit < power; bit++) {
        if ((place >> bit) & 1) product = Scalar::multiply(product, powers[power - 1 - bit]);
      }
      return product;
    };
    const Fr scale = Scalar::negate(inverseSize);
    // Place 2^b + i is place i times the factor of place 2^b.
    if (vectors > 0) coset_[0] = scale;
    for (std::size_t bit = 1; bit < vectors; bit *= 2) {
      const Fr step = factor(bit * lanes);
      for (std::size_t i = 0; i < bit; i++) coset_[bit + i] = Scalar::multiply(coset_[i], step);
    }
    cosetInner_ = Aligned<std::uint64_t>(words);
    Fr inner[lanes];
    for (std::size_t lane = 0; lane < lanes; lane++) inner[lane] = factor(lane);
    Lanes::storeVector(cosetInner_.data(), Lanes::reduce(Lanes::fromElements(inner)));
  }

  Aligned<std::uint64_t> roots_, inner_, cosetInner_;
  Aligned<Fr> coset_;
};

template <class Lanes>
struct Transform {
  using Value = typename Lanes::Value;
  using Table = RootsTable<Lanes>;
  static constexpr std::size_t lanes = Lanes::count;
  static constexpr std::size_t words = Lanes::vectorWords;

  ZKMARGIN_ALWAYS_INLINE static Value load(const std::uint64_t* x, std::size_t at) { return Lanes::loadVector(x + at / lanes * words); }
  ZKMARGIN_ALWAYS_INLINE static void store(std::uint64_t* x, std::size_t at, const Value& value) { Lanes::storeVector(x + at / lanes * words, value); }

  /** Values < 2p before and after. */
  ZKMARGIN_ALWAYS_INLINE static void frequencyButterflies(const Table& table, std::size_t quarter, std::size_t j, Value& x0, Value& x1, Value& x2, Value& x3) {
    const std::uint64_t* outer = table.stage(2 * quarter);
    const Value u0 = Lanes::add(x0, x2), u1 = Lanes::add(x1, x3);
    const Value u2 = Lanes::multiply(Lanes::subtractReduced(x0, x2), load(outer, j));
    const Value u3 = Lanes::multiply(Lanes::subtractReduced(x1, x3), load(outer, j + quarter));
    const Value w = load(table.stage(quarter), j);
    x0 = Lanes::reduce(Lanes::add(u0, u1));
    x1 = Lanes::multiply(Lanes::subtract(u0, u1), w);
    x2 = Lanes::reduce(Lanes::add(u2, u3));
    x3 = Lanes::multiply(Lanes::subtractReduced(u2, u3), w);
  }
  ZKMARGIN_ALWAYS_INLINE static void timeButterflies(const Table& table, std::size_t quarter, std::size_t j, Value& x0, Value& x1, Value& x2, Value& x3) {
    const std::uint64_t* outer = table.stage(2 * quarter);
    const Value w = load(table.stage(quarter), j);
    const Value v1 = Lanes::multiply(x1, w), v3 = Lanes::multiply(x3, w);
    const Value u0 = Lanes::add(x0, v1), u1 = Lanes::subtractReduced(x0, v1);
    const Value u2 = Lanes::multiply(Lanes::add(x2, v3), load(outer, j)), u3 = Lanes::multiply(Lanes::subtractReduced(x2, v3), load(outer, j + quarter));
    x0 = Lanes::reduce(Lanes::add(u0, u2));
    x2 = Lanes::reduce(Lanes::subtractReduced(u0, u2));
    x1 = Lanes::reduce(Lanes::add(u1, u3));
    x3 = Lanes::reduce(Lanes::subtractReduced(u1, u3));
  }

  /** The stages inside one vector. */
  ZKMARGIN_ALWAYS_INLINE static Value innerFrequency(const Table& table, Value v) {
    if constexpr (lanes == 8) {
      v = innerFrequencyStage<4>(table, v);
      v = innerFrequencyStage<2>(table, v);
      v = innerFrequencyStage<1>(table, v);
    }
    return v;
  }
  ZKMARGIN_ALWAYS_INLINE static Value innerTime(const Table& table, Value v) {
    if constexpr (lanes == 8) {
      v = innerTimeStage<1>(table, v);
      v = innerTimeStage<2>(table, v);
      v = innerTimeStage<4>(table, v);
    }
    return v;
  }

  /** In place, natural to bit-reversed order; `size` elements that begin a vector. */
  static void frequency(const Table& table, std::uint64_t* x, std::size_t size) {
    if (size == lanes) {
      store(x, 0, innerFrequency(table, load(x, 0)));
      return;
    }
    if (size == 2 * lanes) {
      const Value a = load(x, 0), b = load(x, lanes);
      store(x, 0, innerFrequency(table, Lanes::reduce(Lanes::add(a, b))));
      store(x, lanes, innerFrequency(table, Lanes::multiply(Lanes::subtractReduced(a, b), load(table.stage(lanes), 0))));
      return;
    }
    const std::size_t quarter = size / 4;
    for (std::size_t j = 0; j < quarter; j += lanes) {
      Value x0 = load(x, j), x1 = load(x, j + quarter), x2 = load(x, j + 2 * quarter), x3 = load(x, j + 3 * quarter);
      frequencyButterflies(table, quarter, j, x0, x1, x2, x3);
      store(x, j, x0);
      store(x, j + quarter, x1);
      store(x, j + 2 * quarter, x2);
      store(x, j + 3 * quarter, x3);
    }
    for (std::size_t part = 0; part < 4; part++) frequency(table, x + part * (quarter / lanes * words), quarter);
  }

  /** In place, bit-reversed to natural order. */
  static void time(const Table& table, std::uint64_t* x, std::size_t size) {
    if (size == lanes) {
      store(x, 0, innerTime(table, load(x, 0)));
      return;
    }
    if (size == 2 * lanes) {
      const Value a = innerTime(table, load(x, 0));
      const Value b = Lanes::multiply(innerTime(table, load(x, lanes)), load(table.stage(lanes), 0));
      store(x, 0, Lanes::reduce(Lanes::add(a, b)));
      store(x, lanes, Lanes::reduce(Lanes::subtractReduced(a, b)));
      return;
    }
    const std::size_t quarter = size / 4;
    for (std::size_t part = 0; part < 4; part++) time(table, x + part * (quarter / lanes * words), quarter);
    for (std::size_t j = 0; j < quarter; j += lanes) {
      Value x0 = load(x, j), x1 = load(x, j + quarter), x2 = load(x, j + 2 * quarter), x3 = load(x, j + 3 * quarter);
      timeButterflies(table, quarter, j, x0, x1, x2, x3);
      store(x, j, x0);
      store(x, j + quarter, x1);
      store(x, j + 2 * quarter, x2);
      store(x, j + 3 * quarter, x3);
    }
  }

 private:
  template <int distance>
  static constexpr typename Lanes::Mask upperLanes() {
    unsigned mask = 0;
    for (unsigned lane = 0; lane < lanes; lane++) mask |= ((lane & distance) != 0 ? 1u : 0u) << lane;
    return static_cast<typename Lanes::Mask>(mask);
  }
  template <int distance>
  ZKMARGIN_ALWAYS_INLINE static Value innerFrequencyStage(const Table& table, const Value& v) {
    // Lower lanes: v + other. Upper lanes: other - v, times the root.
    const Value sum = Lanes::add(Lanes::negateWhere(upperLanes<distance>(), v), Lanes::template swapLanes<distance>(v));
    return Lanes::multiply(sum, table.inner(distance));
  }
  template <int distance>
  ZKMARGIN_ALWAYS_INLINE static Value innerTimeStage(const Table& table, const Value& v) {
    const Value turned = Lanes::multiply(v, table.inner(distance));
    return Lanes::reduce(Lanes::add(Lanes::negateWhere(upperLanes<distance>(), turned), Lanes::template swapLanes<distance>(turned)));
  }
};

}  // namespace zkmargin
