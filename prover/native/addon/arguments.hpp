// From JavaScript values to the core's, with every length and range checked, and errors back.
#pragma once

#include <napi.h>

#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "backend.hpp"

namespace zkmargin::addon {

/** A call with a value that the function does not take. */
class ArgumentError : public std::runtime_error {
 public:
  ArgumentError(std::string field, std::string rule)
      : std::runtime_error(field + " " + rule), field(std::move(field)), rule(std::move(rule)) {}
  const std::string field;
  const std::string rule;
};

/**
 * An Error with a `code`, by which JavaScript knows its kind: ZKMARGIN_FILE (with file, section, rule), ZKMARGIN_ARGUMENT (with field, rule),
 * ZKMARGIN_CANCELLED, ZKMARGIN_ENGINE.
 */
Napi::Error errorFrom(Napi::Env env, const std::exception_ptr& failure);

/** An exported function whose C++ exceptions become JavaScript errors. */
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value typed(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw errorFrom(info.Env(), std::current_exception());
  }
}

std::string textArgument(const Napi::Value& value, const char* field);
bool booleanArgument(const Napi::Value& value, const char* field);
/** 1 to 256. */
unsigned threadsArgument(const Napi::Value& value);
/** The name of a back end that this processor can run. */
const Backend& arithmeticArgument(const Napi::Value& value);
/** The bytes themselves, no copy: valid while JavaScript holds the array, and leaves its buffer where it is. */
std::span<const std::uint8_t> bytesArgument(const Napi::Value& value, const char* field);
/** Plain integers of 32 bytes, least significant first, below the scalar field's order. */
std::vector<Words> scalarsArgument(const Napi::Value& value, const char* field);
/** Elements in Montgomery form as in the files: 32 bytes, below the modulus. */
template <class Params>
std::vector<Element<Params>> elementsArgument(const Napi::Value& value, const char* field);
/** Points as in a .zkey, with canonical coordinates; where they lie. That they are on the curve is the caller's to know. */
template <class Point>
std::span<const Record<Point>> pointsArgument(const Napi::Value& value, const char* field);

/** A copy of plain values. */
template <class Value>
Napi::Uint8Array bytesOf(Napi::Env env, std::span<const Value> values) {
  auto bytes = Napi::Uint8Array::New(env, values.size_bytes());
  if (!values.empty()) std::memcpy(bytes.Data(), values.data(), values.size_bytes());
  return bytes;
}

inline Napi::BigInt bigintOf(Napi::Env env, const Words& integer) { return Napi::BigInt::New(env, 0, integer.size(), integer.data()); }

}  // namespace zkmargin::addon
