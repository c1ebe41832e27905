#include "data/memory_budget.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "support/hostile.h"

using namespace mma;

TEST_CASE("memory budget: more than there will ever be is refused", "[data]") {
  MemoryBudget budget(100);
  CHECK(test::refusal([&] { budget.take(101, "f.p"); }) ==
        "f.p: takes 101 bytes of memory, expected at most 100 (--max-memory)");
  {
    auto kept = budget.keep(60, "m.npz");
    CHECK(test::refusal([&] { budget.take(41, "f.p"); }).find("at most 40") != std::string::npos);
    CHECK_FALSE(test::refusal([&] { budget.keep(41, "n.npz"); }).empty());
    budget.take(40, "f.p");
  }
  budget.take(100, "f.p");
  CHECK_FALSE(test::refusal([&] { budget.take(UINT64_MAX, "f.p"); }).empty());
}

TEST_CASE("memory budget: a thread waits for what others give back", "[data]") {
  MemoryBudget budget(100);
  std::atomic<int> together = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        auto memory = budget.take(50, "f.p");
        int now = ++together;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        std::this_thread::yield();
        --together;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(most <= 2);
  budget.take(100, "f.p");
}
