#include <torch/autograd.h>

#include <catch2/catch_test_macros.hpp>

#include "backbones/encoder_family.h"
#include "data/encoder_layout.h"
#include "models/lora.h"
#include "models/mm_adapter.h"
#include "support/packed.h"
#include "support/small_models.h"
#include "tasks/loss.h"

using namespace mma;

namespace {

/// A model of plugins in fp64 on a small encoder, without dropout, and one batch for it.
struct Fp64 {
  Fp64(const std::string& name, const EncoderConfig& config)
      : backbone(test::small_backbone({{torch::kCPU, torch::kFloat64}}, config)) {
    auto parts = test::parts_of(backbone);
    if (name == "lora") {
      LoraConfig settings;
      settings.rank = 3;
      settings.targets = names_of(linear_maps(1, 1));
      parts.modalities.clear();
      model = std::make_shared<LoraModel>(settings, parts);
      torch::NoGradGuard no_grad;
      for (auto& [key, tensor] : model->trained())  // B, too, is not 0
        if (key.starts_with("lora.")) tensor.normal_(0, 0.3);
    } else {
      MmAdapterConfig settings;
      settings.bottleneck = 5;
      settings.init_std = settings.up_init_std = 0.3;
      settings.placement = name;
      settings.scaling = name == "parallel" ? 4 : 1;
      model = std::make_shared<MmAdapter>(settings, parts);
    }
    model->to(torch::kFloat64);
    auto split = test::random_split(4);
    input = plan_batch(*model, assemble(split, {0, 1, 2, 3}), backbone->options()).input();
    for (auto& [name, given] : input.modalities) {
      given.values = given.values.to(torch::kFloat64);
      given.present = given.present.to(torch::kFloat64);
    }
  }
  torch::Tensor loss() {
    Context context{input.modalities, {}, nullptr};
    auto logits = model->forward(input, context);
    REQUIRE(logits.scalar_type() == torch::kFloat64);
    return torch::binary_cross_entropy_with_logits(logits, input.labels.to(torch::kFloat64));
  }
  std::shared_ptr<const Encoder> backbone;
  std::shared_ptr<Model> model;
  ModelInput input;
};

}  // namespace

TEST_CASE("encoders: adapters' gradients are those of finite differences", "[models]") {
  struct Case {
    std::string model, family, summary;
  };
  std::vector<Case> cases;
  for (auto& family : names_of(encoder_families()))
    for (auto* summary : {"auto", "mean"})
      for (auto* model : {"houlsby", "lora"}) cases.push_back({model, family, summary});
  cases.push_back({"pfeiffer", "bert", "auto"});
  cases.push_back({"parallel", "bert", "auto"});
  for (auto& [name, family, summary] : cases) {
    CAPTURE(name, family, summary);
    auto config = test::small_config(family);
    config.summary = summary;
    Fp64 system(name, config);
    torch::manual_seed(3);
    std::vector<torch::Tensor> tensors, directions;
    for (auto& parameter : system.model->parameters()) {
      tensors.push_back(parameter);
      directions.push_back(torch::randn_like(parameter));
    }
    auto gradients = torch::autograd::grad({system.loss()}, tensors);
    torch::NoGradGuard no_grad;
    const double step = 1e-5;
    for (size_t i = 0; i < tensors.size(); ++i) {
      auto value_at = [&](double shift) {
        tensors[i].add_(directions[i], shift);
        auto value = system.loss().item<double>();
        tensors[i].sub_(directions[i], shift);
        return value;
      };
      const double slope = (value_at(step) - value_at(-step)) / (2 * step),
                   found = (gradients[i] * directions[i]).sum().item<double>();
      CHECK(std::abs(found - slope) < 1e-8 + 1e-6 * std::abs(slope));
    }
  }
}

TEST_CASE("encoders: layers that share weights have adapters of their own", "[models]") {
  auto config = test::small_config("albert");
  auto backbone = test::small_backbone({}, config);
  MmAdapterConfig settings;
  settings.init_std = settings.up_init_std = 0.5;
  auto model = std::make_shared<MmAdapter>(settings, test::parts_of(backbone));
  CHECK(model->adapters().size() == 3);
  auto split = test::random_split(3);
  auto logits = [&] { return test::logits_of(*model, split, {0, 1, 2}, backbone->options()); };
  auto before = logits();
  for (size_t l = 0; l < 3; ++l) {
    auto parameters = model->named_parameters();
    auto& up = parameters[fmt::format("adapters.layer.{}.output.up.weight", l)];
    torch::NoGradGuard no_grad;
    auto kept = up.clone();
    up.zero_();
    CHECK(test::largest_error(logits(), before) > 1e-4);
    up.copy_(kept);
  }
  CHECK(torch::equal(logits(), before));
}

TEST_CASE("encoders: a published folder may lack a pooler, and says so", "[models]") {
  auto config = test::small_config("roberta");
  config.pooler = false;
  auto backbone = test::small_backbone({}, config);
  CHECK(backbone->summary() == Summary::kCls);
  for (auto& [name, tensor] : backbone->tensors()) CHECK_FALSE(name.starts_with("pooler"));
  MmAdapterConfig settings;
  settings.summary.choice = "pooler";
  Faults faults;
  settings.check({config, {}}, faults);
  CHECK(faults.message() ==
        "model.summary: this backbone (roberta) has no pooler; take cls or mean");
}
