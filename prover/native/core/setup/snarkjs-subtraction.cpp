#include "snarkjs-subtraction.hpp"

namespace zkmargin {

namespace {

using F = Field<FpParams, PortableMultiply>;

/** 256 bits that the operations below take for a field element. */
using Raw = Words;

// Results are below 2^256, and below the modulus when both operands are.
Raw add(const Raw& a, const Raw& b) {
  Raw sum;
  const std::uint64_t carry = words::add(sum, a, b);
  if (carry != 0 || !words::less(sum, F::modulus)) words::subtract(sum, sum, F::modulus);
  return sum;
}

Raw subtract(const Raw& a, const Raw& b) {
  Raw difference;
  if (words::subtract(difference, a, b) != 0) words::add(difference, difference, F::modulus);
  return difference;
}

/** (a b + m p) / 2^256, less p once if that is p or more. */
Raw multiply(const Raw& a, const Raw& b) {
  using Wide = unsigned __int128;
  std::array<std::uint64_t, 9> t{};
  auto addProduct = [&](std::size_t at, std::uint64_t factor, const Words& by) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; i++) {
      const Wide sum = static_cast<Wide>(factor) * by[i] + t[at + i] + carry;
      t[at + i] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
    for (std::size_t i = at + 4; carry != 0; i++) {
      t[i] += carry;
      carry = t[i] < carry;
    }
  };
  for (std::size_t i = 0; i < 4; i++) addProduct(i, a[i], b);
  for (std::size_t i = 0; i < 4; i++) addProduct(i, t[i] * Montgomery<FpParams>::negatedInverse, F::modulus);
  Raw result{t[4], t[5], t[6], t[7]};
  if (t[8] != 0 || !words::less(result, F::modulus)) words::subtract(result, result, F::modulus);
  return result;
}

}  // namespace

G1Affine subtractLikeSnarkjs(const G1Record& left, const G1Affine& right) {
  const G1Affine first = left.read();
  const Raw x1 = first.x.words, y1 = first.y.words, x2 = right.x.words, y2 = F::negate(right.y).words;
  if (first.isInfinity()) return {right.x, F::negate(right.y)};
  // Jacobian sum madd-2007-bl of the Explicit-Formulas Database, for Z1 = 1.
  const Raw h = subtract(x2, x1);
  const Raw yDifference = subtract(y2, y1);
  const Raw hh = multiply(h, h);
  const Raw twiceHh = add(hh, hh);
  const Raw i = add(twiceHh, twiceHh);
  const Raw j = multiply(h, i);
  const Raw r = add(yDifference, yDifference);
  const Raw v = multiply(x1, i);
  const Raw x3 = subtract(subtract(multiply(r, r), j), add(v, v));
  const Raw yj = multiply(y1, j);
  const Raw y3 = subtract(multiply(subtract(v, x3), r), add(yj, yj));
  const Raw z3 = add(h, h);
  // A product with a reduced value is reduced.
  const Raw inverse = F::inverse({multiply(z3, Montgomery<FpParams>::one)}).words;
  const Raw square = multiply(inverse, inverse);
  return {{multiply(square, x3)}, {multiply(square, multiply(inverse, y3))}};
}

}  // namespace zkmargin
