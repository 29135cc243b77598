// Sums of pairs and of lists against points added one by one. Templates only: the includer decides for which processor they are compiled.
#pragma once

#include "../core/msm/list-sums.hpp"
#include "affine-oracle.hpp"
#include "check.hpp"

namespace zkmargin::test {

template <class Group>
class ListSumsChecks {
  using Point = typename Group::Point;
  using Adder = PairAdder<Group>;

 public:
  void run() {
    checkStorage();
    checkPairs();
    checkPlacesOfSums();
    checkLists();
    checkListsOfDuplicates();
    checkRepresentatives();
    checkUntouched();
  }

 private:
  const std::vector<Point> points_ = knownPoints<Point>(48, 11).points;
  Random random_{17};

  struct Operand {
    std::size_t index;
    bool negate;
  };
  static Point signedPoint(const std::vector<Point>& table, const Operand& operand) {
    return operand.negate ? negated(table[operand.index]) : table[operand.index];
  }
  static std::vector<Point> inForm(Source source, const std::vector<Point>& points) {
    if (source == Source::file) return points;
    std::vector<Point> stored(points.size());
    for (std::size_t i = 0; i < points.size(); i++) Adder::write(points[i], &stored[i]);
    return stored;
  }
  static std::vector<Point> fromStored(const std::vector<Point>& stored) {
    std::vector<Point> points(stored.size());
    Adder::readAll(stored, points);
    return points;
  }

  void checkStorage() {
    Adder adder;
    std::vector<Point> points(points_.begin(), points_.begin() + 11);
    points[3] = points[10] = {};
    const std::vector<Point> stored = inForm(Source::stored, points);
    CHECK(fromStored(stored) == points);
    for (std::size_t count = 0; count <= points.size(); count++) {
      const std::vector<Point> some(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(count));
      CHECK(fromStored(some) == std::vector<Point>(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(count)));
    }
    for (std::size_t i = 0; i < points.size(); i++) {
      for (const bool negate : {false, true}) {
        const Point expected = signedPoint(points, {i, negate});
        CHECK_EQUAL(Adder::read(Source::file, &points[i], negate), expected);
        CHECK_EQUAL(Adder::read(Source::stored, &stored[i], negate), expected);
        Point copied;
        adder.copy(Source::file, &points[i], negate, &copied);
        CHECK_EQUAL(Adder::read(Source::stored, &copied, false), expected);
        adder.copy(Source::stored, &stored[i], negate, &copied);
        CHECK_EQUAL(Adder::read(Source::stored, &copied, false), expected);
      }
    }
  }

  /** Every pair of these: P and its opposite and double, Q, and infinity, both signs of both. */
  void checkPairs() {
    const Point& p = points_[7];
    const std::vector<Point> table{p, negated(p), sumOf(p, p), points_[8], {}};
    std::vector<std::pair<Operand, Operand>> pairs;
    for (std::size_t i = 0; i < 4 * table.size() * table.size(); i++) {
      pairs.push_back({{i % table.size(), (i / table.size()) % 2 != 0}, {i / (2 * table.size()) % table.size(), i / (2 * table.size() * table.size()) != 0}});
    }
    for (const Source source : {Source::file, Source::stored}) {
      const std::vector<Point> operands = inForm(source, table);
      std::vector<Point> sums(pairs.size());
      Adder adder;
      adder.setSource(source);
      // Each alone, then all in one batch, then once more: nothing of a batch may be left over for the next.
      for (const std::size_t batch : {std::size_t{1}, pairs.size(), std::size_t{3}}) {
        for (std::size_t i = 0; i < pairs.size(); i++) {
          const auto& [left, right] = pairs[i];
          adder.push(&operands[left.index], left.negate, &operands[right.index], right.negate, &sums[i]);
          if ((i + 1) % batch == 0) adder.flush();
        }
        adder.flush();
        adder.flush();
        for (std::size_t i = 0; i < pairs.size(); i++) {
          CHECK_EQUAL(Adder::read(Source::stored, &sums[i], false), sumOf(signedPoint(table, pairs[i].first), signedPoint(table, pairs[i].second)));
        }
        std::fill(sums.begin(), sums.end(), Point{});
      }
    }
  }

  /** A sum in the place of an operand of its own pair or of an earlier one; numbers of pairs around those of lanes and of a batch. */
  void checkPlacesOfSums() {
    for (const std::size_t pairs : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{8}, std::size_t{9}, std::size_t{17}, Adder::capacity - 1, Adder::capacity, Adder::capacity + 1, 2 * Adder::capacity + 3}) {
      std::vector<Point> table(2 * pairs);
      for (std::size_t i = 0; i < table.size(); i++) table[i] = points_[random_.word() % (i % 64 == 0 ? 2 : points_.size())];
      if (pairs > 3) table[5] = {};
      const std::vector<Point> stored = inForm(Source::stored, table);
      std::vector<Point> expected(pairs);
      for (std::size_t k = 0; k < pairs; k++) expected[k] = sumOf(table[2 * k], negated(table[2 * k + 1]));
      Adder adder;
      adder.setSource(Source::stored);
      std::vector<Point> inPlace = stored;
      for (std::size_t k = 0; k < pairs; k++) adder.push(&inPlace[2 * k], false, &inPlace[2 * k + 1], true, &inPlace[k]);
      adder.flush();
      inPlace.resize(pairs);
      CHECK(fromStored(inPlace) == expected);
      std::vector<Point> onRight = stored;
      for (std::size_t k = 0; k < pairs; k++) adder.push(&onRight[2 * k], false, &onRight[2 * k + 1], true, &onRight[2 * k + 1]);
      adder.flush();
      for (std::size_t k = 0; k < pairs; k++) CHECK_EQUAL(Adder::read(Source::stored, &onRight[2 * k + 1], false), expected[k]);
    }
  }

  void checkSums(const std::vector<Point>& table, const std::vector<std::vector<Operand>>& lists, std::size_t first) {
    std::vector<PointReference> references(first, PointReference::of(table.size() - 1, false));
    std::vector<std::uint32_t> ends;
    std::vector<Point> expected;
    for (const auto& list : lists) {
      Point sum{};
      for (const Operand& operand : list) {
        references.push_back(PointReference::of(operand.index, operand.negate));
        sum = sumOf(sum, signedPoint(table, operand));
      }
      ends.push_back(static_cast<std::uint32_t>(references.size()));
      expected.push_back(sum);
    }
    for (const Source source : {Source::file, Source::stored}) {
      const std::vector<Point> operands = inForm(source, table);
      std::vector<Point> sums(lists.size());
      ListSums<Group> kernel;
      for (int run = 0; run < 2; run++) {
        kernel.sum({reinterpret_cast<const std::uint8_t*>(operands.data()), source}, references, first, ends, [&](std::size_t k) -> void* { return &sums[lists.size() - 1 - k]; });
        std::vector<Point> found = fromStored(sums);
        std::reverse(found.begin(), found.end());
        for (std::size_t k = 0; k < lists.size(); k++) CHECK_EQUAL(found[k], expected[k]);
      }
    }
  }

  std::vector<Operand> randomList(std::size_t length, std::size_t indices) {
    std::vector<Operand> list(length);
    for (auto& each : list) each = {random_.word() % indices, random_.word() % 2 != 0};
    return list;
  }

  void checkLists() {
    std::vector<Point> table = points_;
    table[20] = {};
    // More pairs than a batch takes, so that rounds of a list go over its end.
    std::vector<std::vector<Operand>> lists;
    for (std::size_t length = 0; length <= 20; length++) lists.push_back(randomList(length, table.size()));
    for (const std::size_t length : {0, 31, 32, 33, 63, 64, 65, 127, 1000, 3, 1, 4999, 2, 1}) lists.push_back(randomList(length, table.size()));
    checkSums(table, lists, 0);
    checkSums(table, lists, 5);
    checkSums(table, {randomList(3, table.size())}, 1);
    checkSums(table, {{}, {}}, 2);
  }

  void checkListsOfDuplicates() {
    std::vector<Point> table(points_.begin(), points_.begin() + 3);
    table.push_back({});
    std::vector<std::vector<Operand>> lists;
    for (const std::size_t length : {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 100}) {
      // The same point throughout: a doubling for every pair of every round; with its opposite: infinity; and infinity alone.
      lists.push_back(std::vector<Operand>(length, {0, false}));
      lists.push_back(std::vector<Operand>(length, {1, true}));
      lists.push_back(std::vector<Operand>(length, {3, length % 2 != 0}));
      std::vector<Operand> alternating(length);
      for (std::size_t i = 0; i < length; i++) alternating[i] = {2, i % 2 != 0};
      lists.push_back(alternating);
      lists.push_back(randomList(length, table.size()));
      lists.push_back(randomList(length, 2));
    }
    checkSums(table, lists, 0);
  }

  /** The same point by two ways meets itself, as does infinity: representatives may differ, the elements don't. */
  void checkRepresentatives() {
    const Point &p = points_[1], &q = points_[2];
    const std::vector<Point> table{p, q, {}, sumOf(p, q), sumOf(p, p)};
    const Operand plusP{0, false}, minusP{0, true}, plusQ{1, false}, minusQ{1, true}, none{2, false}, minusSum{3, true}, minusTwice{4, true};
    std::vector<std::vector<Operand>> lists{
        {plusP, plusQ, minusQ, none, plusP, none, none, none},  {plusP, plusQ, minusQ, none, minusP, none, none, none},
        {plusP, plusQ, minusSum, none, plusP, plusQ, minusSum}, {plusP, plusP, minusTwice},
        {plusP, plusP, minusTwice, none, plusP, plusP},         {plusQ, plusP, plusP, plusQ, plusQ, plusP, plusP, plusQ},
        {plusP, plusQ, none, minusSum, minusQ},
    };
    for (int i = 0; i < 4; i++) lists.insert(lists.end(), lists.begin(), lists.begin() + 7);
    checkSums(table, lists, 0);
  }

  void checkUntouched() {
    const std::vector<PointReference> references{PointReference::of(1, false), PointReference::of(2, false)};
    const std::vector<std::uint32_t> ends{0, 2, 2};
    std::vector<Point> sums(3, points_[5]);
    ListSums<Group>().sum({reinterpret_cast<const std::uint8_t*>(points_.data()), Source::file}, references, 0, ends, [&](std::size_t k) -> void* { return &sums[k]; });
    CHECK_EQUAL(sums[0], points_[5]);
    CHECK_EQUAL(sums[2], points_[5]);
    CHECK_EQUAL(Adder::read(Source::stored, &sums[1], false), sumOf(points_[1], points_[2]));
  }
};

}  // namespace zkmargin::test
