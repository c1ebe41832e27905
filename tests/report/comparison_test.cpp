#include "report/comparison.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <tuple>

#include "base/files.h"
#include "report/comparison_table.h"
#include "support/paths.h"
#include "support/run_folder.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Approx;
using test::noisy_predictions;
using test::RunFolder;
using test::ScratchDir;

namespace {

// Runs that were written to a folder and read from it.
struct Runs {
  ScratchDir dir;
  std::vector<RunResults> runs;
  void add(const RunFolder& run) {
    auto folder = dir / ("run" + std::to_string(runs.size()));
    run.write(folder);
    runs.push_back(read_run(folder, "test"));
  }
  Comparison compare(const std::string& metric = "") const {
    Faults faults;
    return compare_runs(runs, "test", metric, faults);
  }
  // The lines of what is wrong.
  Names faults(const std::string& metric = "") const {
    Names lines;
    try {
      compare(metric);
    } catch (const UserError& e) {
      std::string text = e.what();
      for (size_t at = 0; at <= text.size();) {
        auto end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
      }
    }
    return lines;
  }
};

RunFolder run_of(int64_t seed, double noise, const Names& modalities = {}) {
  RunFolder run;
  run.seed = seed;
  run.modalities = modalities;
  run.predictions = noisy_predictions(80, 2, noise, static_cast<uint64_t>(seed));
  return run;
}

// Text alone, noisy, with two seeds; text and video, clear, with three.
Runs two_systems() {
  Runs r;
  r.add(run_of(1, 3));
  r.add(run_of(1, 0.5, {"video"}));
  r.add(run_of(2, 3));
  r.add(run_of(2, 0.5, {"video"}));
  r.add(run_of(3, 0.5, {"video"}));
  return r;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("comparison: runs that differ only in their seed are one system", "[report]") {
  auto r = two_systems();
  auto groups = group_runs(r.runs);
  CHECK(groups == std::vector<std::vector<size_t>>{{0, 2}, {1, 3, 4}});
  CHECK(system_names(r.runs, groups) == Names{"mm_adapter text", "mm_adapter text+video"});
}

TEST_CASE("comparison: names say what differs where models and inputs do not", "[report]") {
  Runs r;
  auto run = run_of(1, 1);
  r.add(run);
  run.lr = 0.01;
  r.add(run);
  run.backbone_hash = "0123456789abcdef";
  r.add(run);
  run.model = "linear";
  r.add(run);
  auto names = system_names(r.runs, group_runs(r.runs));
  CHECK(names == Names{"mm_adapter text optim.lr=0.001",
                       "mm_adapter text optim.lr=0.01 backbone=bb01",
                       "mm_adapter text optim.lr=0.01 backbone=01234567", "linear text"});
}

TEST_CASE("comparison: where recipes differ in much, folders give the names", "[report]") {
  std::vector<RunResults> runs(3);
  for (size_t i = 0; i < runs.size(); ++i) {
    runs[i].recipe = {{"model.name", "houlsby"}};
    for (auto* key : {"model.a", "model.b", "model.c"})
      runs[i].recipe.emplace_back(key, i == 2 ? "2" : "1");
    runs[i].seed = static_cast<int64_t>(i);
  }
  runs[0].folder = "runs/houlsby/seed-1";
  runs[1].folder = "runs/houlsby/seed-2";
  runs[2].folder = "runs/pfeiffer";
  CHECK(system_names(runs, group_runs(runs)) ==
        Names{"houlsby text (houlsby)", "houlsby text (pfeiffer)"});
}

TEST_CASE("comparison: figures, intervals, difference and p-value", "[report]") {
  auto r = two_systems();
  auto c = r.compare();
  CHECK(c.metric == "ap_micro");  // as the recipe says
  CHECK(c.samples == 80);
  CHECK(c.resamples == 10000);
  REQUIRE(c.systems.size() == 2);
  auto& text = c.systems[0];
  auto& video = c.systems[1];
  CHECK(text.runs == 2);
  CHECK(video.runs == 3);
  CHECK(text.trained == 1234);
  CHECK(text.step_milliseconds == 150);  // of 200, 100, 200, 100
  CHECK(text.peak_memory_bytes == 80e6);
  auto ap = [&](size_t i) { return metric(multilabel_metrics(r.runs[i].predictions), "ap_micro"); };
  auto figure = std::find_if(text.figures.begin(), text.figures.end(),
                             [](auto& f) { return f.name == "ap_micro"; });
  REQUIRE(figure != text.figures.end());
  CHECK(figure->value.mean == Approx((ap(0) + ap(2)) / 2));
  CHECK(figure->value.half_width == Approx(12.706 * std::abs(ap(0) - ap(2)) / 2));
  CHECK(text.difference == 0);
  CHECK(std::isnan(text.p_value));
  CHECK(video.difference == Approx((ap(1) + ap(3) + ap(4)) / 3 - (ap(0) + ap(2)) / 2));
  CHECK(video.p_value == Approx(2.0 / 10001));
  CHECK(r.compare().systems[1].p_value == video.p_value);
  CHECK(r.compare("f1_macro").systems[1].p_value < 0.05);
}

TEST_CASE("comparison: equal predictions are told as no difference", "[report]") {
  Runs r;
  r.add(run_of(1, 1));
  r.add(run_of(1, 1, {"video"}));
  auto c = r.compare();
  CHECK(c.systems[1].difference == 0);
  CHECK(c.systems[1].p_value == 1);
  CHECK(contains(comparison_legend(c), "Not told apart: mm_adapter text+video."));
}

TEST_CASE("comparison: one class a sample", "[report]") {
  Runs r;
  for (const char* model : {"linear", "mm_adapter"}) {
    auto run = run_of(1, model[0] == 'l' ? 2 : 0.3);
    run.model = model;
    run.label_kind = LabelKind::kMulticlass;
    for (size_t i = 0; i < 80; ++i)
      run.predictions.truth[2 * i + 1] = !run.predictions.truth[2 * i];
    r.add(run);
  }
  auto c = r.compare();
  CHECK(c.metric == "accuracy");
  CHECK(contains(comparison_table(c, "text"), "auroc_macro"));
  CHECK(!r.faults("ap_samples").empty());
}

TEST_CASE("comparison: what cannot be compared is refused, all at once", "[report]") {
  auto r = two_systems();
  r.runs[1].ids[3] = "other";
  r.runs[2].labels[0] = "love";
  r.runs[4].predictions.truth[0] ^= 1;
  auto lines = r.faults("f1");
  REQUIRE(lines.size() == 4);
  CHECK(contains(lines[0], "run1: evaluated on other samples than "));
  CHECK(contains(lines[1], "run2: other labels than "));
  CHECK(contains(lines[2], "run4: other true labels of the same samples than "));
  CHECK(contains(lines[3], "unknown metric 'f1'"));
}

TEST_CASE("comparison: the same samples in another pack are compared, with a note", "[report]") {
  Runs r;
  r.add(run_of(1, 1));
  auto other = run_of(1, 1);
  other.data_hash = "0123456789abcdef";
  r.add(other);
  auto c = r.compare();
  REQUIRE(c.systems.size() == 2);
  CHECK(c.systems[1].name == "mm_adapter text data=01234567");
  REQUIRE(c.notes.size() == 1);
  CHECK(contains(c.notes[0], "2 different packs"));
  CHECK(contains(comparison_table(c, "text"), c.notes[0]));
  CHECK(contains(comparison_table(c, "markdown"), "2 different packs"));
  CHECK(two_systems().compare().notes.empty());
}

TEST_CASE("comparison: better and worse are what samples and seeds both say", "[report]") {
  auto judged = [](double difference, double half_width, double p,
                   const char* metric = "ap_micro") {
    System s;
    s.difference = difference;
    s.difference_half_width = half_width;
    s.p_value = p;
    return judge(s, metric);
  };
  CHECK(judged(-0.02, 0.01, 0.001) == Verdict::kWorse);
  CHECK(judged(0.02, 0.01, 0.001) == Verdict::kBetter);
  CHECK(judged(-0.02, 0.01, 0.001, "mae") == Verdict::kBetter);
  CHECK(judged(0.02, 0.01, 0.001, "mae") == Verdict::kWorse);
  CHECK(judged(-0.02, 0.03, 0.001) == Verdict::kOpen);  // another seed might turn it
  CHECK(judged(-0.02, 0.01, 0.05) == Verdict::kOpen);   // other samples might
  CHECK(judged(-0.02, NAN, 0.001) == Verdict::kWorse);  // one run each: by samples alone
  CHECK(judged(0.02, 0.01, NAN) == Verdict::kOpen);

  // Two seeds that scatter by more than the two systems differ.
  Runs r;
  r.add(run_of(1, 3));
  r.add(run_of(2, 0.5));
  r.add(run_of(1, 3.5, {"video"}));
  r.add(run_of(2, 1.2, {"video"}));
  auto c = r.compare();
  CHECK(c.systems[1].p_value < 0.05);
  CHECK(c.systems[1].difference_half_width > std::abs(c.systems[1].difference));
  CHECK(contains(comparison_legend(c), "Worse: none. Not told apart: mm_adapter text+video."));
}

TEST_CASE("comparison: the same seed twice, and metrics of another evaluation", "[report]") {
  auto r = two_systems();
  r.add(run_of(2, 3));
  auto lines = r.faults();
  REQUIRE(lines.size() == 1);
  CHECK(contains(lines[0], "run5: the same recipe and seed 2 as "));
  r.runs.pop_back();
  for (auto& [name, value] : r.runs[4].metrics)
    if (name == "ap_micro") value += 0.01;
  lines = r.faults();
  REQUIRE(lines.size() == 1);
  CHECK(contains(lines[0], "run4: metrics.json and predictions.jsonl disagree on ap_micro"));
  CHECK(!Runs{}.faults().empty());
}

TEST_CASE("comparison: faults found before are told with the others", "[report]") {
  auto r = two_systems();
  r.runs[1].labels[0] = "love";
  Faults faults;
  faults.add("run", "runs/x: not finished");
  CHECK_THROWS_AS(compare_runs(r.runs, "test", "", faults), UserError);
  CHECK(faults.count() == 2);
}

TEST_CASE("comparison: which setting dev prefers, by its own figures alone", "[report]") {
  Runs r;
  int64_t seed = 0;
  // The setting that is best on test (no noise) is not the one that is best on dev.
  for (auto& [lr, noise, dev] :
       {std::tuple{0.001, 0.5, 0.5}, std::tuple{0.01, 3.0, 0.75}, std::tuple{0.1, 2.0, 0.625}})
    for (double more : {0.0, 0.125}) {
      auto run = run_of(++seed, noise);
      run.lr = lr;
      run.best_of_dev = dev + more;
      r.add(run);
    }
  auto c = r.compare();
  CHECK(c.dev_metric == "ap_micro");
  CHECK(by_dev(c) == std::vector<size_t>{1, 2, 0});
  CHECK(c.systems[1].dev.mean == 0.8125);
  auto legend = comparison_legend(c);
  CHECK(contains(legend,
                 "by which settings are to be chosen: mm_adapter text optim.lr=0.01 (0.8125"
                 " ± 0.7941), then mm_adapter text optim.lr=0.1 (0.6875 ± "));
  CHECK(contains(legend, "Split test had no part in it."));
  // One run without dev: nothing is said.
  auto run = run_of(++seed, 1);
  run.lr = 1;
  run.best_of_dev = NAN;
  r.add(run);
  CHECK(by_dev(r.compare()).empty());
  CHECK(!contains(comparison_legend(r.compare()), "on dev in training"));
}

namespace {

Comparison small_table() {
  Comparison c;
  c.split = "test";
  c.metric = "ap_micro";
  c.samples = 100;
  c.resamples = 10000;
  System a{"linear text", 2, 10, 2000, 1.25, 3e6, {{"ap_micro", {0.5, 0.125}}}, 0, NAN, NAN};
  System b{"mm_adapter text+a|b optim.x=\"1,2\"",
           1,
           20,
           3000,
           NAN,
           NAN,
           {{"ap_micro", {0.75, NAN}}, {"loss", {0.5, NAN}}},
           0.25,
           NAN,
           0.0002};
  c.systems = {a, b};
  return c;
}

}  // namespace

TEST_CASE("comparison table: text", "[report]") {
  auto text = comparison_table(small_table(), "text");
  CHECK(contains(text, "0.5000 ± 0.1250"));
  CHECK(contains(text, "+0.2500  0.0002\n"));
  CHECK(contains(text, "10000 resamples"));
  CHECK(contains(text, "(by p alone where one of the two has a single run)"));
  CHECK(contains(text, "better: mm_adapter text+a|b optim.x=\"1,2\" (p=0.0002). Worse: none."));
  auto c = small_table();
  c.systems[1].difference_half_width = 0.125;
  text = comparison_table(c, "text");
  CHECK(contains(text, "+0.2500 ± 0.1250  0.0002\n"));
  CHECK(!contains(text, "by p alone"));
}

TEST_CASE("comparison table: Markdown, LaTeX and CSV escape names", "[report]") {
  auto markdown = comparison_table(small_table(), "markdown");
  CHECK(contains(markdown, "| mm\\_adapter text+a\\|b optim.x=\"1,2\" | 1 | 20 |"));
  CHECK(contains(markdown, "\n|---|---:|"));
  auto latex = comparison_table(small_table(), "latex");
  CHECK(contains(latex, "mm\\_adapter text+a|b"));
  CHECK(contains(latex, "0.5000 $\\pm$ 0.1250 &"));
  CHECK(contains(latex, "\\end{tabular}"));
  CHECK(comparison_table(small_table(), "csv") ==
        "system,runs,trained_parameters,model_bytes,step_milliseconds,peak_memory_bytes,ap_micro,"
        "ap_micro_half_width,loss,loss_half_width,compared_metric,difference,"
        "difference_half_width,p_value,resamples\r\n"
        "linear text,2,10,2000,1.25,3000000,0.5,0.125,,,ap_micro,0,,,10000\r\n"
        "\"mm_adapter text+a|b optim.x=\"\"1,2\"\"\",1,20,3000,,,0.75,,0.5,,ap_micro,0.25,,0.0002,"
        "10000\r\n");
  CHECK_THROWS_AS(comparison_table(small_table(), "html"), UserError);
}
