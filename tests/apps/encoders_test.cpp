// Every family of encoders serves every kind of system, from training to evaluation.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>

#include "backbones/encoder_family.h"
#include "support/demo_pack.h"
#include "support/same_run.h"
#include "support/untrained_encoder.h"

using namespace mma;

namespace {

const std::vector<std::pair<std::string, std::string>> kSystems = {
    {"[video]", "{name: mm_adapter, bottleneck: 8}"},
    {"[video]", "{name: mmbt}"},
    {"[video]", "{name: gmu, hidden: 8}"},
    {"[]", "{name: bert, summary: mean}"}};

}  // namespace

TEST_CASE("encoders: systems are trained, stopped, continued and evaluated on each", "[apps]") {
  test::DemoPack demo({.train = 40, .dev = 8, .test = 8, .seed = 1});
  const auto vocabulary = read_encoder_config(demo.backbone / "config.json").vocab_size;
  for (auto& family : names_of(encoder_families())) {
    if (family == "bert") continue;  // the other tests' own
    demo.backbone = demo.dir / family;
    test::write_untrained_encoder(demo.backbone, family, vocabulary);
    int number = 0;
    for (auto& [modalities, model] : kSystems) {
      CAPTURE(family, model);
      auto recipe =
          demo.recipe("recipe", "precision: fp32\ndevice: cpu\nmodalities: " + modalities +
                                    "\nmodel: " + model +
                                    "\noptim: {lr: 1.0e-3, batch_size: 8}\n"
                                    "train: {epochs: 2, report_every: 1, patience: 0}\n"
                                    "checkpoint: {every_steps: 2}\n");
      auto whole = demo.dir / fmt::format("{}-{}", family, number++), broken = whole;
      broken += "-broken";
      auto first = demo.train(recipe, whole);
      CAPTURE(first.err);
      REQUIRE(first.exit_code == 0);
      auto stopped = demo.train(recipe, broken, {}, test::signal_after(broken, 3, SIGTERM));
      CHECK(stopped.exit_code == 128 + SIGTERM);
      CHECK(demo.train(recipe, broken).exit_code == 0);
      test::check_same_run(broken, whole);
      auto before = sha256_file(whole / "eval/dev/predictions.jsonl");
      CHECK(demo.evaluate(whole, {"--split", "dev"}).exit_code == 0);
      CHECK(sha256_file(whole / "eval/dev/predictions.jsonl") == before);
    }
  }
}

TEST_CASE("encoders: one that is not known is named with those that are", "[apps]") {
  test::DemoPack demo({.train = 8, .dev = 4, .test = 4, .seed = 1});
  write_atomically(demo.backbone / "config.json", R"({"model_type": "gpt2"})");
  auto recipe = demo.recipe("recipe", "modalities: []\nmodel: {name: houlsby}\n");
  auto result = demo.train(recipe, demo.dir / "run");
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("model_type: expected an encoder of one of bert, roberta, xlm-roberta, "
                        "distilbert, albert, electra, found \"gpt2\"") != std::string::npos);
  CHECK_FALSE(fs::exists(demo.dir / "run"));
}
