// What tests of eight lanes include before they turn AVX-512 on, so that only the lanes and what is made from them is compiled for it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>

#include "../core/aligned.hpp"
#include "../core/curve/xyzz.hpp"
#include "../core/field/adx.hpp"
#include "../core/msm/point-reference.hpp"
#include "check.hpp"
#include "coverage.hpp"
#include "natural.hpp"
#include "random.hpp"

namespace zkmargin::test {
/** A type of its own, so that no template compiled here for AVX-512 is taken for one of another back end's. */
struct TestedMultiply : AdxMultiply {};
}  // namespace zkmargin::test
#endif
