// As many labels as sets of extreme multi-label classification have: through all programs.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::json;
using test::program;
using test::run_program;

namespace {

constexpr int kLabels = 20000;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Of `samples` samples, each with the next `each` labels.
void write_table(const fs::path& file, const std::string& split, int samples, int each) {
  std::string lines;
  for (int i = 0; i < samples; ++i) {
    Json row = {{"id", fmt::format("{}{}", split, i)}, {"text", "a film of love and war"}};
    for (int k = 0; k < each; ++k)
      row["topics"].push_back(fmt::format("topic {}", (i * each + k) % kLabels));
    lines += row.dump() + "\n";
  }
  write_atomically(file, lines);
}

}  // namespace

TEST_CASE("many labels: 20,000 are trained, evaluated, read again and compared", "[apps]") {
  test::ScratchDir dir;
  auto path = [&](const char* name) { return (dir / name).string(); };
  write_demo(dir / "demo", {.train = 4, .dev = 2, .test = 2, .seed = 1});
  write_table(dir / "train.jsonl", "train", 40, kLabels / 40);
  write_table(dir / "dev.jsonl", "dev", 10, 5);
  write_table(dir / "test.jsonl", "test", 10, 5);
  write_atomically(dir / "data.yaml",
                   "name: topics\nmax_length: 64\nid: id\ntext: text\nlabels: {field: topics, "
                   "kind: multilabel}\n"
                   "splits: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}\n");
  write_atomically(dir / "recipe.yaml",
                   "modalities: []\nmodel: {name: linear}\noptim: {batch_size: 8}\n"
                   "train: {max_steps: 2}\nprecision: fp32\ndevice: cpu\n");
  auto run = [&](const std::vector<std::string>& command) {
    auto result = run_program(command);
    CAPTURE(command, result.err);
    REQUIRE(result.exit_code == 0);
    return result;
  };
  run({program("mma-prep"), "build", path("data.yaml"), "--root", path(""), "--tokenizer",
       path("demo/backbone"), "--out", path("topics.h5")});
  auto trained =
      run({program("mma-train"), path("recipe.yaml"), "--data", path("topics.h5"), "--backbone",
           path("demo/backbone"), "--out", path("runs"), "--seeds", "1-2"});
  CHECK(std::count(trained.err.begin(), trained.err.end(), '\n') < 100);

  // A folder of runs is evaluated run by run.
  auto evaluated = run({program("mma-eval"), path("runs"), "--data", path("topics.h5")});
  CHECK(contains(evaluated.out, "\nseed-1 "));
  CHECK(contains(evaluated.out, "\nseed-2 "));
  CHECK(contains(evaluated.out, "\nmean "));
  CHECK(contains(evaluated.err, "19950 of 20000 labels have no positives in test"));
  CHECK(fs::exists(dir / "runs/seed-2/eval/test/metrics.json"));

  // A run may be evaluated where it cannot be written.
  auto elsewhere = run({program("mma-eval"), path("runs/seed-1"), "--data", path("topics.h5"),
                        "--split", "dev", "--out", path("elsewhere")});
  CHECK(contains(elsewhere.out, "the other 19950 are in metrics.json"));
  CHECK(sha256_file(dir / "elsewhere/predictions.jsonl") ==
        sha256_file(dir / "runs/seed-1/eval/dev/predictions.jsonl"));

  auto compared = run({program("mma-eval"), "compare", path("runs")});
  CHECK(contains(compared.out, "linear text     2"));
}

TEST_CASE("folder of runs: one that is not finished is named before anything is computed",
          "[apps]") {
  test::ScratchDir dir;
  for (const char* name : {"runs/seed-1", "runs/seed-2"}) {
    make_directories(dir / name / "model");
    write_atomically(dir / name / "run.json", "{}");
  }
  write_atomically(dir / "runs/seed-1/model/config.json", "{}");
  auto result = run_program({program("mma-eval"), (dir / "runs").string(), "--data", "none.h5"});
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, "seed-2: the run is not finished"));
  CHECK(!contains(result.err, "seed-1"));
}
