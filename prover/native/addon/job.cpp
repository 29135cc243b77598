#include "job.hpp"

#include <memory>
#include <system_error>
#include <thread>

#include "arguments.hpp"
#include "error.hpp"

namespace zkmargin::addon {

namespace {

struct Job;
void onSignal(Napi::Env env, Napi::Function, Job* job, void*);
using Signal = Napi::TypedThreadSafeFunction<Job, void, onSignal>;

/** Lives until its signal is finalized, which is after its thread has released it. */
struct Job {
  Job(Napi::Env env, Work work) : work(std::move(work)), promise(Napi::Promise::Deferred::New(env)) {}

  Work work;
  Napi::Promise::Deferred promise;
  Napi::FunctionReference onProgress;
  Signal signal;
  std::thread thread;

  /** Shared with the cancel function, which JavaScript may hold for longer. */
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  std::atomic<double> fraction{0};
  std::atomic<bool> signalled{false};
  std::atomic<bool> done{false};

  Conversion conversion;
  std::exception_ptr failure;
  /** What onProgress threw, as the only element of an array: it may be anything. */
  Napi::ObjectReference thrown;
  bool settled = false;
};

/** On the job's own thread. */
void run(Job& job) {
  try {
    job.conversion = job.work(*job.cancelled, [&job](double fraction) {
      job.fraction = fraction;
      if (!job.signalled.exchange(true)) job.signal.NonBlockingCall();
    });
  } catch (...) {
    job.failure = std::current_exception();
  }
  // What the work holds, a key for example, is given back before the promise settles.
  job.work = {};
  job.done = true;
  job.signal.NonBlockingCall();
  job.signal.Release();
}

/**
 * Whether JavaScript may still run. When a worker is being terminated every call into it fails, and the C++ wrapper of Node's interface ends the
 * process when it fails to make an error of that: nothing of it may be used then.
 */
bool canRun(napi_env env) {
  napi_value global;
  bool ignored;
  return napi_get_global(env, &global) == napi_ok && napi_has_named_property(env, global, "Object", &ignored) == napi_ok;
}

void settle(Napi::Env env, Job& job) {
  job.settled = true;
  if (!job.thrown.IsEmpty()) {
    napi_value thrown;
    if (napi_get_element(env, job.thrown.Value(), 0, &thrown) == napi_ok) job.promise.Reject(thrown);
    return;
  }
  try {
    if (job.failure != nullptr) std::rethrow_exception(job.failure);
    job.promise.Resolve(job.conversion(env));
  } catch (const Napi::Error& error) {
    if (canRun(env)) job.promise.Reject(error.Value());
  } catch (...) {
    if (canRun(env)) job.promise.Reject(errorFrom(env, std::current_exception()).Value());
  }
}

/** What it throws cancels the job. @returns false when JavaScript can't run any more */
bool tellProgress(Napi::Env env, Job& job) {
  napi_value receiver, fraction, ignored;
  if (napi_get_undefined(env, &receiver) != napi_ok || napi_create_double(env, job.fraction, &fraction) != napi_ok) return false;
  if (napi_call_function(env, receiver, job.onProgress.Value(), 1, &fraction, &ignored) == napi_ok) return true;
  *job.cancelled = true;
  napi_value thrown;
  if (napi_get_and_clear_last_exception(env, &thrown) != napi_ok || !canRun(env)) return false;
  napi_value array;
  if (napi_create_array_with_length(env, 1, &array) != napi_ok || napi_set_element(env, array, 0, thrown) != napi_ok) return false;
  job.thrown = Napi::Persistent(Napi::Object(env, array));
  return true;
}

/** On the thread of JavaScript; env is null when that is being torn down. */
void onSignal(Napi::Env env, Napi::Function, Job* job, void*) {
  if (napi_env(env) == nullptr || job->settled) return;
  const Napi::HandleScope scope(env);
  job->signalled = false;
  const bool done = job->done;
  bool running = canRun(env);
  if (running && !job->onProgress.IsEmpty() && job->thrown.IsEmpty() && job->fraction > 0) running = tellProgress(env, *job);
  if (!running) {
    *job->cancelled = true;
    job->settled = true;
    return;
  }
  try {
    if (done) settle(env, *job);
  } catch (const Napi::Error&) {
    // Terminated meanwhile: nobody waits for the promise any more.
  }
}

/** The environment ends (a worker is terminated): the thread must not outlive what it signals. */
void stop(void* data) {
  auto& job = *static_cast<Job*>(data);
  *job.cancelled = true;
  if (job.thread.joinable()) job.thread.join();
}

void finalize(Napi::Env env, void*, Job* job) {
  napi_remove_env_cleanup_hook(env, stop, job);
  if (job->thread.joinable()) job->thread.join();
  delete job;
}

}  // namespace

Napi::Object startJob(Napi::Env env, const Napi::Value& onProgress, Work work) {
  if (!onProgress.IsUndefined() && !onProgress.IsFunction()) throw ArgumentError("onProgress", "must be a function");
  auto job = std::make_unique<Job>(env, std::move(work));
  if (onProgress.IsFunction()) job->onProgress = Napi::Persistent(onProgress.As<Napi::Function>());

  auto handle = Napi::Object::New(env);
  handle.Set("result", job->promise.Promise());
  handle.Set("cancel", Napi::Function::New(env, [cancelled = job->cancelled](const Napi::CallbackInfo&) { *cancelled = true; }, "cancel"));

  job->signal = Signal::New(env, "zkmargin", 0, 1, job.get(), finalize, static_cast<void*>(nullptr));
  Job* const started = job.release();
  // Hooks run last in, first out: this one before that of the signal.
  napi_add_env_cleanup_hook(env, stop, started);
  try {
    started->thread = std::thread([started] { run(*started); });
  } catch (const std::system_error&) {
    started->settled = true;
    started->signal.Release();
    throw EngineError("no thread can be started");
  }
  return handle;
}

}  // namespace zkmargin::addon
