#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "../field/params.hpp"

namespace zkmargin {

/**
 * The values of a .wtns file over BN254's scalar field: plain integers below r, 32 bytes each, the first of them 1. No error quotes a value.
 * @returns the section's bytes, a multiple of 32
 * @throws FileError, also when a value is not below r
 */
std::span<const std::uint8_t> parseWtns(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace zkmargin
