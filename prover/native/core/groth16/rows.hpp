// Evaluates the rows of the constraint system on a witness.
#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "../backend.hpp"

namespace zkmargin {

template <class F>
class RowEvaluation {
 public:
  RowEvaluation(std::span<const CoefficientRecord> records, std::span<const Words> witness, std::span<Fr> a, std::span<Fr> b)
      : records_(records), witness_(witness), targets_{a, b} {}

  /** @returns index of the first bad record, or how many there are */
  std::size_t run(Threads& threads) {
    // Tasks begin where the row changes. In a key of snarkjs rows rise, and no two tasks touch the same one; that is checked on the way, and a
    // key of another order is done again by one thread.
    std::vector<std::size_t> begins;
    const std::size_t parts = records_.size() < 4096 ? 1 : std::size_t{8} * threads.count();
    for (std::size_t part = 0; part < parts; part++) {
      std::size_t at = records_.size() * part / parts;
      while (at > 0 && at < records_.size() && row(at) == row(at - 1)) at++;
      if (begins.empty() || at > begins.back()) begins.push_back(at);
    }
    begins.push_back(records_.size());
    std::atomic<std::size_t> bad{records_.size()};
    std::atomic<bool> rising{true};
    threads.forEach(begins.size() - 1, [&](std::size_t task, unsigned) {
      // The last row of the task before is a floor for every row of this one.
      const std::size_t begin = begins[task], end = begins[task + 1];
      const std::size_t found = evaluate(begin, end, begin == 0 ? 0 : row(begin - 1), rising);
      if (found == end) return;
      std::size_t first = bad.load();
      while (found < first && !bad.compare_exchange_weak(first, found)) {}
    });
    if (rising) return bad;
    for (auto& target : targets_) std::fill(target.begin(), target.end(), Fr{});
    std::atomic<bool> ignored{true};
    const std::size_t found = evaluate(0, records_.size(), 0, ignored);
    return found;
  }

 private:
  static std::uint32_t word(const std::uint8_t* bytes) {
    std::uint32_t value;
    std::memcpy(&value, bytes, 4);
    return value;
  }
  std::uint32_t row(std::size_t at) const { return word(records_[at].row); }

  std::size_t evaluate(std::size_t begin, std::size_t end, std::uint32_t lowest, std::atomic<bool>& rising) {
    if (begin == end) return end;
    // Wires of value one, which most are, need no product: their coefficients are added up, and the sum is multiplied by one.
    Fr products, ones;
    bool anyOnes = false;
    std::uint32_t matrix = 0, current = 0;
    auto flush = [&] {
      if (anyOnes) products = F::add(products, F::multiply(ones, Fr{{1, 0, 0, 0}}));
      if (current < targets_[matrix].size()) targets_[matrix][current] = F::add(targets_[matrix][current], products);
      products = ones = {};
      anyOnes = false;
    };
    for (std::size_t at = begin; at < end; at++) {
      const CoefficientRecord& record = records_[at];
      const std::uint32_t nextMatrix = word(record.matrix), next = word(record.row), wire = word(record.wire);
      Fr coefficient;
      std::memcpy(&coefficient.words, record.coefficient, 32);
      if (nextMatrix > 1 || next >= targets_[0].size() || wire >= witness_.size() || !F::isCanonical(coefficient.words)) return at;
      if (at == begin || next != current || nextMatrix != matrix) {
        // Not before the first record: there is nothing yet, and where it would go may be another task's.
        if (at != begin) flush();
        if (next < lowest) rising = false;
        lowest = std::max(lowest, next);
        matrix = nextMatrix;
        current = next;
      }
      const Words& value = witness_[wire];
      if ((value[1] | value[2] | value[3]) == 0 && value[0] <= 1) {
        if (value[0] == 1) {
          ones = F::add(ones, coefficient);
          anyOnes = true;
        }
      } else {
        products = F::add(products, F::multiply(coefficient, Fr{value}));
      }
    }
    flush();
    return end;
  }

  std::span<const CoefficientRecord> records_;
  std::span<const Words> witness_;
  std::span<Fr> targets_[2];
};

}  // namespace zkmargin
