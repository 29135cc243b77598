// The engine as a Node module: what crosses the border is checked here, and nothing else is done here.
#include <napi.h>

#include "arguments.hpp"
#include "key.hpp"
#include "primitives.hpp"
#include "prove.hpp"
#include "setup.hpp"

namespace zkmargin::addon {

namespace {

/** info(): { backends: [{ name, available }], fastest }, fastest first. */
Napi::Value info(const Napi::CallbackInfo& call) {
  const auto env = call.Env();
  const auto all = backends();
  auto list = Napi::Array::New(env, all.size());
  for (std::uint32_t i = 0; i < all.size(); i++) {
    auto entry = Napi::Object::New(env);
    entry.Set("name", all[i]->name);
    entry.Set("available", all[i]->available());
    list.Set(i, entry);
  }
  auto result = Napi::Object::New(env);
  result.Set("backends", list);
  result.Set("fastest", fastestBackend().name);
  return result;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("info", Napi::Function::New<typed<info>>(env, "info"));
  exports.Set("openKey", Napi::Function::New<typed<openKey>>(env, "openKey"));
  exports.Set("checkPoints", Napi::Function::New<typed<checkPoints>>(env, "checkPoints"));
  exports.Set("prove", Napi::Function::New<typed<prove>>(env, "prove"));
  exports.Set("writeInitialKey", Napi::Function::New<typed<writeInitialKey>>(env, "writeInitialKey"));
  exports.Set("multiplyGenerator", Napi::Function::New<typed<multiplyGenerator>>(env, "multiplyGenerator"));
  exports.Set("primitives", primitives(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(zkmargin_native, initialize)

}  // namespace zkmargin::addon
