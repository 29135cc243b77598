#pragma once

#include <napi.h>

#include <memory>

#include "groth16/proving-key.hpp"

namespace zkmargin::addon {

/**
 * openKey(path): { bytes, wires, publicSignals, domainPower }. `bytes` is an ArrayBuffer over the mapping itself, so that what is hashed
 * is what proves; writing to it ends the process. The mapping lasts as long as the object, its bytes, or a proof made with it.
 */
Napi::Value openKey(const Napi::CallbackInfo&);

/** checkPoints(key, threads): { result, cancel } as startJob returns it. */
Napi::Value checkPoints(const Napi::CallbackInfo&);

/** @throws ArgumentError when the value is not what openKey returned */
std::shared_ptr<const ProvingKey> keyArgument(const Napi::Value& value);

}  // namespace zkmargin::addon
