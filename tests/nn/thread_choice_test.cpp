#include "nn/thread_choice.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "base/cores.h"
#include "base/error.h"

using namespace mma;

namespace {

// An environment variable for the length of a test.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (auto* before = std::getenv(name)) before_ = before;
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  ~Environment() { before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1); }

 private:
  const char* name_;
  std::string before_;
};

// Puts the number of threads back.
struct Threads {
  int before = at::get_num_threads();
  ~Threads() { at::set_num_threads(before); }
};

const ThreadProbe kSmall{8, 16, 32};

}  // namespace

TEST_CASE("thread choice: candidates double up to all cores", "[nn]") {
  CHECK(thread_candidates(1) == std::vector<int>{1});
  CHECK(thread_candidates(2) == std::vector<int>{1, 2});
  CHECK(thread_candidates(6) == std::vector<int>{1, 2, 4, 6});
}

TEST_CASE("thread choice: asked wins over the environment, that over the record", "[nn]") {
  Threads restored;
  {
    Environment none("OMP_NUM_THREADS", nullptr);
    auto recorded = set_up_threads({0, 1}, kSmall, {});
    CHECK(recorded.threads == 1);
    CHECK(recorded.why.find("as the run was begun") != std::string::npos);
    CHECK(recorded.warning == "");
    auto measured = set_up_threads({}, kSmall, {});
    CHECK(measured.threads >= 1);
    CHECK(measured.threads <= allowed_cores());
    CHECK(measured.threads == at::get_num_threads());
    CHECK(set_up_threads({0, 1 << 14}, kSmall, {}).warning.find("begun with 16384 threads") !=
          std::string::npos);
  }
  Environment one("OMP_NUM_THREADS", "1");
  at::set_num_threads(1);
  CHECK(set_up_threads({0, 2}, kSmall, {}).threads == 1);
  CHECK(set_up_threads({0, 2}, kSmall, {}).warning.find("begun with 2 threads") !=
        std::string::npos);
  CHECK(set_up_threads({1, 0}, kSmall, {}).why.find("as asked for") != std::string::npos);
  CHECK_THROWS_AS(set_up_threads({allowed_cores() + 1, 0}, kSmall, {}), UserError);
}
