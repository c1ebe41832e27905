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

struct InitDemo : test::DemoPack {
  InitDemo() : DemoPack({.train = 48, .dev = 16, .test = 8, .seed = 1}) {
    file = recipe("recipe",
                  "precision: fp32\ndevice: cpu\nmodalities: [video]\n"
                  "model: {name: mm_adapter, bottleneck: 8}\noptim: {lr: 3.0e-3, batch_size: 8}\n"
                  "train: {epochs: 2, report_every: 1, patience: 0}\n"
                  "checkpoint: {every_steps: 3}\n");
    REQUIRE(train(file, before).exit_code == 0);
  }
  test::ProgramResult begun_with(const fs::path& model, const fs::path& out,
                                 std::vector<std::string> more = {},
                                 const std::function<void(pid_t)>& meanwhile = {}) const {
    more.insert(more.begin(), {"--set", "init_from=" + model.string()});
    return train(file, out, more, meanwhile);
  }
  fs::path file, before = dir / "before";
};

}  // namespace

TEST_CASE("init_from: a new run begins with a trained model, and needs it no more once begun",
          "[apps]") {
  InitDemo d;
  // Where nothing is learned, what it began with stays.
  auto same = d.begun_with(d.before, d.dir / "same", {"--set", "optim.lr=0"});
  CAPTURE(same.err);
  REQUIRE(same.exit_code == 0);
  const auto weights = sha256_file(d.before / "model/adapter.safetensors");
  CHECK(sha256_file(d.dir / "same/model/adapter.safetensors") == weights);
  CHECK(same.err.find(" tensors taken, 0 of them in part; 0 afresh") != std::string::npos);
  auto record = Json::parse(read_file(d.dir / "same/run.json", 1 << 20));
  CHECK(record["init_from"] == Json{{"path", d.before.string()}, {"sha256", weights}});

  const std::vector<std::string> more{"--set", "modalities=[video, audio]", "--set",
                                      "model.activation=relu"};
  auto whole = d.dir / "whole", broken = d.dir / "broken";
  auto result = d.begun_with(d.before, whole, more);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  for (auto* line :
       {"init_from: model.activation was gelu_tanh, here relu\n",
        "init_from: adapters.layer.0.output.gate.text.weight: in part: audio not there\n",
        "init_from: adapters.layer.0.output.gate.audio.weight: afresh: not there\n"})
    CHECK(result.err.find(line) != std::string::npos);
  CHECK(read_file(whole / "train.log", 1 << 20).find("in part: audio not there") !=
        std::string::npos);
  auto killed = d.begun_with(d.before, broken, more, test::signal_after(broken, 0, SIGKILL));
  CHECK(killed.exit_code == 128 + SIGKILL);
  fs::rename(d.before, d.dir / "gone");
  killed = d.begun_with(d.before, broken, more, test::signal_after(broken, 8, SIGKILL));
  CHECK(killed.exit_code == 128 + SIGKILL);
  auto on = d.begun_with(d.before, broken, more);
  CAPTURE(on.err);
  CHECK(on.exit_code == 0);
  test::check_same_run(broken, whole);
  CHECK(Json::parse(read_file(broken / "run.json", 1 << 20))["init_from"]["sha256"] == weights);
  // A model folder alone will do, with several processes too; another one into the same run is
  // refused.
  auto both = d.begun_with(d.dir / "gone/model", d.dir / "both",
                           {"--set", "optim.lr=0", "--processes", "2"});
  CAPTURE(both.err);
  CHECK(both.exit_code == 0);
  CHECK(sha256_file(d.dir / "both/model/adapter.safetensors") == weights);
  auto other = d.begun_with(d.dir / "gone/model", whole, more);
  CHECK(other.exit_code == 2);
  CHECK(other.err.find("init_from: this run was begun with " + d.before.string()) !=
        std::string::npos);
}

TEST_CASE("init_from: another system or backbone, or no model, is refused before anything begins",
          "[apps]") {
  InitDemo d;
  auto refused = [&](const fs::path& model, const std::vector<std::string>& more,
                     const std::string& expected) {
    auto result = d.begun_with(model, d.dir / "out", more);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(expected) != std::string::npos);
    CHECK_FALSE(fs::exists(d.dir / "out"));
  };
  refused(d.before, {"--set", "model.name=mmbt", "--set", "model.bottlenek=8"}, "model.bottlenek");
  auto mmbt = d.recipe("mmbt", "modalities: [video]\nmodel: {name: mmbt}\ndevice: cpu\n");
  auto result = d.train(mmbt, d.dir / "out", {"--set", "init_from=" + d.before.string()});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("its model.name is mm_adapter, this recipe's mmbt") != std::string::npos);
  refused(d.dir.path, {}, "init_from: " + d.dir.path.string() + ": no trained model there");
  auto config = read_file(d.backbone / "config.json", 1 << 20);
  write_atomically(d.backbone / "config.json", config + "\n");
  refused(d.before, {}, "trained on another backbone");
}
