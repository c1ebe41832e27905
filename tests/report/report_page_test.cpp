#include "report/report_page.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <map>
#include <set>

#include "base/files.h"
#include "data/pack.h"
#include "data/pack_identity.h"
#include "report/comparison_table.h"
#include "report/html.h"
#include "report/report_command.h"
#include "support/markup.h"
#include "support/paths.h"
#include "support/run_folder.h"
#include "tasks/class_metrics.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using test::elements;
using test::noisy_predictions;
using test::RunFolder;

namespace {

using Cells = std::vector<std::vector<std::string>>;

// Runs in a folder, and the page on them.
struct Page {
  test::ScratchDir dir;
  ReportOptions options;
  std::string html;
  std::vector<test::Element> all;

  fs::path add(const RunFolder& run, const std::string& name = "run") {
    run.write(dir / name);
    options.runs.push_back(dir / name);
    return dir / name;
  }
  void make() {
    options.out = dir / "report.html";
    report(options);
    html = read_file(options.out);
    all = test::read_markup(html);
  }
  bool says(const std::string& text) const {
    return all.at(0).text.find(text) != std::string::npos;
  }
  // The rows of each table whose caption begins so.
  std::vector<Cells> tables(const std::string& caption) const {
    std::vector<Cells> found;
    bool inside = false;
    for (auto& element : all) {
      if (element.name == "caption") {
        inside = element.text.rfind(caption, 0) == 0;
        if (inside) found.emplace_back();
      }
      if (inside && element.name == "tr") found.back().emplace_back();
      if (inside && (element.name == "th" || element.name == "td"))
        found.back().back().push_back(element.text);
    }
    return found;
  }
  const Cells table(const std::string& caption) const {
    auto found = tables(caption);
    REQUIRE(found.size() == 1);
    return found[0];
  }
};

RunFolder movies(int64_t samples = 60) {
  RunFolder run;
  run.modalities = {"video"};
  run.labels = {"drama", "war", "comedy"};
  run.thresholds = {0.25, 0.5, 0.125};
  run.predictions = noisy_predictions(samples, 3, 1, 1);
  return run;
}

void write_gates(const fs::path& run, const Names& labels) {
  nlohmann::ordered_json json = {{"overall", {{"text", 0.25}, {"video", 0.75}}}};
  for (auto& label : labels) json["labels"][label] = {{"text", 0.125}, {"video", nullptr}};
  for (auto* site : {"1 attention", "1 output"})
    json["sites"].push_back({{"site", site}, {"gates", {{"text", 0.75}, {"video", 0.5}}}});
  write_atomically(run / "eval/test/gates.json", json.dump());
}

// Of the run's own predictions with all inputs, and 0.125 less for each label without video.
void write_subsets(const fs::path& folder, const RunFolder& run) {
  auto metrics = multilabel_metrics(run.predictions);
  auto labels = per_label_metrics(run.predictions, labels_above(run.predictions));
  nlohmann::ordered_json json;
  for (bool video : {true, false}) {
    nlohmann::ordered_json row = {{"modalities", Names{}}};
    if (video) row["modalities"].push_back("video");
    for (auto& [name, value] : metrics) row[name] = value;
    for (size_t c = 0; c < labels.size(); ++c)
      row["labels"][run.labels[c]]["average_precision"] =
          labels[c].average_precision - (video ? 0 : 0.125);
    json.push_back(row);
  }
  write_atomically(folder / "eval/test/subsets.json", json.dump());
}

// What a keyboard and a screen reader need of every page: headings without gaps, tables that say
// what they are and which cells are heads, in frames that the keyboard scrolls, pictures in words.
void check_reachable(const Page& page) {
  std::map<std::string, const test::Element*> by_id;
  for (auto& element : page.all)
    if (auto it = element.attributes.find("id"); it != element.attributes.end())
      by_id[it->second] = &element;
  auto attribute = [](const test::Element& element, const std::string& name) {
    auto it = element.attributes.find(name);
    return it == element.attributes.end() ? std::string() : it->second;
  };
  auto parents = [&](const test::Element& element, const std::string& name) {
    return std::any_of(element.parents.begin(), element.parents.end(),
                       [&](size_t i) { return page.all[i].name == name; });
  };
  auto scrolls = [&](const test::Element& element) {
    return std::any_of(element.parents.begin(), element.parents.end(), [&](size_t i) {
      auto& frame = page.all[i];
      return attribute(frame, "tabindex") == "0" && attribute(frame, "role") == "region" &&
             !attribute(frame, "aria-label").empty();
    });
  };
  CHECK(attribute(page.all.at(0), "lang") == "en");
  char level = '0';
  size_t captions = 0;
  for (auto& e : page.all) {
    if (e.name.size() == 2 && e.name[0] == 'h' && e.name[1] >= '1' && e.name[1] <= '6') {
      CHECK(e.name[1] <= level + 1);
      CHECK(!e.text.empty());
      level = e.name[1];
    }
    if (e.name == "caption") {
      CHECK(!e.text.empty());
      ++captions;
    }
    if (e.name == "table") CHECK(scrolls(e));
    if (e.name == "th") CHECK(attribute(e, "scope") == (parents(e, "thead") ? "col" : "row"));
    if (e.name == "td") CHECK(parents(e, "tbody"));
    if (e.name == "a" || e.name == "summary") CHECK(!e.text.empty());
    if (e.name == "section") {
      auto* heading = by_id[attribute(e, "aria-labelledby")];
      REQUIRE(heading);
      CHECK(heading->name[0] == 'h');
    }
    if (e.name != "svg") continue;
    CHECK(attribute(e, "role") == "img");
    if (attribute(e, "class") == "wide") CHECK(scrolls(e));
    auto* description = by_id[attribute(e, "aria-describedby")];
    REQUIRE(description);
    CHECK((description->name == "desc" && !description->text.empty()));
    CHECK(!attribute(e, "aria-label").empty());
  }
  CHECK(elements(page.all, "h1").size() == 1);
  CHECK(elements(page.all, "main").size() == 1);
  CHECK(captions == elements(page.all, "table").size());
  // Every row of a body begins with its head.
  for (size_t i = 0; i < page.all.size(); ++i)
    if (page.all[i].name == "tr" && parents(page.all[i], "tbody"))
      CHECK(page.all.at(i + 1).name == "th");
}

// What holds of every page: links and descriptions lead somewhere, nothing runs, nothing is loaded.
void check_sound(const Page& page) {
  CHECK(page.html.size() < 3'000'000);
  std::set<std::string> ids;
  for (auto& element : page.all) {
    for (auto& [name, value] : element.attributes) {
      if (name == "id") CHECK(ids.insert(value).second);
      CHECK(name.rfind("on", 0) != 0);
      if (name == "src" || name == "srcset" || name == "style") FAIL_CHECK(name << "=" << value);
    }
  }
  const std::set<std::string> known{
      "html",   "head",    "meta",    "title",  "style",    "body",       "header",  "main",
      "footer", "nav",     "section", "h1",     "h2",       "h3",         "p",       "b",
      "a",      "ul",      "li",      "div",    "figure",   "figcaption", "details", "summary",
      "table",  "caption", "thead",   "tbody",  "tr",       "th",         "td",      "svg",
      "desc",   "line",    "rect",    "circle", "polyline", "text"};
  for (auto& element : page.all) {
    CHECK(known.count(element.name) == 1);
    if (auto it = element.attributes.find("href"); it != element.attributes.end())
      CHECK((it->second.at(0) == '#' && ids.count(it->second.substr(1)) == 1));
  }
  CHECK(page.html.find("url(") == std::string::npos);
  CHECK(page.html.find("@import") == std::string::npos);
  CHECK(page.html.find("default-src 'none'") != std::string::npos);
  check_reachable(page);
}

}  // namespace

TEST_CASE("report: its numbers are those of metrics.json and of the predictions", "[report]") {
  Page page;
  auto run = movies();
  page.add(run);
  page.make();
  check_sound(page);
  auto metrics = multilabel_metrics(run.predictions),
       tuned = multilabel_metrics(run.predictions, run.thresholds);
  auto head = page.table("mm_adapter text+video, split test");
  REQUIRE(head.size() == 6);
  for (size_t i = 1; i < head.size(); ++i) {
    CHECK(head[i][1] == shown_figure(metric(metrics, head[i][0])));
    CHECK(head[i][4] == shown_figure(metric(tuned, head[i][0])));
    double low = std::stod(head[i][2]), value = std::stod(head[i][1]);
    CHECK(low < value);
    CHECK(value < std::stod(head[i][2].substr(head[i][2].find("to ") + 3)));
  }
  auto labels = per_label_metrics(run.predictions, labels_above(run.predictions)),
       own = per_label_metrics(run.predictions, labels_above(run.predictions, run.thresholds));
  auto rows = page.table("Figures of each label"),
       decisions = page.table("Decisions of each label");
  REQUIRE(rows.size() == 4);
  for (size_t c = 0; c < 3; ++c) {
    CHECK(rows[c + 1][0] == run.labels[c]);
    CHECK(rows[c + 1][1] == std::to_string(labels[c].count));
    CHECK(rows[c + 1][2] == shown_figure(labels[c].average_precision));
    CHECK(rows[c + 1][4] == shown_figure(labels[c].auroc));
    CHECK(decisions[c + 1][4] == shown_figure(labels[c].f1));
    CHECK(decisions[c + 1][5] == shown_figure(run.thresholds[c]));
    CHECK(decisions[c + 1][8] == shown_figure(own[c].f1));
  }
  CHECK(page.says("ap_micro is " + fmt::format("{:.3f}", metric(metrics, "ap_micro"))));
}

TEST_CASE("report: gates and subsets where there are, else the commands that make them",
          "[report]") {
  Page page;
  auto run = movies();
  auto folder = page.add(run);
  page.make();
  check_sound(page);
  CHECK(page.says("mma-eval " + folder.string() + " --data PACK --split test --subsets"));
  CHECK(page.says("No gates.json"));
  write_gates(folder, run.labels);
  write_subsets(folder, run);
  std::string errors;
  for (size_t i = 0; i < run.predictions.scores.size() / run.labels.size(); ++i)
    errors += fmt::format("{{\"id\":\"s{}\",\"gates\":{{\"text\":0.25,\"video\":0.75}}}}\n", i);
  write_atomically(folder / "eval/test/errors.jsonl", errors);
  page.make();
  check_sound(page);
  CHECK(!page.says("No gates.json"));
  CHECK(!page.says("this makes it anew"));
  auto gates = page.table("Mean gates of the samples");
  CHECK(gates[1] == std::vector<std::string>{"all samples", "0.2500", "0.7500"});
  CHECK(gates[2] == std::vector<std::string>{"drama", "0.1250", "-"});
  CHECK(page.table("Mean gates of each layer")[2] ==
        std::vector<std::string>{"1 output", "0.7500", "0.5000"});
  auto wrong = page.table("Given with the highest scores");
  CHECK(wrong[0].back() == "gates");
  CHECK(wrong[1].back() == "text 0.25, video 0.75");
  auto gains = page.table("What each modality adds");
  CHECK(gains[0][1] == "+video");
  CHECK(gains[3] == std::vector<std::string>{"comedy", "+0.1250"});
  auto labels = per_label_metrics(run.predictions, labels_above(run.predictions));
  CHECK(page.table("Average precision of each label with")[1][1] ==
        shown_figure(labels[0].average_precision));
  // Subsets of other predictions than metrics.json.
  run.predictions = noisy_predictions(60, 3, 2, 2);
  write_subsets(folder, run);
  page.make();
  CHECK(page.says("not of the same evaluation"));
}

TEST_CASE("report: hostile names are shown and do nothing", "[report]") {
  Page page;
  auto run = movies();
  run.model = "<script>alert(1)</script>";
  run.modalities = {"\"><svg onload=alert(1)>"};
  run.labels = {"</script><img src=x onerror=alert(1)>", "\u202e\x1b[2J&amp;'\"",
                std::string(5000, 'x')};
  run.data_hash = "<i>";
  auto folder = page.add(run, "a<b>&'\" run");
  auto modality = run.modalities[0];
  nlohmann::ordered_json gates = {{"overall", {{modality, 1}}}, {"labels", {}}};
  for (auto& label : run.labels) gates["labels"][label][modality] = 0.5;
  write_atomically(folder / "eval/test/gates.json", gates.dump());
  page.make();
  check_sound(page);  // knows no script and no img
  CHECK(page.says("</script><img src=x onerror=alert(1)>"));
  CHECK(page.says("\\u202e\\x1b[2J&amp;'\""));
  CHECK(page.says(std::string(59, 'x') + "…"));
  CHECK(page.html.find(std::string(61, 'x')) == std::string::npos);
}

TEST_CASE("report: one label, labels without positives, nothing defined", "[report]") {
  Page page;
  auto run = movies(20);
  run.labels = {"only"};
  run.thresholds = {};
  run.predictions = noisy_predictions(20, 1, 1, 1);
  page.add(run);
  page.make();
  check_sound(page);
  CHECK(page.says("no thresholds of its own"));

  Page unmet;
  run.labels = {"met", "unmet"};
  run.predictions = {2, {1, 0, 0, 0}, {0.5, 0.25, 0.5, 0.75}};
  unmet.add(run);
  unmet.make();
  check_sound(unmet);
  CHECK(unmet.table("Figures of each label")[2][2] == "-");

  Page none;
  run.predictions.truth = {0, 0, 0, 0};
  write_subsets(none.add(run), run);
  none.make();
  check_sound(none);
  CHECK(!none.says("not of the same evaluation"));
  CHECK(none.says("ap_micro is undefined"));
  CHECK(none.html.find("nan") == std::string::npos);
}

TEST_CASE("report: of 500 labels 40 are pictured, all are in the table", "[report]") {
  Page page;
  auto run = movies();
  run.labels.clear();
  run.thresholds.clear();
  for (int c = 0; c < 500; ++c) {
    run.labels.push_back(fmt::format("a label of some length {}", c));
    run.thresholds.push_back(0.25);
  }
  run.predictions = noisy_predictions(40, 500, 1, 1);
  auto folder = page.add(run);
  write_gates(folder, run.labels);
  write_subsets(folder, run);
  page.make();
  check_sound(page);
  CHECK(page.table("Figures of each label").size() == 501);
  int64_t bars = 0;
  for (auto& rect : elements(page.all, "rect")) bars += rect.attributes.at("class") == "bar";
  CHECK(bars == 40);
}

TEST_CASE("report: which labels are pictured", "[report]") {
  std::vector<LabelMetrics> labels(3);
  labels[0].average_precision = 0.25;
  labels[1].average_precision = NAN;
  labels[2].average_precision = 0.5;
  CHECK(pictured_labels(labels) == std::vector<size_t>{2, 0, 1});
  labels.resize(100);
  for (size_t c = 0; c < 100; ++c) labels[c].average_precision = c < 10 ? NAN : 1.0 / double(c);
  auto pictured = pictured_labels(labels);
  REQUIRE(pictured.size() == 40);
  CHECK(pictured.front() == 10);
  CHECK(pictured[19] == 29);
  CHECK(pictured[20] == 80);
  CHECK(pictured.back() == 99);
  for (auto& label : labels) label.average_precision = NAN;
  CHECK(pictured_labels(labels).size() == 40);
}

TEST_CASE("report: classes have a confusion matrix", "[report]") {
  Page page;
  auto run = movies();
  run.label_kind = LabelKind::kMulticlass;
  run.thresholds = {};
  run.predictions = {
      3, {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, {.8, .1, .1, .2, .7, .1, .1, .8, .1, .6, .2, .2}};
  page.add(run);
  page.make();
  check_sound(page);
  CHECK(page.table("Samples of each true class") == Cells{{"true class", "drama", "war", "comedy"},
                                                          {"drama", "1", "1", "0"},
                                                          {"war", "0", "1", "0"},
                                                          {"comedy", "1", "0", "0"}});
  auto errors = page.table("Given with the highest scores");
  REQUIRE(errors.size() == 3);
  CHECK(errors[1] == std::vector<std::string>{"s1", "0.700", "war", "drama",
                                              "war 0.70, drama 0.20, comedy 0.10"});
}

TEST_CASE("report: of real targets its figures, without those of labels", "[report]") {
  Page page;
  auto run = movies();
  run.label_kind = LabelKind::kRegression;
  run.labels = {"valence"};
  run.thresholds = {};
  run.predictions = {1, {}, {0.5, -1.5, 2.5, 0.75}, {1.0f, -1.0f, 2.0f, -0.25f}};
  page.add(run);
  page.make();
  check_sound(page);
  CHECK(page.says("its mae is 0.625"));  // (0.5 + 0.5 + 0.5 + 1) / 4
  CHECK(page.says("Lower is better"));
  auto head = page.table("mm_adapter");
  CHECK(head[0] == std::vector<std::string>{"metric", "value", "95 % interval"});
  CHECK(head[1][0] == "mae");
  CHECK(head[1][1] == "0.6250");
  CHECK(page.tables("Figures of each label").empty());
  CHECK_FALSE(page.says("Calibration"));
}

TEST_CASE("report: a run that is not evaluated has a chapter, and the command", "[report]") {
  Page page;
  auto run = movies();
  auto folder = page.add(run);
  page.options.split = "dev";
  page.make();
  check_sound(page);
  CHECK(page.says("mma-eval " + folder.string() + " --data PACK --split dev"));
  CHECK(page.says("Learning curves"));
  CHECK(page.tables("Figures of each label").empty());
}

TEST_CASE("report: several systems are compared as by mma-eval compare", "[report]") {
  Page page;
  for (int64_t seed : {1, 2}) {
    auto run = movies();
    run.seed = seed;
    run.predictions = noisy_predictions(60, 3, 1, static_cast<uint64_t>(seed));
    page.add(run, fmt::format("video/{}", seed));
    run.modalities = {};
    run.predictions = noisy_predictions(60, 3, 3, static_cast<uint64_t>(seed));
    page.add(run, fmt::format("text/{}", seed));
  }
  page.make();
  check_sound(page);
  std::vector<RunResults> runs;
  for (auto& folder : page.options.runs) runs.push_back(read_run(folder, "test"));
  Faults faults;
  auto comparison = compare_runs(runs, "test", "", faults);
  CHECK(page.table("All systems") == comparison_rows(comparison));
  CHECK(elements(page.all, "h2").size() == 3);  // the comparison, and a chapter a system
  auto legend = comparison_legend(comparison);
  legend.pop_back();
  CHECK(page.says(legend));
}

TEST_CASE("report: of a sweep's ten settings those have chapters that dev prefers", "[report]") {
  Page page;
  for (int setting = 0; setting < 10; ++setting)
    for (int64_t seed : {1, 2}) {
      auto run = movies(20);
      run.seed = seed;
      run.lr = 0.001 * (setting + 1);
      run.best_of_dev = 0.5 + 0.03125 * setting;
      run.write(page.dir / fmt::format("sweep/lr={}/seed-{}", run.lr, seed));
    }
  page.options.runs = {page.dir / "sweep"};
  page.make();
  check_sound(page);
  CHECK(page.says("2 more systems have no chapter"));
  CHECK(
      page.says("on dev in training, by which settings are to be chosen: mm_adapter text+video "
                "optim.lr=0.01 (0.7812"));
  auto chapters = elements(page.all, "h2");
  REQUIRE(chapters.size() == 9);  // the comparison before them
  CHECK(chapters[1].text == "mm_adapter text+video optim.lr=0.01");
  CHECK(chapters[8].text == "mm_adapter text+video optim.lr=0.003");
}

TEST_CASE("report: with the pack its counts, lengths and missing modalities", "[report]") {
  Page page;
  auto run = movies();
  auto pack = page.dir / "x.h5";
  {
    PackInfo info;
    info.name = "tiny";
    info.labels = run.labels;
    info.modalities = {{"video", 2, 1, "video/{id}.npy"}};
    info.tokenizer_kind = "wordpiece-uncased";
    info.tokenizer_hash = "0123456789abcdef";
    info.vocabulary_size = 10;
    info.max_length = 8;
    PackWriter writer(pack, info);
    writer.begin_split("train", 4);
    for (uint8_t i = 0; i < 4; ++i)
      writer.add({fmt::format("t{}", i),
                  {1, uint8_t(i == 0), 0},
                  {},
                  std::vector<int32_t>(i + 2u, 1),
                  {i == 3 ? std::vector<float>{} : std::vector<float>{1, 2}}});
    writer.finish();
  }
  page.options.data = pack;
  page.add(run);
  page.options.out = page.dir / "report.html";
  CHECK_THROWS_MATCHES(report(page.options), UserError,
                       MessageMatches(ContainsSubstring("none of the runs was trained on")));
  CHECK(!fs::exists(page.options.out));
  run.data_hash = pack_identity(pack);
  run.write(page.options.runs[0]);
  page.make();
  check_sound(page);
  CHECK(page.table("Splits")[1] ==
        std::vector<std::string>{"train", "4", "0", "0", "2", "4", "5", "5"});
  CHECK(page.table("Samples that lack")[1] == std::vector<std::string>{"video", "2", "1 (25.0 %)"});
  CHECK(page.table("Samples of each label")[2] == std::vector<std::string>{"war", "1 (25.0 %)"});
  // The baseline knows these frequencies: drama always, war of one in four, comedy never.
  auto guess = run.predictions;
  for (size_t i = 0; i < guess.scores.size(); i += 3)
    guess.scores[i] = 1, guess.scores[i + 1] = 0.25, guess.scores[i + 2] = 0;
  auto head = page.table("mm_adapter text+video, split test");
  CHECK(head[1][3] == shown_figure(metric(multilabel_metrics(guess), head[1][0])));
  CHECK(page.says("in training reaches"));
}

TEST_CASE("report: every fault at once, and nothing is written", "[report]") {
  Page page;
  auto run = movies();
  page.add(run, "good");
  run.status = "running";
  page.add(run, "unfinished");
  page.options.runs.push_back(page.dir / "nowhere");
  page.options.out = page.dir / "report.html";
  page.options.metric = "f1_micr";
  for (auto* what : {"not finished", "nowhere: neither", "did you mean 'f1_micro'?"})
    CHECK_THROWS_MATCHES(report(page.options), UserError, MessageMatches(ContainsSubstring(what)));
  CHECK(!fs::exists(page.options.out));
}
