#include "primitives.hpp"

#include <bit>
#include <cmath>
#include <utility>

#include "arguments.hpp"

namespace zkmargin::addon {

namespace {

FieldOperation operationArgument(const Napi::Value& value) {
  static constexpr std::pair<const char*, FieldOperation> operations[] = {
      {"add", FieldOperation::add},       {"subtract", FieldOperation::subtract}, {"multiply", FieldOperation::multiply},
      {"square", FieldOperation::square}, {"negate", FieldOperation::negate},     {"inverse", FieldOperation::inverse},
  };
  const std::string name = textArgument(value, "operation");
  for (const auto& [known, operation] : operations) {
    if (name == known) return operation;
  }
  throw ArgumentError("operation", "must be add, subtract, multiply, square, negate or inverse");
}

bool isBinary(FieldOperation operation) { return operation <= FieldOperation::multiply; }

template <class Params, auto member>
Napi::Value fieldOperation(const Napi::CallbackInfo& info) {
  const Backend& backend = arithmeticArgument(info[0]);
  const FieldOperation operation = operationArgument(info[1]);
  const auto a = elementsArgument<Params>(info[2], "a");
  const auto b = isBinary(operation) ? elementsArgument<Params>(info[3], "b") : std::vector<Element<Params>>();
  if (isBinary(operation) && b.size() != a.size()) throw ArgumentError("b", "must have as many elements as a");
  std::vector<Element<Params>> out(a.size());
  (backend.*member)(operation, a, b, out);
  return bytesOf<Element<Params>>(info.Env(), out);
}

Napi::Value multiplyRepeatedly(const Napi::CallbackInfo& info) {
  const Backend& backend = arithmeticArgument(info[0]);
  auto values = elementsArgument<FpParams>(info[1], "values");
  const auto factor = elementsArgument<FpParams>(info[2], "factor");
  if (factor.size() != 1) throw ArgumentError("factor", "must be one element");
  const double times = info[3].IsNumber() ? info[3].As<Napi::Number>().DoubleValue() : -1;
  if (!(times >= 0 && times <= UINT32_MAX) || times != std::floor(times)) throw ArgumentError("times", "must be a whole number in 0..2^32-1");
  backend.multiplyRepeatedly(values, factor[0], static_cast<std::uint64_t>(times));
  return bytesOf<Fp>(info.Env(), values);
}

/** @throws ArgumentError unless there are 2^n of them */
unsigned domainPower(std::size_t elements, const char* field) {
  if (!std::has_single_bit(elements) || elements > (std::size_t{1} << 24)) throw ArgumentError(field, "must be 2^n elements with n in 0..24");
  return static_cast<unsigned>(std::countr_zero(elements));
}

Napi::Value transform(const Napi::CallbackInfo& info) {
  const Backend& backend = arithmeticArgument(info[0]);
  auto values = elementsArgument<FrParams>(info[1], "values");
  const bool inverse = booleanArgument(info[2], "inverse");
  const auto domain = backend.makeDomain(domainPower(values.size(), "values"));
  backend.transform(*domain, values, inverse);
  return bytesOf<Fr>(info.Env(), values);
}

Napi::Value quotient(const Napi::CallbackInfo& info) {
  const Backend& backend = arithmeticArgument(info[0]);
  const auto a = elementsArgument<FrParams>(info[1], "a");
  const auto b = elementsArgument<FrParams>(info[2], "b");
  Threads threads(threadsArgument(info[3]));
  if (b.size() != a.size()) throw ArgumentError("b", "must have as many elements as a");
  const auto domain = backend.makeDomain(domainPower(a.size(), "a"));
  std::vector<Words> h(a.size());
  backend.quotient(*domain, a, b, h, threads);
  return bytesOf<Words>(info.Env(), h);
}

template <class Point, auto member>
Napi::Value multiply(const Napi::CallbackInfo& info) {
  const Backend& backend = arithmeticArgument(info[0]);
  const auto points = pointsArgument<Point>(info[1], "points");
  const auto scalars = scalarsArgument(info[2], "scalars");
  Threads threads(threadsArgument(info[3]));
  if (scalars.size() != points.size()) throw ArgumentError("scalars", "must be as many as the points");
  const Point sum = (backend.*member)(points, scalars, threads);
  return bytesOf<Point>(info.Env(), {&sum, 1});
}

template <class Point, auto member>
Napi::Value multiplyBase(const Napi::CallbackInfo& info) {
  const Backend& backend = arithmeticArgument(info[0]);
  const auto base = pointsArgument<Point>(info[1], "base");
  const auto scalars = scalarsArgument(info[2], "scalars");
  Threads threads(threadsArgument(info[3]));
  if (base.size() != 1) throw ArgumentError("base", "must be one point");
  std::vector<Point> products(scalars.size());
  (backend.*member)(base[0].read(), scalars, products, threads);
  return bytesOf<Point>(info.Env(), products);
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void add(Napi::Object object, const char* name) {
  object.Set(name, Napi::Function::New<typed<function>>(object.Env(), name));
}

}  // namespace

Napi::Object primitives(Napi::Env env) {
  auto object = Napi::Object::New(env);
  add<fieldOperation<FpParams, &Backend::fpOperation>>(object, "fpOperation");
  add<fieldOperation<FrParams, &Backend::frOperation>>(object, "frOperation");
  add<multiplyRepeatedly>(object, "multiplyRepeatedly");
  add<transform>(object, "transform");
  add<quotient>(object, "quotient");
  add<multiply<G1Affine, &Backend::multiplyG1>>(object, "multiplyG1");
  add<multiply<G2Affine, &Backend::multiplyG2>>(object, "multiplyG2");
  add<multiplyBase<G1Affine, &Backend::multiplyBaseG1>>(object, "multiplyBaseG1");
  add<multiplyBase<G2Affine, &Backend::multiplyBaseG2>>(object, "multiplyBaseG2");
  return object;
}

}  // namespace zkmargin::addon
