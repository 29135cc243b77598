// Tasks shared by threads: all are done, each once; what a task throws comes back; cancelling stops.
#include <atomic>
#include <stdexcept>
#include <vector>

#if defined(__GLIBC__)
#include <pthread.h>
#endif

#include "../core/threads.hpp"
#include "check.hpp"

namespace zkmargin::test {
namespace {

TEST("each task is done once, by a thread that does no other meanwhile") {
  for (const unsigned count : {1u, 2u, 3u, 7u}) {
    Threads threads(count);
    CHECK_EQUAL(threads.count(), count);
    for (const std::size_t tasks : {0, 1, 2, 6, 7, 8, 1000}) {
      std::vector<std::atomic<int>> done(tasks), busy(count);
      std::atomic<int> wrong{0};
      threads.forEach(tasks, [&](std::size_t task, unsigned thread) {
        if (thread >= count || busy[thread].fetch_add(1) != 0) wrong++;
        done[task]++;
        busy[thread]--;
      });
      for (const auto& each : done) CHECK_EQUAL(each.load(), 1);
      CHECK_EQUAL(wrong.load(), 0);
    }
  }
}

TEST("ten thousand short rounds come to an end, with what each wrote") {
  Threads threads(3);
  std::vector<std::size_t> written(5);
  for (std::size_t round = 1; round <= 10'000; round++) {
    threads.forEach(round % 6, [&](std::size_t task, unsigned) { written[task] = round; });
    for (std::size_t task = 0; task < round % 6; task++) {
      if (written[task] != round) {
        fail(__FILE__, __LINE__, "round " + std::to_string(round));
        return;
      }
    }
  }
}

TEST("threads that never work come to an end") {
  for (int i = 0; i < 200; i++) const Threads threads(static_cast<unsigned>(1 + i % 5));
}

#if defined(__GLIBC__)
TEST("where the system gives no more threads, fewer do the work") {
  pthread_attr_t usual, huge;
  CHECK_EQUAL(pthread_getattr_default_np(&usual), 0);
  CHECK_EQUAL(pthread_attr_init(&huge), 0);
  // No system has room for seven such stacks.
  CHECK_EQUAL(pthread_attr_setstacksize(&huge, std::size_t{1} << 46), 0);
  CHECK_EQUAL(pthread_setattr_default_np(&huge), 0);
  {
    Threads threads(7);
    CHECK(threads.count() < 7);
    std::atomic<std::size_t> sum{0};
    threads.forEach(100, [&](std::size_t task, unsigned) { sum += task; });
    CHECK_EQUAL(sum.load(), 4950);
  }
  CHECK_EQUAL(pthread_setattr_default_np(&usual), 0);
}
#endif

TEST("what a task throws comes back from the call, and the threads go on") {
  for (const unsigned count : {1u, 2u, 4u}) {
    Threads threads(count);
    for (std::size_t round = 0; round < 500; round++) {
      std::atomic<std::size_t> begun{0};
      CHECK_THROWS(std::out_of_range,
                   threads.forEach(1000,
                                   [&](std::size_t task, unsigned) {
                                     begun++;
                                     if (task == round % 100) throw std::out_of_range("task " + std::to_string(task));
                                   }),
                   "task " + std::to_string(round % 100));
      CHECK(begun > 0 && begun <= 1000);
      std::atomic<std::size_t> sum{0};
      threads.forEach(10, [&](std::size_t task, unsigned) { sum += task; });
      CHECK_EQUAL(sum.load(), 45);
    }
  }
}

TEST("of many exceptions one comes back, and what is no std::exception too") {
  Threads threads(4);
  for (int round = 0; round < 200; round++) {
    CHECK_THROWS(std::runtime_error, threads.forEach(50, [](std::size_t, unsigned) { throw std::runtime_error("all fail"); }), "all fail");
  }
  int caught = 0;
  try {
    threads.forEach(3, [](std::size_t task, unsigned) {
      if (task == 1) throw 17;
    });
  } catch (int value) {
    caught = value;
  }
  CHECK_EQUAL(caught, 17);
}

TEST("after a failure no further task begins on one thread") {
  Threads threads(1);
  std::vector<std::size_t> begun;
  CHECK_THROWS(std::runtime_error,
               threads.forEach(10,
                               [&](std::size_t task, unsigned) {
                                 begun.push_back(task);
                                 if (task == 3) throw std::runtime_error("three");
                               }),
               "three");
  CHECK_EQUAL(begun.size(), 4);
}

TEST("cancelling stops before the next task, and is told even when the last is done") {
  for (const unsigned count : {1u, 3u}) {
    std::atomic<bool> cancelled{false};
    Threads threads(count, &cancelled);
    std::atomic<std::size_t> begun{0};
    CHECK_THROWS(Cancelled,
                 threads.forEach(100'000,
                                 [&](std::size_t, unsigned) {
                                   const std::size_t order = ++begun;
                                   if (order == 5) cancelled = true;
                                   // Nobody gets ahead of the one that cancels.
                                   while (order > 5 && !cancelled) std::this_thread::yield();
                                 }),
                 "cancelled");
    CHECK(begun >= 5 && begun < 5 + count);
    CHECK_THROWS(Cancelled, threads.forEach(1, [&](std::size_t, unsigned) { begun = 0; }), "cancelled");
    CHECK(begun != 0);
    CHECK_THROWS(Cancelled, threads.throwIfCancelled(), "cancelled");
    cancelled = false;
    CHECK_THROWS(Cancelled, threads.forEach(1, [&](std::size_t, unsigned) { cancelled = true; }), "cancelled");
    cancelled = false;
    threads.forEach(1, [&](std::size_t, unsigned) { begun = 0; });
    CHECK_EQUAL(begun.load(), 0);
  }
}

}  // namespace
}  // namespace zkmargin::test
