#include "point-bytes.hpp"

#include <algorithm>

#include "../field/fastest.hpp"

namespace zkmargin {

namespace {

constexpr std::uint8_t largerY = 0x80, infinity = 0x40;

Words integerOf(const Fp& value) {
  return withFastestMultiply([&]<class Multiply>() { return Field<FpParams, Multiply>::toInteger(value); });
}

void write(const Fp& value, std::uint8_t* bytes) {
  const Words integer = integerOf(value);
  const auto* little = reinterpret_cast<const std::uint8_t*>(integer.data());
  std::reverse_copy(little, little + 32, bytes);
}
void write(const Fp2& value, std::uint8_t* bytes) {
  write(value.c1, bytes);
  write(value.c0, bytes + 32);
}

/** Whether it is above its negative. */
bool isLarger(const Fp& value) {
  const Words integer = integerOf(value);
  Words negated;
  words::subtract(negated, FpParams::modulus, integer);
  return words::less(negated, integer);
}
bool isLarger(const Fp2& value) { return value.c1.isZero() ? isLarger(value.c0) : isLarger(value.c1); }

template <class Coordinate>
void compress(const Affine<Coordinate>& point, std::uint8_t* bytes) {
  write(point.x, bytes);
  if (point.isInfinity()) bytes[0] = infinity;
  else if (isLarger(point.y)) bytes[0] |= largerY;
}

template <class Coordinate>
void spell(const Affine<Coordinate>& point, std::uint8_t* bytes) {
  write(point.x, bytes);
  write(point.y, bytes + sizeof(Coordinate));
}

}  // namespace

void writeUncompressed(const G1Affine& point, std::uint8_t* bytes) { spell(point, bytes); }
void writeUncompressed(const G2Affine& point, std::uint8_t* bytes) { spell(point, bytes); }
void writeCompressed(const G1Affine& point, std::uint8_t* bytes) { compress(point, bytes); }
void writeCompressed(const G2Affine& point, std::uint8_t* bytes) { compress(point, bytes); }

}  // namespace zkmargin
