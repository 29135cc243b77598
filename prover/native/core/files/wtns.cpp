#include "wtns.hpp"

#include "container.hpp"

namespace zkmargin {

namespace {

constexpr SectionName names[] = {{1, "header"}, {2, "values"}};
constexpr ContainerFormat format{"wtns", 2, names};

struct Header {
  std::uint8_t elementSize[4];
  std::uint8_t modulus[32];
  std::uint8_t count[4];
};
static_assert(sizeof(Header) == 40);

struct ValueRecord {
  std::uint8_t integer[32];
};

}  // namespace

std::span<const std::uint8_t> parseWtns(std::span<const std::uint8_t> bytes, const std::string& name) {
  const Container container = parseContainer(bytes, name, format);
  const Header& header = requireRecords<Header>(container, 1, 1)[0];
  requireModulus(container, 1, header.elementSize, header.modulus, FrParams::modulus);
  const std::uint32_t count = loadUint32(header.count);
  if (count == 0) refuseSection(container, 1, "0 values, must be at least the constant one");
  const auto values = requireRecords<ValueRecord>(container, 2, count);
  if (loadWords(values[0].integer) != Words{1, 0, 0, 0}) refuseSection(container, 2, "value 0 is not the constant 1");
  for (std::size_t index = 0; index < values.size(); index++) {
    if (!words::less(loadWords(values[index].integer), FrParams::modulus)) {
      refuseSection(container, 2, "value " + std::to_string(index) + " is not below the field's modulus");
    }
  }
  return requireSection(container, 2);
}

}  // namespace zkmargin
