#include "base/input_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;

TEST_CASE("input file: any place, and what is no file", "[base]") {
  test::ScratchDir dir;
  write_atomically(dir / "f", "0123456789");
  InputFile file(dir / "f");
  CHECK(file.size() == 10);
  std::string three(3, '-');
  file.read(7, three.data(), 3);
  CHECK(three == "789");
  CHECK(test::refusal([&] {
          file.read(8, three.data(), 3);
        }).ends_with("f: ends after 10 bytes, expected at least 11"));
  CHECK(test::refusal([&] { InputFile(dir / "none"); }).ends_with("none: no such file"));
  CHECK(test::refusal([&] { InputFile(dir.path); }).ends_with("found something else"));
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK(test::refusal([&] { InputFile(dir / "pipe"); }).ends_with("found something else"));
}
