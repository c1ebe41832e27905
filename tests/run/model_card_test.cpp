#include "run/model_card.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/error.h"
#include "support/paths.h"

using namespace mma;

namespace {

ModelCard written_and_read(ModelCard& card) {
  test::ScratchDir dir;
  std::ofstream(dir / "config.json") << dump_json([&](Fields& f) { card.fields(f); });
  return read_model_card(dir.path);
}

ModelCard example() {
  ModelCard card;
  card.precision = "bf16";
  card.label_kind = "multilabel";
  card.labels = {"sci-fi", "film noir", "null", "1.5"};
  card.modality_names = {"video", "audio"};
  card.modality_widths = {4096, 73};
  card.tokenizer_hash = card.backbone_hash = "ab12";
  card.recipe.modalities = card.modality_names;
  card.recipe.optim.lr = 0.1 + 0.2;
  return card;
}

}  // namespace

TEST_CASE("model card: what is read is what was written, to the last digit", "[run]") {
  auto card = example();
  card.thresholds = {0.5, 1.0 / 3, 0.125, 0.9999999999999999};
  auto back = written_and_read(card);
  CHECK(back.labels == card.labels);
  CHECK(back.thresholds == card.thresholds);
  CHECK(back.modality_names == card.modality_names);
  CHECK(back.modality_widths == card.modality_widths);
  CHECK(back.recipe.optim.lr == card.recipe.optim.lr);
  CHECK(back.recipe.modalities == card.recipe.modalities);
}

TEST_CASE("model card: without thresholds there are none", "[run]") {
  auto card = example();
  CHECK(written_and_read(card).thresholds.empty());
}

TEST_CASE("model card: real targets have their scale, and classes have none", "[run]") {
  auto card = example();
  card.label_kind = "regression";
  card.target_scale = {{0.1 + 0.2, 0, -1e6, 2000}, {1.0 / 3, 1, 2, 5}};
  auto back = written_and_read(card);
  CHECK(back.kind() == LabelKind::kRegression);
  CHECK(back.target_scale.mean == card.target_scale.mean);
  CHECK(back.target_scale.deviation == card.target_scale.deviation);
  CHECK(written_and_read(card).objective().scale.mean == card.target_scale.mean);
  auto classes = example();
  CHECK(dump_json([&](Fields& f) { classes.fields(f); }).find("targets") == std::string::npos);

  auto refused = [&](double mean, double deviation) {
    card.target_scale.mean[1] = mean;
    card.target_scale.deviation[1] = deviation;
    try {
      written_and_read(card);
      return std::string();
    } catch (const UserError& e) {
      return std::string(e.what());
    }
  };
  CHECK(refused(0, 1) == "");
  CHECK(refused(0, 0).find("targets.film noir.deviation") != std::string::npos);
  CHECK(refused(1e40, 1).find("targets.film noir.mean") != std::string::npos);
}

TEST_CASE("model card: what is missing or of another format is refused", "[run]") {
  test::ScratchDir dir;
  for (auto* text :
       {"{}", "{\"format\": \"other\"}", "[1]", "{\"format\": \"mma-model\", \"version\": 2}"}) {
    std::ofstream(dir / "config.json") << text;
    CHECK_THROWS_AS(read_model_card(dir.path), UserError);
  }
}
