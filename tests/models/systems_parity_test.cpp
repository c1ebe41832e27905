// The systems that Multimodal Adapters are compared with, held against their references.
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/adapter_fusion.h"
#include "models/late_fusion.h"
#include "models/mm_adapter.h"
#include "models/mmbt.h"
#include "nn/tensor_file.h"
#include "support/packed.h"
#include "tasks/loss.h"
#include "train/optimizer.h"

using namespace mma;
namespace fs = std::filesystem;
using Tensors = std::map<std::string, torch::Tensor>;
using Json = nlohmann::ordered_json;

namespace {

struct Fixture {
  explicit Fixture(const std::string& name)
      : folder(test::shared("fixtures/parity")),
        tensors(read_safetensors(folder / (name + ".safetensors"))),
        settings(Json::parse(std::ifstream(folder / (name + ".json")))) {}
  fs::path folder;
  Tensors tensors;
  Json settings;
};

void load(const NamedTensors& into, const Tensors& from, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : into) {
    auto target = tensor;
    CAPTURE(name);
    REQUIRE(from.at(prefix + name).sizes() == target.sizes());
    target.copy_(from.at(prefix + name));
  }
}

// One forward and backward pass against logits, loss and every gradient of the file.
void check_step(Model& model, const ModelInput& input, const Tensors& reference,
                const torch::Tensor& logits_expected, DropoutState state = {}) {
  FlatParameters parameters(model.trained());
  Context context{input.modalities, state, nullptr};
  auto logits = model.forward(input, context);
  CHECK(test::largest_error(logits, logits_expected) < test::bound(1e-5));
  auto loss = Loss(LabelKind::kMultilabel)(logits, input.labels, input.samples());
  CHECK(test::largest_error(loss, reference.at("loss")[0]) < test::bound(1e-5));
  loss.backward();
  for (auto& [name, gradient] : parameters.named(parameters.gradients())) {
    CAPTURE(name);
    auto& expected = reference.at("grad." + name);
    // Where the true gradient is 0 the reference holds rounding errors.
    if (expected.abs().max().item<double>() < 1e-7)
      CHECK(gradient.abs().max().item<double>() < test::bound(1e-6));
    else
      CHECK(test::relative_error(gradient, expected) < test::bound(1e-5));
  }
}

}  // namespace

TEST_CASE("adapter_fusion: logits, loss and every gradient of the reference", "[models][parity]") {
  Fixture f("adapter_fusion");
  auto backbone = test::backbone(f.folder / "tiny-bert");
  ModelParts parts{backbone, {}, f.settings.at("labels"), 1};
  for (auto& names : f.settings.at("adapters")) {
    std::string name = names.at(0);
    MmAdapterConfig config;
    config.bottleneck = f.settings.at("bottleneck");
    ModelParts own{backbone, {{name, f.tensors.at("modality." + name).size(1)}}, 1, 1};
    auto part = std::dynamic_pointer_cast<MmAdapter>(std::make_shared<MmAdapter>(config, own));
    NamedTensors adapters;
    for (auto& item : part->named_children()["adapters"]->named_parameters())
      adapters.emplace_back("adapters." + item.key(), item.value());
    load(adapters, f.tensors, "param." + name + "/");
    parts.trained.emplace_back(name, part);
  }
  auto model = std::make_shared<FusedAdapters>(FusedAdaptersConfig(), parts);
  load(model->trained(), f.tensors, "param.");
  check_step(*model, plan_batch(*model, test::packed(f.tensors), backbone->options()).input(),
             f.tensors, f.tensors.at("logits"));
}

TEST_CASE("gmu: logits in training and evaluation, loss, every gradient, running figures",
          "[models][parity]") {
  for (auto* name : {"gmu_2", "gmu_4"}) {
    CAPTURE(name);
    Fixture f(name);
    ModelParts parts{test::backbone(f.folder / "tiny-bert"), {}, f.settings.at("labels"), 1};
    // The reference numbers its inputs; ours go by the modality's name.
    Tensors tensors = f.tensors;
    int number = 0;
    for (auto& [modality, width] : f.settings.at("modalities").items()) {
      parts.modalities.push_back({modality, width});
      for (auto& [key, tensor] : f.tensors)
        for (auto* part : {"norm", "proj", "gates"}) {
          auto numbered = fmt::format(".{}.{}.", part, number);
          auto at = key.find(numbered);
          if (at == std::string::npos) continue;
          auto named = key;
          tensors[named.replace(at, numbered.size(), fmt::format(".{}.{}.", part, modality))] =
              tensor;
        }
      ++number;
    }
    GmuConfig config;
    config.text = "none";
    config.hidden = f.settings.at("hidden");
    config.dropout = 0;
    auto model = std::make_shared<LateFusion>(config, parts);
    load(model->trained(), tensors, "param.");
    auto input = plan_batch(*model, test::packed(f.tensors), parts.backbone->options()).input();
    check_step(*model, input, tensors, tensors.at("logits_train"), {true, 1, 0});
    for (auto& [key, tensor] : model->state()) {
      CAPTURE(key);
      CHECK(test::largest_error(tensor, tensors.at("buffer." + key)) < test::bound(1e-5));
    }
    torch::NoGradGuard no_grad;
    Context context{input.modalities, {}, nullptr};
    CHECK(test::largest_error(model->forward(input, context), tensors.at("logits_eval")) <
          test::bound(1e-5));
  }
}

TEST_CASE("mmbt: logits, loss and every gradient of the reference", "[models][parity]") {
  Fixture f("mmbt");
  auto backbone = test::backbone(f.folder / "tiny-bert", {{test::device()}, true});
  ModelParts parts{backbone, {}, f.settings.at("labels"), 1};
  Tensors tensors = f.tensors;
  int number = 0;
  for (auto& [modality, size] : f.settings.at("modalities").items()) {
    const int64_t segments = size.at(0), width = size.at(1);
    parts.modalities.push_back({modality, segments * width, segments});
    for (auto* kind : {"weight", "bias"})
      for (auto* what : {"param", "grad"})
        tensors[fmt::format("{}.proj.{}.{}", what, modality, kind)] =
            f.tensors.at(fmt::format("{}.proj.{}.{}", what, number, kind));
    ++number;
  }
  auto model = std::make_shared<Mmbt>(MmbtConfig(), parts);
  NamedTensors own;  // the backbone's are those of tiny-bert
  for (auto& item : model->named_parameters()) own.emplace_back(item.key(), item.value());
  load(own, tensors, "param.");
  // The reference's texts stand without [CLS] and [SEP], which the model takes from the row.
  auto batch = test::packed(f.tensors);
  Batch rows = batch;
  rows.tokens.clear();
  size_t at = 0;
  for (auto& length : rows.lengths) {
    rows.tokens.push_back(f.settings.at("cls_id"));
    rows.tokens.insert(rows.tokens.end(), batch.tokens.begin() + static_cast<int64_t>(at),
                       batch.tokens.begin() + static_cast<int64_t>(at) + length);
    rows.tokens.push_back(f.settings.at("sep_id"));
    at += static_cast<size_t>(length);
    length += 2;
  }
  check_step(*model, plan_batch(*model, rows, backbone->options()).input(), tensors,
             tensors.at("logits"));
}
