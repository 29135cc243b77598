#include "container.hpp"

#include <algorithm>
#include <cstdio>

namespace zkmargin {

namespace {

constexpr std::size_t headerSize = 12;
constexpr std::size_t sectionHeaderSize = 12;
// No format has more than 16. Without a limit, the search for duplicates is quadratic in what the file says.
constexpr std::uint32_t maximumSections = 64;

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  std::string text;
  char digits[3];
  for (const std::uint8_t byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

/** Most significant digit first. */
std::string hexadecimal(const Words& words) {
  std::uint8_t bytes[sizeof words];
  std::memcpy(bytes, words.data(), sizeof bytes);
  std::reverse(std::begin(bytes), std::end(bytes));
  return "0x" + hexadecimal(std::span<const std::uint8_t>(bytes));
}

template <class Value>
Value loadAt(std::span<const std::uint8_t> bytes, std::size_t offset) {
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::string counted(std::uint64_t count, const char* thing) { return std::to_string(count) + " " + thing + (count == 1 ? "" : "s"); }

Container parseContainer(std::span<const std::uint8_t> bytes, const std::string& name, const ContainerFormat& format) {
  if (bytes.size() < headerSize) throw FileError(name, "header", "the file has " + counted(bytes.size(), "byte") + ", must have at least 12");
  if (std::memcmp(bytes.data(), format.magic, 4) != 0) {
    const std::span<const std::uint8_t> expected(reinterpret_cast<const std::uint8_t*>(format.magic), 4);
    throw FileError(name, "header",
                    "begins with the bytes " + hexadecimal(bytes.first(4)) + ", must begin with " + hexadecimal(expected) + " (\"" + format.magic + "\")");
  }
  const auto version = loadAt<std::uint32_t>(bytes, 4);
  if (version != format.version) {
    throw FileError(name, "header", "version " + std::to_string(version) + ", must be " + std::to_string(format.version));
  }
  const auto count = loadAt<std::uint32_t>(bytes, 8);
  if (count > maximumSections) throw FileError(name, "header", std::to_string(count) + " sections, may be " + std::to_string(maximumSections) + " at most");

  Container container{name, &format, {}};
  container.sections.reserve(count);
  std::span<const std::uint8_t> rest = bytes.subspan(headerSize);
  for (std::uint32_t index = 0; index < count; index++) {
    if (rest.size() < sectionHeaderSize) {
      throw FileError(name, "header of section number " + std::to_string(index + 1) + " of " + std::to_string(count),
                      "needs 12 bytes, the file has " + std::to_string(rest.size()) + " left");
    }
    const auto id = loadAt<std::uint32_t>(rest, 0);
    const auto size = loadAt<std::uint64_t>(rest, 4);
    rest = rest.subspan(sectionHeaderSize);
    if (size > rest.size()) {
      refuseSection(container, id, "has " + counted(size, "byte") + " by its header, the file has " + std::to_string(rest.size()) + " left");
    }
    if (findSection(container, id) != nullptr) refuseSection(container, id, "occurs twice, must occur once");
    container.sections.push_back({id, rest.first(static_cast<std::size_t>(size))});
    rest = rest.subspan(static_cast<std::size_t>(size));
  }
  return container;
}

std::string sectionLabel(const ContainerFormat& format, std::uint32_t id) {
  const std::string number = "section " + std::to_string(id);
  for (const SectionName& name : format.names) {
    if (name.id == id) return number + " (" + name.name + ")";
  }
  return number;
}

void refuseSection(const Container& container, std::uint32_t id, const std::string& rule) {
  throw FileError(container.file, sectionLabel(*container.format, id), rule);
}

const Section* findSection(const Container& container, std::uint32_t id) {
  for (const Section& section : container.sections) {
    if (section.id == id) return &section;
  }
  return nullptr;
}

std::span<const std::uint8_t> requireSection(const Container& container, std::uint32_t id) {
  const Section* section = findSection(container, id);
  if (section == nullptr) refuseSection(container, id, "is missing");
  return section->bytes;
}

std::span<const std::uint8_t> requireSectionOf(const Container& container, std::uint32_t id, std::uint64_t count, std::size_t size, std::size_t prefix) {
  const auto bytes = requireSection(container, id);
  unsigned __int128 required = count;
  required = required * size + prefix;
  if (bytes.size() != required) {
    std::string arithmetic = std::to_string(count) + " of " + std::to_string(size);
    if (prefix != 0) arithmetic = std::to_string(prefix) + " and " + arithmetic;
    const std::string total = required >> 64 == 0 ? std::to_string(static_cast<std::uint64_t>(required)) : "more than 2^64";
    refuseSection(container, id, "has " + counted(bytes.size(), "byte") + ", must have " + total + " (" + arithmetic + ")");
  }
  return bytes;
}

void requireModulus(const Container& container, std::uint32_t id, const std::uint8_t (&size)[4], const std::uint8_t (&found)[32], const Words& modulus) {
  const std::uint32_t bytes = loadUint32(size);
  if (bytes != sizeof(Words)) refuseSection(container, id, "field elements of " + counted(bytes, "byte") + ", must have 32");
  const Words words = loadWords(found);
  if (words != modulus) refuseSection(container, id, "field modulus " + hexadecimal(words) + ", must be " + hexadecimal(modulus) + " (BN254)");
}

}  // namespace zkmargin
