#include "models/mm_adapter.h"

#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "recipe/chosen_layers.h"
#include "support/packed.h"
#include "support/small_models.h"
#include "tasks/loss.h"
#include "train/optimizer.h"

using namespace mma;

using test::logits_of;
using test::parts_of;
using test::random_split;
using test::small_backbone;

namespace {

// Large adapters, so that a mistake in what they see cannot hide.
std::shared_ptr<Model> strong_model(const ModelParts& parts) {
  MmAdapterConfig config;
  config.bottleneck = 6;
  config.init_std = config.up_init_std = 0.5;
  return std::make_shared<MmAdapter>(config, parts);
}

// What of the trained tensors is where it was after a step, without weight decay; `cut` gets no
// gradient.
std::set<std::string> still_after_step(const ModelParts& parts, const std::string& cut) {
  auto model = strong_model(parts);
  FlatParameters parameters(model->trained());
  std::map<std::string, torch::Tensor> before;
  for (auto& [name, tensor] : parameters.named_values()) before[name] = tensor.clone();
  if (!cut.empty()) model->named_parameters()[cut].set_requires_grad(false);
  AdamW optimizer(parameters, test::no_decay());
  auto batch = assemble(random_split(8), {0, 1, 2, 3, 4, 5, 6, 7});
  auto input = plan_batch(*model, batch, parts.backbone->options()).input();
  Context context{input.modalities, {true, 11, 0}, nullptr};
  Loss(LabelKind::kMultilabel)(model->forward(input, context), input.labels, 8).backward();
  optimizer.step(1e-2);
  std::set<std::string> still;
  for (auto& [name, tensor] : model->trained())
    if (torch::equal(tensor.detach(), before.at(name))) still.insert(name);
  return still;
}

}  // namespace

TEST_CASE("mm_adapter: a sample's result is the same alone, in any batch, in any order",
          "[models]") {
  auto parts = parts_of(small_backbone());
  auto model = strong_model(parts);
  auto split = random_split(11);
  const auto& options = parts.backbone->options();
  auto together = logits_of(*model, split, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, options);
  CHECK(together.std().item<double>() > 0.1);
  for (int64_t i = 0; i < split.size(); ++i)
    CHECK(test::largest_error(logits_of(*model, split, {i}, options)[0], together[i]) < 1e-5);
  auto mixed = logits_of(*model, split, {7, 2, 10}, options);
  CHECK(test::largest_error(mixed[0], together[7]) < 1e-5);
  CHECK(test::largest_error(mixed[1], together[2]) < 1e-5);
  CHECK(test::largest_error(mixed[2], together[10]) < 1e-5);
}

TEST_CASE("mm_adapter: a step's gradient is the same in one batch and in parts, dropout included",
          "[models]") {
  auto parts = parts_of(small_backbone());
  auto model = strong_model(parts);
  auto split = random_split(6);
  FlatParameters parameters(model->trained());
  auto gradient_of = [&](const std::vector<std::vector<int64_t>>& batches, bool training) {
    parameters.zero_gradients();
    for (auto& samples : batches) {
      auto input = plan_batch(*model, assemble(split, samples), parts.backbone->options()).input();
      Context context{input.modalities, {training, 11, 0, torch::tensor(samples)}, nullptr};
      Loss(LabelKind::kMultilabel)(model->forward(input, context), input.labels, 6).backward();
    }
    return parameters.gradients().clone();
  };
  auto whole = gradient_of({{0, 1, 2, 3, 4, 5}}, true);
  CHECK(test::relative_error(gradient_of({{4}, {1, 5, 3}, {0, 2}}, true), whole) < 1e-5);
  CHECK(test::relative_error(gradient_of({{0, 1, 2, 3, 4, 5}}, false), whole) > 0.01);
}

TEST_CASE("mm_adapter: what an absent modality's row holds changes nothing", "[models]") {
  auto parts = parts_of(small_backbone());
  auto model = strong_model(parts);
  auto split = random_split(6);
  auto before = logits_of(*model, split, {0, 3}, parts.backbone->options());  // both without video
  auto values = split.modalities["video"].values.all();
  for (size_t i : {0, 3})
    for (size_t j = 0; j < 7; ++j) values[i * 7 + j] = 9.0f;
  split.modalities["video"].values = values;
  auto after = logits_of(*model, split, {0, 3}, parts.backbone->options());
  CHECK(torch::equal(before, after));
}

TEST_CASE("mm_adapter: a step moves every trained tensor and no frozen one", "[models]") {
  auto parts = parts_of(small_backbone());
  std::map<std::string, torch::Tensor> frozen;
  for (auto& [name, tensor] : parts.backbone->tensors()) frozen[name] = tensor.clone();
  CHECK(still_after_step(parts, "").empty());
  for (auto& [name, tensor] : parts.backbone->tensors()) {
    CHECK_FALSE(tensor.requires_grad());
    CHECK(torch::equal(tensor, frozen.at(name)));
  }
}

TEST_CASE("mm_adapter: a trained tensor that gets no gradient is seen to stay", "[models]") {
  auto parts = parts_of(small_backbone());
  for (std::string name : {"adapters.layer.1.output.gate.video.weight", "classifier.out.bias"})
    CHECK(still_after_step(parts, name) == std::set<std::string>{name});
}

TEST_CASE("mm_adapter: trains exactly what its formula counts, by the names of the format",
          "[models]") {
  auto parts = parts_of(small_backbone());
  MmAdapterConfig config;
  config.bottleneck = 6;
  const int64_t h = 24, p = 6, k = 3, layers = 2, labels = 4;
  auto input = [&](int64_t d) { return 2 * d + p * d + p; };
  int64_t adapter = input(h) + input(7) + input(5) + k * (k * p * p) + h * p + h;
  int64_t classifier = h * (h + 1) + 2 * h + labels * (h + 1);
  int64_t count = 0;
  std::set<std::string> names;
  for (auto& [name, tensor] : std::make_shared<MmAdapter>(config, parts)->trained()) {
    count += tensor.numel();
    names.insert(name);
  }
  CHECK(count == 2 * layers * adapter + classifier);
  std::set<std::string> expected;
  for (auto* part : {"dense", "norm", "out"})
    for (auto* kind : {"weight", "bias"})
      expected.insert(fmt::format("classifier.{}.{}", part, kind));
  for (int l = 0; l < 2; ++l)
    for (auto* place : {"attention", "output"}) {
      auto at = fmt::format("adapters.layer.{}.{}.", l, place);
      for (auto* kind : {"weight", "bias"}) expected.insert(at + "up." + kind);
      for (auto* name : {"text", "video", "audio"}) {
        expected.insert(at + "gate." + name + ".weight");
        for (auto* part : {"norm", "down"})
          for (auto* kind : {"weight", "bias"})
            expected.insert(fmt::format("{}{}.{}.{}", at, part, name, kind));
      }
    }
  CHECK(names == expected);
}

TEST_CASE("mm_adapter: chosen layers, LayerNorms by option, seeds", "[models]") {
  auto parts = parts_of(small_backbone());
  MmAdapterConfig config;
  config.bottleneck = 6;
  auto all = std::make_shared<MmAdapter>(config, parts)->trained();
  auto again = std::make_shared<MmAdapter>(config, parts)->trained();
  for (size_t i = 0; i < all.size(); ++i) CHECK(torch::equal(all[i].second, again[i].second));
  parts.seed = 4;
  auto other = std::make_shared<MmAdapter>(config, parts)->trained();
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].second.dim() == 2) CHECK_FALSE(torch::equal(other[i].second, all[i].second));
  config.layers = "2";
  for (auto& [name, tensor] : std::make_shared<MmAdapter>(config, parts)->trained())
    CHECK(name.find("layer.0.") == std::string::npos);
  config.layers = "all";
  config.train_layer_norms = true;
  CHECK(std::make_shared<MmAdapter>(config, parts)->trained().size() == all.size() + 2 * 2 * 2);
}

TEST_CASE("mm_adapter: bf16 stays near fp32", "[models]") {
  torch::manual_seed(1);
  auto fp32 = parts_of(small_backbone());
  torch::manual_seed(1);
  auto bf16 = parts_of(small_backbone({torch::kCPU, torch::kBFloat16}));
  MmAdapterConfig config;
  config.bottleneck = 6;
  auto split = random_split(5);
  auto a = logits_of(*std::make_shared<MmAdapter>(config, fp32), split, {0, 1, 2, 3, 4},
                     fp32.backbone->options());
  auto b = logits_of(*std::make_shared<MmAdapter>(config, bf16), split, {0, 1, 2, 3, 4},
                     bf16.backbone->options());
  CHECK(b.scalar_type() == torch::kFloat32);
  CHECK(test::largest_error(a, b) < 0.05);
}

TEST_CASE("layers: words of the recipe", "[models]") {
  CHECK(parse_layers("all", 3) == std::vector<bool>{true, true, true});
  CHECK(parse_layers("2-3", 3) == std::vector<bool>{false, true, true});
  CHECK(parse_layers("1,3", 3) == std::vector<bool>{true, false, true});
  for (auto* bad : {"", "0", "4", "3-2", "1,", "-1", "a", "1-", "1 2"})
    CHECK_THROWS_AS(parse_layers(bad, 3), UserError);
}
