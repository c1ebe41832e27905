#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace mma {

/// How much memory a program's threads may take, together, for what must be held as a whole.
/// What they gave must not outlive it.
class MemoryBudget {
 public:
  explicit MemoryBudget(uint64_t most) : most_(most) {}
  /// Memory for one piece of work: waits until other threads give back enough. A thread asks for
  /// one at a time. UserError, "`why`: ..", where there never will be enough.
  std::shared_ptr<const void> take(uint64_t size, const std::string& why);
  /// Memory that is held for long: nobody waits for it. For before the threads are started.
  std::shared_ptr<const void> keep(uint64_t size, const std::string& why);

 private:
  struct Share;
  void need(uint64_t size, const std::string& why) const;

  const uint64_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t taken_ = 0, kept_ = 0;
};

}  // namespace mma
