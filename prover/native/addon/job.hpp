// A computation on a thread of its own: libuv's pool has few threads, which files and names need.
#pragma once

#include <napi.h>

#include <atomic>
#include <functional>

namespace zkmargin::addon {

/** Makes the job's result a JavaScript value; called on the thread of JavaScript. */
using Conversion = std::function<Napi::Value(Napi::Env)>;
/** What the job's thread does. It may call `onProgress` with fractions; it touches no JavaScript. */
using Work = std::function<Conversion(const std::atomic<bool>& cancelled, const std::function<void(double)>& onProgress)>;

/**
 * @param onProgress undefined, or a function that gets fractions in [0, 1]; some are left out when they come faster than JavaScript takes them.
 * What it throws cancels the job and rejects its promise
 * @returns { result: a promise, settled when the job's thread is done with everything it was given; cancel(): asks it to stop }
 */
Napi::Object startJob(Napi::Env env, const Napi::Value& onProgress, Work work);

}  // namespace zkmargin::addon
