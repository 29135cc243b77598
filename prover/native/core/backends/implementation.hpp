// A Backend from a Lanes for each field and the multiplication of single elements. Included by one file for each back end.
#pragma once

#include "../backend.hpp"
#include "../groth16/rows.hpp"
#include "../msm/fixed-base.hpp"
#include "../msm/multi-scalar.hpp"
#include "../ntt/quotient.hpp"
#include "../setup/wire-sums.hpp"

namespace zkmargin {

template <template <class Params, class Multiply> class LanesOf, class Multiply>
struct BackendImplementation {
  template <class Params>
  using Lanes = LanesOf<Params, Multiply>;
  using G1 = G1Group<Lanes<FpParams>, Multiply>;
  using G2 = G2Group<Lanes<FpParams>, Multiply>;
  using FrLanes = Lanes<FrParams>;
  /** For domains too small to fill a vector. */
  using FrOne = ScalarLanes<FrParams, Multiply>;

  template <class Params>
  static void fieldOperation(FieldOperation operation, std::span<const Element<Params>> a, std::span<const Element<Params>> b, std::span<Element<Params>> out) {
    using L = Lanes<Params>;
    using F = Field<Params, Multiply>;
    for (std::size_t i = 0; i < a.size(); i += L::count) {
      Element<Params> x[L::count]{}, y[L::count]{}, z[L::count];
      const std::size_t count = std::min(L::count, a.size() - i);
      std::copy_n(a.begin() + static_cast<std::ptrdiff_t>(i), count, x);
      if (!b.empty()) std::copy_n(b.begin() + static_cast<std::ptrdiff_t>(i), count, y);
      const auto u = L::fromElements(x), v = L::fromElements(y);
      switch (operation) {
        case FieldOperation::add: L::toElements(L::reduce(L::add(u, v)), z); break;
        case FieldOperation::subtract: L::toElements(L::reduce(L::subtract(u, v)), z); break;
        case FieldOperation::negate: L::toElements(L::reduce(L::negateWhere(static_cast<typename L::Mask>(~0u), u)), z); break;
        case FieldOperation::multiply: L::toElements(L::multiply(u, L::reduce(v)), z); break;
        case FieldOperation::square: L::toElements(L::square(L::reduce(u)), z); break;
        case FieldOperation::inverse:
          for (std::size_t lane = 0; lane < count; lane++) z[lane] = F::inverse(x[lane]);
          break;
      }
      std::copy_n(z, count, out.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  static void multiplyRepeatedly(std::span<Fp> values, const Fp& factor, std::uint64_t times) {
    using L = Lanes<FpParams>;
    // Four chains at once hide the latency of each.
    constexpr std::size_t chains = 4, group = chains * L::count;
    const auto by = L::broadcast(factor);
    for (std::size_t i = 0; i < values.size(); i += group) {
      Fp elements[group]{};
      const std::size_t count = std::min(group, values.size() - i);
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i), count, elements);
      typename L::Value x[chains];
      for (std::size_t chain = 0; chain < chains; chain++) x[chain] = L::reduce(L::fromElements(elements + chain * L::count));
      for (std::uint64_t time = 0; time < times; time++) {
        for (auto& each : x) each = L::multiply(each, by);
      }
      for (std::size_t chain = 0; chain < chains; chain++) L::toElements(x[chain], elements + chain * L::count);
      std::copy_n(elements, count, values.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  static bool fillsVectors(unsigned power) { return (std::size_t{1} << power) >= FrLanes::count; }
  static std::unique_ptr<const Domain> makeDomain(unsigned power) {
    if (power + 1 > FrParams::twoAdicity) throw EngineError("domain 2^" + std::to_string(power) + ": must be at most 2^27");
    if (fillsVectors(power)) return std::make_unique<RootsTable<FrLanes>>(power);
    return std::make_unique<RootsTable<FrOne>>(power);
  }
  static void transformValues(const Domain& domain, std::span<Fr> values, bool inverse) {
    if (fillsVectors(domain.power)) transform(static_cast<const RootsTable<FrLanes>&>(domain), values, inverse);
    else transform(static_cast<const RootsTable<FrOne>&>(domain), values, inverse);
  }
  static void quotient(const Domain& domain, std::span<const Fr> a, std::span<const Fr> b, std::span<Words> h, Threads& threads) {
    if (fillsVectors(domain.power)) Quotient<FrLanes>(static_cast<const RootsTable<FrLanes>&>(domain), a, b, h).run(threads);
    else Quotient<FrOne>(static_cast<const RootsTable<FrOne>&>(domain), a, b, h).run(threads);
  }
  static std::size_t evaluateRows(std::span<const CoefficientRecord> records, std::span<const Words> witness, std::span<Fr> a, std::span<Fr> b, Threads& threads) {
    return RowEvaluation<Field<FrParams, Multiply>>(records, witness, a, b).run(threads);
  }
  static G1Affine multiplyG1(std::span<const G1Record> points, std::span<const Words> scalars, Threads& threads) {
    return MultiScalar<G1>(threads).multiply(points, scalars);
  }
  static G2Affine multiplyG2(std::span<const G2Record> points, std::span<const Words> scalars, Threads& threads) {
    return MultiScalar<G2>(threads).multiply(points, scalars);
  }
  static void multiplyBaseG1(const G1Affine& base, std::span<const Words> scalars, std::span<G1Affine> products, Threads& threads) {
    FixedBase<G1>(base, scalars.size(), threads).multiply(scalars, products, threads);
  }
  static void multiplyBaseG2(const G2Affine& base, std::span<const Words> scalars, std::span<G2Affine> products, Threads& threads) {
    FixedBase<G2>(base, scalars.size(), threads).multiply(scalars, products, threads);
  }

  static void subtractG1(std::span<const G1Record> left, std::span<const G1Record> right, std::span<G1Affine> differences, Threads& threads) {
    constexpr std::size_t pairsATask = 4096;
    std::vector<PairAdder<G1>> adders(threads.count());
    threads.forEach((left.size() + pairsATask - 1) / pairsATask, [&](std::size_t task, unsigned thread) {
      const std::size_t begin = task * pairsATask, count = std::min(pairsATask, left.size() - begin);
      Aligned<G1Affine> sums(count);
      adders[thread].setSource(Source::file);
      for (std::size_t i = 0; i < count; i++) adders[thread].push(&left[begin + i], false, &right[begin + i], true, &sums[i]);
      adders[thread].flush();
      PairAdder<G1>::readAll(sums.span(), differences.subspan(begin, count));
    });
  }
  template <class Group, class Point>
  static void sumWires(const Combinations& combinations, const std::array<std::span<const Record<Point>>, 3>& bases, std::span<Point> sums, Threads& threads,
                       const std::function<void(double)>& onProgress) {
    WireSums<Group>(combinations, bases, threads).run(sums, onProgress);
  }

  static constexpr Backend make(const char* name, bool (*available)()) {
    return {.name = name,
            .available = available,
            .fpOperation = fieldOperation<FpParams>,
            .frOperation = fieldOperation<FrParams>,
            .multiplyRepeatedly = multiplyRepeatedly,
            .makeDomain = makeDomain,
            .transform = transformValues,
            .evaluateRows = evaluateRows,
            .quotient = quotient,
            .multiplyG1 = multiplyG1,
            .multiplyG2 = multiplyG2,
            .multiplyBaseG1 = multiplyBaseG1,
            .multiplyBaseG2 = multiplyBaseG2,
            .subtractG1 = subtractG1,
            .sumWiresG1 = sumWires<G1>,
            .sumWiresG2 = sumWires<G2>};
  }
};

}  // namespace zkmargin
