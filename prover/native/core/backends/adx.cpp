#if defined(__x86_64__)

#include "../field/adx.hpp"
#include "implementation.hpp"

namespace zkmargin {

const Backend adxBackend = BackendImplementation<ScalarLanes, AdxMultiply>::make("adx", [] { return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx"); });

}  // namespace zkmargin

#endif
