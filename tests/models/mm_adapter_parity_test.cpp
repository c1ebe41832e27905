#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/mm_adapter.h"
#include "nn/tensor_file.h"
#include "support/packed.h"
#include "tasks/loss.h"
#include "train/optimizer.h"

using namespace mma;
namespace fs = std::filesystem;

namespace {

/// One reference model: its settings, its tensors, and ours with the same parameters.
struct Reference {
  explicit Reference(const fs::path& file) : tensors(read_safetensors(file)) {
    auto settings_file = file;
    auto json =
        nlohmann::ordered_json::parse(std::ifstream(settings_file.replace_extension(".json")));
    MmAdapterConfig config;
    config.bottleneck = json.at("bottleneck");
    config.activation = json.at("activation");
    ModelParts parts{test::backbone(file.parent_path() / "tiny-bert"), {}, json.at("labels"), 1};
    for (auto& [name, width] : json.at("modalities").items())
      parts.modalities.push_back({name, width});
    model = std::make_shared<MmAdapter>(config, parts);
    input = plan_batch(*model, test::packed(tensors), parts.backbone->options()).input();
    torch::NoGradGuard no_grad;
    size_t given = 0;
    for (auto& [name, tensor] : tensors) given += name.rfind("param.", 0) == 0;
    auto trained = model->trained();
    REQUIRE(trained.size() == given);
    for (auto& [name, tensor] : trained) tensor.copy_(tensors.at("param." + name));
  }
  torch::Tensor loss() {
    Context context{input.modalities, {}, nullptr};
    logits = model->forward(input, context);
    const Loss loss(LabelKind::kMultilabel, tensors.at("pos_weight").to(test::device()));
    return loss(logits, input.labels, input.samples());
  }
  std::map<std::string, torch::Tensor> tensors;
  std::shared_ptr<Model> model;
  ModelInput input;
  torch::Tensor logits;
};

/// All reference models of adapters on a frozen BERT.
std::vector<fs::path> reference_files() {
  std::vector<fs::path> files;
  for (auto& folder : test::reference_folders()) {
    for (auto& entry : fs::directory_iterator(folder)) {
      auto name = entry.path().filename().string();
      if (entry.path().extension() == ".safetensors" &&
          (name.rfind("mm_adapter", 0) == 0 || name.rfind("houlsby", 0) == 0))
        files.push_back(entry.path());
    }
  }
  return files;
}

}  // namespace

TEST_CASE("mm_adapter: logits, loss and every gradient of the reference", "[models][parity]") {
  auto files = reference_files();
  CHECK_FALSE(files.empty());
  for (auto& file : files) {
    CAPTURE(file.string());
    Reference reference(file);
    FlatParameters parameters(reference.model->trained());
    auto loss = reference.loss();
    CHECK(test::largest_error(reference.logits, reference.tensors.at("logits")) <
          test::bound(1e-5));
    CHECK(test::largest_error(loss, reference.tensors.at("loss")[0]) < test::bound(1e-5));
    loss.backward();
    for (auto& [name, gradient] : parameters.named(parameters.gradients())) {
      CAPTURE(name);
      CHECK(test::relative_error(gradient, reference.tensors.at("grad." + name)) <
            test::bound(1e-5));
    }
  }
}

TEST_CASE("mm_adapter: 20 steps of AdamW give the reference's losses and parameters",
          "[models][parity]") {
  for (auto& file : reference_files()) {
    CAPTURE(file.string());
    Reference reference(file);
    FlatParameters parameters(reference.model->trained());
    AdamW optimizer(parameters, {});
    auto expected = reference.tensors.at("train_losses");
    for (int64_t step = 0; step < expected.size(0); ++step) {
      parameters.zero_gradients();
      auto loss = reference.loss();
      CHECK(test::largest_error(loss, expected[step]) < test::bound(1e-5));
      loss.backward();
      parameters.clip(parameters.gradient_norm(), 1.0);
      optimizer.step(1e-3);
    }
    for (auto& [name, value] : parameters.named_values()) {
      CAPTURE(name);
      CHECK(test::largest_error(value, reference.tensors.at("after." + name)) < test::bound(1e-4));
    }
  }
}
