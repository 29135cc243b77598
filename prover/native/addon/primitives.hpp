#pragma once

#include <napi.h>

namespace zkmargin::addon {

/**
 * The back ends' functions one by one and synchronously, for tests and measurements. Everything is bytes: field elements and points in
 * Montgomery form as in the files, scalars as plain integers. The first argument names the arithmetic; threads are last, where there are any.
 *   fpOperation, frOperation(arithmetic, operation, a, b or undefined): elements
 *   multiplyRepeatedly(arithmetic, values, factor, times): elements; each value x factor^times, multiplied in registers
 *   transform(arithmetic, values, inverse): elements
 *   quotient(arithmetic, a, b, threads): scalars
 *   multiplyG1, multiplyG2(arithmetic, points, scalars, threads): the point that is their sum
 *   multiplyBaseG1, multiplyBaseG2(arithmetic, base, scalars, threads): points
 */
Napi::Object primitives(Napi::Env env);

}  // namespace zkmargin::addon
