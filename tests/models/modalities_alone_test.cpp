// Models of modalities alone: no texts in the batch, no backbone.
#include <torch/nn/functional.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

#include "models/late_fusion.h"
#include "models/linear.h"
#include "models/registry.h"
#include "support/small_models.h"

using namespace mma;
namespace F = torch::nn::functional;

namespace {

constexpr int64_t kSamples = 6, kVideo = 7, kAudio = 5, kLabels = 4;

// Samples without texts; the third lacks its audio.
Batch batch_of(bool texts) {
  torch::manual_seed(3);
  Batch batch;
  for (int64_t i = 0; i < kSamples; ++i) {
    batch.samples.push_back(i);
    batch.places.push_back(i);
    batch.lengths.push_back(texts ? 2 + i : 0);
    for (int64_t t = 0; t < batch.lengths.back(); ++t) batch.tokens.push_back(7);
  }
  for (auto& [name, width] :
       {std::pair<std::string, int64_t>{"video", kVideo}, {"audio", kAudio}}) {
    auto values = torch::randn({kSamples, width});
    auto& table = batch.modalities[name];
    table.present.assign(kSamples, 1);
    if (name == "audio") {
      values[2].zero_();
      table.present[2] = 0;
    }
    table.width = width;
    table.values.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
  }
  batch.labels.assign(kSamples * kLabels, 0.0f);
  return batch;
}

ModelParts parts(std::shared_ptr<const Encoder> backbone, std::vector<ModalitySize> modalities) {
  return {backbone, std::move(modalities), kLabels, 3};
}

torch::Tensor logits(Model& model, const Batch& batch, bool training = false) {
  auto input = plan_batch(model, batch, Compute{}).input();
  Context context{input.modalities, {}, nullptr};
  context.dropout.training = training;
  return model.forward(input, context);
}

const std::vector<ModalitySize> kBoth{{"video", kVideo}, {"audio", kAudio}};

}  // namespace

TEST_CASE("modalities alone: a backbone and texts that are not read change nothing", "[models]") {
  for (std::string name : {"gmu", "concat", "linear"}) {
    CAPTURE(name);
    ModelSection section(name);
    if (auto* late = dynamic_cast<LateFusionConfig*>(section.config.get()))
      late->text = "none";
    else
      dynamic_cast<FrozenLinearConfig&>(*section.config).text = "none";
    CHECK_FALSE(section.config->reads_text());
    for (auto& modalities : {kBoth, std::vector<ModalitySize>{{"audio", kAudio}}}) {
      auto alone = build_model(section, parts(nullptr, modalities)),
           beside = build_model(section, parts(test::small_backbone(), modalities));
      CHECK(alone->precomputed().per == Precomputed::Per::kNothing);
      CHECK(alone->needs_whole_batches());
      REQUIRE(alone->trained().size() == beside->trained().size());
      auto here = logits(*alone, batch_of(false));
      CHECK(here.sizes() == torch::IntArrayRef{kSamples, kLabels});
      CHECK(torch::equal(here, logits(*beside, batch_of(true))));
      // Every parameter learns.
      logits(*alone, batch_of(false)).square().sum().backward();
      for (auto& [key, tensor] : alone->trained()) {
        CAPTURE(key);
        CHECK(tensor.grad().defined());
      }
    }
  }
}

TEST_CASE("modalities alone: linear is its formula", "[models]") {
  FrozenLinearConfig config;
  config.text = "none";
  FrozenLinear model(config, parts(nullptr, kBoth));
  auto p = [&](const std::string& name) {
    for (auto& tensors : {model.trained(), model.state()})
      for (auto& [key, tensor] : tensors)
        if (key == name) return tensor.detach();
    FAIL("no tensor " << name);
    return torch::Tensor();
  };
  // Weights and running figures that tell them apart.
  {
    torch::NoGradGuard no_grad;
    torch::manual_seed(9);
    for (auto& item : model.named_parameters()) item.value().uniform_(-1, 1);
    for (auto& item : model.named_buffers()) item.value().uniform_(0.5, 2);
  }
  auto batch = batch_of(false);
  auto vector = [&](const std::string& name, int64_t width) {
    auto& table = batch.modalities[name];
    auto x = torch::tensor(table.values).view({kSamples, width});
    auto present = torch::ones({kSamples, 1});
    if (name == "audio") present[2] = 0;
    auto y = (x - p("norm." + name + ".running_mean")) /
             torch::sqrt(p("norm." + name + ".running_var") + 1e-5);
    return (y * p("norm." + name + ".weight") + p("norm." + name + ".bias")) * present;
  };
  auto x = torch::cat({vector("video", kVideo), vector("audio", kAudio)}, 1);
  auto hidden =
      torch::gelu(F::linear(x, p("classifier.dense.weight"), p("classifier.dense.bias")), "tanh");
  auto normed = torch::layer_norm(hidden, {hidden.size(1)}, p("classifier.norm.weight"),
                                  p("classifier.norm.bias"), 1e-12);
  auto expected = F::linear(normed, p("classifier.out.weight"), p("classifier.out.bias"));
  CHECK(torch::allclose(logits(model, batch), expected, 1e-5, 1e-5));
}
