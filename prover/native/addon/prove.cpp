#include "prove.hpp"

#include "aligned.hpp"
#include "arguments.hpp"
#include "groth16/prove.hpp"
#include "job.hpp"
#include "key.hpp"

namespace zkmargin::addon {

namespace {

Napi::BigInt bigintOf(Napi::Env env, const Fp& value) { return addon::bigintOf(env, Field<FpParams, PortableMultiply>::toInteger(value)); }

template <class First, class Second>
Napi::Array pair(Napi::Env env, const First& first, const Second& second) {
  auto array = Napi::Array::New(env, 2);
  array.Set(0u, first);
  array.Set(1u, second);
  return array;
}

Napi::Value pointOf(Napi::Env env, const G1Affine& point) { return pair(env, bigintOf(env, point.x), bigintOf(env, point.y)); }

Napi::Value pairOf(Napi::Env env, const Fp2& value) { return pair(env, bigintOf(env, value.c0), bigintOf(env, value.c1)); }

Napi::Value pointOf(Napi::Env env, const G2Affine& point) { return pair(env, pairOf(env, point.x), pairOf(env, point.y)); }

Napi::Value timesOf(Napi::Env env, const PhaseTimes& times) {
  auto object = Napi::Object::New(env);
  object.Set("rows", times.rows);
  object.Set("quotient", times.quotient);
  object.Set("a", times.a);
  object.Set("b1", times.b1);
  object.Set("b2", times.b2);
  object.Set("c", times.c);
  object.Set("h", times.h);
  object.Set("assemble", times.assemble);
  object.Set("verify", times.verify);
  return object;
}

Napi::Value valueOf(Napi::Env env, const ProvenWitness& proven) {
  auto signals = Napi::Array::New(env, proven.publicSignals.size());
  for (std::uint32_t i = 0; i < proven.publicSignals.size(); i++) signals.Set(i, addon::bigintOf(env, proven.publicSignals[i]));
  auto object = Napi::Object::New(env);
  object.Set("a", pointOf(env, proven.proof.a));
  object.Set("b", pointOf(env, proven.proof.b));
  object.Set("c", pointOf(env, proven.proof.c));
  object.Set("publicSignals", signals);
  object.Set("times", timesOf(env, proven.times));
  auto sums = Napi::Object::New(env);
  sums.Set("g1", static_cast<double>(proven.g1Sums));
  sums.Set("g2", static_cast<double>(proven.g2Sums));
  object.Set("sums", sums);
  return object;
}

}  // namespace

Napi::Value prove(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const auto key = keyArgument(info[0]);
  const auto given = bytesArgument(info[1], "witness");
  // A copy, which is wiped: while the proof runs JavaScript may change, resize or transfer what it gave.
  const auto witness = std::make_shared<Aligned<std::uint8_t>>(given.size());
  if (!given.empty()) std::memcpy(witness->data(), given.data(), given.size());
  if (!info[2].IsObject()) throw ArgumentError("options", "must be an object");
  const auto options = info[2].As<Napi::Object>();
  const Backend& backend = arithmeticArgument(options.Get("arithmetic"));
  const unsigned threads = threadsArgument(options.Get("threads"));
  return startJob(env, options.Get("onProgress"),
                  [key, witness, &backend, threads](const std::atomic<bool>& cancelled, const std::function<void(double)>& onProgress) -> Conversion {
                    const ProveOptions proveOptions{.backend = backend, .threads = threads, .cancelled = &cancelled, .onProgress = onProgress};
                    return [proven = zkmargin::prove(*key, witness->span(), proveOptions)](Napi::Env env) { return valueOf(env, proven); };
                  });
}

}  // namespace zkmargin::addon
