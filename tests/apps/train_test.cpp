#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;
using test::program;
using test::ProgramResult;
using test::run_program;
using test::signal_after;
using Json = nlohmann::json;

namespace {

constexpr const char* kRecipe =
    R"(# 50 steps an epoch on the small demo, a report and a few checkpoints on the way.
precision: fp32
device: cpu
modalities: [video, metadata]
model: {name: mm_adapter, bottleneck: 8}
optim: {lr: 3.0e-3, batch_size: 4}
train: {epochs: 2, report_every: 1, patience: 0}
checkpoint: {every_steps: 20}
)";

// A small demo, made once for all tests of this file, and a run that was never broken.
const test::DemoRun& demo() {
  static test::DemoRun instance({.train = 200, .dev = 16, .test = 24, .seed = 1}, kRecipe);
  return instance;
}

std::vector<Json> lines(const fs::path& file) {
  std::istringstream in(read_file(file, 1 << 26));
  std::vector<Json> all;
  for (std::string line; std::getline(in, line);) all.push_back(Json::parse(line));
  return all;
}

// The bytes that must not depend on how often a run was broken off.
void check_same_as_whole(const fs::path& run) {
  for (const char* file : {"model/adapter.safetensors", "model/config.json", "recipe.yaml"}) {
    CAPTURE(file);
    CHECK(sha256_file(run / file) == sha256_file(demo().whole / file));
  }
  auto expected = lines(demo().whole / "metrics.jsonl"), found = lines(run / "metrics.jsonl");
  REQUIRE(found.size() == expected.size());  // each step once
  for (size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i]["step"] == expected[i]["step"]);
    CHECK(found[i]["loss"] == expected[i]["loss"]);
  }
}

size_t count_lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("mma-train: a run directory holds what the documentation says", "[apps]") {
  auto& d = demo();
  CAPTURE(d.first.err);
  REQUIRE(d.first.exit_code == 0);
  CHECK(d.first.out == "");
  for (const char* file :
       {"recipe.yaml", "run.json", "train.log", "metrics.jsonl", "checkpoints/last/manifest.json",
        "checkpoints/best/manifest.json", "model/adapter.safetensors", "model/config.json"})
    CHECK(fs::exists(d.whole / file));
  auto about = Json::parse(read_file(d.whole / "run.json", 1 << 20));
  CHECK(about["status"] == "finished");
  CHECK(about["precision"] == "fp32");
  auto card = Json::parse(read_file(d.whole / "model/config.json", 1 << 20));
  CHECK(card["trained"] == about["parameters"]["trained"]);
  CHECK(card["frozen"] == about["parameters"]["frozen"]);
  CHECK(card["bytes"] == fs::file_size(d.whole / "model/adapter.safetensors"));
  CHECK(card["labels"].size() == 8);
  auto reports = lines(d.whole / "metrics.jsonl");
  CHECK(reports.size() == 100 + 2);
  for (const char* key : {"step", "epoch", "loss", "lr", "samples_per_second", "tokens_per_second",
                          "data_wait_fraction", "peak_memory_bytes"})
    CHECK(reports.front().contains(key));
  CHECK(reports.back()["split"] == "dev");
  CHECK(reports.back().contains("ap_micro"));
  CHECK(reports[99]["loss"] < reports[0]["loss"]);
}

TEST_CASE("mma-train: a step in one batch and in parts is the same, whatever is dropped",
          "[apps]") {
  auto& d = demo();
  auto losses = [&](const char* name, const char* batch_size, const char* accumulate) {
    auto run = d.dir / name;
    auto result = d.train(d.file, run,
                          {"--set", "train.modality_dropout=0.2", "--set", "train.epochs=1",
                           "--set", std::string("optim.batch_size=") + batch_size, "--set",
                           std::string("optim.accumulate=") + accumulate});
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    std::vector<double> all;
    for (auto& line : lines(run / "metrics.jsonl"))
      if (!line.contains("split")) all.push_back(line["loss"].get<double>());
    return all;
  };
  auto whole = losses("in-one", "4", "1"), parts = losses("in-parts", "2", "2");
  REQUIRE(whole.size() == 50);
  REQUIRE(parts.size() == 50);
  // Sums in another order: the last digits, which training enlarges.
  for (size_t i = 0; i < whole.size(); ++i) CHECK(std::abs(whole[i] - parts[i]) < 1e-4);
}

TEST_CASE("mma-train: a finished run is finished", "[apps]") {
  auto& d = demo();
  auto before = fs::last_write_time(d.whole / "model/adapter.safetensors");
  auto again = run_program(d.command(d.whole));
  CHECK(again.exit_code == 0);
  CHECK(again.err.find("this run is finished") != std::string::npos);
  CHECK(fs::last_write_time(d.whole / "model/adapter.safetensors") == before);
}

TEST_CASE("mma-train: the same seed gives the same bytes, another seed others", "[apps]") {
  auto& d = demo();
  REQUIRE(run_program(d.command(d.dir / "second")).exit_code == 0);
  check_same_as_whole(d.dir / "second");
  REQUIRE(d.evaluate(d.whole).exit_code == 0);
  REQUIRE(d.evaluate(d.dir / "second").exit_code == 0);
  CHECK(sha256_file(d.dir / "second/eval/test/predictions.jsonl") ==
        sha256_file(d.whole / "eval/test/predictions.jsonl"));
  // Several threads, too.
  for (const char* name : {"threads", "threads_again"})
    REQUIRE(test::run_program(d.command(d.dir / name, {"--set", "train.max_steps=30"}),
                              {"OMP_NUM_THREADS=2"})
                .exit_code == 0);
  CHECK(sha256_file(d.dir / "threads/model/adapter.safetensors") ==
        sha256_file(d.dir / "threads_again/model/adapter.safetensors"));
  REQUIRE(
      run_program(d.command(d.dir / "third", {"--set", "seed=2", "--set", "train.max_steps=20"}))
          .exit_code == 0);
  CHECK(lines(d.dir / "third/metrics.jsonl")[0]["loss"] !=
        lines(d.whole / "metrics.jsonl")[0]["loss"]);
}

TEST_CASE("mma-eval: files, table, and the same bytes each time", "[apps]") {
  auto& d = demo();
  auto result = d.evaluate(d.whole);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.out.find("ap_micro") != std::string::npos);
  CHECK(result.out.find("western") != std::string::npos);
  auto folder = d.whole / "eval/test";
  auto metrics = Json::parse(read_file(folder / "metrics.json", 1 << 20));
  CHECK(metrics["samples"] == 24);
  for (const char* key : {"f1_micro", "f1_macro", "f1_weighted", "f1_samples", "ap_micro",
                          "ap_macro", "ap_samples", "auroc_micro", "accuracy"})
    CHECK(metrics.contains(key));
  auto gates = Json::parse(read_file(folder / "gates.json", 1 << 20));
  for (const char* key : {"text", "video", "metadata"}) CHECK(gates["overall"].contains(key));
  auto predictions = lines(folder / "predictions.jsonl");
  REQUIRE(predictions.size() == 24);
  CHECK(predictions[0]["id"] == "test0000");
  CHECK(predictions[0]["scores"].size() == 8);
  size_t positives = 0, counted = 0;
  for (auto& line : predictions) positives += line["labels"].size();
  for (auto& [label, figures] : metrics["labels"].items())
    counted += figures["count"].get<size_t>();
  CHECK(positives == counted);

  auto before = read_file(folder / "predictions.jsonl", 1 << 26);
  REQUIRE(d.evaluate(d.whole).exit_code == 0);
  CHECK(read_file(folder / "predictions.jsonl", 1 << 26) == before);
  // The model folder alone, as it is shared, and other batches: the same scores.
  fs::copy(d.whole / "model", d.dir / "shared_model");
  REQUIRE(d.evaluate(d.dir / "shared_model", {"--batch-size", "1"}).exit_code == 0);
  auto alone = lines(d.dir / "shared_model/eval/test/predictions.jsonl");
  for (size_t i = 0; i < alone.size(); ++i)
    for (auto& [label, score] : predictions[i]["scores"].items())
      CHECK(std::abs(alone[i]["scores"][label].get<double>() - score.get<double>()) < 1e-5);
  REQUIRE(d.evaluate(d.whole, {"--split", "dev"}).exit_code == 0);
  CHECK(lines(d.whole / "eval/dev/predictions.jsonl").size() == 16);
}

TEST_CASE("mma-train: text alone", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "text";
  REQUIRE(run_program(d.command(run, {"--set", "modalities=[]", "--set", "train.max_steps=20"}))
              .exit_code == 0);
  auto result = d.evaluate(run);
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  CHECK(!fs::exists(run / "eval/test/gates.json"));
}

TEST_CASE("mma-train: stopped by SIGTERM it saves, and the same command ends with the same bytes",
          "[apps]") {
  auto& d = demo();
  auto run = d.dir / "stopped";
  auto stopped = run_program(d.command(run), signal_after(run, 33, SIGTERM));
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code == 128 + SIGTERM);
  CHECK(stopped.err.find("the same command goes on from there") != std::string::npos);
  CHECK(!fs::exists(run / "model"));
  CHECK(d.evaluate(run).exit_code == 2);  // not finished, and says so
  auto again = run_program(d.command(run));
  CAPTURE(again.err);
  CHECK(again.exit_code == 0);
  CHECK(again.err.find("going on from step") != std::string::npos);
  check_same_as_whole(run);
}

TEST_CASE("mma-train: a damaged checkpoint is noticed, the one before is used", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "damaged";
  REQUIRE(run_program(d.command(run), signal_after(run, 70, SIGTERM)).exit_code == 128 + SIGTERM);
  for (auto& file : fs::directory_iterator(run / "checkpoints/last")) {
    auto bytes = read_file(file.path(), 1 << 26);
    bytes[bytes.size() / 2] ^= 1;
    write_atomically(file.path(), bytes);
  }
  auto again = run_program(d.command(run));
  CAPTURE(again.err);
  CHECK(again.exit_code == 0);
  check_same_as_whole(run);
}

TEST_CASE("mma-train: a full disk exits 3, and the same command goes on", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "full";
  std::string line =
      "trap '' XFSZ; ulimit -f 24; exec";  // 24 KiB a file: room for reports, not for tensors
  for (auto& word : d.command(run)) line += " '" + word + "'";
  auto full = run_program({"bash", "-c", line});
  CAPTURE(full.err);
  CHECK(full.exit_code == 3);
  CHECK(full.err.find("File too large") != std::string::npos);
  CHECK(run_program(d.command(run)).exit_code == 0);
  check_same_as_whole(run);
}

TEST_CASE("mma-train: another recipe, data or backbone into the same run is refused, naming it",
          "[apps]") {
  auto& d = demo();
  auto before = sha256_file(d.whole / "run.json");
  auto recipe = run_program(d.command(d.whole, {"--set", "optim.lr=0.1"}));
  CHECK(recipe.exit_code == 2);
  CHECK(recipe.err.find("optim.lr: this run was begun with 0.003, now 0.1") != std::string::npos);
  CHECK(count_lines(recipe.err) == 1);

  auto other = d.command(d.whole);
  auto backbone = d.dir / "other_backbone";
  REQUIRE(run_program({program("mma-prep"), "backbone", "--size", "tiny", "--vocab",
                       (d.backbone / "vocab.txt").string(), "--out", backbone.string()})
              .exit_code == 0);
  other[5] = backbone.string();
  auto another = run_program(other);
  CAPTURE(another.err);
  CHECK(another.exit_code == 2);
  CHECK(another.err.find("backbone") != std::string::npos);
  CHECK(sha256_file(d.whole / "run.json") == before);
  auto evaluated = d.evaluate(d.whole, {"--backbone", backbone.string()});
  CHECK(evaluated.exit_code == 2);
  CHECK(evaluated.err.find("not the backbone that the model was trained on") != std::string::npos);
}

TEST_CASE("mma-train: wrong input exits 2 with one line a fault, and nothing is written",
          "[apps]") {
  auto& d = demo();
  auto out = d.dir / "never";
  auto refuse = [&](const std::vector<std::string>& command, const std::string& what,
                    size_t faults = 1) {
    auto result = run_program(command);
    CAPTURE(result.err, what);
    CHECK(result.exit_code == 2);
    CHECK(result.out == "");
    CHECK(result.err.find(what) != std::string::npos);
    CHECK(count_lines(result.err) == faults);
    CHECK(!fs::exists(out));
  };
  auto with = [&](size_t argument, const fs::path& value) {
    auto command = d.command(out);
    command[argument] = value.string();
    return command;
  };
  write_atomically(d.dir / "bad.yaml", "optim: {lrate: 1}\n");
  refuse(with(1, d.dir / "bad.yaml"), "bad.yaml:1: optim.lrate: unknown key");
  refuse(with(1, d.dir / "none.yaml"), "none.yaml: no such file");
  refuse(with(3, d.dir / "none.h5"), "none.h5: no such file");
  refuse(with(3, d.file), "recipe.yaml: ");
  refuse(with(5, d.dir / "video"), "config.json: no such file");
  refuse(d.command(out, {"--set", "modalities=[vidio]"}),
         "unknown modality 'vidio', did you mean 'video'?");
  refuse(d.command(out, {"--set", "train.select_by=f1"}), "f1_micro");
  refuse(d.command(out, {"--set", "model.layers=1-9"}), "layers");
  refuse(d.command(out, {"--set", "optim.lr=-1", "--set", "loss.positive_weights=some", "--set",
                         "modalities=[smell]"}),
         "smell", 3);
  // A backbone whose tokenizer is another one.
  fs::copy(d.backbone, d.dir / "renamed");
  auto words = read_file(d.dir / "renamed/vocab.txt", 1 << 20);
  words[words.find("soldier")] = 'S';
  write_atomically(d.dir / "renamed/vocab.txt", words);
  refuse(with(5, d.dir / "renamed"), "prepared with another tokenizer");
  fs::resize_file(d.dir / "renamed/model.safetensors", 1000);
  write_atomically(d.dir / "renamed/vocab.txt", read_file(d.backbone / "vocab.txt", 1 << 20));
  refuse(with(5, d.dir / "renamed"), "model.safetensors: ");
}

TEST_CASE("mma-train: --check writes nothing", "[apps]") {
  auto& d = demo();
  auto result = run_program(d.command(d.dir / "checked", {"--check"}));
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  CHECK(!fs::exists(d.dir / "checked"));
}

TEST_CASE("mma-train, mma-eval: flags", "[apps]") {
  CHECK(run_program({program("mma-train")}).exit_code == 2);
  CHECK(run_program({program("mma-train"), "r.yaml", "--dta", "x"}).exit_code == 2);
  CHECK(run_program({program("mma-eval"), "runs/none", "--data", "none.h5"}).exit_code == 2);
  CHECK(run_program({program("mma-eval"), demo().whole.string(), "--data", demo().pack.string(),
                     "--split", "holdout"})
            .exit_code == 2);
  auto help = run_program({program("mma-train"), "--help-recipe"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("model.bottleneck") != std::string::npos);
  CHECK(run_program({program("mma-eval"), "--help"}).exit_code == 0);
}

TEST_CASE("mma-train: a dev split that the metric has no value on is refused before training",
          "[apps]") {
  auto& d = demo();
  // The same data, but nobody has a label in dev.
  std::string dev;
  for (auto row : lines(d.dir / "dev.jsonl")) {
    row["genres"] = Json::array();
    dev += row.dump() + "\n";
  }
  write_atomically(d.dir / "unlabelled.jsonl", dev);
  auto description = read_file(d.dir / "data.yaml", 1 << 20);
  description.replace(description.find("dev.jsonl"), 9, "unlabelled.jsonl");
  write_atomically(d.dir / "unlabelled.yaml", description);
  auto pack = d.dir / "unlabelled.h5";
  auto built = run_program({program("mma-prep"), "build", (d.dir / "unlabelled.yaml").string(),
                            "--root", d.dir.path.string(), "--tokenizer", d.backbone.string(),
                            "--out", pack.string()});
  CAPTURE(built.err);
  REQUIRE(built.exit_code == 0);
  auto command = d.command(d.dir / "undefined");
  command[3] = pack.string();
  auto refused = run_program(command);
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("train.select_by: ap_micro has no value on this pack's dev split") !=
        std::string::npos);
  CHECK(refused.err.find("accuracy") != std::string::npos);  // which can
  CHECK_FALSE(fs::exists(d.dir / "undefined"));
  for (auto* word : {"--set", "train.select_by=accuracy", "--set", "train.max_steps=20"})
    command.push_back(word);
  auto trained = run_program(command);
  CAPTURE(trained.err);
  CHECK(trained.exit_code == 0);
}

TEST_CASE("mma-train: a damaged best does not make the run unfinishable", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "best";
  auto command = d.command(run, {"--set", "optim.lr=0"});  // no later epoch becomes the best
  REQUIRE(run_program(command, signal_after(run, 75, SIGTERM)).exit_code == 128 + SIGTERM);
  fs::resize_file(run / "checkpoints/best/trained.safetensors", 100);
  auto rest = run_program(command);
  CAPTURE(rest.err);
  CHECK(rest.exit_code == 0);
  CHECK(rest.err.find("the best checkpoint (step 50) is damaged: the model gets the last weights "
                      "instead, those of step 100") != std::string::npos);
  CHECK(fs::exists(run / "model/config.json"));
  CHECK(Json::parse(read_file(run / "run.json", 1 << 20))["best_step"] == 100);
}

TEST_CASE("mma-train: --seeds beside --set seed is refused; each run's log is its own", "[apps]") {
  auto& d = demo();
  auto out = d.dir / "seeds";
  auto both = run_program(d.command(out, {"--seeds", "1-2", "--set", "seed=4"}));
  CHECK(both.exit_code == 2);
  CHECK(both.err.find("--seeds 1-2 names the seeds already") != std::string::npos);
  auto run = run_program(d.command(out, {"--seeds", "1-2", "--set", "train.max_steps=3"}));
  CAPTURE(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(read_file(out / "seed-1/train.log", 1 << 20).find("seed 2") == std::string::npos);
  CHECK(read_file(out / "seed-1/train.log", 1 << 20).find("finished") != std::string::npos);
}

TEST_CASE("mma-train: the number of threads is kept, and another one is told", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "other_threads";
  auto first = run_program(d.command(run), signal_after(run, 20, SIGTERM));
  REQUIRE(first.exit_code == 128 + SIGTERM);
  CHECK(Json::parse(read_file(run / "run.json", 1 << 20))["threads"] == 1);
  auto second = test::run_program(d.command(run), {"OMP_NUM_THREADS=2"});
  CAPTURE(second.err);
  CHECK(second.exit_code == 0);
  CHECK(second.err.find("warning: this run was begun with 1 threads") != std::string::npos);
}

TEST_CASE("mma-train: why it ends early and what it keeps is told", "[apps]") {
  auto& d = demo();
  auto run = run_program(
      d.command(d.dir / "early", {"--set", "optim.lr=0", "--set", "train.patience=1", "--set",
                                  "train.epochs=9", "--set", "train.report_every=1000"}));
  CAPTURE(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(run.err.find("stopped early: 1 epochs without a better dev ap_micro") != std::string::npos);
  CHECK(run.err.find("kept: step 50 (epoch 1), dev ap_micro") != std::string::npos);
}

TEST_CASE("mma-train: --probe tells what each modality alone reaches, and writes nothing",
          "[apps]") {
  auto& d = demo();
  auto probed = run_program(d.command(d.dir / "probed", {"--probe"}));
  CAPTURE(probed.err);
  CHECK(probed.exit_code == 0);
  CHECK(probed.out.starts_with("linear map of  ap_micro train"));
  CHECK(probed.out.find("\nvideo") < probed.out.find("\nmetadata"));
  CHECK(probed.err.find("warning") == std::string::npos);  // the demo's features are honest
  CHECK_FALSE(fs::exists(d.dir / "probed"));
  auto text = run_program(d.command(d.dir / "probed", {"--probe", "--set", "modalities=[]"}));
  CHECK(text.exit_code == 2);
  CHECK(text.err.find("--probe: the recipe names no modalities") != std::string::npos);
}
