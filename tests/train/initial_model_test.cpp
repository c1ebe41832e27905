#include "train/initial_model.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "models/registry.h"
#include "recipe/linear_config.h"
#include "recipe/mm_adapter_config.h"
#include "support/small_models.h"
#include "tasks/loss.h"

using namespace mma;

namespace {

const std::vector<std::string> kLabels{"drama", "war", "noir", "crime"};

std::vector<std::string> reversed(std::vector<std::string> names) {
  std::reverse(names.begin(), names.end());
  return names;
}

// A model of that name on text, with modalities where it takes some, and its backbone.
struct Built {
  std::shared_ptr<const Encoder> backbone;
  std::shared_ptr<Model> model;
  BlockNames names;
};
Built build(const ModelSection& section, std::shared_ptr<const Encoder> backbone,
            std::vector<ModalitySize> modalities, std::vector<std::string> labels, uint64_t seed,
            decltype(ModelParts::trained) parts = {}) {
  ModelParts all{backbone, modalities, std::ssize(labels), seed, std::move(parts)};
  return {backbone, build_model(section, all),
          block_names(std::move(labels), *section.config, modalities, {})};
}

std::map<std::string, torch::Tensor> copies(Model& model) {
  std::map<std::string, torch::Tensor> all;
  for (auto& [name, tensor] : stored_tensors(model)) all[name] = tensor.detach().clone();
  return all;
}

void randomise(Model& model) {
  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : model.trained()) tensor.normal_(0, 0.3);
  for (auto& [name, tensor] : model.state()) tensor.uniform_(0.5, 1.5);  // variances among them
}

bool tells(const TakenTensors& taken, const std::string& line) {
  return std::find(taken.told.begin(), taken.told.end(), line) != taken.told.end();
}

}  // namespace

TEST_CASE("initial model: labels and modalities in another order, the same logits of each",
          "[train]") {
  torch::manual_seed(1);
  const auto frozen = test::small_backbone();
  const auto samples = test::random_split(6);
  for (auto& name : names_of(models())) {
    CAPTURE(name);
    ModelSection section(name);
    const bool text_only =
        name == "houlsby" || name == "lora" || name == "bert" || name == "linear";
    std::vector<ModalitySize> modalities;
    if (!text_only) modalities = {{"video", 7}, {"audio", 5}};
    auto other_order = modalities;
    if (name != "mmbt")  // there the order is that of positions
      std::reverse(other_order.begin(), other_order.end());
    auto backbone = [&] {
      EncoderOptions options;
      options.trained = section.config->trains_backbone();
      return options.trained ? test::small_backbone(options) : frozen;
    };
    decltype(ModelParts::trained) parts;
    if (name == "adapter_fusion")
      for (auto& modality : modalities)
        parts.emplace_back(modality.name,
                           build(ModelSection("mm_adapter"), frozen, {modality}, kLabels, 5).model);
    auto before = build(section, backbone(), modalities, kLabels, 3, parts);
    randomise(*before.model);
    auto now = build(section, backbone(), other_order, reversed(kLabels), 4, parts);
    auto taken = take_tensors(copies(*before.model), before.names, *now.model, now.names);
    CHECK(taken.told.empty());
    CHECK(taken.unused.empty());
    CHECK(taken.whole == std::ssize(stored_tensors(*now.model)));
    const std::vector<int64_t> all{0, 1, 2, 3, 4, 5};
    auto expected = test::logits_of(*before.model, samples, all, before.backbone->options());
    auto found = test::logits_of(*now.model, samples, all, now.backbone->options());
    CHECK((expected.flip(1) - found).abs().max().item<double>() < 1e-4);
    CHECK(expected.std().item<double>() > 1e-2);
  }
}

TEST_CASE("initial model: more labels and modalities begin afresh beside those that are there",
          "[train]") {
  torch::manual_seed(2);
  const auto backbone = test::small_backbone();
  ModelSection section("mm_adapter");
  dynamic_cast<MmAdapterConfig&>(*section.config).bottleneck = 6;
  auto before = build(section, backbone, {{"video", 7}}, {"drama", "war"}, 3);
  randomise(*before.model);
  const auto old = copies(*before.model);
  auto now = build(section, backbone, {{"audio", 5}, {"video", 7}}, {"crime", "war", "drama"}, 4);
  const auto fresh = copies(*now.model);
  const auto taken = take_tensors(old, before.names, *now.model, now.names);
  const auto all = copies(*now.model);

  CHECK(all.at("classifier.dense.weight").equal(old.at("classifier.dense.weight")));
  auto &rows = all.at("classifier.out.weight"), &old_rows = old.at("classifier.out.weight");
  CHECK(rows[0].equal(fresh.at("classifier.out.weight")[0]));
  CHECK(rows[1].equal(old_rows[1]));
  CHECK(rows[2].equal(old_rows[0]));
  CHECK(tells(taken, "classifier.out.bias: in part: crime not there"));
  const std::string adapter = "adapters.layer.1.output.";
  auto columns = [&](const std::map<std::string, torch::Tensor>& tensors, int64_t block) {
    return tensors.at(adapter + "gate.text.weight").narrow(1, block * 6, 6);
  };
  CHECK(columns(all, 0).equal(columns(old, 0)));
  CHECK(columns(all, 1).equal(columns(fresh, 1)));  // audio
  CHECK(columns(all, 2).equal(columns(old, 1)));    // video
  CHECK(tells(taken, adapter + "gate.text.weight: in part: audio not there"));
  CHECK(all.at(adapter + "down.video.weight").equal(old.at(adapter + "down.video.weight")));
  CHECK(all.at(adapter + "down.audio.weight").equal(fresh.at(adapter + "down.audio.weight")));
  CHECK(tells(taken, adapter + "down.audio.weight: afresh: not there"));
  CHECK(taken.whole + taken.in_part + taken.fresh == std::ssize(stored_tensors(*now.model)));
  CHECK(taken.in_part == 2 + 4);          // classifier.out, the text's gate of 4 adapters
  CHECK(taken.fresh == 4 * (2 + 2 + 2));  // norm and down of audio, gates of both
  CHECK(taken.fresh + taken.in_part == std::ssize(taken.told));
  CHECK(taken.unused.empty());

  // And back: what has no place is left.
  auto less = build(section, backbone, {}, {"war"}, 5);
  const auto back = take_tensors(all, now.names, *less.model, less.names);
  CHECK(back.told.empty());
  CHECK(copies(*less.model)
            .at("classifier.out.bias")
            .equal(all.at("classifier.out.bias").narrow(0, 1, 1)));
  CHECK(back.unused.size() == 4 * (2 * 4 + 3));  // norm and down of two modalities, three gates
}

TEST_CASE("initial model: another shape, other labels, another kind of labels", "[train]") {
  torch::manual_seed(3);
  const auto backbone = test::small_backbone();
  ModelSection section("linear");
  auto before = build(section, backbone, {}, {"drama", "war"}, 3);
  auto now = build(section, backbone, {}, {"crime"}, 4);
  const auto fresh = copies(*now.model);
  auto old = copies(*before.model);
  old["classifier.dense.bias"] = torch::ones({5});
  old.erase("classifier.norm.bias");
  auto taken = take_tensors(old, before.names, *now.model, now.names);
  CHECK(tells(taken, "classifier.dense.bias: afresh: its shape is [24], there [5]"));
  CHECK(tells(taken, "classifier.norm.bias: afresh: not there"));
  CHECK(tells(taken, "classifier.out.weight: afresh: nothing of crime there"));
  CHECK(taken.whole == 2);
  CHECK(taken.fresh == 4);
  CHECK(copies(*now.model).at("classifier.out.weight").equal(fresh.at("classifier.out.weight")));
  // Fewer rows than its card has labels.
  old = copies(*before.model);
  old["classifier.out.weight"] = torch::ones({1, 24});
  before.names.labels = {"crime", "war"};
  taken = take_tensors(old, before.names, *now.model, now.names);
  CHECK(tells(taken, "classifier.out.weight: afresh: expected the shape [2, 24], found [1, 24]"));
  before.names.label_kind = LabelKind::kMulticlass;
  taken = take_tensors(copies(*before.model), before.names, *now.model, now.names);
  CHECK(tells(taken, "classifier.out.bias: afresh: its labels are multilabel, there multiclass"));
}

TEST_CASE("initial model: a linear map of modalities alone takes each one's own columns",
          "[train]") {
  torch::manual_seed(4);
  ModelSection section("linear");
  dynamic_cast<FrozenLinearConfig&>(*section.config).text = "none";
  auto before = build(section, nullptr, {{"video", 7}, {"audio", 5}}, kLabels, 3);
  randomise(*before.model);
  const auto old = copies(*before.model).at("classifier.dense.weight");
  auto columns = [](Built& built, int64_t begin, int64_t size) {
    return copies(*built.model).at("classifier.dense.weight").narrow(1, begin, size);
  };
  auto turned = build(section, nullptr, {{"audio", 5}, {"video", 7}}, kLabels, 4);
  CHECK(
      take_tensors(copies(*before.model), before.names, *turned.model, turned.names).told.empty());
  CHECK(columns(turned, 0, 5).equal(old.narrow(1, 7, 5)));
  CHECK(columns(turned, 5, 7).equal(old.narrow(1, 0, 7)));

  // As many numbers in all, of another modality or otherwise shared out.
  auto other = build(section, nullptr, {{"poster", 7}, {"audio", 5}}, kLabels, 4);
  const auto fresh = columns(other, 0, 7);
  auto taken = take_tensors(copies(*before.model), before.names, *other.model, other.names);
  CHECK(tells(taken, "classifier.dense.weight: in part: poster not there"));
  CHECK(columns(other, 0, 7).equal(fresh));
  CHECK(columns(other, 7, 5).equal(old.narrow(1, 7, 5)));
  auto shared = build(section, nullptr, {{"video", 5}, {"audio", 7}}, kLabels, 4);
  taken = take_tensors(copies(*before.model), before.names, *shared.model, shared.names);
  CHECK(tells(taken, "classifier.dense.weight: afresh: nothing of video, audio there"));
}

TEST_CASE("initial model: real targets of another scale are predicted as before", "[train]") {
  torch::manual_seed(5);
  const auto backbone = test::small_backbone();
  const auto samples = test::random_split(6);
  const std::vector<int64_t> all{0, 1, 2, 3, 4, 5};
  for (std::string name : {"mm_adapter", "mmbt", "concat"}) {
    CAPTURE(name);
    const ModelSection section(name);
    auto before = build(section, backbone, {{"video", 7}}, {"mood", "year"}, 3),
         now = build(section, backbone, {{"video", 7}}, {"year", "mood"}, 4);
    randomise(*before.model);
    before.names.label_kind = now.names.label_kind = LabelKind::kRegression;
    before.names.scale = {{0.5, 2000}, {2, 10}};
    now.names.scale = {{1990, -1}, {20, 4}};
    CHECK(take_tensors(copies(*before.model), before.names, *now.model, now.names).told.empty());
    auto predicted = [&](Built& built) {
      return scores_of(test::logits_of(*built.model, samples, all, built.backbone->options()),
                       Objective(LabelKind::kRegression, "mse", built.names.scale));
    };
    CHECK((predicted(before).flip(1) - predicted(now)).abs().max().item<double>() < 1e-2);
    CHECK((predicted(before).flip(1) - predicted(now)).abs().select(1, 1).max().item<double>() <
          1e-4);
  }
}
