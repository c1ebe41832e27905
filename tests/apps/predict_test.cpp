// From a trained model to answers about samples whose labels are not known.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

// A model, its test split's scores by mma-eval, and the same samples without their labels.
struct Trained : test::DemoPack {
  Trained() : DemoPack({.train = 60, .dev = 20, .test = 24, .seed = 3}) {
    auto file = recipe("recipe",
                       "precision: fp32\ndevice: cpu\nmodalities: [video, metadata]\n"
                       "model: {name: mm_adapter, bottleneck: 8}\ntrain: {epochs: 1}\n");
    for (int seed : {1, 2}) {
      auto result = train(file, dir / fmt::format("runs/seed-{}", seed),
                          {"--set", fmt::format("seed={}", seed)});
      INFO(result.err);
      REQUIRE(result.exit_code == 0);
    }
    REQUIRE(evaluate(run).exit_code == 0);
    std::istringstream rows(read_file(dir / "test.jsonl"));
    std::string text;
    for (std::string line; std::getline(rows, line);) {
      auto row = Json::parse(line);
      row.erase("genres");
      text += row.dump() + "\n";
    }
    write_atomically(dir / "new.jsonl", text);
    auto description = read_file(dir / "data.yaml");
    auto erase_line = [&](const std::string& begins) {
      auto at = description.find(begins);
      REQUIRE(at != std::string::npos);
      description.erase(at, description.find('\n', at) + 1 - at);
    };
    erase_line("labels:");
    erase_line("splits:");
    description += "splits: {new: new.jsonl}\n";
    // The demo calls its metadata's files by their split.
    for (size_t at = 0; (at = description.find("{split}", at)) != std::string::npos;)
      description.replace(at, 7, "test");
    write_atomically(dir / "new.yaml", description);
  }
  test::ProgramResult predict(std::vector<std::string> more) const {
    std::vector<std::string> command{test::program("mma-eval"), "predict"};
    command.insert(command.end(), more.begin(), more.end());
    return test::run_program(command);
  }
  std::vector<std::string> raw() const {
    return {"--description", (dir / "new.yaml").string(), "--root", dir.path.string()};
  }
  fs::path run = dir / "runs/seed-1";
};

const Trained& trained() {
  static Trained instance;
  return instance;
}

std::vector<Json> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<Json> all;
  for (std::string line; std::getline(in, line);) all.push_back(Json::parse(line));
  return all;
}

}  // namespace

TEST_CASE("predict: raw data without labels get the scores of mma-eval, digit for digit",
          "[apps][predict]") {
  auto& t = trained();
  // The model folder alone, elsewhere.
  auto model = t.dir / "elsewhere";
  fs::copy(t.run / "model", model, fs::copy_options::recursive);
  auto command = t.raw();
  command.insert(command.begin(), model.string());
  auto result = t.predict(command);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  auto predicted = lines_of(result.out),
       evaluated = lines_of(read_file(t.run / "eval/test/predictions.jsonl"));
  REQUIRE(predicted.size() == 24);
  REQUIRE(predicted.size() == evaluated.size());
  auto thresholds = Json::parse(read_file(model / "config.json"))["thresholds"];
  for (size_t i = 0; i < predicted.size(); ++i) {
    CHECK(predicted[i]["id"] == evaluated[i]["id"]);
    CHECK(predicted[i]["scores"].dump() == evaluated[i]["scores"].dump());
    Json given = Json::array();
    for (auto& [label, score] : predicted[i]["scores"].items())
      if (score.get<double>() > thresholds[label].get<double>()) given.push_back(label);
    auto told = predicted[i]["predicted"];
    std::sort(told.begin(), told.end());
    CHECK(told == given);
  }
  // A pack of them, as a file.
  auto pack = t.dir / "new.h5", out = t.dir / "new.csv";
  auto build = test::run_program({test::program("mma-prep"), "build", (t.dir / "new.yaml").string(),
                                  "--root", t.dir.path.string(), "--tokenizer", t.backbone.string(),
                                  "--out", pack.string()});
  CAPTURE(build.err);
  REQUIRE(build.exit_code == 0);
  CHECK(build.out.find("no labels") != std::string::npos);
  CHECK(
      test::run_program({test::program("mma-prep"), "info", pack.string()}).out.find("no labels") !=
      std::string::npos);
  auto csv = t.predict({t.run.string(), "--data", pack.string(), "--format", "csv", "--top", "1",
                        "--threshold", "2", "--out", out.string()});
  CAPTURE(csv.err);
  REQUIRE(csv.exit_code == 0);
  CHECK(csv.out.empty());
  auto text = read_file(out);
  CHECK(text.starts_with("id,predicted,label 1,score 1\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 25);
  // What is for prediction alone is neither trained on nor evaluated.
  auto evaluated_new = t.evaluate(t.run, {"--data", pack.string()});
  auto other = test::run_program(
      {test::program("mma-eval"), t.run.string(), "--data", pack.string(), "--split", "new"});
  CHECK(other.exit_code == 2);
  CHECK(other.err.find("mma-eval predict") != std::string::npos);
}

TEST_CASE("predict: several models give their mean", "[apps][predict]") {
  auto& t = trained();
  auto scores_of = [&](const fs::path& run) {
    auto result = t.predict({run.string(), "--data", t.pack.string(), "--split", "test"});
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    return lines_of(result.out);
  };
  auto first = scores_of(t.dir / "runs/seed-1"), second = scores_of(t.dir / "runs/seed-2"),
       both = scores_of(t.dir / "runs");
  for (size_t i = 0; i < both.size(); ++i)
    for (auto& [label, score] : both[i]["scores"].items()) {
      // Scores of one model are fp32, written with the digits that tell them from their neighbours.
      auto exact = [&label = label](const Json& row) {
        return static_cast<double>(row["scores"][label].get<float>());
      };
      const double mean = (exact(first[i]) + exact(second[i])) / 2, told = score.get<double>();
      CHECK((told == mean || static_cast<double>(static_cast<float>(told)) == mean));
    }
}

TEST_CASE("predict: what is missing or wrong is told, and nothing is written", "[apps][predict]") {
  auto& t = trained();
  auto out = t.dir / "none.jsonl";
  // Without the metadata.
  auto description = read_file(t.dir / "new.yaml");
  auto at = description.find("  metadata:");
  REQUIRE(at != std::string::npos);
  auto end = description.find('\n', at) + 1;
  while (end < description.size() && description.compare(end, 3, "   ") == 0)
    end = description.find('\n', end) + 1;
  description.erase(at, end - at);
  write_atomically(t.dir / "less.yaml", description);
  std::vector<std::string> less{t.run.string(), "--description",     (t.dir / "less.yaml").string(),
                                "--root",       t.dir.path.string(), "--out",
                                out.string()};
  auto refused = t.predict(less);
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("no modality metadata") != std::string::npos);
  CHECK(!fs::exists(out));
  less.insert(less.end(), {"--missing", "absent"});
  auto absent = t.predict(less);
  CAPTURE(absent.err);
  CHECK(absent.exit_code == 0);
  CHECK(fs::exists(out));
  // Raw data with faults: what mma-prep says, and its exit code.
  write_atomically(t.dir / "bad.yaml",
                   "name: bad\nsplits: {new: nowhere.jsonl}\nid: id\ntext: t\n");
  auto bad = t.predict({t.run.string(), "--description", (t.dir / "bad.yaml").string(), "--root",
                        t.dir.path.string()});
  CHECK(bad.exit_code == 2);
  CHECK(bad.err.find("nowhere.jsonl") != std::string::npos);
  CHECK(t.predict({t.run.string()}).exit_code == 2);
  auto which = t.predict({t.run.string(), "--data", t.pack.string()});
  CHECK(which.exit_code == 2);
  CHECK(which.err.find("which split?") != std::string::npos);
}

TEST_CASE("evaluation: gates of each layer have the mean of all", "[apps][predict]") {
  auto& t = trained();
  auto gates = Json::parse(read_file(t.run / "eval/test/gates.json"));
  auto& sites = gates["sites"];
  REQUIRE(sites.size() == 4);  // of the demo's two layers, behind attention and feed-forward
  CHECK(sites[0]["site"] == "1 attention");
  CHECK(sites[3]["site"] == "2 output");
  for (auto* input : {"text", "video", "metadata"}) {
    double sum = 0;
    for (auto& site : sites) sum += site["gates"][input].get<double>();
    CHECK(std::abs(sum / 4 - gates["overall"][input].get<double>()) < 1e-6);
  }
}
