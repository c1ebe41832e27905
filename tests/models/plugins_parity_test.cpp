// LoRA and parallel adapters against the same written out in PyTorch (tests/reference).
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

#include "models/lora.h"
#include "models/mm_adapter.h"
#include "nn/tensor_file.h"
#include "support/packed.h"
#include "tasks/loss.h"
#include "train/optimizer.h"

using namespace mma;

namespace {

template <class System, class Config>
void check_reference(const std::string& name, const Config& config,
                     const std::vector<ModalitySize>& modalities) {
  const auto folder = test::source_root() / "tests" / "reference";
  auto tensors = read_safetensors(folder / (name + ".safetensors"));
  ModelParts parts{test::backbone(folder / "tiny-bert"), modalities, 5, 1};
  auto model = std::make_shared<System>(config, parts);
  size_t given = 0;
  for (auto& [key, tensor] : tensors) given += key.starts_with("param.");
  REQUIRE(model->trained().size() == given);
  FlatParameters parameters(model->trained());
  {
    torch::NoGradGuard no_grad;
    for (auto& [key, tensor] : model->trained()) tensor.copy_(tensors.at("param." + key));
  }
  auto input = plan_batch(*model, test::packed(tensors), parts.backbone->options()).input();
  Context context{input.modalities, {}, nullptr};
  auto logits = model->forward(input, context);
  CHECK(test::largest_error(logits, tensors.at("logits")) < test::bound(1e-5));
  auto loss = Loss(LabelKind::kMultilabel)(logits, input.labels, input.samples());
  CHECK(test::largest_error(loss, tensors.at("loss")[0]) < test::bound(1e-5));
  loss.backward();
  for (auto& [key, gradient] : parameters.named(parameters.gradients())) {
    CAPTURE(key);
    CHECK(test::relative_error(gradient, tensors.at("grad." + key)) < test::bound(1e-5));
  }
}

}  // namespace

TEST_CASE("lora: logits, loss and every gradient of the reference", "[models][parity]") {
  LoraConfig config;
  config.rank = 3;
  config.alpha = 5;
  config.layers = "2";
  config.targets = {"query", "key", "value", "attention_out", "intermediate", "output"};
  check_reference<LoraModel>("lora", config, {});
}

TEST_CASE("parallel adapters: logits, loss and every gradient of the reference",
          "[models][parity]") {
  MmAdapterConfig config;
  config.bottleneck = 6;
  config.placement = "parallel";
  config.scaling = 4;
  check_reference<MmAdapter>("parallel_adapter", config, {{"video", 12}});
}
