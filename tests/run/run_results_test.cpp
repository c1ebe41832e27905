#include "run/run_results.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "report/comparison.h"
#include "support/hostile.h"
#include "support/paths.h"
#include "support/run_folder.h"
#include "tasks/multilabel.h"

using namespace mma;
using test::refusal;
using test::RunFolder;
using test::ScratchDir;

namespace {

RunFolder good() {
  RunFolder run;
  run.seed = 7;
  run.modalities = {"video", "metadata"};
  run.predictions = {2, {1, 0, 0, 1, 1, 1}, {0.9, 0.2, 0.3, 0.7, 0.4, 0.6}};
  return run;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void replace(const fs::path& file, const std::string& from, const std::string& to) {
  auto text = read_file(file);
  auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  write_atomically(file, text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("run results: what a run's files say", "[run]") {
  ScratchDir dir;
  good().write(dir / "run");
  auto run = read_run(dir / "run", "test");
  CHECK(run.seed == 7);
  CHECK(run.modalities == Names{"video", "metadata"});
  CHECK(run.recipe_value("model.name") == "mm_adapter");
  CHECK(run.recipe_value("optim.lr") == "0.001");
  CHECK(run.recipe_value("modalities") == R"(["video","metadata"])");
  CHECK(run.recipe_value("seed") == "");
  CHECK(run.trained == 1234);
  CHECK(run.model_bytes ==
        1000 + static_cast<int64_t>(fs::file_size(dir / "run/model/config.json")));
  CHECK(run.step_milliseconds == std::vector<double>{200, 100});  // 8 samples at 40 and 80 a second
  CHECK(run.peak_memory_bytes == 80e6);
  CHECK(run.ids == Names{"s0", "s1", "s2"});
  CHECK(run.predictions.truth == good().predictions.truth);
  CHECK(run.predictions.scores == good().predictions.scores);
  CHECK(metric(run.metrics, "loss") == 0.25);
  CHECK(metric(run.metrics, "ap_micro") == metric(multilabel_metrics(run.predictions), "ap_micro"));
  // How long processes wait makes no other system, and versions before had no such key.
  replace(dir / "run/model/config.json", "\"recipe\": {",
          "\"recipe\": {\"distributed\": {\"timeout\": 10},");
  CHECK(read_run(dir / "run", "test").recipe == run.recipe);
}

TEST_CASE("run results: a run, a folder of runs, neither", "[run]") {
  ScratchDir dir;
  for (const char* name : {"all/seed-2", "all/seed-1", "single"}) good().write(dir / name);
  make_directories(dir / "all/notes");
  Faults faults;
  auto runs = find_runs({dir / "single", dir / "all"}, faults);
  CHECK(faults.empty());
  CHECK(runs == std::vector<fs::path>{dir / "single", dir / "all/seed-1", dir / "all/seed-2"});
  CHECK(find_runs({dir / "all/notes", dir / "nowhere"}, faults).empty());
  CHECK(faults.count() == 2);
}

TEST_CASE("run results: what is not there is refused, saying what to do", "[run]") {
  ScratchDir dir;
  auto unfinished = good();
  unfinished.status = "running";
  unfinished.write(dir / "running");
  CHECK(contains(refusal([&] { read_run(dir / "running", "test"); }),
                 "the run is not finished: give its mma-train command again"));
  good().write(dir / "run");
  CHECK(contains(refusal([&] { read_run(dir / "run", "dev"); }), "--data PACK --split dev first"));
  fs::remove(dir / "run/eval/test/predictions.jsonl");
  CHECK(
      contains(refusal([&] { read_run(dir / "run", "test"); }), "--data PACK --split test first"));
}

TEST_CASE("run results: damaged files are refused by line", "[run]") {
  ScratchDir dir;
  auto run = dir / "run";
  auto refused = [&](const char* file, const std::string& from, const std::string& to) {
    good().write(run);
    replace(run / file, from, to);
    return refusal([&] { read_run(run, "test"); });
  };
  const char* predictions = "eval/test/predictions.jsonl";
  CHECK(
      contains(refused(predictions, "\"id\":\"s1\"", "\"id\":\"s1"), ".jsonl:2: expected a JSON"));
  CHECK(contains(refused(predictions, "\"war\":0.7", "\"wat\":0.7"), "no number for label 'war'"));
  CHECK(contains(refused(predictions, "\"war\":0.7", "\"war\":null"), "no number for label 'war'"));
  CHECK(
      contains(refused(predictions, "\"war\":0.7", "\"war\":0.7,\"love\":1"), "scores: expected"));
  CHECK(contains(refused(predictions, "[\"drama\"]", "[\"love\"]"), "has no label 'love'"));
  CHECK(contains(refused(predictions, "\"labels\"", "\"lables\""), "without the true labels"));
  CHECK(contains(refused("run.json", "\"sha256\": \"da7a\"", "\"sha256\": 1"), "data.sha256"));
  CHECK(contains(refused("run.json", "\"seed\": 7", "\"seed\": -7"), "seed: expected a whole"));
  CHECK(contains(refused("model/config.json", "multilabel", "many"), "found 'many'"));
  CHECK(contains(refused("model/config.json", "\"drama\"", "\"war\""), "none twice"));
  CHECK(contains(refused("model/config.json", "0.001", "[[1]]"), "optim.lr: expected a list"));
  CHECK(contains(refused("metrics.jsonl", ":40.0", ":0"), "metrics.jsonl:2: samples_per_second"));
  CHECK(contains(refused("eval/test/metrics.json", "{", "["), "metrics.json: expected a JSON"));
}

TEST_CASE("run results: truncations and flipped bytes", "[run]") {
  ScratchDir dir;
  for (const char* file : {"run.json", "model/config.json", "metrics.jsonl",
                           "eval/test/metrics.json", "eval/test/predictions.jsonl"}) {
    CAPTURE(file);
    good().write(dir / "run");
    test::flip_bytes(read_file(dir / "run" / file), 300, [&](const std::string& bad) {
      write_atomically(dir / "run" / file, bad);
      read_run(dir / "run", "test");
    });
  }
  good().write(dir / "run");
  auto file = dir / "run/eval/test/predictions.jsonl";
  auto whole = read_file(file);
  for (size_t n = 0; n < whole.size(); ++n) {
    if (n > 0 && (whole[n] == '\n' || whole[n - 1] == '\n')) continue;  // whole lines
    write_atomically(file, whole.substr(0, n));
    CHECK(!refusal([&] { read_run(dir / "run", "test"); }).empty());
  }
}
