#include "data/memory_budget.h"

#include "base/error.h"

namespace mma {

// Counts from `count` being set until its end.
struct MemoryBudget::Share {
  MemoryBudget& budget;
  uint64_t size;
  uint64_t* count = nullptr;
  ~Share() {
    if (!count) return;
    {
      std::lock_guard lock(budget.mutex_);
      *count -= size;
    }
    budget.changed_.notify_all();
  }
  void begin(uint64_t& where) {
    count = &where;
    where += size;
  }
};

void MemoryBudget::need(uint64_t size, const std::string& why) const {
  check_input(size <= most_ - kept_,
              "{}: takes {} bytes of memory, expected at most {} (--max-memory)", why, size,
              most_ - kept_);
}

std::shared_ptr<const void> MemoryBudget::take(uint64_t size, const std::string& why) {
  std::shared_ptr<Share> share(new Share{*this, size});
  std::unique_lock lock(mutex_);
  need(size, why);
  changed_.wait(lock, [&] { return taken_ + size <= most_ - kept_; });
  share->begin(taken_);
  return share;
}

std::shared_ptr<const void> MemoryBudget::keep(uint64_t size, const std::string& why) {
  std::shared_ptr<Share> share(new Share{*this, size});
  std::lock_guard lock(mutex_);
  need(size, why);
  share->begin(kept_);
  return share;
}

}  // namespace mma
