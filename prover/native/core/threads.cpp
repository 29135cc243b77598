#include "threads.hpp"

namespace zkmargin {

Threads::Threads(unsigned count, const std::atomic<bool>* cancelled) : cancelled_(cancelled) {
  helpers_.reserve(count);
  for (unsigned thread = 1; thread < count; thread++) {
    try {
      helpers_.emplace_back([this, thread] { help(thread); });
    } catch (const std::exception&) {
      // The system gives no more: fewer do the same work, and to leave now would end the process, as some run already.
      break;
    }
  }
}

Threads::~Threads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& helper : helpers_) helper.join();
}

void Threads::forEach(std::size_t tasks, const std::function<void(std::size_t, unsigned)>& work) {
  throwIfCancelled();
  if (tasks == 0) return;
  {
    const std::lock_guard lock(mutex_);
    task_ = &work;
    tasks_ = tasks;
    next_ = 0;
    failure_ = nullptr;
    busy_ = static_cast<unsigned>(helpers_.size());
    round_++;
  }
  wake_.notify_all();
  take(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
  task_ = nullptr;
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  throwIfCancelled();
}

void Threads::help(unsigned thread) {
  std::size_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || round_ != seen; });
    if (stopping_) return;
    seen = round_;
    lock.unlock();
    take(thread);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

void Threads::take(unsigned thread) {
  for (;;) {
    const std::size_t task = next_.fetch_add(1);
    if (task >= tasks_) return;
    try {
      throwIfCancelled();
      (*task_)(task, thread);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (failure_ == nullptr) failure_ = std::current_exception();
      // What is left is not begun.
      next_ = tasks_;
      return;
    }
  }
}

}  // namespace zkmargin
