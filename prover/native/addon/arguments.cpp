#include "arguments.hpp"

#include <cmath>
#include <cstring>
#include <new>

#include "error.hpp"

namespace zkmargin::addon {

namespace {

Napi::Error coded(Napi::Env env, const char* code, const std::string& message) {
  auto error = Napi::Error::New(env, message);
  error.Value().Set("code", code);
  return error;
}

template <class Params>
bool isCanonical(const std::uint8_t* bytes) {
  Words words;
  std::memcpy(words.data(), bytes, sizeof words);
  return words::less(words, Params::modulus);
}

/** @throws ArgumentError unless the bytes are whole records of 32-byte integers below the modulus */
template <class Params>
void requireCanonical(std::span<const std::uint8_t> bytes, std::size_t recordSize, const char* field) {
  if (bytes.size() % recordSize != 0) throw ArgumentError(field, "must have a multiple of " + std::to_string(recordSize) + " bytes");
  for (std::size_t at = 0; at < bytes.size(); at += 32) {
    if (!isCanonical<Params>(bytes.data() + at)) throw ArgumentError(field, "must have values below the modulus (number " + std::to_string(at / recordSize) + ")");
  }
}

}  // namespace

Napi::Error errorFrom(Napi::Env env, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const FileError& error) {
    auto result = coded(env, "ZKMARGIN_FILE", error.what());
    result.Value().Set("file", error.file);
    result.Value().Set("section", error.section);
    result.Value().Set("rule", error.rule);
    return result;
  } catch (const ArgumentError& error) {
    auto result = coded(env, "ZKMARGIN_ARGUMENT", error.what());
    result.Value().Set("field", error.field);
    result.Value().Set("rule", error.rule);
    return result;
  } catch (const Cancelled& error) {
    return coded(env, "ZKMARGIN_CANCELLED", error.what());
  } catch (const std::bad_alloc&) {
    return coded(env, "ZKMARGIN_ENGINE", "out of memory");
  } catch (const std::exception& error) {
    return coded(env, "ZKMARGIN_ENGINE", error.what());
  } catch (...) {
    return coded(env, "ZKMARGIN_ENGINE", "unknown failure");
  }
}

std::string textArgument(const Napi::Value& value, const char* field) {
  if (!value.IsString()) throw ArgumentError(field, "must be a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  // The rest of it would be ignored by the system.
  if (text.empty() || text.find('\0') != std::string::npos) throw ArgumentError(field, "must be a non-empty string without zero characters");
  return text;
}

bool booleanArgument(const Napi::Value& value, const char* field) {
  if (!value.IsBoolean()) throw ArgumentError(field, "must be a boolean");
  return value.As<Napi::Boolean>().Value();
}

unsigned threadsArgument(const Napi::Value& value) {
  const double count = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (!(count >= 1 && count <= 256) || count != std::floor(count)) throw ArgumentError("threads", "must be a whole number in 1..256");
  return static_cast<unsigned>(count);
}

const Backend& arithmeticArgument(const Napi::Value& value) {
  const std::string name = textArgument(value, "arithmetic");
  return backendNamed(name.c_str());
}

std::span<const std::uint8_t> bytesArgument(const Napi::Value& value, const char* field) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) throw ArgumentError(field, "must be a Uint8Array");
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

std::vector<Words> scalarsArgument(const Napi::Value& value, const char* field) {
  const auto bytes = bytesArgument(value, field);
  std::vector<Words> scalars(bytes.size() / sizeof(Words));
  if (!scalars.empty()) std::memcpy(scalars.data(), bytes.data(), scalars.size() * sizeof(Words));
  if (bytes.size() % sizeof(Words) != 0) throw ArgumentError(field, "must have a multiple of 32 bytes");
  // The copy, which nobody else can write to.
  requireCanonical<FrParams>({reinterpret_cast<const std::uint8_t*>(scalars.data()), bytes.size()}, sizeof(Words), field);
  return scalars;
}

template <class Params>
std::vector<Element<Params>> elementsArgument(const Napi::Value& value, const char* field) {
  const auto bytes = bytesArgument(value, field);
  requireCanonical<Params>(bytes, sizeof(Words), field);
  std::vector<Element<Params>> elements(bytes.size() / sizeof(Words));
  if (!elements.empty()) std::memcpy(static_cast<void*>(elements.data()), bytes.data(), bytes.size());
  return elements;
}

template <class Point>
std::span<const Record<Point>> pointsArgument(const Napi::Value& value, const char* field) {
  const auto bytes = bytesArgument(value, field);
  requireCanonical<FpParams>(bytes, sizeof(Point), field);
  return {reinterpret_cast<const Record<Point>*>(bytes.data()), bytes.size() / sizeof(Point)};
}

template std::vector<Fp> elementsArgument<FpParams>(const Napi::Value&, const char*);
template std::vector<Fr> elementsArgument<FrParams>(const Napi::Value&, const char*);
template std::span<const G1Record> pointsArgument<G1Affine>(const Napi::Value&, const char*);
template std::span<const G2Record> pointsArgument<G2Affine>(const Napi::Value&, const char*);

}  // namespace zkmargin::addon
