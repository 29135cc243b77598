#include "job.hpp"

#include <memory>
#include <optional>
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
  std::vector<Napi::ObjectReference> kept;
  Signal signal;
  std::thread thread;

  /** Shared with the cancel function, which JavaScript may hold for longer. */
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  std::atomic<double> fraction{0};
  std::atomic<bool> signalled{false};
  std::atomic<bool> done{false};

  Conversion conversion;
  std::exception_ptr failure;
  /** What onProgress threw. */
  std::optional<Napi::Error> thrown;
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

void settle(Napi::Env env, Job& job) {
  job.settled = true;
  job.kept.clear();
  if (job.thrown) {
    job.promise.Reject(job.thrown->Value());
    return;
  }
  try {
    if (job.failure != nullptr) std::rethrow_exception(job.failure);
    job.promise.Resolve(job.conversion(env));
  } catch (const Napi::Error& error) {
    job.promise.Reject(error.Value());
  } catch (...) {
    job.promise.Reject(errorFrom(env, std::current_exception()).Value());
  }
}

/** On the thread of JavaScript; env is null when that is being torn down. */
void onSignal(Napi::Env env, Napi::Function, Job* job, void*) {
  if (napi_env(env) == nullptr || job->settled) return;
  const Napi::HandleScope scope(env);
  job->signalled = false;
  const bool done = job->done;
  if (!job->onProgress.IsEmpty() && !job->thrown && job->fraction > 0) {
    try {
      job->onProgress.Call({Napi::Number::New(env, job->fraction)});
    } catch (const Napi::Error& error) {
      job->thrown.emplace(error);
      *job->cancelled = true;
    }
  }
  if (done) settle(env, *job);
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

Napi::Object startJob(Napi::Env env, const Napi::Value& onProgress, const std::vector<Napi::Object>& kept, Work work) {
  if (!onProgress.IsUndefined() && !onProgress.IsFunction()) throw ArgumentError("onProgress", "must be a function");
  auto job = std::make_unique<Job>(env, std::move(work));
  if (onProgress.IsFunction()) job->onProgress = Napi::Persistent(onProgress.As<Napi::Function>());
  for (const auto& value : kept) job->kept.push_back(Napi::Persistent(value));

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
