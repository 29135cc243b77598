#include "setup.hpp"

#include "arguments.hpp"
#include "job.hpp"
#include "setup/generator.hpp"
#include "setup/initial-key.hpp"

namespace zkmargin::addon {

namespace {

Napi::Object optionsArgument(const Napi::Value& value) {
  if (!value.IsObject()) throw ArgumentError("options", "must be an object");
  return value.As<Napi::Object>();
}

template <class Point>
Conversion valueOf(Multiples<Point> multiples, Encodings encodings) {
  return [multiples = std::move(multiples), encodings](Napi::Env env) -> Napi::Value {
    auto object = Napi::Object::New(env);
    object.Set("affine", bytesOf<Point>(env, multiples.points));
    object.Set("uncompressed", encodings.uncompressed ? Napi::Value(bytesOf<std::uint8_t>(env, multiples.uncompressed)) : env.Undefined());
    object.Set("compressed", encodings.compressed ? Napi::Value(bytesOf<std::uint8_t>(env, multiples.compressed)) : env.Undefined());
    return object;
  };
}

}  // namespace

Napi::Value writeInitialKey(const Napi::CallbackInfo& info) {
  const std::string r1cs = textArgument(info[0], "r1cs"), ptau = textArgument(info[1], "ptau"), zkey = textArgument(info[2], "zkey");
  const auto options = optionsArgument(info[3]);
  const Backend& backend = arithmeticArgument(options.Get("arithmetic"));
  const unsigned threads = threadsArgument(options.Get("threads"));
  return startJob(info.Env(), options.Get("onProgress"),
                  [=, &backend](const std::atomic<bool>& cancelled, const std::function<void(double)>& onProgress) -> Conversion {
                    const SetupOptions setup{.backend = backend, .threads = threads, .cancelled = &cancelled, .onProgress = onProgress};
                    return [hash = zkmargin::writeInitialKey(r1cs, ptau, zkey, setup)](Napi::Env env) -> Napi::Value {
                      return bytesOf<std::uint8_t>(env, hash);
                    };
                  });
}

Napi::Value multiplyGenerator(const Napi::CallbackInfo& info) {
  const std::string group = textArgument(info[0], "group");
  if (group != "g1" && group != "g2") throw ArgumentError("group", "must be g1 or g2");
  auto scalars = scalarsArgument(info[1], "scalars");
  const auto options = optionsArgument(info[2]);
  const Backend& backend = arithmeticArgument(options.Get("arithmetic"));
  const unsigned threads = threadsArgument(options.Get("threads"));
  const Encodings encodings{booleanArgument(options.Get("uncompressed"), "uncompressed"), booleanArgument(options.Get("compressed"), "compressed")};
  return startJob(info.Env(), info.Env().Undefined(),
                  [=, &backend, scalars = std::move(scalars)](const std::atomic<bool>& cancelled, const auto&) -> Conversion {
                    Threads pool(threads, &cancelled);
                    if (group == "g1") return valueOf(multiplyGeneratorG1(backend, scalars, encodings, pool), encodings);
                    return valueOf(multiplyGeneratorG2(backend, scalars, encodings, pool), encodings);
                  });
}

}  // namespace zkmargin::addon
