#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mma {

/// Makes results 0 .. n-1 on worker threads, at most `window` ahead of the one taken, and hands
/// them out in order. Memory is bounded by the window, whatever n is. An exception of `make` comes
/// out of next() at its place in the order. MachineError where a thread cannot be started.
template <class Result>
class OrderedProducer {
 public:
  OrderedProducer(size_t n, size_t workers, size_t window, std::function<Result(size_t)> make)
      : n_(n), window_(window), make_(std::move(make)) {
    try {
      for (size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& e) {
      join();
      throw MachineError(fmt::format(
          "cannot start thread {} of {}: {}; raise the limits on processes (ulimit -u) and memory "
          "(ulimit -v), or take fewer threads",
          threads_.size() + 1, workers, e.code().message()));
    } catch (...) {
      join();
      throw;
    }
  }
  ~OrderedProducer() { join(); }
  OrderedProducer(const OrderedProducer&) = delete;
  OrderedProducer& operator=(const OrderedProducer&) = delete;

  bool done() const { return taken_ == n_; }
  /// The next result; waits for it. Only while !done().
  Result next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.count(taken_) > 0; });
    auto slot = std::move(ready_.extract(taken_).mapped());
    ++taken_;
    lock.unlock();
    changed_.notify_all();
    if (slot.error) std::rethrow_exception(slot.error);
    return std::move(slot.result);
  }

 private:
  struct Slot {
    Result result{};
    std::exception_ptr error;
  };
  void join() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock,
                    [this] { return stopped_ || started_ == n_ || started_ < taken_ + window_; });
      if (stopped_ || started_ == n_) return;
      size_t index = started_++;
      lock.unlock();
      Slot slot;
      try {
        slot.result = make_(index);
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      ready_.emplace(index, std::move(slot));
      lock.unlock();
      changed_.notify_all();
    }
  }

  const size_t n_, window_;
  const std::function<Result(size_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<size_t, Slot> ready_;
  size_t started_ = 0, taken_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mma
