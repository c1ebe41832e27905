#include "eval/evaluation_report.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "report/comparison.h"
#include "support/cpu_time.h"
#include "support/paths.h"
#include "support/run_folder.h"
#include "tasks/multilabel.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// An evaluation of so many samples and labels, a sample having a handful of them.
struct Evaluation20000 {
  Split split;
  std::vector<std::string> labels;
  Evaluation result;
  Evaluation20000(int64_t samples, int64_t width, double noise) {
    RandomStream random(derive_key(1, "noise"));
    auto& p = result.predictions;
    p.labels = width;
    for (int64_t i = 0; i < samples * width; ++i) {
      p.truth.push_back(i % 4001 == 0);
      auto logit = 8.0 * p.truth.back() - 4 + noise * random.normal();
      p.scores.push_back(static_cast<float>(1 / (1 + std::exp(-logit))));
    }
    for (int64_t c = 0; c < width; ++c) labels.push_back(fmt::format("label {}", c));
    for (int64_t i = 0; i < samples; ++i) split.ids.push_back(fmt::format("s{}", i));
    split.labels = p.truth;
  }
  Report write(const fs::path& folder) const {
    return write_report(folder, {"test", split, LabelKind::kMultilabel, labels, {}}, result);
  }
};

}  // namespace

TEST_CASE("evaluation report: files and tables of a small evaluation", "[eval]") {
  test::ScratchDir dir;
  Evaluation20000 e(0, 2, 1);
  e.split.ids = {"x", "y"};
  e.split.labels = {1, 0, 0, 0};
  e.labels = {"drama", "war\x1b[31m"};
  e.result.predictions = {2, {1, 0, 0, 0}, {0.75, 0.25, 0.5, 0.5}};
  e.result.gate_inputs = {"text", "video"};
  e.result.gates = {0.25, 0.75, 0.5, 0.5};
  e.result.sites = {{"1 attention", {0.125, NAN}}};
  log_to_file(dir / "log");
  auto report = e.write(dir / "out");
  CHECK(report.metrics == multilabel_metrics(e.result.predictions));
  CHECK(contains(report.tables, "drama"));
  CHECK(!contains(report.tables, "\x1b"));
  CHECK(!contains(report.tables, "most positives"));
  CHECK(contains(read_file(dir / "log"), "1 of 2 labels have no positives in test"));
  auto metrics = Json::parse(read_file(dir / "out/metrics.json"));
  CHECK(metrics["labels"]["drama"]["count"] == 1);
  CHECK(metrics["labels"]["war\x1b[31m"]["average_precision"].is_null());
  CHECK(metrics["samples"] == 2);
  auto gates = Json::parse(read_file(dir / "out/gates.json"));
  CHECK(gates["overall"]["video"] == 0.625);
  CHECK(gates["labels"]["drama"]["text"] == 0.25);
  CHECK(gates["sites"] ==
        Json{{{"site", "1 attention"}, {"gates", {{"text", 0.125}, {"video", nullptr}}}}});
}

TEST_CASE("evaluation report: real targets, and what constant predictions leave undefined",
          "[eval]") {
  test::ScratchDir dir;
  log_to_file(dir / "log");
  Split split;
  split.ids = {"x", "y"};
  split.targets = {1, 7, -2, 8};
  Evaluation result;
  result.predictions = truth_of(split);
  result.predictions.scores = {0.5, 7, 0.5, 9};
  result.gate_inputs = {"text", "video"};
  result.gates = {0.25, 0.75, 0.5, 0.5};
  auto report = write_report(dir / "out",
                             {"test", split, LabelKind::kRegression, {"mood", "year"}, {}}, result);
  CHECK(contains(report.tables, "label     MAE    RMSE  Pearson  Spearman"));
  CHECK(contains(report.tables, "mood   1.5000  1.8028        -         -"));
  CHECK(!contains(report.tables, "count"));
  auto metrics = Json::parse(read_file(dir / "out/metrics.json"));
  CHECK(metrics["mae"] == 1);
  CHECK(metrics["pearson"] == 1);  // of the target that has one
  CHECK(metrics["labels"]["mood"]["pearson"].is_null());
  CHECK(metrics["labels"]["year"]["mae"] == 0.5);
  CHECK(!metrics["labels"]["year"].contains("count"));
  auto gates = Json::parse(read_file(dir / "out/gates.json"));
  CHECK(gates["overall"]["video"] == 0.625);
  CHECK(gates["labels"].empty());
  CHECK(read_file(dir / "log").empty());
}

TEST_CASE("evaluation report: classes have a confusion matrix, errors with the text's beginning",
          "[eval]") {
  test::ScratchDir dir;
  log_to_file(dir / "log");
  Split split;
  split.ids = {"x", "y", "z"};
  split.labels = {1, 0, 0, 0, 1, 0, 0, 1, 0};
  split.tokens = {1, 4, 5, 2, 1, 4, 2, 1, 2};
  split.offsets = {0, 4, 7, 9};
  Evaluation result;
  result.predictions = {3, split.labels, {.25, .5, .25, .125, .75, .125, .5, .25, .25}};
  Evaluated what{"test", split, LabelKind::kMulticlass, {"drama", "war", "war\x1b[31m"}, {}};
  what.texts =
      Detokenizer(WordPieceFiles{{"[PAD]", "[CLS]", "[SEP]", "[UNK]", "a", "soldier"}, {}, "test"});
  auto report = write_report(dir / "out", what, result);
  CHECK(contains(report.tables, "true class, given:  drama  war  war\\x1b[31m\n"));
  CHECK(contains(report.tables, "war                     1    1            0\n"));
  auto metrics = Json::parse(read_file(dir / "out/metrics.json"));
  CHECK(metrics["confusion"] == Json{{"drama", {{"war", 1}}}, {"war", {{"drama", 1}, {"war", 1}}}});
  CHECK(read_file(dir / "out/errors.jsonl") ==
        "{\"id\":\"x\",\"truth\":\"drama\",\"predicted\":\"war\",\"score\":0.5,"
        "\"text\":\"a soldier\"}\n"
        "{\"id\":\"z\",\"truth\":\"war\",\"predicted\":\"drama\",\"score\":0.5}\n");
  // Of many classes the most frequent confusions.
  split.labels.assign(3 * 30, 0);
  result.predictions = {30, {}, std::vector<float>(3 * 30, 0.0f)};
  what.labels.clear();
  for (int c = 0; c < 30; ++c) what.labels.push_back(fmt::format("class {}", c));
  for (size_t i = 0; i < 3; ++i) split.labels[i * 30 + 7] = 1;
  for (size_t i = 0; i < 3; ++i) result.predictions.scores[i * 30 + (i < 2 ? 3 : 7)] = 0.5;
  result.predictions.truth = split.labels;
  report = write_report(dir / "out", what, result);
  CHECK(contains(report.tables, "true class  given class  samples  of the class\n"));
  CHECK(contains(report.tables, "class 7         class 3        2        66.7 %\n"));
}

TEST_CASE("evaluation report: 20,000 labels are written, read and compared in seconds", "[eval]") {
  test::ScratchDir dir;
  log_to_file(dir / "log");
  test::CpuTime time;
  for (int64_t seed : {1, 2}) {
    auto folder = dir / fmt::format("run{}", seed);
    Evaluation20000 e(100, 20000, seed == 1 ? 1 : 4);
    test::RunFolder run;
    run.lr = static_cast<double>(seed);
    run.predictions = {2, {1, 0}, {0.9, 0.1}};
    run.write(folder);
    auto card = Json::parse(read_file(folder / "model/config.json"));
    card["labels"] = e.labels;
    write_atomically(folder / "model/config.json", card.dump());
    auto report = e.write(folder / "eval/test");
    CHECK(std::count(report.tables.begin(), report.tables.end(), '\n') < 100);
    CHECK(contains(report.tables, "the other 19950 are in metrics.json"));
  }
  auto log = read_file(dir / "log");
  CHECK(std::count(log.begin(), log.end(), '\n') == 2);  // a warning an evaluation
  CHECK(contains(log, "19500 of 20000 labels have no positives in test"));
  std::vector<RunResults> runs{read_run(dir / "run1", "test"), read_run(dir / "run2", "test")};
  CHECK(runs[0].predictions.truth == Evaluation20000(100, 20000, 1).split.labels);
  CHECK(metric(multilabel_metrics(runs[0].predictions), "ap_micro") ==
        metric(runs[0].metrics, "ap_micro"));
  Faults faults;
  auto comparison = compare_runs(runs, "test", "ap_micro", faults);
  CHECK(comparison.systems[1].p_value < 0.05);
  compare_runs(runs, "test", "f1_samples", faults);
  // Looking for each label among all of them took minutes.
  CHECK(time.seconds() < 20);
}
