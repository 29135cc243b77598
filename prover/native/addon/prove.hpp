#pragma once

#include <napi.h>

namespace zkmargin::addon {

/**
 * prove(key, witness, { arithmetic, threads, onProgress }): { result, cancel } as startJob returns it, the result being
 * { a: [x, y], b: [[real, imaginary], [real, imaginary]], c: [x, y], publicSignals, times, sums: { g1, g2 } }: bigints, milliseconds by
 * phase, and how many sums of two points it took.
 * The witness is a .wtns file in memory. It is copied at once, and the copy wiped; the caller wipes his own.
 */
Napi::Value prove(const Napi::CallbackInfo&);

}  // namespace zkmargin::addon
