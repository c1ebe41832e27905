// Data without any text: from raw features to a report, without tokenizer and backbone.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

// The demo's data with their texts, and the same without.
struct NoText : test::DemoPack {
  NoText() : DemoPack({.train = 60, .dev = 20, .test = 24, .seed = 5}) {
    auto description = read_file(dir / "data.yaml");
    auto at = description.find("text:");
    REQUIRE(at != std::string::npos);
    description.erase(at, description.find('\n', at) + 1 - at);
    write_atomically(dir / "alone.yaml", description);
    auto built = run("mma-prep", {"build", "alone.yaml", "--root", ".", "--out", "alone.h5"});
    INFO(built.err);
    REQUIRE(built.exit_code == 0);
  }
  // A program, whose arguments may be files of the folder.
  test::ProgramResult run(const char* program, std::vector<std::string> arguments) const {
    for (auto& word : arguments)
      if (word == "." || fs::exists(dir / word) || word.ends_with(".h5") || word.ends_with(".html"))
        word = (dir / word).string();
    arguments.insert(arguments.begin(), test::program(program));
    return test::run_program(arguments);
  }
  test::ProgramResult train_alone(const std::string& name, const std::string& model,
                                  const std::string& modalities, const char* pack,
                                  std::vector<std::string> more = {}) const {
    auto file = recipe(name, "precision: fp32\ndevice: cpu\nmodalities: " + modalities +
                                 "\nmodel: " + model + "\ntrain: {epochs: 2}\n");
    more.insert(more.begin(),
                {file.string(), "--data", pack, "--out", (dir / "runs" / name).string()});
    return run("mma-train", more);
  }
};

const NoText& data() {
  static NoText instance;
  return instance;
}

}  // namespace

TEST_CASE("no text: info shows a pack of modalities alone", "[apps]") {
  auto info = data().run("mma-prep", {"info", "alone.h5"});
  REQUIRE(info.exit_code == 0);
  CHECK(info.out.find(", no texts\n") != std::string::npos);
  CHECK(info.out.find("tokens") == std::string::npos);
  CHECK(info.out.find("video") != std::string::npos);
}

TEST_CASE("no text: mma-prep asks for a tokenizer where there is text alone", "[apps]") {
  auto refused = data().run("mma-prep", {"build", "data.yaml", "--root", ".", "--out", "x.h5"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--tokenizer: missing: ") != std::string::npos);
  write_atomically(data().dir / "nothing.yaml",
                   "name: x\nsplits: {train: train.jsonl}\nid: id\n"
                   "labels: {field: genres}\n");
  auto nothing = data().run("mma-prep", {"check", "nothing.yaml", "--root", "."});
  CHECK(nothing.exit_code == 2);
  CHECK(nothing.err.find("nothing.yaml:1: text: missing; a data set without text needs "
                         "`modalities`") != std::string::npos);
}

TEST_CASE("no text: models that read text are refused with one line", "[apps]") {
  auto& t = data();
  auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  for (std::string model : {"{name: mm_adapter}", "{name: gmu}", "{name: linear}"}) {
    CAPTURE(model);
    for (bool with_backbone : {false, true}) {
      std::vector<std::string> more;
      if (with_backbone) more = {"--backbone", t.backbone.string()};
      auto refused = t.train_alone("refused", model, model.find("linear") == 1 ? "[]" : "[video]",
                                   "alone.h5", more);
      CAPTURE(refused.err);
      CHECK(refused.exit_code == 2);
      CHECK(refused.err.find("alone.h5: no texts, which ") != std::string::npos);
      CHECK(refused.err.find("models of modalities alone are gmu, concat and linear with "
                             "model.text=none") != std::string::npos);
      CHECK(lines(refused.err) == 1);
      CHECK_FALSE(fs::exists(t.dir / "runs/refused"));
    }
  }
  auto without = t.train_alone("refused", "{name: mm_adapter}", "[video]", "demo.h5");
  CHECK(without.exit_code == 2);
  CHECK(without.err.find("--backbone is required: mm_adapter reads text through one") !=
        std::string::npos);
}

TEST_CASE("no text: trained, evaluated, predicted and reported; as beside texts that are not read",
          "[apps]") {
  auto& t = data();
  for (auto& [name, model, modalities] : {std::tuple<std::string, std::string, std::string>{
                                              "gmu", "{name: gmu, text: none}", "[video, audio]"},
                                          {"concat", "{name: concat, text: none}", "[video]"},
                                          {"linear", "{name: linear, text: none}", "[video]"}}) {
    CAPTURE(name);
    auto trained = t.train_alone(name, model, modalities, "alone.h5");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    auto run = t.dir / "runs" / name;
    // The pack with texts gives the very same model, without a backbone too.
    REQUIRE(t.train_alone(name + "-beside", model, modalities, "demo.h5").exit_code == 0);
    CHECK(read_file(run / "model/adapter.safetensors") ==
          read_file(t.dir / ("runs/" + name + "-beside") / "model/adapter.safetensors"));
    REQUIRE(t.run("mma-eval", {run.string(), "--data", "alone.h5"}).exit_code == 0);
    auto record = Json::parse(read_file(run / "run.json"));
    CHECK(record["parameters"]["frozen"] == 0);
    CHECK(record["backbone"]["sha256"] == "");
    auto again = t.train_alone(name, model, modalities, "alone.h5");
    CHECK(again.err.find("this run is finished") != std::string::npos);
  }
  auto gmu = (t.dir / "runs/gmu").string();
  auto subsets = t.run("mma-eval", {gmu, "--data", "alone.h5", "--subsets"});
  INFO(subsets.err);
  REQUIRE(subsets.exit_code == 0);
  std::set<std::string> inputs;
  for (auto& row : Json::parse(read_file(t.dir / "runs/gmu/eval/test/subsets.json")))
    inputs.insert(row["inputs"].get<std::string>());
  CHECK(inputs == std::set<std::string>{"video+audio", "video", "audio", "nothing"});
  auto gates = Json::parse(read_file(t.dir / "runs/gmu/eval/test/gates.json"));
  CHECK(gates["overall"].contains("video"));
  CHECK_FALSE(gates["overall"].contains("text"));
  auto page = t.run("mma-eval", {"report", gmu, "--data", "alone.h5", "--out", "report.html"});
  INFO(page.err);
  REQUIRE(page.exit_code == 0);
  auto html = read_file(t.dir / "report.html");
  CHECK(html.find("gmu video+audio") != std::string::npos);
  CHECK(html.find("text+") == std::string::npos);
  // From a pack, and from raw files.
  auto from_pack = t.run("mma-eval", {"predict", gmu, "--data", "alone.h5", "--split", "test"});
  INFO(from_pack.err);
  REQUIRE(from_pack.exit_code == 0);
  auto from_raw = t.run("mma-eval", {"predict", gmu, "--description", "alone.yaml", "--root", ".",
                                     "--split", "test"});
  INFO(from_raw.err);
  CHECK(from_raw.out == from_pack.out);
  CHECK(std::count(from_pack.out.begin(), from_pack.out.end(), '\n') == 24);
}
