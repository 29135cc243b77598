// For each wire, the sum over the combinations that it stands in of coefficient x base, the base being the sum of a point for each place where
// the combination stands: the points of a Groth16 key, from powers of tau.
//
// A combination of the hash functions in circuits has dozens of coefficients of full size, and its base is multiplied by each of them. So every
// base gets its own table of digits' multiples in every window, wide or narrow by the number of its terms, and a wire's sum is one list of
// table entries: nothing is doubled but the bases.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "../msm/list-sums.hpp"
#include "../msm/point-doubler.hpp"
#include "../threads.hpp"
#include "combinations.hpp"
#include "table-shape.hpp"

namespace zkmargin {

template <class Group>
class WireSums {
  using Point = typename Group::Point;
  using Adder = PairAdder<Group>;

 public:
  /** @param bases for each matrix the point of each row, in file form; empty when the matrix does not count */
  WireSums(const Combinations& combinations, const std::array<std::span<const Record<Point>>, 3>& bases, Threads& threads)
      : combinations_(combinations), threads_(threads), kernels_(threads.count()), doublers_(threads.count()), adders_(threads.count()) {
    copyRows(bases);
  }

  /** @param sums one for each wire, in file form; infinity for a wire that stands nowhere */
  void run(std::span<Point> sums, const std::function<void(double)>& onProgress) {
    const std::vector<Shaped> shaped = chooseShapes();
    double cost = 0, done = 0;
    for (const Shaped& each : shaped) cost += each.cost;
    accumulators_ = combinations_.wires;
    arena_ = Aligned<Point>(accumulators_ + maximumPartials + tablesOfABlock(shaped));
    for (std::size_t begin = 0; begin < shaped.size();) {
      std::size_t end = begin, points = 0;
      double blockCost = 0;
      for (; end < shaped.size() && (end == begin || points + shaped[end].shape.points() <= blockPoints) && end - begin < maximumBlock; end++) {
        points += shaped[end].shape.points();
        blockCost += shaped[end].cost;
      }
      sumBlock(std::span<const Shaped>(shaped).subspan(begin, end - begin));
      begin = end;
      done += blockCost;
      if (onProgress) onProgress(done / cost);
    }
    const std::size_t chunks = (sums.size() + wiresATask - 1) / wiresATask;
    threads_.forEach(chunks, [&](std::size_t chunk, unsigned) {
      const std::size_t first = chunk * wiresATask, count = std::min(wiresATask, sums.size() - first);
      Adder::readAll({&arena_[first], count}, sums.subspan(first, count));
    });
  }

 private:
  struct Shaped {
    const Combination* combination;
    TableShape shape;
    double cost;
  };
  /** A term of the block; terms are sorted by wire. */
  struct BlockTerm {
    std::uint32_t wire;
    /** In the block. */
    std::uint32_t combination;
    const TermRecord* term;
  };
  /** Terms that one task sums up. Its first wire may have begun in the slice before. */
  struct Slice {
    std::size_t begin, end;
    bool continues;
  };
  /** What a block's tables may take: 64 MB. */
  static constexpr std::size_t blockPoints = (std::size_t{64} << 20) / sizeof(Point);
  static constexpr std::size_t maximumBlock = std::size_t{1} << 20;
  static constexpr std::size_t maximumPartials = std::size_t{1} << 12;
  static constexpr std::size_t referencesASlice = 32768, wiresATask = 4096, rowsATask = 4096;

  /** All rows' points, stored, one matrix after the other. */
  void copyRows(const std::array<std::span<const Record<Point>>, 3>& bases) {
    std::size_t total = 0;
    for (std::size_t matrix = 0; matrix < 3; matrix++) {
      firstRow_[matrix] = total;
      counts_[matrix] = !bases[matrix].empty();
      total += bases[matrix].size();
    }
    rows_ = Aligned<Point>(total);
    for (std::size_t matrix = 0; matrix < 3; matrix++) {
      const auto points = bases[matrix];
      threads_.forEach((points.size() + rowsATask - 1) / rowsATask, [&](std::size_t task, unsigned thread) {
        for (std::size_t i = task * rowsATask; i < std::min(points.size(), (task + 1) * rowsATask); i++) {
          adders_[thread].copy(Source::file, &points[i], false, &rows_[firstRow_[matrix] + i]);
        }
      });
    }
  }

  /** Of the combinations that stand in a matrix that counts. */
  std::vector<Shaped> chooseShapes() {
    const auto& all = combinations_.all;
    std::vector<Shaped> shaped(all.size());
    constexpr std::size_t combinationsATask = 1024;
    threads_.forEach((all.size() + combinationsATask - 1) / combinationsATask, [&](std::size_t task, unsigned) {
      for (std::size_t i = task * combinationsATask; i < std::min(all.size(), (task + 1) * combinationsATask); i++) {
        for (const Occurrence& occurrence : all[i].occurrences) {
          if (!counts_[static_cast<std::size_t>(occurrence.matrix)]) continue;
          shaped[i] = {&all[i], {}, 0};
          shaped[i].shape = chooseShape(all[i].terms, shaped[i].cost);
          break;
        }
      }
    });
    std::erase_if(shaped, [](const Shaped& each) { return each.combination == nullptr; });
    return shaped;
  }

  static std::size_t tablesOfABlock(const std::vector<Shaped>& shaped) {
    std::size_t total = 0, largest = 0;
    for (const Shaped& each : shaped) {
      total += each.shape.points();
      largest = std::max(largest, each.shape.points());
    }
    return std::max(largest, std::min(total, blockPoints));
  }

  void sumBlock(std::span<const Shaped> block) {
    tables_.resize(block.size());
    std::size_t at = accumulators_ + maximumPartials;
    for (std::size_t i = 0; i < block.size(); i++) {
      tables_[i] = at;
      at += block[i].shape.points();
    }
    // Few large batches, as a batch costs an inversion at each of hundreds of steps.
    const std::size_t tasks = std::min<std::size_t>(block.size(), std::max<std::size_t>(threads_.count(), block.size() / Adder::capacity));
    threads_.forEach(tasks, [&](std::size_t task, unsigned thread) {
      fillTables(block, block.size() * task / tasks, block.size() * (task + 1) / tasks, thread);
    });
    sortTerms(block);
    sumTerms(block);
  }

  void fillTables(std::span<const Shaped> block, std::size_t begin, std::size_t end, unsigned thread) {
    sumBases(block, begin, end, thread);
    // Entry 2^b of each window is the base doubled over and over; entry 2^b + i the sum of two below.
    auto& doubler = doublers_[thread];
    std::vector<std::size_t> longest;
    for (std::size_t i = begin; i < end; i++) longest.push_back(i);
    for (std::size_t bit = 1; !longest.empty(); bit++) {
      std::erase_if(longest, [&](std::size_t i) { return bit >= block[i].shape.bits(); });
      for (const std::size_t i : longest) {
        const TableShape& shape = block[i].shape;
        doubler.push(&arena_[tables_[i] + shape.power(bit - 1)], &arena_[tables_[i] + shape.power(bit)]);
      }
      doubler.flush();
      threads_.throwIfCancelled();
    }
    auto& adder = adders_[thread];
    adder.setSource(Source::stored);
    for (std::size_t top = 2; top < TableShape::maximumHalf; top *= 2) {
      for (std::size_t i = begin; i < end; i++) {
        const TableShape& shape = block[i].shape;
        if (top >= shape.half()) continue;
        for (std::size_t window = 0; window < shape.windows; window++) {
          Point* entries = &arena_[tables_[i] + window * shape.half()];
          for (std::size_t low = 1; low < top; low++) adder.push(&entries[top - 1], &entries[low - 1], &entries[top + low - 1]);
        }
      }
      adder.flush();
    }
  }

  /** The first entry of each table. */
  void sumBases(std::span<const Shaped> block, std::size_t begin, std::size_t end, unsigned thread) {
    std::vector<PointReference> references;
    std::vector<std::uint32_t> ends;
    for (std::size_t i = begin; i < end; i++) {
      for (const Occurrence& occurrence : block[i].combination->occurrences) {
        const auto matrix = static_cast<std::size_t>(occurrence.matrix);
        if (counts_[matrix]) references.push_back(PointReference::of(firstRow_[matrix] + occurrence.row, occurrence.negate));
      }
      ends.push_back(static_cast<std::uint32_t>(references.size()));
    }
    kernels_[thread].sum({reinterpret_cast<const std::uint8_t*>(rows_.data()), Source::stored}, references, 0, ends,
                         [&](std::size_t k) -> void* { return &arena_[tables_[begin + k]]; });
  }

  void sortTerms(std::span<const Shaped> block) {
    ends_.assign(std::size_t{combinations_.wires} + 1, 0);
    std::size_t count = 0;
    for (const Shaped& each : block) {
      for (const TermRecord& term : each.combination->terms) ends_[wireOf(term) + 1]++;
      count += each.combination->terms.size();
    }
    for (std::size_t wire = 0; wire < combinations_.wires; wire++) ends_[wire + 1] += ends_[wire];
    terms_.resize(count);
    for (std::size_t i = 0; i < block.size(); i++) {
      for (const TermRecord& term : block[i].combination->terms) {
        const std::uint32_t wire = wireOf(term);
        terms_[ends_[wire]++] = {wire, static_cast<std::uint32_t>(i), &term};
      }
    }
  }

  void sumTerms(std::span<const Shaped> block) {
    const std::vector<Slice> slices = cut(block);
    // A slice's first wire may be another's last: its sum then goes beside, and is added at the end.
    for (std::size_t first = 0; first < slices.size(); first += maximumPartials) {
      const std::size_t count = std::min(maximumPartials, slices.size() - first);
      threads_.forEach(count, [&](std::size_t task, unsigned thread) { sumSlice(block, slices[first + task], &arena_[accumulators_ + task], thread); });
      addPartials(std::span<const Slice>(slices).subspan(first, count));
    }
  }

  std::vector<Slice> cut(std::span<const Shaped> block) const {
    std::vector<Slice> slices;
    std::size_t begin = 0, references = 0;
    for (std::size_t i = 0; i < terms_.size(); i++) {
      references += block[terms_[i].combination].shape.windows;
      if (references < referencesASlice && i + 1 < terms_.size()) continue;
      slices.push_back({begin, i + 1, begin > 0 && terms_[begin].wire == terms_[begin - 1].wire});
      begin = i + 1;
      references = 0;
    }
    return slices;
  }

  void sumSlice(std::span<const Shaped> block, const Slice& slice, Point* partial, unsigned thread) {
    std::vector<PointReference> references;
    references.reserve(2 * referencesASlice);
    std::vector<std::uint32_t> ends;
    std::vector<Point*> sums;
    for (std::size_t i = slice.begin; i < slice.end;) {
      const std::uint32_t wire = terms_[i].wire;
      const bool toPartial = slice.continues && i == slice.begin;
      const std::size_t before = references.size();
      for (; i < slice.end && terms_[i].wire == wire; i++) appendDigits(block, terms_[i], references);
      if (toPartial) {
        // Nothing has cleared it since the last block.
        std::memset(static_cast<void*>(partial), 0, sizeof(Point));
      } else if (references.size() > before && !arena_[wire].isInfinity()) {
        references.push_back(PointReference::of(wire, false));
      }
      ends.push_back(static_cast<std::uint32_t>(references.size()));
      sums.push_back(toPartial ? partial : &arena_[wire]);
    }
    kernels_[thread].sum(arenaTable(), references, 0, ends, [&](std::size_t k) -> void* { return sums[k]; });
  }

  void appendDigits(std::span<const Shaped> block, const BlockTerm& term, std::vector<PointReference>& references) const {
    const TableShape& shape = block[term.combination].shape;
    const std::size_t table = tables_[term.combination];
    const Magnitude magnitude = magnitudeOf(*term.term);
    forEachDigit(shape, magnitude.words, [&](std::size_t entry, bool negate) { references.push_back(PointReference::of(table + entry, negate != magnitude.negate)); });
  }

  void addPartials(std::span<const Slice> slices) {
    std::vector<PointReference> references;
    std::vector<std::uint32_t> ends;
    std::vector<std::uint32_t> wires;
    for (std::size_t i = 0; i < slices.size(); i++) {
      if (!slices[i].continues) continue;
      const std::uint32_t wire = terms_[slices[i].begin].wire;
      if (wires.empty() || wires.back() != wire) {
        wires.push_back(wire);
        ends.push_back(0);
        references.push_back(PointReference::of(wire, false));
      }
      references.push_back(PointReference::of(accumulators_ + i, false));
      ends.back() = static_cast<std::uint32_t>(references.size());
    }
    kernels_[0].sum(arenaTable(), references, 0, ends, [&](std::size_t k) -> void* { return &arena_[wires[k]]; });
  }

  typename ListSums<Group>::Table arenaTable() const { return {reinterpret_cast<const std::uint8_t*>(arena_.data()), Source::stored}; }
  static std::uint32_t wireOf(const TermRecord& term) {
    std::uint32_t wire;
    std::memcpy(&wire, term.wire, sizeof wire);
    return wire;
  }

  const Combinations& combinations_;
  Threads& threads_;
  std::vector<ListSums<Group>> kernels_;
  std::vector<PointDoubler<Group>> doublers_;
  std::vector<Adder> adders_;
  Aligned<Point> rows_;
  std::array<std::size_t, 3> firstRow_{};
  std::array<bool, 3> counts_{};
  /** The wires' sums so far, partial sums of slices, then the tables of a block: one array, as a list takes its points from one. */
  Aligned<Point> arena_;
  std::size_t accumulators_ = 0;
  /** Of the block's combinations, in arena_. */
  std::vector<std::size_t> tables_;
  std::vector<std::size_t> ends_;
  std::vector<BlockTerm> terms_;
};

}  // namespace zkmargin
