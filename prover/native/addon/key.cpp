#include "key.hpp"

#include "arguments.hpp"
#include "error.hpp"
#include "job.hpp"

namespace zkmargin::addon {

namespace {

using SharedKey = std::shared_ptr<const ProvingKey>;

/** Tells an object of ours from any other, whose wrapped pointer would be something else. */
constexpr napi_type_tag keyTag{0x9f3c51d07b6e42a8, 0xb1d4e67f0283c95a};

void release(napi_env, void* key, void*) { delete static_cast<SharedKey*>(key); }

}  // namespace

Napi::Value openKey(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const std::string path = textArgument(info[0], "path");
  const SharedKey key = ProvingKey::open(path);
  const auto bytes = key->bytes();
  const auto& view = key->view();
  // Node's limit of one buffer.
  constexpr std::uint64_t maximumBytes = std::uint64_t{1} << 32;
  if (bytes.size() > maximumBytes) throw FileError(path, "file", "has " + std::to_string(bytes.size()) + " bytes, must have at most 4294967296");

  auto object = Napi::Object::New(env);
  // JavaScript has no read-only buffers; the mapping is not written to by anyone.
  auto* const data = const_cast<std::uint8_t*>(bytes.data());
  object.Set("bytes", Napi::ArrayBuffer::New(env, data, bytes.size(), [](Napi::Env, void*, SharedKey* held) { delete held; }, new SharedKey(key)));
  object.Set("wires", view.wires);
  object.Set("publicSignals", view.publicSignals);
  object.Set("domainPower", view.domainPower);
  object.TypeTag(&keyTag);
  auto* const held = new SharedKey(key);
  if (napi_wrap(env, object, held, release, nullptr, nullptr) != napi_ok) {
    delete held;
    throw Napi::Error::New(env);
  }
  object.Freeze();
  return object;
}

SharedKey keyArgument(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&keyTag)) throw ArgumentError("key", "must be what openKey returned");
  void* held = nullptr;
  if (napi_unwrap(value.Env(), value, &held) != napi_ok) throw ArgumentError("key", "must be what openKey returned");
  return *static_cast<SharedKey*>(held);
}

Napi::Value checkPoints(const Napi::CallbackInfo& info) {
  const auto key = keyArgument(info[0]);
  const unsigned threads = threadsArgument(info[1]);
  return startJob(info.Env(), info.Env().Undefined(), [key, threads](const std::atomic<bool>& cancelled, const auto&) -> Conversion {
    Threads pool(threads, &cancelled);
    key->checkPoints(pool);
    return [](Napi::Env env) { return env.Undefined(); };
  });
}

}  // namespace zkmargin::addon
