#include "base/streamed_file.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "support/paths.h"

using namespace mma;

TEST_CASE("streamed file: it is there when all is written, or as it was", "[base]") {
  test::ScratchDir dir;
  auto file = dir / "out";
  write_atomically(file, "before");
  {
    StreamedFile gone(file);
    gone.add(std::string(3 << 20, 'x'));
    CHECK(read_file(file) == "before");
  }
  CHECK(read_file(file) == "before");
  StreamedFile out(file);
  std::string all;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(9000, static_cast<char>('a' + i % 26));
    out.add(piece);
    all += piece;
  }
  CHECK(read_file(file) == "before");
  out.commit();
  CHECK(read_file(file) == all);
  CHECK(std::distance(fs::directory_iterator(dir.path), fs::directory_iterator()) == 1);
  CHECK_THROWS_AS(StreamedFile(dir / "nowhere" / "out"), MachineError);
}
