#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/paths.h"
#include "support/run_folder.h"
#include "support/run_program.h"

using namespace mma;
using test::ProgramResult;

namespace {

// runs/text/seed-1 to seed-4 and runs/video/seed-1 to seed-4, as training and evaluation leave
// them.
struct Systems {
  test::ScratchDir dir;
  Systems() {
    for (int64_t seed : {1, 2, 3, 4}) {
      test::RunFolder run;
      run.seed = seed;
      run.predictions = test::noisy_predictions(50, 2, 3, static_cast<uint64_t>(seed));
      run.write(dir / ("text/seed-" + std::to_string(seed)));
      run.modalities = {"video"};
      run.predictions = test::noisy_predictions(50, 2, 0.5, static_cast<uint64_t>(seed));
      run.write(dir / ("video/seed-" + std::to_string(seed)));
    }
  }
  ProgramResult compare(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command{(test::bin_dir() / "mma-eval").string(), "compare",
                                     (dir / "text").string(), (dir / "video").string()};
    command.insert(command.end(), more.begin(), more.end());
    return test::run_program(command);
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("mma-eval compare: a table of systems, printed and written", "[apps]") {
  Systems systems;
  auto out = systems.dir / "table.md";
  auto result = systems.compare({"--format", "markdown", "--out", out.string()});
  CAPTURE(result.err, result.out);
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "| mm\\_adapter text | 4 |"));
  CHECK(contains(result.out, "better: mm\\_adapter text+video (p="));
  CHECK(read_file(out) == result.out);
  CHECK(systems.compare({"--format", "markdown"}).out == result.out);
  CHECK(contains(systems.compare({"--metric", "f1_macro"}).out, "difference in f1_macro"));
}

TEST_CASE("mma-eval compare: wrong input exits 2 with one line a fault", "[apps]") {
  Systems systems;
  auto fails = [&](const std::vector<std::string>& more, const std::string& what, int64_t lines) {
    auto result = systems.compare(more);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out == "");
    CHECK(contains(result.err, what));
    if (lines > 0) CHECK(std::count(result.err.begin(), result.err.end(), '\n') == lines);
  };
  fails({"--split", "dev"}, "--split dev first", 8);
  fails({"--metric", "f1_micr"}, "did you mean 'f1_micro'?", 1);
  fails({(systems.dir / "nowhere").string()}, "nowhere: neither a run directory", 1);
  fails({(systems.dir / "text/seed-1").string()}, "the same recipe and seed 1", 1);
  fails({"--format", "html"}, "--format", 0);
  fails({"--data", "x.h5"}, "--data", 0);
  auto none = test::run_program({(test::bin_dir() / "mma-eval").string(), "compare"});
  CHECK(none.exit_code == 2);
}
