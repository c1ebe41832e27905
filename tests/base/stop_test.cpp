#include "base/stop.h"

#include <signal.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "support/child.h"

using namespace mma;

namespace {

void wait_over_a_second() { std::this_thread::sleep_for(std::chrono::milliseconds(1100)); }

}  // namespace

TEST_CASE("stop: each signal that batch systems and terminals send only sets the flag", "[base]") {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU}) {
    CAPTURE(signal);
    CHECK(test::in_child([&] {
            ::signal(SIGHUP, SIG_DFL);
            watch_stop_signals();
            ::raise(signal);
            try {
              stop_if_asked();
            } catch (const Stopped& e) {
              return static_cast<int>(e.exit_code());
            }
            return 0;
          }) == 128 + signal);
  }
}

TEST_CASE("stop: a closed terminal is nothing to a program under nohup", "[base]") {
  CHECK(test::in_child([] {
          ::signal(SIGHUP, SIG_IGN);
          watch_stop_signals();
          ::raise(SIGHUP);
          return stop_signal();
        }) == 0);
}

TEST_CASE("stop: a second signal ends a program that hangs, and breaks no saving", "[base]") {
  auto with_second = [](int second, bool later, bool saving) {
    return test::in_child([=] {
      ::signal(SIGHUP, SIG_DFL);
      watch_stop_signals();
      ::raise(SIGTERM);
      if (later) wait_over_a_second();
      if (saving) {
        Saving now;
        ::raise(second);
      } else {
        ::raise(second);
      }
      return 0;
    });
  };
  CHECK(with_second(SIGTERM, true, false) == 128 + SIGTERM);
  CHECK(with_second(SIGINT, false, false) == 0);  // sent twice
  CHECK(with_second(SIGTERM, true, true) == 0);
  CHECK(with_second(SIGXCPU, true, false) == 0);  // comes every second
  CHECK(with_second(SIGHUP, true, false) == 0);
}
