#include "base/threads.h"

#include <sys/resource.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <stdexcept>

#include "support/child.h"

using namespace mma;

TEST_CASE("threads: results come in order", "[base]") {
  OrderedProducer<size_t> producer(200, 4, 8, [](size_t i) {
    if (i % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    return i * i;
  });
  for (size_t i = 0; i < 200; ++i) {
    REQUIRE_FALSE(producer.done());
    REQUIRE(producer.next() == i * i);
  }
  CHECK(producer.done());
}

TEST_CASE("threads: never more than the window ahead", "[base]") {
  std::atomic<size_t> taken = 0, worst = 0;
  OrderedProducer<int> producer(100, 4, 5, [&](size_t i) {
    size_t ahead = i - std::min(i, taken.load());
    for (size_t w = worst; ahead > w && !worst.compare_exchange_weak(w, ahead);) {
    }
    return 0;
  });
  for (; !producer.done(); ++taken) producer.next();
  CHECK(worst <= 5);  // next() may have counted one that `taken` has not
}

TEST_CASE("threads: an exception comes out at its place, the rest follows", "[base]") {
  OrderedProducer<int> producer(5, 2, 4, [](size_t i) {
    if (i == 2) throw std::runtime_error("two");
    return static_cast<int>(i);
  });
  CHECK(producer.next() == 0);
  CHECK(producer.next() == 1);
  CHECK_THROWS_AS(producer.next(), std::runtime_error);
  CHECK(producer.next() == 3);
  CHECK(producer.next() == 4);
  CHECK(producer.done());
}

TEST_CASE("threads: may end early or hold nothing", "[base]") {
  std::atomic<int> made = 0;
  {
    OrderedProducer<int> producer(1000, 3, 4, [&](size_t) { return ++made; });
    producer.next();
  }
  CHECK(made <= 5);
  OrderedProducer<int> nothing(0, 2, 2, [](size_t) { return 0; });
  CHECK(nothing.done());
}

TEST_CASE("threads: where one cannot be started, those before it end and the machine is blamed",
          "[base]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer needs more address space than any limit");
#endif
  CHECK(test::in_child([] {
          const struct rlimit limit = {rlim_t{1} << 30, rlim_t{1} << 30};  // of 8 MB stacks: 100
          ::setrlimit(RLIMIT_AS, &limit);
          try {
            OrderedProducer<int> producer(1000, 1000, 4, [](size_t) { return 1; });
          } catch (const MachineError& e) {
            bool advises = std::string(e.what()).find("ulimit -u") != std::string::npos;
            return advises ? 42 : 1;
          }
          return 0;
        }) == 42);
}
