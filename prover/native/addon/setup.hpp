#pragma once

#include <napi.h>

namespace zkmargin::addon {

/**
 * writeInitialKey(r1cs, ptau, zkey, { arithmetic, threads, onProgress }): { result, cancel } as startJob returns it, the result being the
 * circuit hash. The first three are paths (core/setup/initial-key.hpp).
 */
Napi::Value writeInitialKey(const Napi::CallbackInfo&);

/**
 * multiplyGenerator("g1" or "g2", scalars, { arithmetic, threads, uncompressed, compressed }): { result, cancel }, the result being
 * { affine, uncompressed, compressed }: bytes of points as in the files and as transcripts hash them (core/setup/point-bytes.hpp), the latter
 * two undefined unless asked for.
 */
Napi::Value multiplyGenerator(const Napi::CallbackInfo&);

}  // namespace zkmargin::addon
