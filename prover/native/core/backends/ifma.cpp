#if defined(__x86_64__)

// What other files use too comes first, compiled for any processor: the linker keeps one copy of it for all of them.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <immintrin.h>

#include "../aligned.hpp"
#include "../backend.hpp"
#include "../field/adx.hpp"
#include "../msm/point-reference.hpp"
#include "../setup/table-shape.hpp"

namespace zkmargin {
/** A type of its own, so that no template compiled here for AVX-512 is taken for one of the adx back end's. */
struct IfmaMultiply : AdxMultiply {};
}  // namespace zkmargin

#pragma GCC push_options
#pragma GCC target("avx512f,avx512ifma,avx512vl,avx512bw,avx512dq,avx512vbmi2,bmi2,adx")

#include "../field/ifma-lanes.hpp"
#include "implementation.hpp"

namespace zkmargin {

namespace {
bool available() {
  return __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx");
}
}  // namespace

const Backend ifmaBackend = BackendImplementation<IfmaLanes, IfmaMultiply>::make("ifma", available);

}  // namespace zkmargin

#pragma GCC pop_options

#endif
