// What is particular to systems that are more than adapters: their state, their parts, their
// sharing. Models that train a backbone or hold running figures must resume exactly as well.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/safetensors.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

const test::DemoPack& demo() {
  static test::DemoPack instance({.train = 80, .dev = 16, .test = 24, .seed = 1});
  return instance;
}

std::string recipe_text(const std::string& modalities, const std::string& model) {
  return "precision: fp32\ndevice: cpu\nmodalities: " + modalities + "\nmodel: " + model +
         "\noptim: {lr: 1.0e-3, batch_size: 4}\n"
         "train: {epochs: 2, report_every: 1, patience: 0, modality_dropout: 0.2}\n"
         "checkpoint: {every_steps: 7}\n";
}

// A finished run of that model, trained once for all tests of this file.
fs::path finished(const std::string& name, const std::string& modalities,
                  const std::string& model) {
  auto out = demo().dir / ("finished-" + name);
  if (!fs::exists(out)) {
    auto result = demo().train(demo().recipe(name, recipe_text(modalities, model)), out);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
  }
  return out;
}
fs::path text_run() {
  return finished("text", "[]",
                  "{name: houlsby, placement: pfeiffer, train_layer_norms: false, bottleneck: 8, "
                  "layer_norm: false, after_norm: true, activation: relu, init_std: 0.3, "
                  "up_init_std: 0.3}");
}
fs::path video_run() {
  return finished("video", "[video]",
                  "{name: mm_adapter, bottleneck: 8, share_modality_projections: true}");
}
std::string fusion_model() {
  return "{name: adapter_fusion, from: {plot: " + text_run().string() +
         ", film: " + video_run().string() + "}}";
}

std::vector<std::string> tensor_names(const fs::path& file) {
  std::vector<std::string> names;
  Safetensors tensors(file);
  for (auto& entry : tensors.entries()) names.push_back(entry.name);
  return names;
}

// mma-train --check of an adapter_fusion with these parts: what it says of them.
std::string refusal(const std::string& from, const std::string& modalities = "[video]") {
  auto file = demo().recipe("refused",
                            recipe_text(modalities, "{name: adapter_fusion, from: " + from + "}"));
  auto result = demo().train(file, demo().dir / "refused", {"--check"});
  CHECK(result.exit_code == 2);
  CHECK_FALSE(fs::exists(demo().dir / "refused"));
  return result.err;
}

}  // namespace

TEST_CASE("systems: stopped and continued, each ends with the same bytes", "[apps]") {
  auto& d = demo();
  const std::vector<std::pair<std::string, std::string>> systems = {
      {"[video, audio]", "{name: gmu, hidden: 8}"},
      {"[video]", "{name: mmbt, freeze_text: 1}"},
      {"[]", "{name: bert}"},
      {"[]",
       "{name: lora, rank: 4, alpha: 8, targets: [key, value, intermediate], "
       "lora_dropout: 0.1}"},
      {"[video]", "{name: mm_adapter, layers: \"2\", frozen_prefix: cached, bottleneck: 8}"},
      {"[video]", fusion_model()}};
  int number = 0;
  for (auto& [modalities, model] : systems) {
    CAPTURE(model);
    auto recipe = d.recipe("system", recipe_text(modalities, model));
    auto whole = d.dir / fmt::format("whole-{}", number),
         broken = d.dir / fmt::format("broken-{}", number);
    ++number;
    std::vector<std::string> accumulate{"--set", "optim.accumulate=2"};
    auto first = d.train(recipe, whole, accumulate);
    CAPTURE(first.err);
    REQUIRE(first.exit_code == 0);
    int signal = number % 2 == 0 ? SIGTERM : SIGKILL;
    auto stopped = d.train(recipe, broken, accumulate, test::signal_after(broken, 12, signal));
    CHECK(stopped.exit_code == 128 + signal);
    auto rest = d.train(recipe, broken, accumulate);
    CHECK(rest.exit_code == 0);
    for (auto* file : {"model/adapter.safetensors", "model/config.json",
                       "eval/dev/predictions.jsonl", "eval/dev/metrics.json"}) {
      CAPTURE(file);
      CHECK(sha256_file(broken / file) == sha256_file(whole / file));
    }
    // A fresh process says of dev what the trainer said.
    auto before = sha256_file(whole / "eval/dev/predictions.jsonl");
    auto evaluated = d.evaluate(whole, {"--split", "dev"});
    CAPTURE(evaluated.err);
    CHECK(evaluated.exit_code == 0);
    CHECK(sha256_file(whole / "eval/dev/predictions.jsonl") == before);
  }
}

TEST_CASE("adapter_fusion: its folder holds its parts, and serves without their runs", "[apps]") {
  auto& d = demo();
  auto recipe = d.recipe("fusion", recipe_text("[video]", fusion_model()));
  auto run = d.dir / "fusion";
  auto trained = d.train(recipe, run);
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  for (auto& name : tensor_names(run / "model/adapter.safetensors"))
    CHECK((name.starts_with("fusion.layer.") || name.starts_with("classifier.")));
  CHECK(sha256_file(run / "model/parts/film/adapter.safetensors") ==
        sha256_file(video_run() / "model/adapter.safetensors"));
  auto folder = d.dir / "alone";  // as someone else receives it
  fs::copy(run / "model", folder, fs::copy_options::recursive);
  auto gone = d.dir / "moved";
  fs::rename(video_run(), gone);
  auto evaluated = d.evaluate(folder);
  fs::rename(gone, d.dir / "finished-video");
  CAPTURE(evaluated.err);
  CHECK(evaluated.exit_code == 0);
  auto gates = Json::parse(read_file(folder / "eval/test/gates.json", 1 << 20));
  // Each layer has one place where both stand, and one where the film's adapter stands alone.
  double plot = gates["overall"]["plot"], film = gates["overall"]["film"];
  CHECK((plot > 0 && plot < 1));
  CHECK(std::abs(film - (1 + (1 - plot)) / 2) < 1e-5);
}

TEST_CASE("adapter_fusion: parts that cannot be are refused at --check, all at once", "[apps]") {
  auto& d = demo();
  auto text = text_run().string(), video = video_run().string();
  CHECK(refusal("{}").find("model.from: expected trained adapters") != std::string::npos);
  auto both = refusal("{a: " + (d.dir / "nowhere").string() + ", b: " + d.backbone.string() + "}");
  CHECK(both.find("model.from.a: ") != std::string::npos);
  CHECK(both.find("model.from.b: ") != std::string::npos);
  CHECK(refusal("{text: " + text + "}").find("no part of model.from uses it") != std::string::npos);
  CHECK(refusal("{video: " + video + "}", "[]").find("needs the modality video") !=
        std::string::npos);
  auto linear = finished("linear", "[]", "{name: linear}").string();
  CHECK(refusal("{a: " + linear + "}", "[]").find("it has no adapters") != std::string::npos);
  auto norms = finished("norms", "[]", "{name: houlsby, bottleneck: 8}").string();
  CHECK(refusal("{a: " + norms + "}", "[]").find("model.train_layer_norms=false") !=
        std::string::npos);
  // A run that is not finished.
  auto begun = d.dir / "begun";
  fs::create_directories(begun);
  write_atomically(begun / "run.json", "{}");
  CHECK(refusal("{a: " + begun.string() + "}", "[]").find("not finished") != std::string::npos);
  // Another backbone.
  auto other = d.dir / "other";
  fs::remove_all(other);
  fs::copy(fs::path(text) / "model", other, fs::copy_options::recursive);
  auto card = Json::parse(read_file(other / "config.json", 1 << 20));
  card["backbone_sha256"] = "0123456789abcdef";
  write_atomically(other / "config.json", card.dump());
  CHECK(refusal("{a: " + other.string() + "}", "[]").find("another backbone") != std::string::npos);
}

TEST_CASE("adapter-hub: exported and imported, the predictions are the same bytes", "[apps]") {
  auto& d = demo();
  auto run = text_run(), hub = d.dir / "hub", back = d.dir / "back";
  auto exported = test::run_program({test::program("mma-eval"), "export", run.string(), "--out",
                                     hub.string(), "--name", "plots"});
  CAPTURE(exported.err);
  REQUIRE(exported.exit_code == 0);
  auto names = tensor_names(hub / "adapter.safetensors");
  std::vector<std::string> expected;
  for (int l = 0; l < 2; ++l)
    for (auto* part :
         {"adapter_down.0.bias", "adapter_down.0.weight", "adapter_up.bias", "adapter_up.weight"})
      expected.push_back(fmt::format("bert.encoder.layer.{}.output.adapters.plots.{}", l, part));
  std::sort(names.begin(), names.end());
  CHECK(names == expected);
  auto config = Json::parse(read_file(hub / "adapter_config.json", 1 << 20));
  CHECK(config["name"] == "plots");
  CHECK(config["model_type"] == "bert");
  CHECK(config["config"]["non_linearity"] == "relu");
  CHECK(config["config"]["original_ln_before"] == true);
  CHECK(config["config"]["mh_adapter"] == false);
  auto imported = test::run_program(
      {test::program("mma-eval"), "import", hub.string(), "--out", back.string()});
  CAPTURE(imported.err);
  REQUIRE(imported.exit_code == 0);
  REQUIRE(d.evaluate(run).exit_code == 0);
  REQUIRE(d.evaluate(back).exit_code == 0);
  CHECK(sha256_file(back / "eval/test/predictions.jsonl") ==
        sha256_file(run / "eval/test/predictions.jsonl"));
  // As a part, the folder is the run that it came from.
  auto fuse = [&](const std::string& name, const std::string& from) {
    auto recipe =
        d.recipe(name, recipe_text("[]", "{name: adapter_fusion, from: {a: " + from + "}}"));
    auto result = d.train(recipe, d.dir / name);
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
    return sha256_file(d.dir / name / "model/adapter.safetensors");
  };
  CHECK(fuse("from-hub", hub.string()) == fuse("from-run", run.string()));
  CHECK(d.evaluate(d.dir / "from-hub").exit_code == 0);
  CHECK(d.evaluate(hub).exit_code == 2);  // adapters alone have no labels
}

TEST_CASE("adapter-hub: another architecture, width or tensor is refused, key by key", "[apps]") {
  auto& d = demo();
  auto hub = d.dir / "good-hub", bad = d.dir / "bad-hub";
  REQUIRE(test::run_program(
              {test::program("mma-eval"), "export", text_run().string(), "--out", hub.string()})
              .exit_code == 0);
  auto spoil = [&](const fs::path& folder, const std::function<void(Json&)>& change) {
    fs::remove_all(folder);
    fs::copy(hub, folder, fs::copy_options::recursive);
    auto config = Json::parse(read_file(folder / "adapter_config.json", 1 << 20));
    change(config);
    write_atomically(folder / "adapter_config.json", config.dump());
  };
  auto with = [&](const std::function<void(Json&)>& change) {
    spoil(bad, change);
    return refusal("{a: " + bad.string() + "}", "[]");
  };
  auto several = with([](Json& c) {
    c["config"]["scaling"] = "learned";
    c["config"]["ln_after"] = true;
    c["config"]["non_linearity"] = "selu";
    c["config"]["inv_adapter"] = "nice";
    c["model_type"] = "roberta";
  });
  for (auto* key : {"scaling: expected a number from 0 to 1000", "ln_after", "non_linearity",
                    "inv_adapter", "model_type: expected \"bert\", found \"roberta\""})
    CHECK(several.find(key) != std::string::npos);
  CHECK(with([](Json& c) { c["config"]["reduction_factor"] = 2; }).find("expected shape") !=
        std::string::npos);
  auto width = with([](Json& c) { c["hidden_size"] = 0; });
  CHECK(width.find("hidden_size: expected") != std::string::npos);
  CHECK(width.find("reduction_factor") == std::string::npos);  // of which nothing is wrong
  std::string parts;
  for (auto factor : {Json(0), Json(-2), Json(1e-300), Json("x"), Json({{"1", 2}})}) {
    auto folder = d.dir / fmt::format("bad-factor-{}", parts.size());
    spoil(folder, [&](Json& c) { c["config"]["reduction_factor"] = factor; });
    parts += fmt::format("{}p{}: {}", parts.empty() ? "" : ", ", parts.size(), folder.string());
  }
  auto factors = refusal("{" + parts + "}", "[]");
  CAPTURE(factors);
  size_t told = 0;
  for (size_t at = 0; (at = factors.find("reduction_factor: expected one number above 0", at)) !=
                      std::string::npos;
       ++at)
    ++told;
  CHECK(told == 5);
  CHECK(with([](Json& c) { c["config"]["mh_adapter"] = true; }).find("no tensor") !=
        std::string::npos);
  CHECK(with([](Json& c) { c["name"] = "other"; }).find("no tensor") != std::string::npos);
  CHECK(with([](Json& c) {
          c["config"] = {{"architecture", "prefix_tuning"}};
        }).find("config.architecture: expected") != std::string::npos);
  CHECK(with([](Json& c) {
          c["config"] = {{"architecture", "lora"}, {"r", 8}};
        }).find("no tensor bert.encoder.layer.0.attention.self.value.loras.mma.lora_B") !=
        std::string::npos);
  auto multimodal = test::run_program({test::program("mma-eval"), "export", video_run().string(),
                                       "--out", (d.dir / "no-hub").string()});
  CHECK(multimodal.exit_code == 2);
  CHECK_FALSE(fs::exists(d.dir / "no-hub"));
}

TEST_CASE("adapter-hub: LoRA and parallel adapters go there and come back", "[apps]") {
  auto& d = demo();
  struct Case {
    std::string name, model, tensor;
    int tensors;
    Json config;
  };
  const std::vector<Case> cases = {
      {"lora",
       "{name: lora, rank: 4, alpha: 6, targets: [query, value, output], layers: \"2\"}",
       "bert.encoder.layer.1.attention.self.query.loras.mma.lora_A",
       6,
       {{"architecture", "lora"},
        {"r", 4},
        {"alpha", 6},
        {"attn_matrices", {"q", "v"}},
        {"selfattn_lora", true},
        {"intermediate_lora", false},
        {"output_lora", true},
        {"leave_out", {0}}}},
      {"parallel",
       "{name: houlsby, placement: parallel, scaling: 4, layer_norm: false, train_layer_norms: "
       "false, bottleneck: 8, activation: relu, init_std: 0.3, up_init_std: 0.3}",
       "bert.encoder.layer.1.output.adapters.mma.adapter_up.weight",
       8,
       {{"is_parallel", true},
        {"scaling", 4.0},
        {"mh_adapter", false},
        {"leave_out", Json::array()}}}};
  for (auto& [name, model, tensor, tensors, expected] : cases) {
    CAPTURE(name);
    auto run = finished("hub-" + name, "[]", model);
    auto hub = d.dir / (name + "-hub"), back = d.dir / (name + "-back");
    auto exported = test::run_program(
        {test::program("mma-eval"), "export", run.string(), "--out", hub.string()});
    CAPTURE(exported.err);
    REQUIRE(exported.exit_code == 0);
    auto names = tensor_names(hub / "adapter.safetensors");
    CHECK(names.size() == static_cast<size_t>(tensors));
    CHECK(std::find(names.begin(), names.end(), tensor) != names.end());
    auto config = Json::parse(read_file(hub / "adapter_config.json", 1 << 20));
    for (auto& [key, value] : expected.items()) {
      CAPTURE(key);
      CHECK(config["config"][key] == value);
    }
    if (name == "lora") {  // as a model without heads names them
      Safetensors file(hub / "adapter.safetensors");
      std::vector<SafetensorsTensor> renamed;
      for (auto& entry : file.entries())
        renamed.push_back({entry.name.substr(5), entry.dtype, entry.shape, file.bytes(entry)});
      write_safetensors(hub / "adapter.safetensors", renamed, {{"format", "pt"}});
    }
    auto imported = test::run_program(
        {test::program("mma-eval"), "import", hub.string(), "--out", back.string()});
    CAPTURE(imported.err);
    REQUIRE(imported.exit_code == 0);
    REQUIRE(d.evaluate(run).exit_code == 0);
    REQUIRE(d.evaluate(back).exit_code == 0);
    CHECK(sha256_file(back / "eval/test/predictions.jsonl") ==
          sha256_file(run / "eval/test/predictions.jsonl"));
  }
  CHECK(refusal("{a: " + (d.dir / "lora-hub").string() + "}", "[]")
            .find("LoRA changes linear maps") != std::string::npos);
  auto all = finished("hub-all", "[]", "{name: lora, targets: [attention_out]}");
  auto refused = test::run_program(
      {test::program("mma-eval"), "export", all.string(), "--out", (d.dir / "all-hub").string()});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("attention_out") != std::string::npos);
}

TEST_CASE("mma-eval export --merged: a backbone folder that computes what LoRA does", "[apps]") {
  auto& d = demo();
  auto run = finished("merged", "[]",
                      "{name: lora, rank: 4, alpha: 200, targets: [query, key, value, "
                      "attention_out, intermediate, output]}");
  auto folder = d.dir / "merged-backbone";
  auto merge = [&](const fs::path& from, const fs::path& to) {
    return test::run_program(
        {test::program("mma-eval"), "export", from.string(), "--merged", to.string()});
  };
  auto merged = merge(run, folder);
  CAPTURE(merged.err);
  REQUIRE(merged.exit_code == 0);
  for (auto* file : {"vocab.txt", "tokenizer_config.json"})
    CHECK(sha256_file(folder / file) == sha256_file(d.backbone / file));
  // The same scores from its weights and a model that adds nothing to them.
  auto plain = d.dir / "merged-plain";
  fs::remove_all(plain);
  fs::copy(run / "model", plain, fs::copy_options::recursive);
  auto card = Json::parse(read_file(plain / "config.json", 1 << 20));
  Safetensors stored(plain / "adapter.safetensors");
  std::vector<SafetensorsTensor> tensors;
  std::string zeros;
  for (auto& entry : stored.entries())
    zeros.resize(std::max(zeros.size(), stored.bytes(entry).size()));
  for (auto& entry : stored.entries()) {
    auto bytes = stored.bytes(entry);
    if (entry.name.ends_with(".B")) bytes = std::string_view(zeros).substr(0, bytes.size());
    tensors.push_back({entry.name, entry.dtype, entry.shape, bytes});
  }
  write_safetensors(plain / "adapter.safetensors", tensors, {{"format", "pt"}});
  card.erase("adapter_sha256");
  auto scores = [&](const fs::path& model, const fs::path& backbone) {
    card["backbone_sha256"] =
        sha256_files({backbone / "config.json", backbone / "model.safetensors"});
    if (model == plain) write_atomically(plain / "config.json", card.dump());
    auto evaluated = d.evaluate(model, {"--backbone", backbone.string()});
    INFO(evaluated.err);
    REQUIRE(evaluated.exit_code == 0);
    std::vector<double> all;
    std::istringstream lines(read_file(model / "eval/test/predictions.jsonl", 1 << 20));
    for (std::string line; std::getline(lines, line);) {
      const auto row = Json::parse(line);
      for (auto& score : row["scores"]) all.push_back(score.get<double>());
    }
    return all;
  };
  auto largest = [](const std::vector<double>& found, const std::vector<double>& expected) {
    REQUIRE(found.size() == expected.size());
    double most = 0;
    for (size_t i = 0; i < found.size(); ++i)
      most = std::max(most, std::abs(found[i] - expected[i]));
    return most;
  };
  auto expected = scores(run, d.backbone);
  CHECK(largest(scores(plain, d.backbone), expected) > 1e-2);  // LoRA does something
  CHECK(largest(scores(plain, folder), expected) < 1e-5);
  // What cannot be is refused, and nothing written over.
  CHECK(merge(run, folder).err.find("there is a model already") != std::string::npos);
  auto none = merge(text_run(), d.dir / "none");
  CHECK(none.exit_code == 2);
  CHECK(none.err.find("only LoRA can be merged") != std::string::npos);
  CHECK_FALSE(fs::exists(d.dir / "none"));
}

TEST_CASE("mma-eval: modalities left out, and every subset of them", "[apps]") {
  auto& d = demo();
  auto run = finished("subsets", "[video, audio]", "{name: mm_adapter, bottleneck: 8}");
  auto subsets = d.evaluate(run, {"--subsets"});
  CAPTURE(subsets.err);
  REQUIRE(subsets.exit_code == 0);
  auto rows = Json::parse(read_file(run / "eval/test/subsets.json", 1 << 20));
  REQUIRE(rows.size() == 4);
  std::vector<std::string> inputs;
  for (auto& row : rows) inputs.push_back(row["inputs"]);
  CHECK(inputs == std::vector<std::string>{"text+video+audio", "text+audio", "text+video", "text"});
  // A row says what --without says.
  REQUIRE(d.evaluate(run, {"--without", "video"}).exit_code == 0);
  auto without = Json::parse(read_file(run / "eval/test-without-video/metrics.json", 1 << 20));
  CHECK(without["ap_micro"] == rows[1]["ap_micro"]);
  CHECK(rows[0]["ap_micro"] != rows[1]["ap_micro"]);
  auto unknown = d.evaluate(run, {"--without", "vido"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err.find("did you mean 'video'") != std::string::npos);
}

TEST_CASE("mma-train: --seeds makes one run a seed, which differ in it alone", "[apps]") {
  auto& d = demo();
  auto recipe = d.recipe("seeds", recipe_text("[]", "{name: linear}"));
  auto out = d.dir / "seeds";
  auto result = d.train(recipe, out, {"--seeds", "1-2"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  for (int seed : {1, 2}) {
    auto run = out / fmt::format("seed-{}", seed);
    CHECK(Json::parse(read_file(run / "run.json", 1 << 20))["seed"] == seed);
    REQUIRE(d.evaluate(run).exit_code == 0);
  }
  CHECK(sha256_file(out / "seed-1/model/adapter.safetensors") !=
        sha256_file(out / "seed-2/model/adapter.safetensors"));
  auto table =
      test::run_program({test::program("mma-eval"), "compare", out.string(), "--format", "csv"});
  CAPTURE(table.err);
  CHECK(table.exit_code == 0);
  CHECK(table.out.find("linear text") != std::string::npos);
  for (auto* bad : {"", "0-", "2-1", "a"})
    CHECK(d.train(recipe, d.dir / "none", {"--seeds", bad}).exit_code == (*bad ? 2 : 0));
}

TEST_CASE("mma-train: --grid makes one run a setting and seed, and compare tells them apart",
          "[apps]") {
  auto& d = demo();
  auto recipe = d.recipe("grid", recipe_text("[]", "{name: linear}"));
  auto out = d.dir / "grid";
  const std::vector<std::string> grid{"--grid", "optim.lr=1e-3,3e-3", "--seeds", "1-2",
                                      "--set",  "train.epochs=1"};
  auto listed = grid;
  listed.push_back("--list");
  auto list = d.train(recipe, out, listed);
  CHECK(list.exit_code == 0);
  CHECK(std::count(list.out.begin(), list.out.end(), '\n') == 4);
  CHECK(list.out.find("--out " + (out / "lr=3e-3/seed-2").string() +
                      " --set train.epochs=1 --set optim.lr=3e-3 --set seed=2\n") !=
        std::string::npos);
  CHECK(!fs::exists(out));
  auto result = d.train(recipe, out, grid);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  // Dev was evaluated in training: what it prefers needs no test split.
  auto table = test::run_program(
      {test::program("mma-eval"), "compare", out.string(), "--split", "dev", "--format", "csv"});
  CAPTURE(table.err);
  CHECK(table.exit_code == 0);
  for (auto* value : {"optim.lr=0.001", "optim.lr=0.003"})
    CHECK(table.out.find(value) != std::string::npos);
  // A run each, and their table; files in folders of the same names.
  auto evaluated = d.evaluate(out, {"--out", (d.dir / "grid-results").string()});
  CAPTURE(evaluated.err);
  CHECK(evaluated.exit_code == 0);
  CHECK(evaluated.out.find("lr=3e-3/seed-2") != std::string::npos);
  CHECK(fs::exists(d.dir / "grid-results/lr=3e-3/seed-2/metrics.json"));
  // The same command goes on with what is not finished.
  fs::remove_all(out / "lr=1e-3/seed-2");
  auto again = d.train(recipe, out, grid);
  CHECK(again.exit_code == 0);
  CHECK(fs::exists(out / "lr=1e-3/seed-2/model/config.json"));
}

TEST_CASE("modality dropout: each modality removed costs the labels that depend on it", "[apps]") {
  test::DemoPack d({.train = 400, .dev = 20, .test = 200, .seed = 1});
  auto run = d.dir / "run";
  auto trained = d.train(test::source_root() / "recipes/demo/any_subset.yaml", run,
                         {"--set", "train.epochs=8"});
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  REQUIRE(d.evaluate(run, {"--subsets"}).exit_code == 0);
  auto rows = Json::parse(read_file(run / "eval/test/subsets.json", 1 << 20));
  REQUIRE(rows.size() == 16);
  auto precision = [&](const std::string& removed, const std::string& label) {
    for (auto& row : rows) {
      auto there = row["modalities"].get<std::vector<std::string>>();
      bool lacks = std::find(there.begin(), there.end(), removed) == there.end();
      if (there.size() == (removed.empty() ? 4u : 3u) && lacks)
        return row["labels"][label]["average_precision"].get<double>();
    }
    throw std::runtime_error("no row without " + removed);
  };
  // As data/demo.h says which modality carries what.
  const std::map<std::string, std::vector<std::string>> carried = {{"video", {"action", "war"}},
                                                                   {"audio", {"musical"}},
                                                                   {"poster", {"horror"}},
                                                                   {"metadata", {"western"}}};
  for (auto& [modality, own] : carried)
    for (auto& [other, labels] : carried)
      for (auto& label : labels) {
        double cost = precision("", label) - precision(modality, label);
        CAPTURE(modality, label, cost);
        if (other == modality)
          CHECK(cost > 0.15);
        else
          CHECK(std::abs(cost) < 0.15);
      }
}

TEST_CASE("diverged: the step is not taken, its samples are named, the weights stay finite",
          "[apps]") {
  auto& d = demo();
  // Such a decay multiplies the matrices by -99 at each step, until they overflow.
  auto recipe = d.recipe("diverged", recipe_text("[]", "{name: bert}"));
  std::vector<std::string> wild{"--set", "optim.lr=10",    "--set", "optim.weight_decay=10",
                                "--set", "optim.warmup=0", "--set", "optim.schedule=constant"};
  auto stopped = d.train(recipe, d.dir / "stop", wild);
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code == 4);
  CHECK(stopped.err.find("the samples were train") != std::string::npos);
  wild.insert(wild.end(), {"--set", "train.on_nonfinite=skip"});
  auto skipped = d.train(recipe, d.dir / "skip", wild);
  CAPTURE(skipped.err);
  CHECK(skipped.exit_code == 4);
  CHECK(skipped.err.find("skipped, 10 of at most 10") != std::string::npos);
  CHECK(skipped.err.find("skipped, 11") == std::string::npos);
  for (auto* run : {"stop", "skip"})
    for (auto* name : {"last", "previous", "best"}) {
      auto file = d.dir / run / "checkpoints" / name / "trained.safetensors";
      if (!fs::exists(file)) continue;
      Safetensors tensors(file);
      for (auto& entry : tensors.entries()) {
        auto bytes = tensors.bytes(entry);
        for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
          float value;
          std::memcpy(&value, bytes.data() + i, 4);
          if (!std::isfinite(value)) FAIL(entry.name);
        }
      }
    }
}

TEST_CASE("out of memory: exit 3, with the batch and the keys to change", "[apps]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer needs more address space than this test leaves");
#endif
  auto& d = demo();
  auto recipe = d.recipe("large", recipe_text("[]", "{name: mm_adapter, bottleneck: 65536}"));
  std::string line = "ulimit -v 3000000; exec";
  for (auto& word : d.train_command(recipe, d.dir / "large", {"--set", "optim.batch_size=80"}))
    line += " '" + word + "'";
  auto result = test::run_program({"bash", "-c", line});
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(result.err.find("memory") != std::string::npos);
}

TEST_CASE("adapter-hub: double_seq_bn by its default configuration, names and shapes", "[apps]") {
  auto& d = demo();
  auto run = finished("double", "[]",
                      "{name: houlsby, train_layer_norms: false, bottleneck: 4, layer_norm: false, "
                      "activation: silu}");
  auto hub = d.dir / "double-hub";
  auto exported =
      test::run_program({test::program("mma-eval"), "export", run.string(), "--out", hub.string()});
  CAPTURE(exported.err);
  REQUIRE(exported.exit_code == 0);
  // What that library writes for DoubleSeqBnConfig(reduction_factor=...) on a BERT.
  auto config = Json::parse(read_file(hub / "adapter_config.json", 1 << 20));
  const Json expected = {
      {"mh_adapter", true},          {"output_adapter", true},     {"non_linearity", "swish"},
      {"original_ln_before", false}, {"original_ln_after", true},  {"ln_before", false},
      {"ln_after", false},           {"residual_before_ln", true}, {"scaling", 1.0},
      {"is_parallel", false},        {"leave_out", Json::array()}, {"phm_layer", false},
      {"use_gating", false},         {"inv_adapter", nullptr},     {"dropout", 0.0}};
  for (auto& [key, value] : expected.items()) {
    CAPTURE(key);
    CHECK(config["config"][key] == value);
  }
  const int64_t h = config["hidden_size"], p = 4;
  CHECK(h / config["config"]["reduction_factor"].get<int64_t>() == p);
  std::map<std::string, std::vector<int64_t>> shapes;
  Safetensors tensors(hub / "adapter.safetensors");
  for (auto& entry : tensors.entries())
    shapes[entry.name] = {entry.shape.begin(), entry.shape.end()};
  CHECK(shapes.size() == 2 * 2 * 4);
  for (int l = 0; l < 2; ++l)
    for (auto* place : {"attention.output", "output"}) {
      auto at = fmt::format("bert.encoder.layer.{}.{}.adapters.mma.", l, place);
      CHECK(shapes[at + "adapter_down.0.weight"] == std::vector<int64_t>{p, h});
      CHECK(shapes[at + "adapter_down.0.bias"] == std::vector<int64_t>{p});
      CHECK(shapes[at + "adapter_up.weight"] == std::vector<int64_t>{h, p});
      CHECK(shapes[at + "adapter_up.bias"] == std::vector<int64_t>{h});
    }
}
