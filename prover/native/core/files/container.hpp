// The container of .zkey, .wtns, .r1cs and .ptau files (iden3's binfileutils): 4 bytes of magic, 32-bit version, 32-bit number of sections,
// then sections of (32-bit id, 64-bit size, bytes), all little-endian.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "../error.hpp"
#include "../field/params.hpp"

namespace zkmargin {

static_assert(std::endian::native == std::endian::little, "the files are little-endian, and read as they are");

struct SectionName {
  std::uint32_t id;
  const char* name;
};

struct ContainerFormat {
  const char* magic;
  std::uint32_t version;
  /** For errors; sections of other ids may be there and are left alone. */
  std::span<const SectionName> names;
};

struct Section {
  std::uint32_t id;
  std::span<const std::uint8_t> bytes;
};

struct Container {
  std::string file;
  const ContainerFormat* format;
  /** In the file's order, no id twice; they lie in the bytes that were given. */
  std::vector<Section> sections;
};

/**
 * Bytes after the last section are ignored, as by snarkjs.
 * @param name what errors call the file
 * @param format must live as long as the result
 * @throws FileError on another magic or version, on a section that occurs twice or ends after the file
 */
Container parseContainer(std::span<const std::uint8_t> bytes, const std::string& name, const ContainerFormat& format);

/** "section 4 (coefficients)" */
std::string sectionLabel(const ContainerFormat& format, std::uint32_t id);

[[noreturn]] void refuseSection(const Container& container, std::uint32_t id, const std::string& rule);

/** Null when the file has none of that id. */
const Section* findSection(const Container& container, std::uint32_t id);

/** @throws FileError when it is missing */
std::span<const std::uint8_t> requireSection(const Container& container, std::uint32_t id);

/** @throws FileError when the section is missing, or has not `count` times `size` bytes after the first `prefix` ones */
std::span<const std::uint8_t> requireSectionOf(const Container& container, std::uint32_t id, std::uint64_t count, std::size_t size, std::size_t prefix = 0);

/**
 * The section as an array of records of bytes, which may lie at any address.
 * @param prefix bytes ahead of the first record
 * @throws FileError when the section is missing or not of exactly that size
 */
template <class ByteRecord>
std::span<const ByteRecord> requireRecords(const Container& container, std::uint32_t id, std::uint64_t count, std::size_t prefix = 0) {
  static_assert(alignof(ByteRecord) == 1);
  const auto bytes = requireSectionOf(container, id, count, sizeof(ByteRecord), prefix).subspan(prefix);
  return {reinterpret_cast<const ByteRecord*>(bytes.data()), static_cast<std::size_t>(count)};
}

/** @throws FileError when a field's size and modulus, as headers hold them, are not those of `modulus` */
void requireModulus(const Container& container, std::uint32_t id, const std::uint8_t (&size)[4], const std::uint8_t (&found)[32], const Words& modulus);

template <class Value, std::size_t size>
Value load(const std::uint8_t (&bytes)[size]) {
  static_assert(sizeof(Value) == size);
  Value value;
  std::memcpy(&value, bytes, size);
  return value;
}

inline std::uint32_t loadUint32(const std::uint8_t (&bytes)[4]) { return load<std::uint32_t>(bytes); }
inline Words loadWords(const std::uint8_t (&bytes)[32]) { return load<Words>(bytes); }

/** "1 wire", "2 wires" */
std::string counted(std::uint64_t count, const char* thing);

}  // namespace zkmargin
