// The sum of each of many lists of points, by rounds of pairs: the one kernel under multi-scalar multiplication, fixed-base
// multiplication and key set-up.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pair-adder.hpp"
#include "point-reference.hpp"

namespace zkmargin {

template <class Group>
class ListSums {
  using Point = typename Group::Point;

 public:
  /** Points in memory: records of a file, or stored by this kernel. */
  struct Table {
    const std::uint8_t* points;
    Source source;
    const void* at(PointReference reference) const { return points + reference.index() * sizeof(Point); }
  };

  /**
   * sums[k] = sum of the references in [ends[k-1], ends[k]), stored; ends[-1] = first. A list without references leaves its sum as it is.
   * @param first index into `references` of the first list's first
   * @param sums address of the sum of list k
   */
  template <class AddressOfSum>
  void sum(Table table, std::span<const PointReference> references, std::size_t first, std::span<const std::uint32_t> ends, AddressOfSum&& sums) {
    lists_.clear();
    moves_.clear();
    std::size_t needed = 0;
    for (std::size_t k = 0, begin = first; k < ends.size(); begin = ends[k++]) needed += (ends[k] - begin + 1) / 2;
    if (needed > work_.size()) work_ = Aligned<Point>(needed);
    firstRound(table, references, first, ends, sums);
    while (!lists_.empty()) nextRound();
  }

  /** Pairs of points added up so far. */
  std::uint64_t sumsDone() const { return adder_.sumsDone(); }

 private:
  struct List {
    std::uint32_t begin, count;
    void* sum;
  };
  struct Move {
    const Point* from;
    Point* to;
  };
  static constexpr std::size_t ahead = 32;

  template <class AddressOfSum>
  void firstRound(Table table, std::span<const PointReference> references, std::size_t first, std::span<const std::uint32_t> ends, AddressOfSum&& sums) {
    adder_.setSource(table.source);
    std::uint32_t free = 0;
    const std::size_t last = references.size();
    for (std::size_t k = 0, begin = first; k < ends.size(); begin = ends[k++]) {
      const std::size_t count = ends[k] - begin;
      if (count == 0) continue;
      void* sum = sums(k);
      if (count <= 2) {
        if (count == 2) {
          adder_.push(table.at(references[begin]), references[begin].negate(), table.at(references[begin + 1]), references[begin + 1].negate(), sum);
        } else {
          copy(table, references[begin], sum);
        }
        prefetch(table, references, begin + ahead, last);
        continue;
      }
      const auto half = static_cast<std::uint32_t>((count + 1) / 2);
      for (std::size_t i = 0; i + 1 < count; i += 2) {
        const PointReference left = references[begin + i], right = references[begin + i + 1];
        prefetch(table, references, begin + i + ahead, last);
        adder_.push(table.at(left), left.negate(), table.at(right), right.negate(), &work_[free + i / 2]);
      }
      if (count % 2 != 0) copy(table, references[begin + count - 1], &work_[free + half - 1]);
      lists_.push_back({free, half, sum});
      free += half;
    }
    adder_.flush();
  }

  void nextRound() {
    adder_.setSource(Source::stored);
    std::size_t kept = 0;
    for (const List list : lists_) {
      if (list.count == 2) {
        adder_.push(&work_[list.begin], &work_[list.begin + 1], list.sum);
        continue;
      }
      for (std::uint32_t i = 0; i + 1 < list.count; i += 2) {
        adder_.push(&work_[list.begin + i], &work_[list.begin + i + 1], &work_[list.begin + i / 2]);
      }
      const std::uint32_t half = (list.count + 1) / 2;
      // The odd one out moves down when its place has been read.
      if (list.count % 2 != 0) moves_.push_back({&work_[list.begin + list.count - 1], &work_[list.begin + half - 1]});
      lists_[kept++] = {list.begin, half, list.sum};
    }
    adder_.flush();
    for (const Move& move : moves_) *move.to = *move.from;
    moves_.clear();
    lists_.resize(kept);
  }

  void copy(Table table, PointReference reference, void* to) {
    if (table.source == Source::file || reference.negate()) adder_.copy(table.source, table.at(reference), reference.negate(), to);
    else std::memcpy(to, table.at(reference), sizeof(Point));
  }

  static void prefetch(Table table, std::span<const PointReference> references, std::size_t at, std::size_t last) {
    for (std::size_t i = at; i < at + 2 && i < last; i++) {
      const auto* address = static_cast<const std::uint8_t*>(table.at(references[i]));
      __builtin_prefetch(address);
      __builtin_prefetch(address + sizeof(Point) - 1);
      if constexpr (sizeof(Point) > 64) __builtin_prefetch(address + 64);
    }
  }

  PairAdder<Group> adder_;
  Aligned<Point> work_;
  std::vector<List> lists_;
  std::vector<Move> moves_;
};

}  // namespace zkmargin
