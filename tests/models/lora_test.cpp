#include "models/lora.h"

#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "backbones/encoder_family.h"
#include "data/encoder_layout.h"
#include "models/linear.h"
#include "models/registry.h"
#include "support/packed.h"
#include "support/small_models.h"
#include "tasks/loss.h"

using namespace mma;
using test::small_backbone, test::small_config, test::random_split;

namespace {

ModelParts text_parts(std::shared_ptr<const Encoder> backbone) {
  auto parts = test::parts_of(std::move(backbone));
  parts.modalities.clear();
  return parts;
}

LoraConfig on_all_maps() {
  LoraConfig config;
  config.rank = 3;
  config.alpha = 5;
  config.targets = names_of(linear_maps(1, 1));
  return config;
}

// Every number of the matrices is drawn: B, too, is not 0.
void randomise(Model& model) {
  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : model.trained())
    if (name.starts_with("lora.")) tensor.normal_(0, 0.3);
}

std::map<std::string, torch::Tensor> random_weights(const EncoderConfig& config) {
  std::map<std::string, torch::Tensor> weights;
  for (auto& [name, shape, role] : encoder_tensors(config))
    weights[name] = 0.3 * torch::randn(shape) + (role == TensorRole::kScale ? 1 : 0);
  return weights;
}

torch::Tensor logits_of_four(Model& model, const Split& split, const Encoder& backbone) {
  return test::logits_of(model, split, {0, 1, 2, 3}, backbone.options());
}

}  // namespace

TEST_CASE("lora: starts as the frozen backbone with its classifier, to the bit", "[models]") {
  auto parts = text_parts(small_backbone());
  LoraModel lora(on_all_maps(), parts);
  FrozenLinearConfig config;
  FrozenLinear linear(config, parts);
  auto split = random_split(4);
  CHECK(torch::equal(logits_of_four(lora, split, *parts.backbone),
                     logits_of_four(linear, split, *parts.backbone)));
}

TEST_CASE("lora: merged into the weights, it gives the same logits", "[models]") {
  auto split = random_split(4);
  for (auto& family : names_of(encoder_families()))
    for (auto* summary : {"auto", "mean"}) {
      auto config = small_config(family);
      config.summary = summary;
      if (config.layer_groups > 0) config.layer_groups = config.num_hidden_layers;
      CAPTURE(family, summary);
      auto weights = random_weights(config);
      auto parts = text_parts(std::make_shared<Encoder>(config, weights, EncoderOptions{}));
      LoraModel model(on_all_maps(), parts);
      auto plain = logits_of_four(model, split, *parts.backbone);
      randomise(model);
      auto plugged = logits_of_four(model, split, *parts.backbone);
      CHECK(test::largest_error(plugged, plain) > 1e-2);
      auto changes = model.weight_changes();
      CHECK(changes.size() == static_cast<size_t>(6 * config.num_hidden_layers));
      for (auto& [name, change] : changes)
        weights.at(name) = (weights.at(name) + change).to(torch::kFloat32);
      parts.backbone = std::make_shared<Encoder>(config, weights, EncoderOptions{});
      LoraModel merged(on_all_maps(), parts);  // as it starts: nothing added, the same classifier
      CHECK(test::largest_error(logits_of_four(merged, split, *parts.backbone), plugged) < 1e-5);
    }
}

TEST_CASE("lora: layers that share weights learn apart, and cannot be merged", "[models]") {
  auto config = small_config("albert");
  auto parts = text_parts(small_backbone({}, config));
  LoraModel model(on_all_maps(), parts);
  randomise(model);
  auto split = random_split(4);
  auto before = logits_of_four(model, split, *parts.backbone);
  for (int l = 0; l < 3; ++l) {
    torch::NoGradGuard no_grad;
    auto b = model.named_parameters()[fmt::format("lora.layer.{}.value.B", l)];
    auto kept = b.clone();
    b.zero_();
    CHECK(test::largest_error(logits_of_four(model, split, *parts.backbone), before) > 1e-4);
    b.copy_(kept);
  }
  for (auto* layers : {"all", "2"}) {
    auto chosen = on_all_maps();
    chosen.layers = layers;
    CHECK_THROWS_AS(LoraModel(chosen, parts).weight_changes(), UserError);
  }
}

TEST_CASE("lora: what is chosen learns, counted by the formula, and nothing else", "[models]") {
  auto parts = text_parts(small_backbone());
  LoraConfig config;
  config.rank = 4;
  config.layers = "2";
  config.targets = {"output", "query"};
  LoraModel model(config, parts);
  std::set<std::string> found, expected;
  for (auto& [name, tensor] : model.trained())
    if (name.starts_with("lora.")) found.insert(name);
  for (auto* map : {"query", "output"})
    for (auto* part : {"A", "B"}) expected.insert(fmt::format("lora.layer.1.{}.{}", map, part));
  CHECK(found == expected);
  const int64_t h = 24, f = 40, classifier = h * (h + 1) + 2 * h + 4 * (h + 1);
  CHECK(test::trained_count(model) == 4 * (h + h) + 4 * (f + h) + classifier);
  CHECK(config.least_trained({parts.backbone->config(), {}}, 4) ==
        static_cast<double>(4 * (h + h) + 4 * (f + h) + 4 * h));
  auto plugins = model.adapters();
  CHECK_FALSE(plugins[0].any());
  CHECK((plugins[1].linear.query && plugins[1].linear.output && !plugins[1].linear.value));
}

TEST_CASE("lora: its dropout is of the sample, and off in evaluation", "[models]") {
  auto parts = text_parts(small_backbone());
  auto config = on_all_maps();
  config.lora_dropout = 0.5;
  LoraModel model(config, parts);
  randomise(model);
  auto split = random_split(4);
  auto in_training = [&](const std::vector<int64_t>& samples) {
    torch::NoGradGuard no_grad;
    auto batch = assemble(split, samples);
    auto input = plan_batch(model, batch, parts.backbone->options()).input();
    Context context{input.modalities, {true, 17, 0, torch::tensor(samples)}, nullptr};
    return model.forward(input, context);
  };
  auto together = in_training({0, 1, 2, 3});
  CHECK(test::largest_error(in_training({2})[0], together[2]) < 1e-5);
  CHECK(test::largest_error(together, logits_of_four(model, split, *parts.backbone)) > 1e-2);
  // What was learned with dropout is the same model without.
  config.lora_dropout = 0;
  LoraModel without(config, parts);
  torch::NoGradGuard no_grad;
  auto theirs = without.named_parameters();
  for (auto& item : model.named_parameters()) theirs[item.key()].copy_(item.value());
  CHECK(torch::equal(logits_of_four(without, split, *parts.backbone),
                     logits_of_four(model, split, *parts.backbone)));
}

TEST_CASE("lora: bf16 stays near fp32", "[models]") {
  auto weights = random_weights(small_config());
  auto split = random_split(4);
  auto model_in = [&](torch::ScalarType type) {
    EncoderOptions options{{torch::kCPU, type}};
    return LoraModel(on_all_maps(),
                     text_parts(std::make_shared<Encoder>(small_config(), weights, options)));
  };
  auto fp32 = model_in(torch::kFloat32), bf16 = model_in(torch::kBFloat16);
  randomise(fp32);
  {
    torch::NoGradGuard no_grad;
    auto theirs = bf16.named_parameters();
    for (auto& item : fp32.named_parameters()) theirs[item.key()].copy_(item.value());
  }
  auto logits = [&](LoraModel& model) {
    return test::logits_of(model, split, {0, 1, 2, 3}, EncoderOptions{});
  };
  auto a = logits(fp32), b = logits(bf16);
  CHECK(b.scalar_type() == torch::kFloat32);
  CHECK_FALSE(torch::equal(a, b));
  CHECK(test::largest_error(a, b) < 0.05 * (1 + a.abs().max().item<double>()));
}

TEST_CASE("lora: a step costs what its products cost", "[models]") {
  auto config = small_config();
  auto parts = text_parts(small_backbone({}, config));
  const double t = 10, h = 24, f = 40;
  auto flops = [&](const Names& targets, const std::string& layers) {
    LoraConfig settings;
    settings.rank = 4;
    settings.targets = targets;
    settings.layers = layers;
    return LoraModel(settings, parts).step_flops({10});
  };
  const double layer = 2 * t * (4 * h * h + 2 * t * h) + 2 * t * 2 * h * f,
               last = parts.backbone->forward_flops(10, 1);
  // Values of the first layer: all products forward; back, all but the first layer's projections.
  CHECK(flops({"value"}, "1") == 2 * (layer + last) - 2 * t * 3 * h * h + 3 * 2 * t * 4 * (h + h));
  // The feed-forward's output there: back, the last layer alone.
  CHECK(flops({"output"}, "1") == layer + 2 * last + 3 * 2 * t * 4 * (h + f));
  // The last layer's queries are those of [CLS].
  CHECK(flops({"query"}, "2") == layer + 2 * last + 3 * 2 * 4 * (h + h));
}

TEST_CASE("lora: faults of its section are told", "[models]") {
  auto config = on_all_maps();
  config.layers = "3";
  auto parts = test::parts_of(small_backbone());
  Faults faults;
  config.check({parts.backbone->config(), parts.modalities}, faults);
  CHECK(faults.count() == 2);
  CHECK(faults.message().find("lora is text alone") != std::string::npos);
  CHECK_FALSE(config.unfit_as_part().empty());
}
