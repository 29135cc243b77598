#include "generator.hpp"

#include <algorithm>

#include "point-bytes.hpp"

namespace zkmargin {

namespace {

using F = Field<FpParams, PortableMultiply>;

Fp2 element(const Words& c0, const Words& c1) { return {F::fromInteger(c0), F::fromInteger(c1)}; }

template <class Point, class Multiply>
Multiples<Point> multiply(std::span<const Words> scalars, Encodings encodings, Threads& threads, Multiply multiplyBase) {
  Multiples<Point> result;
  result.points.resize(scalars.size());
  multiplyBase(generator<Point>(), scalars, std::span(result.points), threads);
  if (encodings.uncompressed) result.uncompressed.resize(scalars.size() * sizeof(Point));
  if (encodings.compressed) result.compressed.resize(scalars.size() * sizeof(Point) / 2);
  constexpr std::size_t pointsATask = 4096;
  threads.forEach((scalars.size() + pointsATask - 1) / pointsATask, [&](std::size_t task, unsigned) {
    for (std::size_t i = task * pointsATask; i < std::min(scalars.size(), (task + 1) * pointsATask); i++) {
      if (encodings.uncompressed) writeUncompressed(result.points[i], &result.uncompressed[i * sizeof(Point)]);
      if (encodings.compressed) writeCompressed(result.points[i], &result.compressed[i * sizeof(Point) / 2]);
    }
  });
  return result;
}

}  // namespace

template <>
G1Affine generator<G1Affine>() {
  return {F::fromInteger(1), F::fromInteger(2)};
}

template <>
G2Affine generator<G2Affine>() {
  return {element({0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76},
                  {0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a}),
          element({0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb},
                  {0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075})};
}

Multiples<G1Affine> multiplyGeneratorG1(const Backend& backend, std::span<const Words> scalars, Encodings encodings, Threads& threads) {
  return multiply<G1Affine>(scalars, encodings, threads, backend.multiplyBaseG1);
}
Multiples<G2Affine> multiplyGeneratorG2(const Backend& backend, std::span<const Words> scalars, Encodings encodings, Threads& threads) {
  return multiply<G2Affine>(scalars, encodings, threads, backend.multiplyBaseG2);
}

}  // namespace zkmargin
