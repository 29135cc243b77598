#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "error.hpp"

namespace zkmargin {

/** What a computation did, to compare its time with what the processor's multiplications alone would take. */
struct Work {
  /** Sums of two points in affine coordinates. */
  std::atomic<std::uint64_t> g1Sums{0}, g2Sums{0};
};

/**
 * The threads of one computation: the caller's and `count - 1` more, or as many as the system gives, which live as long as this object.
 * Tasks are taken one after the other by whoever is free, so that work of unequal parts balances.
 */
class Threads {
 public:
  /** @param cancelled when set, forEach throws Cancelled at the next task */
  explicit Threads(unsigned count, const std::atomic<bool>* cancelled = nullptr);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  unsigned count() const { return static_cast<unsigned>(helpers_.size()) + 1; }
  Work& work() { return work_; }

  /**
   * Calls work(task, thread) for each task below `tasks`; thread is below count() and not in two calls at once.
   * @throws the first exception of a task; Cancelled
   */
  void forEach(std::size_t tasks, const std::function<void(std::size_t task, unsigned thread)>& work);

  /** @throws Cancelled when the caller asked to stop */
  void throwIfCancelled() const {
    if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) throw Cancelled();
  }

 private:
  void help(unsigned thread);
  void take(unsigned thread);

  Work work_;
  const std::atomic<bool>* cancelled_;
  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(std::size_t, unsigned)>* task_ = nullptr;
  std::size_t tasks_ = 0;
  std::atomic<std::size_t> next_{0};
  std::size_t round_ = 0;
  unsigned busy_ = 0;
  bool stopping_ = false;
  std::exception_ptr failure_;
};

}  // namespace zkmargin
