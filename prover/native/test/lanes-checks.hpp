// Every operation of a Lanes against natural numbers, at the bounds that its interface states. Templates only: the includer decides for which
// processor they are compiled.
#pragma once

#include "../core/aligned.hpp"
#include "../core/field/fp2-lanes.hpp"
#include "check.hpp"
#include "natural.hpp"
#include "random.hpp"

namespace zkmargin::test {

/**
 * A vector as the numbers that represent its elements. A specialization for each Lanes, with
 * `radixBits`, where R = 2^radixBits; `lazy`, whether multiples of p may be added;
 * `read(vector, lane)`, the number as it is; `make(numbers)`, its inverse for `count` of them.
 */
template <class Lanes>
struct Representation;

template <class Params, class Multiply>
struct Representation<ScalarLanes<Params, Multiply>> {
  static constexpr unsigned radixBits = 256;
  static constexpr bool lazy = false;
  static Natural read(const Element<Params>& vector, std::size_t) { return Natural::fromWords(vector.words, 64); }
  static Element<Params> make(const Natural* numbers) {
    Element<Params> element;
    numbers[0].toWords(element.words, 64);
    return element;
  }
};

template <class Lanes>
class LanesChecks {
  using Value = typename Lanes::Value;
  using Mask = typename Lanes::Mask;
  using Scalar = typename Lanes::Scalar;
  using Element = typename Lanes::Element;
  using Form = Representation<Lanes>;
  static constexpr std::size_t count = Lanes::count;
  static constexpr Mask every = static_cast<Mask>((1u << count) - 1);

 public:
  void run() {
    checkSums();
    checkProducts();
    checkReduction();
    checkNegation();
    checkLaneWise();
    checkConversions();
    checkPairs();
    checkQuadraticExtension();
  }

 private:
  struct Batch {
    std::array<Natural, count> numbers;
    Value vector;
  };

  const Natural p = Natural::fromWords(Scalar::modulus, 64);
  const std::vector<Natural> residues = edges();
  Random random{count};
  std::size_t next = 0;

  /** Below p: ends, the middle, R, and where all bits of words or limbs are set. */
  std::vector<Natural> edges() const {
    const Natural one(1), half = Natural::fromWords(std::array<std::uint64_t, 4>{Scalar::modulus[0] >> 1 | Scalar::modulus[1] << 63, Scalar::modulus[1] >> 1 | Scalar::modulus[2] << 63,
                                                                                 Scalar::modulus[2] >> 1 | Scalar::modulus[3] << 63, Scalar::modulus[3] >> 1}, 64);
    return {0,           1,           2,           p - one,           p - Natural(2),         half,           half + one, (one << 256) % p, (one << 260) % p,
            (one << 52) - one, (one << 64) - one, (one << 104) - one, (one << 128) - one, (one << 192) - one, (one << 208) - one, (one << 253) - one, (one << 253), one << 208};
  }
  Natural anyBelow(const Natural& bound) { return Natural::fromWords(std::array{random.word(), random.word(), random.word(), random.word(), random.word()}, 64) % bound; }

  /** The next edge, or a random residue, plus as many multiples of p as leave it below the bound; some just below it. */
  Natural numberBelow(std::size_t bound) {
    const std::size_t choice = next++ % (residues.size() + 4);
    if (!Form::lazy) return choice < residues.size() ? residues[choice] : anyBelow(p);
    if (choice == residues.size()) return Natural(bound) * p - Natural(1);
    if (choice == residues.size() + 1) return anyBelow(Natural(bound) * p);
    const Natural residue = choice < residues.size() ? residues[choice] : anyBelow(p);
    return residue + Natural(random.word() % 4 == 0 ? random.word() % bound : bound - 1) * p;
  }
  Batch batchOf(const std::array<Natural, count>& numbers) { return {numbers, Form::make(numbers.data())}; }
  Batch batchBelow(std::size_t bound) {
    std::array<Natural, count> numbers;
    for (auto& each : numbers) each = numberBelow(bound);
    return batchOf(numbers);
  }
  Batch batchOfAll(const Natural& number) {
    std::array<Natural, count> numbers;
    numbers.fill(number);
    return batchOf(numbers);
  }
  static constexpr std::size_t rounds = 160 / count;

  /** The lane's number is below bound x p, and congruent. */
  void expect(const Value& found, std::size_t lane, const Natural& expected, std::size_t bound) {
    const Natural number = Form::read(found, lane);
    CHECK(number < Natural(Form::lazy ? bound : 1) * p);
    CHECK_EQUAL(number % p, expected % p);
  }
  /** found R = expected */
  void expectReduced(const Value& found, std::size_t lane, const Natural& expected, std::size_t bound) {
    const Natural number = Form::read(found, lane);
    CHECK(number < Natural(Form::lazy ? bound : 1) * p);
    CHECK_EQUAL((number << Form::radixBits) % p, expected % p);
  }

  void checkSums() {
    for (const auto& [a, b] : {std::pair<std::size_t, std::size_t>{1, 1}, {2, 2}, {4, 4}, {16, 2}, {16, 16}, {42, 42}, {82, 2}, {1, 83}}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = batchBelow(a), y = batchBelow(b);
        const Value sum = Lanes::add(x.vector, y.vector);
        for (std::size_t lane = 0; lane < count; lane++) expect(sum, lane, x.numbers[lane] + y.numbers[lane], a + b);
      }
    }
    // A minuend of zero is the lowest that there is; a subtrahend of exactly 16p is what negateWhere makes of zero.
    for (const std::size_t a : {1, 2, 16, 18, 34, 68}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = round == 0 ? batchOfAll(0) : batchBelow(a), y = round < 2 && Form::lazy ? batchOfAll(Natural(16) * p) : batchBelow(16);
        const Value difference = Lanes::subtract(x.vector, y.vector);
        for (std::size_t lane = 0; lane < count; lane++) expect(difference, lane, x.numbers[lane] + Natural(16) * p - y.numbers[lane], a + 16);
      }
    }
    for (const std::size_t a : {1, 2, 4, 16, 82}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = round == 0 ? batchOfAll(0) : batchBelow(a), y = batchBelow(2);
        const Value difference = Lanes::subtractReduced(x.vector, y.vector);
        for (std::size_t lane = 0; lane < count; lane++) expect(difference, lane, x.numbers[lane] + Natural(2) * p - y.numbers[lane], a + 2);
      }
    }
  }

  void checkProducts() {
    for (const auto& [a, b] : {std::pair<std::size_t, std::size_t>{1, 1}, {2, 2}, {84, 1}, {1, 84}, {42, 2}, {2, 42}, {32, 2}, {28, 3}, {21, 4}, {5, 16}, {9, 9}, {12, 7}}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = round == 0 && Form::lazy ? batchOfAll(Natural(a) * p - Natural(1)) : batchBelow(a);
        const Batch y = round == 0 && Form::lazy ? batchOfAll(Natural(b) * p - Natural(1)) : batchBelow(b);
        const Value product = Lanes::multiply(x.vector, y.vector);
        for (std::size_t lane = 0; lane < count; lane++) expectReduced(product, lane, x.numbers[lane] * y.numbers[lane], 2);
      }
    }
    for (const std::size_t a : {1, 2, 4, 9}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = round == 0 && Form::lazy ? batchOfAll(Natural(a) * p - Natural(1)) : batchBelow(a);
        const Value square = Lanes::square(x.vector);
        for (std::size_t lane = 0; lane < count; lane++) expectReduced(square, lane, x.numbers[lane] * x.numbers[lane], 2);
      }
    }
  }

  /** All quotients by p, at both ends and where the estimate from the top limb is the coarsest. */
  void checkReduction() {
    std::vector<Natural> numbers;
    const Natural one(1), ones = (one << 208) - one;
    for (std::size_t multiple = 0; multiple < (Form::lazy ? 84 : 1); multiple++) {
      const Natural base = Natural(multiple) * p;
      for (const Natural& each : {base, base + one, base + p - one, base + ones}) numbers.push_back(each);
      for (int i = 0; i < 4; i++) numbers.push_back(base + anyBelow(p));
      // The same top limb, and all bits below it set.
      std::uint64_t words[5];
      base.toWords(words, 52);
      for (int i = 0; i < 4; i++) words[i] = (std::uint64_t{1} << 52) - 1;
      const Natural filled = Natural::fromWords(words, 52);
      if (filled < base + p) numbers.push_back(filled);
    }
    for (std::size_t i = 0; i < numbers.size(); i += count) {
      std::array<Natural, count> eight;
      for (std::size_t lane = 0; lane < count; lane++) eight[lane] = numbers[std::min(i + lane, numbers.size() - 1)];
      const Value reduced = Lanes::reduce(Form::make(eight.data()));
      for (std::size_t lane = 0; lane < count; lane++) expect(reduced, lane, eight[lane], 2);
    }
  }

  void checkNegation() {
    for (const std::size_t bound : {1, 2, 16}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = round == 0 ? batchOfAll(0) : batchBelow(bound);
        const auto mask = static_cast<Mask>(round == 0 ? every : random.word() & every);
        const Value negated = Lanes::negateWhere(mask, x.vector);
        for (std::size_t lane = 0; lane < count; lane++) {
          const Natural number = Form::read(negated, lane);
          if (((mask >> lane) & 1) == 0) CHECK_EQUAL(number, x.numbers[lane]);
          else if (Form::lazy) CHECK_EQUAL(number, Natural(16) * p - x.numbers[lane]);
          else CHECK_EQUAL(number, (p - x.numbers[lane]) % p);
        }
      }
    }
  }

  void checkLaneWise() {
    for (std::size_t round = 0; round < rounds; round++) {
      const Batch x = batchBelow(16), y = batchBelow(16);
      const auto mask = static_cast<Mask>(random.word() & every);
      const Value chosen = Lanes::select(mask, x.vector, y.vector);
      for (std::size_t lane = 0; lane < count; lane++) CHECK_EQUAL(Form::read(chosen, lane), ((mask >> lane) & 1) != 0 ? x.numbers[lane] : y.numbers[lane]);
      Aligned<std::uint64_t> memory(2 * Lanes::vectorWords);
      Lanes::storeVector(memory.data() + Lanes::vectorWords, x.vector);
      const Value loaded = Lanes::loadVector(memory.data() + Lanes::vectorWords);
      for (std::size_t lane = 0; lane < count; lane++) CHECK_EQUAL(Form::read(loaded, lane), x.numbers[lane]);
      if constexpr (count == 8) {
        const Value swapped[] = {Lanes::template swapLanes<1>(x.vector), Lanes::template swapLanes<2>(x.vector), Lanes::template swapLanes<4>(x.vector)};
        for (std::size_t lane = 0; lane < count; lane++) {
          for (std::size_t i = 0; i < 3; i++) CHECK_EQUAL(Form::read(swapped[i], lane), x.numbers[lane ^ (std::size_t{1} << i)]);
        }
      }
    }
    // Zero has two representatives below 2p; one bit away from them there is none.
    const Natural one(1), zeros[] = {0, Form::lazy ? p : Natural(0)};
    std::vector<Natural> others{1, p - one, one << 52, one << 104, one << 156, one << 208, one << 253};
    if (Form::lazy) others.insert(others.end(), {p + one, p + (one << 52), p + (one << 104), p + (one << 156), p + (one << 208), p + p - one});
    for (std::size_t round = 0; round < 64; round++) {
      const auto mask = static_cast<Mask>(random.word() & every);
      std::array<Natural, count> numbers;
      for (std::size_t lane = 0; lane < count; lane++) numbers[lane] = ((mask >> lane) & 1) != 0 ? zeros[random.word() % 2] : others[(round + lane) % others.size()];
      CHECK_EQUAL(Lanes::zeroLanes(Form::make(numbers.data())), mask);
    }
  }

  /** a in file form: R = 2^256 */
  Element elementOf(const Natural& a) {
    Element element;
    a.toWords(element.words, 64);
    return element;
  }

  void checkConversions() {
    const unsigned shift = Form::radixBits - 256;
    for (std::size_t round = 0; round < 2 * rounds; round++) {
      Element elements[count], back[count];
      std::array<Natural, count> residuesOf;
      for (std::size_t lane = 0; lane < count; lane++) {
        residuesOf[lane] = round % 2 == 0 ? residues[next++ % residues.size()] : anyBelow(p);
        elements[lane] = elementOf(residuesOf[lane]);
      }
      const Value vector = Lanes::fromElements(elements);
      for (std::size_t lane = 0; lane < count; lane++) expect(vector, lane, residuesOf[lane] << shift, 16);
      Lanes::toElements(vector, back);
      for (std::size_t lane = 0; lane < count; lane++) CHECK_EQUAL(back[lane].words, elements[lane].words);
      const Value spread = Lanes::broadcast(elements[0]);
      for (std::size_t lane = 0; lane < count; lane++) expect(spread, lane, residuesOf[0] << shift, 2);
    }
    for (const std::size_t bound : {1, 2, 16, 84}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = batchBelow(bound);
        Element elements[count];
        Words integers[count];
        Lanes::toElements(x.vector, elements);
        Lanes::toIntegers(x.vector, integers);
        for (std::size_t lane = 0; lane < count; lane++) {
          const Natural element = Natural::fromWords(elements[lane].words, 64), integer = Natural::fromWords(integers[lane], 64);
          CHECK(element < p);
          CHECK_EQUAL((element << shift) % p, x.numbers[lane] % p);
          CHECK(integer < p);
          CHECK_EQUAL((integer << Form::radixBits) % p, x.numbers[lane] % p);
        }
      }
    }
    for (std::size_t lane = 0; lane < count; lane++) {
      CHECK_EQUAL(Form::read(Lanes::one(), lane), (Natural(1) << Form::radixBits) % p);
    }
  }

  void checkPairs() {
    // Records at any alignment, each with guards around it.
    constexpr std::size_t stride = 64 + 24 + 1;
    std::vector<std::uint8_t> memory(count * stride + 24);
    const void* addresses[count];
    void* targets[count];
    for (std::size_t lane = 0; lane < count; lane++) addresses[lane] = targets[lane] = memory.data() + lane * stride;
    for (const std::size_t offset : {std::size_t{0}, std::size_t{8}, std::size_t{24}}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const Batch x = batchBelow(2), y = batchBelow(2);
        std::fill(memory.begin(), memory.end(), std::uint8_t{0xa5});
        Lanes::storePair(targets, offset, x.vector, y.vector);
        for (std::size_t at = 0; at < memory.size(); at++) {
          const std::size_t within = at % stride;
          if (at >= count * stride || within < offset || within >= offset + 64) CHECK_EQUAL(memory[at], 0xa5);
        }
        Value first, second;
        const Mask zeros = Lanes::loadPair(addresses, offset, first, second);
        for (std::size_t lane = 0; lane < count; lane++) {
          CHECK_EQUAL(Form::read(first, lane), x.numbers[lane]);
          CHECK_EQUAL(Form::read(second, lane), y.numbers[lane]);
          CHECK_EQUAL((zeros >> lane) & 1, x.numbers[lane] == Natural(0) && y.numbers[lane] == Natural(0) ? 1 : 0);
        }
        for (std::size_t lane = 0; lane < count; lane++) {
          std::uint64_t words[4];
          (x.numbers[lane] % p).toWords(words, 64);
          std::memcpy(memory.data() + lane * stride + offset, words, 32);
          (y.numbers[lane] % p).toWords(words, 64);
          std::memcpy(memory.data() + lane * stride + offset + 32, words, 32);
        }
        Lanes::loadFilePair(addresses, offset, first, second);
        for (std::size_t lane = 0; lane < count; lane++) {
          expect(first, lane, x.numbers[lane] << (Form::radixBits - 256), 16);
          expect(second, lane, y.numbers[lane] << (Form::radixBits - 256), 16);
        }
      }
    }
    // Not zero with any single bit set; every subset of lanes.
    for (unsigned mask = 0; mask <= every; mask++) {
      std::fill(memory.begin(), memory.end(), std::uint8_t{0});
      for (std::size_t lane = 0; lane < count; lane++) {
        const std::size_t bit = (37 * mask + 64 * lane) % 512;
        if (((mask >> lane) & 1) == 0 && bit % 256 < 253) memory[lane * stride + bit / 8] = static_cast<std::uint8_t>(1u << (bit % 8));
        else if (((mask >> lane) & 1) == 0) memory[lane * stride + bit / 8] = 1;
      }
      Value first, second;
      CHECK_EQUAL(Lanes::loadPair(addresses, 0, first, second), mask);
      CHECK_EQUAL(Lanes::loadFilePair(addresses, 0, first, second), mask);
    }
  }

  void checkQuadraticExtension() {
    using Extension = Fp2Lanes<Lanes>;
    for (const std::size_t a : {1, 2, 18, 32}) {
      for (std::size_t round = 0; round < rounds; round++) {
        const bool highest = round == 0 && Form::lazy;
        // 32p and 2p themselves too: 16p less minus 16p is the former, one() has the latter.
        const Batch x0 = highest ? batchOfAll(Natural(a) * p) : batchBelow(a), x1 = highest ? x0 : batchBelow(a);
        const Batch y0 = highest ? batchOfAll(Natural(2) * p) : batchBelow(2), y1 = highest ? y0 : batchBelow(2);
        const auto product = Extension::multiply({x0.vector, x1.vector}, {y0.vector, y1.vector});
        for (std::size_t lane = 0; lane < count; lane++) {
          const Natural &a0 = x0.numbers[lane], &a1 = x1.numbers[lane], &b0 = y0.numbers[lane], &b1 = y1.numbers[lane];
          expectReduced(product.c0, lane, a0 * b0 + Natural(128) * p * p - a1 * b1, 2);
          expectReduced(product.c1, lane, a0 * b1 + a1 * b0, 2);
        }
      }
    }
    for (std::size_t round = 0; round < 4 * rounds; round++) {
      const Batch x0 = batchBelow(2), x1 = batchBelow(2);
      const auto square = Extension::square({x0.vector, x1.vector});
      for (std::size_t lane = 0; lane < count; lane++) {
        const Natural &a0 = x0.numbers[lane], &a1 = x1.numbers[lane];
        expectReduced(square.c0, lane, a0 * a0 + Natural(4) * p * p - a1 * a1, 2);
        expectReduced(square.c1, lane, Natural(2) * a0 * a1, 2);
      }
    }
    const auto one = Extension::one();
    for (std::size_t lane = 0; lane < count; lane++) {
      CHECK_EQUAL(Form::read(one.c0, lane) % p, (Natural(1) << Form::radixBits) % p);
      CHECK_EQUAL(Form::read(one.c1, lane) % p, Natural(0));
    }
  }
};

}  // namespace zkmargin::test
