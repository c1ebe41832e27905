// Real targets from raw tables to predictions.
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;
using Catch::Approx;
using Json = nlohmann::json;

namespace {

std::vector<Json> lines_of(const fs::path& file) {
  std::vector<Json> lines;
  std::istringstream text(read_file(file, 1 << 26));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The demo with two numbers a sample instead of its genres: what they say is in the features.
struct Targets : test::DemoPack {
  Targets() : DemoPack({.train = 240, .dev = 40, .test = 40, .seed = 1}) {
    auto description = read_file(dir / "data.yaml");
    for (std::string split : {"train", "dev", "test"}) {
      std::string text;
      for (auto& row : lines_of(dir / (split + ".jsonl"))) {
        auto genres = row["genres"].get<std::vector<std::string>>();
        auto has = [&](const char* genre) {
          return std::find(genres.begin(), genres.end(), genre) != genres.end();
        };
        row["mood"] = 2 * has("action") - 1.5 * has("war") + 0.5 * has("horror");
        row["year"] = 2000 + 10 * has("action");
        row.erase("genres");
        text += row.dump() + "\n";
      }
      write_atomically(dir / (split + ".jsonl"), text);
    }
    const std::string before = "labels: {field: genres, kind: multilabel}";
    auto at = description.find(before);
    REQUIRE(at != std::string::npos);
    description.replace(at, before.size(), "labels: {fields: [mood, year], kind: regression}");
    write_atomically(dir / "targets.yaml", description);
    pack = dir / "targets.h5";
    auto build = test::run_program({test::program("mma-prep"), "build",
                                    (dir / "targets.yaml").string(), "--root", dir.path.string(),
                                    "--tokenizer", backbone.string(), "--out", pack.string()});
    CAPTURE(build.err);
    REQUIRE(build.exit_code == 0);
    CHECK(contains(build.out, "mood    train"));
  }
  fs::path trained(const std::string& name, const std::string& model, const std::string& modalities,
                   const std::vector<std::string>& more = {}) const {
    auto file = recipe(name, "precision: fp32\ndevice: cpu\nmodalities: " + modalities +
                                 "\nmodel: " + model + "\noptim: {lr: 2.0e-3, batch_size: 8}\n" +
                                 "train: {epochs: 3, patience: 0}\n");
    auto run = dir / name;
    auto result = train(file, run, more);
    CAPTURE(name, result.err);
    REQUIRE(result.exit_code == 0);
    return run;
  }
};

const Targets& targets() {
  static Targets instance;
  return instance;
}

Json metrics_of(const fs::path& run) {
  auto result = targets().evaluate(run);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  return Json::parse(read_file(run / "eval/test/metrics.json"));
}

double mean_error(const std::vector<Json>& lines, const std::string& target, double guess = NAN) {
  double sum = 0;
  for (auto& line : lines) {
    double said = std::isnan(guess) ? line["scores"][target].get<double>() : guess;
    sum += std::abs(line["labels"][target].get<double>() - said);
  }
  return sum / static_cast<double>(lines.size());
}

}  // namespace

TEST_CASE("regression: every system trains, and says numbers in the targets' own units", "[apps]") {
  const std::pair<const char*, const char*> systems[] = {
      {"{name: mm_adapter, bottleneck: 8}", "[video, poster]"},
      {"{name: concat}", "[video]"},
      {"{name: gmu}", "[video]"},
      {"{name: mmbt}", "[video]"},
      {"{name: houlsby, bottleneck: 8}", "[]"},
      {"{name: bert}", "[]"},
      {"{name: linear}", "[]"}};
  for (size_t i = 0; i < std::size(systems); ++i) {
    auto run = targets().trained(fmt::format("system{}", i), systems[i].first, systems[i].second,
                                 {"--set", "train.epochs=1"});
    CAPTURE(systems[i].first);
    auto metrics = metrics_of(run);
    auto lines = lines_of(run / "eval/test/predictions.jsonl");
    REQUIRE(lines.size() == 40);
    CHECK(metrics["mae"].get<double>() ==
          Approx((mean_error(lines, "mood") + mean_error(lines, "year")) / 2));
    for (auto& line : lines) {
      CHECK(std::abs(line["scores"]["year"].get<double>() - 2000) < 60);
      CHECK((line["labels"]["year"] == 2000 || line["labels"]["year"] == 2010));
    }
    auto card = Json::parse(read_file(run / "model/config.json"));
    CHECK(card["label_kind"] == "regression");
    CHECK(card["thresholds_tuned"] == false);
    CHECK(card["targets"]["year"]["mean"].get<double>() > 2000);
  }
}

TEST_CASE("regression: what the features say is learned, and the lowest dev error is kept",
          "[apps]") {
  for (std::string loss : {"mse", "mae"}) {
    auto run = targets().trained("learned-" + loss, "{name: mm_adapter, bottleneck: 16}", "[video]",
                                 {"--set", "train.epochs=12", "--set", "loss.regression=" + loss});
    auto metrics = metrics_of(run);
    auto lines = lines_of(run / "eval/test/predictions.jsonl");
    double guess = INFINITY;  // the best that a constant can do
    for (double year : {2000.0, 2002.5, 2005.0, 2010.0})
      guess = std::min(guess, mean_error(lines, "year", year));
    CAPTURE(loss, guess);
    CHECK(metrics["labels"]["year"]["mae"].get<double>() < 0.6 * guess);
    CHECK(metrics["labels"]["year"]["pearson"].get<double>() > 0.7);
    double lowest = INFINITY, highest = 0;
    for (auto& line : lines_of(run / "metrics.jsonl"))
      if (line.contains("mae")) {
        lowest = std::min(lowest, line["mae"].get<double>());
        highest = std::max(highest, line["mae"].get<double>());
      }
    auto record = Json::parse(read_file(run / "run.json"));
    CHECK(lowest < highest);
    CHECK(record["best_metric"] == lowest);
    // The weights that are kept are those.
    CHECK(Json::parse(read_file(run / "eval/dev/metrics.json"))["mae"].get<double>() ==
          Approx(lowest));
  }
}

TEST_CASE("regression: prediction, subsets and comparison", "[apps]") {
  auto& t = targets();
  auto text = t.trained("text", "{name: linear}", "[]"),
       film = t.trained("film", "{name: concat}", "[video]", {"--set", "train.epochs=8"});
  metrics_of(text);
  metrics_of(film);
  auto predict = [&](std::vector<std::string> more) {
    std::vector<std::string> command{test::program("mma-eval"), "predict", film.string(), "--data",
                                     t.pack.string(),           "--split", "test"};
    command.insert(command.end(), more.begin(), more.end());
    return test::run_program(command);
  };
  auto rows = predict({});
  REQUIRE(rows.exit_code == 0);
  auto lines = lines_of(film / "eval/test/predictions.jsonl");
  auto first = Json::parse(rows.out.substr(0, rows.out.find('\n')));
  CHECK(first["predicted"] == lines[0]["scores"]);
  CHECK(!first.contains("scores"));
  auto csv = predict({"--format", "csv"});
  CHECK(csv.out.starts_with("id,mood,year\ntest0000,"));
  for (std::string flag : {"--top", "--threshold"}) {
    auto refused = predict({flag, "1"});
    CHECK(refused.exit_code == 2);
    CHECK(contains(refused.err, "these models predict numbers"));
  }

  auto subsets = t.evaluate(film, {"--subsets"});
  CHECK(subsets.exit_code == 0);
  CHECK(contains(subsets.out, "MAE of"));
  auto json = Json::parse(read_file(film / "eval/test/subsets.json"));
  CHECK(json[0]["labels"]["mood"]["mae"] ==
        Json::parse(read_file(film / "eval/test/metrics.json"))["labels"]["mood"]["mae"]);

  auto compare = [&](const std::string& metric) {
    return test::run_program(
        {test::program("mma-eval"), "compare", text.string(), film.string(), "--metric", metric});
  };
  // The video says the year: its error is lower, its correlation higher, and both are better.
  for (auto* metric : {"mae", "pearson"}) {
    auto table = compare(metric);
    CAPTURE(metric, table.out, table.err);
    CHECK(table.exit_code == 0);
    CHECK(contains(table.out, "better: concat text+video (p="));
    CHECK(contains(table.out, "lower is better") == (metric == std::string("mae")));
  }
  CHECK(compare("ap_micro").exit_code == 2);
}

TEST_CASE("regression: keys of other labels are refused", "[apps]") {
  auto& t = targets();
  auto file = t.recipe("refused", "model: {name: linear}\ndevice: cpu\n");
  auto refused = t.train(file, t.dir / "refused",
                         {"--check", "--set", "loss.positive_weights=inverse_frequency", "--set",
                          "train.select_by=ap_micro"});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "loss.positive_weights: "));
  CHECK(contains(refused.err, "train.select_by: unknown metric 'ap_micro'"));
  test::DemoPack classes({.train = 20, .dev = 8, .test = 8, .seed = 1});
  auto of_classes = classes.train(classes.recipe("r", "model: {name: linear}\ndevice: cpu\n"),
                                  classes.dir / "x", {"--check", "--set", "loss.regression=mae"});
  CHECK(of_classes.exit_code == 2);
  CHECK(contains(of_classes.err, "loss.regression: this is of real targets"));
}
