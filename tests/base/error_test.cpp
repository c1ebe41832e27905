#include "base/error.h"

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <new>

using namespace mma;

TEST_CASE("faults: of each kind the first 20 and a count", "[base]") {
  Faults faults;
  CHECK(faults.empty());
  CHECK_NOTHROW(faults.raise());
  for (int i = 0; i < 23; ++i) faults.add("missing file", fmt::format("a{}", i));
  faults.add("duplicate id", "b0");
  CHECK(faults.count() == 24);
  auto text = faults.message();
  CHECK(text.find("a19\n") != std::string::npos);
  CHECK(text.find("a20") == std::string::npos);
  CHECK(text.ends_with("... and 3 more: missing file (23 in all)\nb0"));
  CHECK_THROWS_AS(faults.raise(), UserError);
}

TEST_CASE("faults: exactly 20 need no count", "[base]") {
  Faults faults;
  for (int i = 0; i < 20; ++i) faults.add("k", "line");
  CHECK(faults.message().find("more") == std::string::npos);
}

TEST_CASE("guarded: each exception has its exit code", "[base]") {
  CHECK(guarded([] {}) == 0);
  CHECK(guarded([] { throw Error("e"); }) == 1);
  CHECK(guarded([] { throw std::runtime_error("e"); }) == 1);
  CHECK(guarded([] { check_input(false, "{}: bad", "file"); }) == 2);
  CHECK(guarded([] { throw MachineError("e"); }) == 3);
  CHECK(guarded([] { throw std::bad_alloc(); }) == 3);
  CHECK(guarded([] { throw DivergedError("e"); }) == 4);
  CHECK(guarded([] { throw Stopped(SIGTERM); }) == 128 + SIGTERM);
}

TEST_CASE("printable: one line, cut between characters", "[base]") {
  CHECK(printable("a\nb\x7f\x1b") == "a\\x0ab\\x7f\\x1b");
  CHECK(printable("\u00e9") == "\u00e9");
  CHECK(printable(std::string(80, 'a')) == std::string(80, 'a'));
  CHECK(printable(std::string(81, 'a')) == std::string(80, 'a') + "...");
  CHECK(printable(std::string(79, 'a') + "\u00e9\u00e9") == std::string(79, 'a') + "...");
  CHECK(printable("\u009b2J \u202egpj") == "\\x9b2J \\u202egpj");
  CHECK(printable("caf\xe9") == "caf\\xe9");
  std::string escapes;
  for (int i = 0; i < 100; ++i) escapes += "\\x80";
  CHECK(printable(std::string(100, '\x80')) == escapes.substr(0, 77 * 4) + "...");
}
