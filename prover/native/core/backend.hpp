// What a back end computes. All give identical results; they differ in the field arithmetic under the same algorithms.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "curve/affine.hpp"
#include "ntt/domain.hpp"
#include "setup/combinations.hpp"
#include "threads.hpp"

namespace zkmargin {

/** A record of a .zkey's coefficient section as it lies in the file: 44 bytes, no alignment. */
struct CoefficientRecord {
  /** 0 for A, 1 for B. */
  std::uint8_t matrix[4];
  std::uint8_t row[4];
  std::uint8_t wire[4];
  /** coefficient x 2^512 mod r: its product with a plain witness value is in Montgomery form. */
  std::uint8_t coefficient[32];
};
static_assert(sizeof(CoefficientRecord) == 44);

enum class FieldOperation : std::uint8_t { add, subtract, multiply, square, negate, inverse };

struct Backend {
  const char* name;
  /** Whether this processor can run it. */
  bool (*available)();

  /** out[i] = a[i] op b[i] by the arithmetic that the algorithms use, lanes included; b is not read by operations of one operand. */
  void (*fpOperation)(FieldOperation, std::span<const Fp> a, std::span<const Fp> b, std::span<Fp> out);
  void (*frOperation)(FieldOperation, std::span<const Fr> a, std::span<const Fr> b, std::span<Fr> out);

  /** values[i] x= factor, `times` times over, in registers: what the processor's multiplications take by themselves. */
  void (*multiplyRepeatedly)(std::span<Fp> values, const Fp& factor, std::uint64_t times);

  /** @param power 0 to 27 */
  std::unique_ptr<const Domain> (*makeDomain)(unsigned power);

  /** In place, one thread: coefficients to the evaluations at the powers of the domain's root, natural order on both sides; or back. */
  void (*transform)(const Domain&, std::span<Fr> values, bool inverse);

  /**
   * Evaluations at the rows of the domain, from a witness of plain integers below r.
   * @param a,b zeroed, domain-sized; a[row] = sum of coefficient x wire
   * @returns the index of the first record that is out of bounds or not below the modulus, or `records.size()`
   */
  std::size_t (*evaluateRows)(std::span<const CoefficientRecord> records, std::span<const Words> witness, std::span<Fr> a, std::span<Fr> b, Threads&);

  /**
   * The scalars of the H points: A B - C at the odd 2n-th roots of unity, as plain integers, from the evaluations of A and B at the n-th ones
   * (ntt/quotient.hpp). h may share no memory with them. The domain is one that this back end made.
   */
  void (*quotient)(const Domain&, std::span<const Fr> a, std::span<const Fr> b, std::span<Words> h, Threads&);

  /** sum of scalars[i] x points[i]; scalars are plain integers below r, points are on the curve. */
  G1Affine (*multiplyG1)(std::span<const G1Record> points, std::span<const Words> scalars, Threads&);
  G2Affine (*multiplyG2)(std::span<const G2Record> points, std::span<const Words> scalars, Threads&);

  /** products[i] = scalars[i] x base, by a table of the base's multiples. */
  void (*multiplyBaseG1)(const G1Affine& base, std::span<const Words> scalars, std::span<G1Affine> products, Threads&);
  void (*multiplyBaseG2)(const G2Affine& base, std::span<const Words> scalars, std::span<G2Affine> products, Threads&);

  /** differences[i] = left[i] - right[i]; points are on the curve. */
  void (*subtractG1)(std::span<const G1Record> left, std::span<const G1Record> right, std::span<G1Affine> differences, Threads&);

  /**
   * sums[wire] = the sum over the wire's terms of coefficient x base, a combination's base being the sum of bases[matrix][row] over its places
   * (setup/wire-sums.hpp); matrices without bases don't count. onProgress may be empty; it gets rising fractions in [0, 1].
   */
  void (*sumWiresG1)(const Combinations&, const std::array<std::span<const G1Record>, 3>& bases, std::span<G1Affine> sums, Threads&,
                     const std::function<void(double)>& onProgress);
  void (*sumWiresG2)(const Combinations&, const std::array<std::span<const G2Record>, 3>& bases, std::span<G2Affine> sums, Threads&,
                     const std::function<void(double)>& onProgress);
};

extern const Backend portableBackend;
#if defined(__x86_64__)
extern const Backend adxBackend;
extern const Backend ifmaBackend;
#endif

/** All that were compiled in, fastest first. */
std::span<const Backend* const> backends();
/** The fastest that this processor can run. */
const Backend& fastestBackend();
/** @throws EngineError when there is none of that name, or this processor can't run it */
const Backend& backendNamed(const char* name);

}  // namespace zkmargin
