// train.on: train+dev, beside a pack whose train split holds both.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"
#include "support/same_run.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

constexpr const char* kDescription = R"(name: joined
splits: {train: joined.jsonl}
id: id
text: plot
labels: {field: genres, kind: multilabel}
max_length: 64
modalities:
  video: {path: "video/{id}.npy", dim: 32, pool: mean}
)";

std::string recipe_text(const std::string& model) {
  return "precision: fp32\ndevice: cpu\nmodalities: [video]\nmodel: " + model +
         "\noptim: {lr: 3.0e-3, batch_size: 4, accumulate: 2}\n"
         "train: {epochs: 3, report_every: 1, patience: 0, modality_dropout: 0.2}\n"
         "checkpoint: {every_steps: 3}\n";
}

struct OnDemo : test::DemoPack {
  OnDemo() : DemoPack({.train = 48, .dev = 16, .test = 8, .seed = 1}) {
    auto both = read_file(dir / "train.jsonl", 1 << 24) + read_file(dir / "dev.jsonl", 1 << 24);
    write_atomically(dir / "joined.jsonl", both);
    write_atomically(dir / "joined.yaml", std::string(kDescription));
    auto build = test::run_program({test::program("mma-prep"), "build",
                                    (dir / "joined.yaml").string(), "--root", dir.path.string(),
                                    "--tokenizer", backbone.string(), "--out", joined.string()});
    INFO(build.err);
    REQUIRE(build.exit_code == 0);
  }
  fs::path joined = dir / "joined.h5";
};

std::string weights(const fs::path& run) { return sha256_file(run / "model/adapter.safetensors"); }

const std::vector<std::string> kBoth{"--set", "train.on=train+dev"};

}  // namespace

TEST_CASE("train.on: train+dev learns as from one split of both, whole or stopped", "[apps]") {
  OnDemo d;
  for (auto& [name, model] :
       {std::pair{"adapter", "{name: mm_adapter, bottleneck: 8, layers: 2, frozen_prefix: cached}"},
        {"gmu", "{name: gmu, hidden: 8}"}}) {
    CAPTURE(name);
    auto file = d.recipe(name, recipe_text(model));
    auto whole = d.dir / (std::string(name) + "-whole"), one = d.dir / (std::string(name) + "-one"),
         broken = d.dir / (std::string(name) + "-broken");
    auto result = d.train(file, whole, kBoth);
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(result.err.find("64 training samples") != std::string::npos);
    CHECK(result.err.find("nothing is evaluated") != std::string::npos);
    auto command = d.train_command(file, one);
    command[3] = d.joined.string();
    REQUIRE(test::run_program(command).exit_code == 0);
    CHECK(weights(whole) == weights(one));
    CHECK_FALSE(fs::exists(whole / "eval"));
    auto record = Json::parse(read_file(whole / "run.json", 1 << 20));
    CHECK(record["best_step"] == 24);  // the last of 3 epochs of 8
    CHECK(record["best_metric"].is_null());
    auto card = Json::parse(read_file(whole / "model/config.json", 1 << 20));
    CHECK(card["thresholds_tuned"] == false);
    CHECK(card["recipe"]["train"]["on"] == "train+dev");

    const std::string learned = "it has learned these samples";
    CHECK(d.evaluate(whole, {"--split", "dev"}).err.find(learned) != std::string::npos);
    CHECK(d.evaluate(whole, {"--split", "train"}).err.find(learned) == std::string::npos);

    auto both = kBoth;
    both.insert(both.end(), {"--processes", "2"});
    for (auto [lines, signal] : {std::pair{4, SIGKILL}, {17, SIGTERM}})
      CHECK(d.train(file, broken, both, test::signal_after(broken, lines, signal)).exit_code > 2);
    auto on = d.train(file, broken, both);
    CAPTURE(on.err);
    CHECK(on.exit_code == 0);
    CHECK(weights(broken) == weights(whole));
    CHECK(test::timeless_metrics(broken / "metrics.jsonl") ==
          test::timeless_metrics(whole / "metrics.jsonl"));
  }
}

TEST_CASE("train.on: what needs an evaluation is refused beside train+dev, all at once", "[apps]") {
  OnDemo d;
  auto file = d.recipe("linear", recipe_text("{name: mm_adapter, bottleneck: 8}"));
  auto refused = [&](const std::vector<std::string>& command, const std::string& expected) {
    auto result = test::run_program(command);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(expected) != std::string::npos);
    CHECK_FALSE(fs::exists(d.dir / "out"));
  };
  auto more = kBoth;
  more.insert(more.end(),
              {"--set", "train.patience=2", "--set", "optim.schedule=reduce_on_plateau"});
  refused(d.train_command(file, d.dir / "out", more),
          "train.patience: 2, but with train.on: train+dev");
  refused(d.train_command(file, d.dir / "out", more),
          "optim.schedule: reduce_on_plateau needs evaluations, but train.on: train+dev");
  auto without_dev = d.train_command(file, d.dir / "out", kBoth);
  without_dev[3] = d.joined.string();
  refused(without_dev, "train.on: train+dev, but " + d.joined.string() + " has no dev split");
  auto probe = kBoth;
  probe.push_back("--probe");
  refused(d.train_command(file, d.dir / "out", probe),
          "--probe: train.on: train+dev leaves no dev");
}
