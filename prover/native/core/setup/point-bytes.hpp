// Points as transcripts hash them: plain integers, big-endian, of Fp2 the second part first; infinity is all zeros.
#pragma once

#include <cstdint>

#include "../curve/affine.hpp"

namespace zkmargin {

/** Both coordinates: as many bytes as the point has. */
void writeUncompressed(const G1Affine& point, std::uint8_t* bytes);
void writeUncompressed(const G2Affine& point, std::uint8_t* bytes);

/** x alone, half as many; the top bit tells that y is the larger of the two that are possible, the next one infinity. */
void writeCompressed(const G1Affine& point, std::uint8_t* bytes);
void writeCompressed(const G2Affine& point, std::uint8_t* bytes);

}  // namespace zkmargin
