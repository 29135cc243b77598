// The quotient polynomial of Groth16 as its key wants it, and whole transforms.
//
// h[i] = (A B - C)(shift x root^i) as plain integers, where A, B and C interpolate a, b and a b on the domain and shift is the 2n-th root of
// unity. The key's H points have the division by the vanishing polynomial, a constant there, in them.
#pragma once

#include <algorithm>
#include <bit>

#include "transform.hpp"

namespace zkmargin {

/** The work of one quotient, in the steps that its threads share. */
template <class Lanes>
class Quotient {
  using T = Transform<Lanes>;
  using Value = typename Lanes::Value;

 public:
  Quotient(const RootsTable<Lanes>& table, std::span<const Fr> a, std::span<const Fr> b, std::span<Words> h)
      : table_(table), n_(table.size()), a_(a), b_(b), h_(h) {
    for (auto& each : memory_) each = Aligned<std::uint64_t>(n_ / Lanes::count * Lanes::vectorWords);
  }

  void run(Threads& threads) {
    const std::size_t quarter = n_ / 4;
    if (quarter < Lanes::count) {
      for (std::size_t j = 0; j < n_; j += Lanes::count) {
        const Value a = Lanes::reduce(Lanes::fromElements(&a_[j])), b = Lanes::reduce(Lanes::fromElements(&b_[j]));
        T::store(memory_[0].data(), j, a);
        T::store(memory_[1].data(), j, b);
        T::store(memory_[2].data(), j, Lanes::multiply(a, b));
      }
      for (auto& each : memory_) toCoset(each.data(), 0, n_);
      for (std::size_t j = 0; j < n_; j += Lanes::count) {
        write(j, T::load(memory_[0].data(), j), T::load(memory_[1].data(), j), T::load(memory_[2].data(), j));
      }
      return;
    }
    // The first two stages of all three polynomials; the other stages, a quarter of one polynomial at a time; the last two stages.
    const std::size_t step = std::max<std::size_t>(Lanes::count, 512), tasks = (quarter + step - 1) / step;
    threads.forEach(tasks, [&](std::size_t task, unsigned) {
      for (std::size_t j = task * step; j < std::min(quarter, (task + 1) * step); j += Lanes::count) begin(j);
    });
    threads.forEach(12, [&](std::size_t task, unsigned) { toCoset(memory_[task / 4].data(), task % 4 * quarter, quarter); });
    threads.forEach(tasks, [&](std::size_t task, unsigned) {
      for (std::size_t j = task * step; j < std::min(quarter, (task + 1) * step); j += Lanes::count) finish(j);
    });
  }

 private:
  void begin(std::size_t j) {
    const std::size_t quarter = n_ / 4;
    Value x[3][4];
    for (std::size_t part = 0; part < 4; part++) {
      x[0][part] = Lanes::reduce(Lanes::fromElements(&a_[j + part * quarter]));
      x[1][part] = Lanes::reduce(Lanes::fromElements(&b_[j + part * quarter]));
      x[2][part] = Lanes::multiply(x[0][part], x[1][part]);
    }
    for (std::size_t k = 0; k < 3; k++) {
      T::frequencyButterflies(table_, quarter, j, x[k][0], x[k][1], x[k][2], x[k][3]);
      for (std::size_t part = 0; part < 4; part++) T::store(memory_[k].data(), j + part * quarter, x[k][part]);
    }
  }

  /** A block of bit-reversed places through its own stages to coefficients, onto the coset, and back through the same stages. */
  void toCoset(std::uint64_t* memory, std::size_t first, std::size_t size) {
    std::uint64_t* x = memory + first / Lanes::count * Lanes::vectorWords;
    T::frequency(table_, x, size);
    for (std::size_t i = 0; i < size; i += Lanes::count) {
      Value value = Lanes::multiply(T::load(x, i), table_.coset((first + i) / Lanes::count));
      // Coefficient 0 has factor 1 where all others have a minus.
      if (first + i == 0) value = Lanes::reduce(Lanes::negateWhere(1, value));
      T::store(x, i, value);
    }
    T::time(table_, x, size);
  }

  void finish(std::size_t j) {
    const std::size_t quarter = n_ / 4;
    Value x[3][4];
    for (std::size_t k = 0; k < 3; k++) {
      for (std::size_t part = 0; part < 4; part++) x[k][part] = T::load(memory_[k].data(), j + part * quarter);
      T::timeButterflies(table_, quarter, j, x[k][0], x[k][1], x[k][2], x[k][3]);
    }
    for (std::size_t part = 0; part < 4; part++) write(j + part * quarter, x[0][part], x[1][part], x[2][part]);
  }

  void write(std::size_t at, const Value& a, const Value& b, const Value& c) {
    Words values[Lanes::count];
    Lanes::toIntegers(Lanes::reduce(Lanes::subtractReduced(Lanes::multiply(a, b), c)), values);
    // Forward roots in place of inverse ones: the result comes out backwards.
    for (std::size_t lane = 0; lane < Lanes::count; lane++) h_[(n_ - (at + lane)) & (n_ - 1)] = values[lane];
  }

  const RootsTable<Lanes>& table_;
  const std::size_t n_;
  std::span<const Fr> a_, b_;
  std::span<Words> h_;
  Aligned<std::uint64_t> memory_[3];
};

/** In place, natural order on both sides: coefficients to evaluations at root^i; or back. */
template <class Lanes>
void transform(const RootsTable<Lanes>& table, std::span<Fr> values, bool inverse) {
  using Scalar = typename Lanes::Scalar;
  const std::size_t n = table.size();
  Aligned<std::uint64_t> memory(n / Lanes::count * Lanes::vectorWords);
  for (std::size_t i = 0; i < n; i += Lanes::count) Transform<Lanes>::store(memory.data(), i, Lanes::reduce(Lanes::fromElements(&values[i])));
  Transform<Lanes>::frequency(table, memory.data(), n);
  Fr scale = Scalar::one();
  if (inverse) scale = Scalar::inverse(Scalar::fromInteger(n));
  for (std::size_t i = 0; i < n; i += Lanes::count) {
    Fr elements[Lanes::count];
    Lanes::toElements(Lanes::multiply(Transform<Lanes>::load(memory.data(), i), Lanes::broadcast(scale)), elements);
    for (std::size_t lane = 0; lane < Lanes::count; lane++) {
      std::size_t place = 0;
      for (unsigned bit = 0; bit < table.power; bit++) place |= (((i + lane) >> bit) & 1) << (table.power - 1 - bit);
      values[inverse ? (n - place) & (n - 1) : place] = elements[lane];
    }
  }
}

}  // namespace zkmargin
