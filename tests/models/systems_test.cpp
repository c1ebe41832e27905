// What holds for every system, and what is particular to each.
#include <torch/autograd.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "backbones/encoder_family.h"
#include "eval/evaluator.h"
#include "eval/precompute.h"
#include "models/adapter_fusion.h"
#include "models/fine_tuned.h"
#include "models/late_fusion.h"
#include "models/linear.h"
#include "models/mm_adapter.h"
#include "models/mmbt.h"
#include "models/registry.h"
#include "recipe/houlsby_config.h"
#include "support/packed.h"
#include "support/small_models.h"
#include "tasks/loss.h"
#include "train/optimizer.h"

using namespace mma;
using test::trained_count;

namespace {

constexpr int64_t kHidden = 24, kVideo = 7, kAudio = 5, kLabels = 4, kLayers = 2;
constexpr int64_t kClassifier = kHidden * (kHidden + 1) + 2 * kHidden + kLabels * (kHidden + 1);

/// A model with its backbone, held as the model wants it.
struct System {
  std::string name;
  std::shared_ptr<const Encoder> backbone;
  std::shared_ptr<Model> model;
  const EncoderOptions& options() const { return backbone->options(); }
};

std::shared_ptr<Model> part(std::shared_ptr<const Encoder> backbone, const ModalitySize& modality,
                            uint64_t seed) {
  MmAdapterConfig config;
  config.bottleneck = 6;
  config.init_std = config.up_init_std = 0.5;
  return std::make_shared<MmAdapter>(config, ModelParts{backbone, {modality}, 3, seed});
}

ModelParts parts_for(const std::string& name, std::shared_ptr<const Encoder> backbone) {
  auto parts = test::parts_of(backbone);
  if (name == "houlsby" || name == "lora" || name == "bert" || name == "linear")
    parts.modalities.clear();
  if (name == "adapter_fusion")
    parts.trained = {{"video", part(backbone, parts.modalities[0], 5)},
                     {"audio", part(backbone, parts.modalities[1], 6)}};
  return parts;
}

ModelInput input_of(const System& system, const Batch& batch,
                    const PrecomputedRows& precomputed = {}) {
  return plan_batch(*system.model, batch, system.options(), precomputed).input();
}

/// Every model of the table, as built from its defaults.
std::vector<System> all_systems(torch::ScalarType type = torch::kFloat32,
                                const EncoderConfig& encoder = test::small_config()) {
  std::vector<System> all;
  for (auto& name : names_of(models())) {
    ModelSection section(name);
    EncoderOptions options{{torch::kCPU, type}};
    options.trained = section.config->trains_backbone();
    auto config = encoder;
    section.config->adjust(config);
    auto backbone = test::small_backbone(options, config);
    all.push_back({name, backbone, build_model(section, parts_for(name, backbone))});
  }
  MmAdapterConfig upper;
  upper.layers = "2";
  upper.frozen_prefix = "cached";
  auto backbone = test::small_backbone({{torch::kCPU, type}}, encoder);
  all.push_back({"mm_adapter, cached prefix", backbone,
                 std::make_shared<MmAdapter>(upper, test::parts_of(backbone))});
  return all;
}

/// The same on an encoder of each family.
std::vector<System> systems_on_all_encoders(torch::ScalarType type = torch::kFloat32) {
  std::vector<System> all;
  for (auto& family : names_of(encoder_families()))
    for (auto& system : all_systems(type, test::small_config(family))) {
      all.push_back(system);
      all.back().name += " on " + family;
    }
  return all;
}

}  // namespace

TEST_CASE("systems: a sample's result is the same alone, in any batch, in any order", "[models]") {
  auto split = test::random_split(7);
  for (auto& system : systems_on_all_encoders()) {
    CAPTURE(system.name);
    auto together = test::logits_of(*system.model, split, {0, 1, 2, 3, 4, 5, 6}, system.options());
    for (int64_t i = 0; i < split.size(); ++i)
      CHECK(test::largest_error(test::logits_of(*system.model, split, {i}, system.options())[0],
                                together[i]) < 1e-5);
    auto mixed = test::logits_of(*system.model, split, {6, 2}, system.options());
    CHECK(test::largest_error(mixed[0], together[6]) < 1e-5);
  }
}

TEST_CASE("systems: bf16 stays near fp32", "[models]") {
  auto split = test::random_split(5);
  torch::manual_seed(1);
  auto fp32 = all_systems();
  torch::manual_seed(1);
  auto bf16 = all_systems(torch::kBFloat16);
  for (size_t i = 0; i < fp32.size(); ++i) {
    CAPTURE(fp32[i].name);
    auto logits = [&](System& system) {
      return test::logits_of(*system.model, split, {0, 1, 2, 3, 4}, system.options());
    };
    auto a = logits(fp32[i]), b = logits(bf16[i]);
    CHECK(b.scalar_type() == torch::kFloat32);
    CHECK(test::largest_error(a, b) < 0.05 * (1 + a.abs().max().item<double>()));
  }
}

TEST_CASE("systems: what an absent modality's row holds changes nothing", "[models]") {
  auto split = test::random_split(6);
  auto other = split;
  auto values = other.modalities["video"].values.all();
  for (int64_t i : {0, 3})  // both without video
    for (int64_t j = 0; j < kVideo; ++j) values[static_cast<size_t>(i * kVideo + j)] = 9.0f;
  other.modalities["video"].values = values;
  for (auto& system : all_systems()) {
    CAPTURE(system.name);
    CHECK(torch::equal(test::logits_of(*system.model, split, {0, 3}, system.options()),
                       test::logits_of(*system.model, other, {0, 3}, system.options())));
  }
}

TEST_CASE("systems: a step moves what is trained and leaves the frozen bit-equal", "[models]") {
  auto split = test::random_split(8);
  auto systems = systems_on_all_encoders(), in_bf16 = all_systems(torch::kBFloat16);
  systems.insert(systems.end(), in_bf16.begin(), in_bf16.end());
  for (auto& system : systems) {
    CAPTURE(system.name, torch::toString(system.options().type));
    std::set<std::string> trained;
    std::map<std::string, torch::Tensor> before, backbone;
    FlatParameters parameters(system.model->trained());
    for (auto& [name, tensor] : system.model->trained()) before[name] = tensor.detach().clone();
    for (auto& [name, tensor] : system.backbone->tensors()) {
      if (!tensor.requires_grad()) backbone[name] = tensor.clone();
    }
    AdamW optimizer(parameters, test::no_decay());
    auto input = input_of(system, assemble(split, {0, 1, 2, 3, 4, 5, 6, 7}));
    Context context{input.modalities, {true, 11, 0}, nullptr};
    Loss(LabelKind::kMultilabel)(system.model->forward(input, context), input.labels, 8).backward();
    CHECK(parameters.gradient_norm() > 0);
    optimizer.step(1e-2);
    for (auto& [name, tensor] : system.backbone->tensors())
      if (backbone.count(name)) CHECK(torch::equal(tensor, backbone.at(name)));
    for (auto& [name, tensor] : system.model->trained()) {
      CAPTURE(name);
      // The key's bias adds the same to every score. (nn/adapter_fusion.h)
      bool key_bias = system.name.starts_with("adapter_fusion") && name.ends_with(".key.bias");
      // B is 0 before the first step, so that A has no gradient yet. (nn/lora.h)
      bool behind_zeros = system.name.starts_with("lora") && name.ends_with(".A");
      CHECK(torch::equal(tensor.detach(), before.at(name)) == (key_bias || behind_zeros));
    }
  }
}

TEST_CASE("systems: each trains as many numbers as its formula says", "[models]") {
  const int64_t adapter_text = 2 * kHidden + 64 * kHidden + 64 + kHidden * 64 + kHidden;
  int64_t backbone_numbers = 0;
  for (auto& [name, tensor] : test::small_backbone()->tensors()) backbone_numbers += tensor.numel();
  auto input = [](int64_t d) { return 2 * d + 64 * d + 64; };
  const int64_t adapter =
      input(kHidden) + input(kVideo) + input(kAudio) + 3 * 3 * 64 * 64 + kHidden * 64 + kHidden;
  auto maxout = [](int64_t d, int64_t h) {
    return 2 * d + 2 * h * (d + 1) + 2 * h + 2 * h * (h + 1) + 2 * h + kLabels * (h + 1);
  };
  const int64_t inputs = kHidden + kVideo + kAudio, h = 256;
  std::map<std::string, int64_t> expected = {
      {"mm_adapter", 2 * kLayers * adapter + kClassifier},
      {"mm_adapter, cached prefix", 2 * adapter + kClassifier},
      {"houlsby", 2 * kLayers * adapter_text + kClassifier + 4 * kLayers * kHidden},
      {"lora", 4 * kLayers * 8 * kHidden + kClassifier},
      {"adapter_fusion", 2 * kLayers * (3 * kHidden * kHidden + 2 * kHidden) + kClassifier},
      {"mmbt", backbone_numbers + kHidden * (kVideo + 1) + kHidden * (kAudio + 1) +
                   kLabels * (kHidden + 1)},
      {"bert", backbone_numbers + kClassifier},
      {"gmu", 2 * inputs + h * inputs + 3 * 3 * h * h + maxout(h, h)},
      {"concat", 2 * inputs + h * inputs + maxout(3 * h, h)},
      {"linear", kClassifier}};
  for (auto& system : all_systems()) {
    CAPTURE(system.name);
    CHECK(trained_count(*system.model) == expected.at(system.name));
  }
}

TEST_CASE("systems: each knows beforehand, nearly, how much it will train", "[models]") {
  for (auto& name : names_of(models())) {
    CAPTURE(name);
    ModelSection section(name);
    EncoderOptions options;
    options.trained = section.config->trains_backbone();
    auto parts = parts_for(name, test::small_backbone(options));
    auto least =
        section.config->least_trained({parts.backbone->config(), parts.modalities}, parts.labels);
    auto count = static_cast<double>(trained_count(*build_model(section, parts)));
    CHECK(least <= count);
    bool of_its_own_width = dynamic_cast<MmAdapterConfig*>(section.config.get()) != nullptr ||
                            dynamic_cast<LateFusionConfig*>(section.config.get()) != nullptr;
    if (of_its_own_width) CHECK(least > 0.8 * count);
  }
}

TEST_CASE("systems: the weights are a function of the seed, whatever else is there", "[models]") {
  for (auto& name : names_of(models())) {
    CAPTURE(name);
    ModelSection section(name);
    EncoderOptions options;
    options.trained = section.config->trains_backbone();
    auto parts = parts_for(name, test::small_backbone(options));
    auto first = build_model(section, parts), again = build_model(section, parts);
    parts.seed += 1;
    auto other = build_model(section, parts);
    bool differs = false;
    for (auto& item : first->named_parameters()) {
      CHECK(torch::equal(item.value(), again->named_parameters()[item.key()]));
      differs |= !torch::equal(item.value(), other->named_parameters()[item.key()]);
    }
    CHECK(differs);
  }
}

TEST_CASE("adapter_fusion: starts as the attention over its parts, the values being the identity",
          "[models]") {
  auto backbone = test::small_backbone();
  auto parts = parts_for("adapter_fusion", backbone);
  FusedAdaptersConfig config;
  config.init_std = 0.5;  // scores that differ
  auto model = std::make_shared<FusedAdapters>(config, parts);
  auto split = test::random_split(4);
  auto input = plan_batch(*model, assemble(split, {0, 1, 2, 3}), backbone->options()).input();
  torch::NoGradGuard no_grad;
  Context context{input.modalities, {}, nullptr};
  auto hidden = torch::randn({input.rows.total(), kHidden});
  Norm norm{torch::ones({kHidden}), torch::zeros({kHidden})};
  SublayerOutput output{hidden, torch::randn_like(hidden), norm};
  auto* place = model->adapters().empty() ? nullptr : model->adapters()[0].attention;
  REQUIRE(place == nullptr);  // a fusion is no part of another one
  auto parameters = model->named_parameters();
  auto query = torch::linear(hidden, parameters["fusion.layer.0.attention.query.weight"],
                             parameters["fusion.layer.0.attention.query.bias"]);
  std::vector<torch::Tensor> deltas, scores;
  for (auto& [name, trained] : parts.trained) {
    deltas.push_back(trained->adapters()[0].attention->delta(output, input.rows, context));
    auto key = torch::linear(deltas.back(), parameters["fusion.layer.0.attention.key.weight"],
                             parameters["fusion.layer.0.attention.key.bias"]);
    scores.push_back((query * key).sum(1, true));
  }
  auto attention = torch::softmax(torch::cat(scores, 1), 1);
  auto expected = attention.narrow(1, 0, 1) * deltas[0] + attention.narrow(1, 1, 1) * deltas[1];
  AdapterFusion fusion(kHidden, std::vector<std::pair<std::string, SublayerPlugin*>>{
                                    {"video", parts.trained[0].second->adapters()[0].attention},
                                    {"audio", parts.trained[1].second->adapters()[0].attention}});
  fusion->initialise(0.5, parts.seed, "fusion.layer.0.attention.");
  CHECK(test::relative_error(fusion->delta(output, input.rows, context), expected) < 1e-6);
  CHECK(torch::equal(parameters["fusion.layer.0.attention.value.weight"], torch::eye(kHidden)));
  CHECK(model->penalty().item<double>() == 0);
  CHECK(attention.std().item<double>() > 0.05);
}

TEST_CASE("adapter_fusion: the parts stay bit-equal, the regulariser pulls values back",
          "[models]") {
  auto backbone = test::small_backbone();
  auto parts = parts_for("adapter_fusion", backbone);
  auto model = std::make_shared<FusedAdapters>(FusedAdaptersConfig(), parts);
  std::map<std::string, torch::Tensor> before;
  for (auto& [name, trained] : parts.trained)
    for (auto& [key, tensor] : trained->trained()) before[name + key] = tensor.clone();
  FlatParameters parameters(model->trained());
  AdamW optimizer(parameters, {});
  auto input =
      plan_batch(*model, assemble(test::random_split(4), {0, 1, 2, 3}), backbone->options())
          .input();
  Context context{input.modalities, {true, 1, 0}, nullptr};
  Loss(LabelKind::kMultilabel)(model->forward(input, context), input.labels, 4).backward();
  optimizer.step(0.1);
  for (auto& [name, trained] : parts.trained)
    for (auto& [key, tensor] : trained->trained()) {
      CHECK_FALSE(tensor.requires_grad());
      CHECK(torch::equal(tensor, before.at(name + key)));
    }
  double distance = 0;
  for (auto& [name, tensor] : model->trained())
    if (name.ends_with("value.weight"))
      distance += (tensor - torch::eye(kHidden)).square().sum().item<double>();
  CHECK(distance > 0);
  CHECK(std::abs(model->penalty().item<double>() - 0.01 * distance) < 1e-5);
}

TEST_CASE("mm_adapter: shared projections are one for all adapters, and learn from each",
          "[models]") {
  auto parts = test::parts_of(test::small_backbone());
  MmAdapterConfig config;
  config.bottleneck = 6;
  auto apart = std::make_shared<MmAdapter>(config, parts);
  config.share_modality_projections = true;
  auto shared = std::make_shared<MmAdapter>(config, parts);
  auto input = [](int64_t d) { return 2 * d + 6 * d + 6; };
  CHECK(trained_count(*apart) - trained_count(*shared) ==
        (2 * kLayers - 1) * (input(kVideo) + input(kAudio)));
  CHECK(shared->named_parameters().contains("adapters.shared.down.video.weight"));
  CHECK_FALSE(shared->named_parameters().contains("adapters.layer.0.output.down.video.weight"));
  // With the same numbers in every place the two are the same model.
  torch::NoGradGuard no_grad;
  auto all = shared->named_parameters();
  for (auto& item : apart->named_parameters()) {
    auto key = item.key();
    if (all.contains(key)) {
      item.value().copy_(all[key]);
      continue;
    }
    auto tail =
        key.substr(key.find("norm.") != std::string::npos ? key.find("norm.") : key.find("down."));
    item.value().copy_(all["adapters.shared." + tail]);
  }
  auto split = test::random_split(5);
  CHECK(torch::equal(test::logits_of(*apart, split, {0, 1, 2, 3, 4}, parts.backbone->options()),
                     test::logits_of(*shared, split, {0, 1, 2, 3, 4}, parts.backbone->options())));
}

TEST_CASE("houlsby: text alone; placements and LayerNorms as chosen", "[models]") {
  auto parts = test::parts_of(test::small_backbone());
  HoulsbyConfig config;
  config.bottleneck = 6;
  Faults faults;
  config.check({parts.backbone->config(), parts.modalities}, faults);
  CHECK(faults.message() ==
        "modalities: houlsby is text alone, found [video, audio]; give [] or another model.name");
  parts.modalities.clear();
  const int64_t plain = kHidden * 6 + 6 + kHidden * 6 + kHidden, norms = 4 * kLayers * kHidden;
  CHECK(trained_count(*std::make_shared<MmAdapter>(config, parts)) ==
        2 * kLayers * (plain + 2 * kHidden) + kClassifier + norms);
  config.placement = "pfeiffer";
  CHECK(trained_count(*std::make_shared<MmAdapter>(config, parts)) ==
        kLayers * (plain + 2 * kHidden) + kClassifier + norms);
  config.layer_norm = false;
  CHECK(trained_count(*std::make_shared<MmAdapter>(config, parts)) ==
        kLayers * plain + kClassifier + norms);
  CHECK_FALSE(config.unfit_as_part().empty());
  config.train_layer_norms = false;
  CHECK(config.unfit_as_part().empty());
}

TEST_CASE("houlsby: after_norm feeds the adapter the LayerNorm of the residual sum", "[models]") {
  AdapterOptions options{kHidden, 6, pick(activations(), "activation", "relu"), {}, false, true};
  MultimodalAdapter adapter(options);
  adapter->initialise(0.5, 0.5, 1, "");
  auto rows = Rows::of_lengths({3});
  auto hidden = torch::randn({3, kHidden}), residual = torch::randn({3, kHidden});
  Norm norm{torch::rand({kHidden}), torch::randn({kHidden})};
  Context context;
  auto p = adapter->named_parameters();
  // The reference in fp64; fp32 rounds in proportion to the numbers, which are as large as 10 here.
  auto wide = [](const torch::Tensor& x) { return x.to(torch::kFloat64); };
  auto x = torch::layer_norm(wide(hidden) + wide(residual), {kHidden}, wide(norm.weight),
                             wide(norm.bias), 1e-12);
  auto down = torch::relu(torch::linear(x, wide(p["down.text.weight"]), wide(p["down.text.bias"])));
  auto expected = torch::linear(down, wide(p["up.weight"]), wide(p["up.bias"]));
  auto found = adapter->delta({hidden, residual, norm}, rows, context);
  CAPTURE(expected.abs().max().item<double>());
  CHECK(test::relative_error(found, expected) < 1e-6);
}

TEST_CASE("mmbt: a modality that a sample lacks takes no tokens; parts rest as asked", "[models]") {
  auto backbone = test::small_backbone({torch::kCPU, torch::kFloat32, true});
  MmbtConfig config;
  config.freeze_text = 2;
  config.freeze_modalities = 1;
  auto parts = test::parts_of(backbone);
  auto model = std::make_shared<Mmbt>(config, parts);
  // Without both modalities, the model sees [CLS] [SEP] and the text: the same as with no modality.
  auto split = test::random_split(1);
  for (auto& [name, table] : split.modalities) table.present.assign(1, 0);
  parts.modalities.clear();
  auto alone = std::make_shared<Mmbt>(config, parts);
  CHECK(torch::equal(test::logits_of(*model, split, {0}, backbone->options()),
                     test::logits_of(*alone, split, {0}, backbone->options())));
  CHECK(model->frozen_parameters(0).size() == backbone->tensors().size() + 4);
  CHECK(model->frozen_parameters(1).size() == backbone->tensors().size());
  CHECK(model->frozen_parameters(2).empty());
  Faults faults;
  std::vector<ModalitySize> many{{"video", 31 * 2, 31}};
  config.check({backbone->config(), many}, faults);
  CHECK(faults.count() == 1);
}

TEST_CASE("gmu: an absent input has no gate and no part in the batch norm", "[models]") {
  auto backbone = test::small_backbone();
  GmuConfig config;
  config.hidden = 8;
  config.dropout = 0;
  ModelParts parts{backbone, {{"video", kVideo}}, kLabels, 1};
  auto model = std::make_shared<LateFusion>(config, parts);
  auto split = test::random_split(6);  // samples 0 and 3 lack video
  auto input = plan_batch(*model, assemble(split, {0, 1, 2, 3, 4, 5}), backbone->options()).input();
  GateRecord gates;
  Context context{input.modalities, {true, 1, 0}, &gates};
  model->forward(input, context);
  CHECK(gates.inputs == std::vector<std::string>{"text", "video"});
  CHECK(gates.means()[0][0].item<float>() == 1.0f);
  CHECK(gates.means()[0][1].item<float>() == 0.0f);
  CHECK(gates.means()[1][1].item<float>() > 0.0f);
  auto values = input.modalities.at("video").values.index_select(0, torch::tensor({1, 2, 4, 5}));
  auto running = model->named_buffers()["norm.video.running_mean"];
  CHECK(test::largest_error(running, 0.1 * values.mean(0)) < 1e-6);
  CHECK(model->state().size() == 2 * (2 + 3));
}

TEST_CASE("gmu: max-norm bounds each unit's incoming weights", "[models]") {
  GmuConfig config;
  config.hidden = 8;
  config.max_norm = 0.5;
  auto model = std::make_shared<LateFusion>(config, test::parts_of(test::small_backbone()));
  auto weight = model->named_parameters()["lin1.weight"];
  auto before = weight.detach().clone();
  model->post_step();
  auto norms = weight.detach().norm(2, {1});
  CHECK(norms.max().item<double>() < 0.5 + 1e-5);
  auto direction = (weight.detach() / norms.unsqueeze(1)) - (before / before.norm(2, {1}, true));
  CHECK(direction.abs().max().item<double>() < 1e-5);
}

TEST_CASE("systems: the frozen text's vectors may be given, and are the same", "[models]") {
  auto split = test::random_split(5);
  for (auto& system : all_systems()) {
    CAPTURE(system.name);
    auto batch = assemble(split, {0, 1, 2, 3, 4});
    auto input = input_of(system, batch);
    auto vectors = system.model->precompute(input);
    const auto kind = system.model->precomputed();
    CHECK(vectors.defined() == (kind.per != Precomputed::Per::kNothing));
    if (!vectors.defined()) continue;
    const bool a_token = kind.per == Precomputed::Per::kToken;
    CHECK(vectors.sizes() ==
          std::vector<int64_t>{a_token ? input.rows.total() : batch.size(), kHidden});
    torch::NoGradGuard no_grad;
    Context context{input.modalities, {}, nullptr};
    auto expected = system.model->forward(input, context);
    PrecomputedRows rows;
    rows.kind = kind;
    rows.rows = vectors;
    rows.first = a_token ? input.rows.offsets : std::vector<int64_t>{0, 1, 2, 3, 4};
    auto given = input_of(system, batch, rows);
    given.ids = torch::Tensor();  // not looked at
    CHECK(torch::equal(system.model->forward(given, context), expected));
  }
}

TEST_CASE("systems: a cached prefix changes nothing but the dropout below the adapters",
          "[models]") {
  auto split = test::random_split(6);
  auto backbone = test::small_backbone();
  MmAdapterConfig config;
  config.layers = "2";
  auto recomputed = std::make_shared<MmAdapter>(config, test::parts_of(backbone));
  config.frozen_prefix = "cached";
  auto cached = std::make_shared<MmAdapter>(config, test::parts_of(backbone));
  EncoderOptions options;
  auto rows = precompute_rows(*cached, split, options, "test");
  CHECK(rows.rows.size(0) == split.token_count());
  CHECK_FALSE(precompute_rows(*recomputed, split, options, "test").defined());
  for (auto& samples : {std::vector<int64_t>{4, 1}, std::vector<int64_t>{0, 2, 3, 5}}) {
    auto batch = assemble(split, samples);
    auto gradients = [&](Model& model, const PrecomputedRows& precomputed) {
      auto input = plan_batch(model, batch, options, precomputed).input();
      Context context{input.modalities, {}, nullptr};
      auto logits = model.forward(input, context);
      std::vector<torch::Tensor> leaves;
      for (auto& [name, tensor] : model.trained()) leaves.push_back(tensor);
      auto all = torch::autograd::grad({logits.sum()}, leaves);
      all.push_back(logits);
      return all;
    };
    auto expected = gradients(*recomputed, {}), found = gradients(*cached, rows);
    for (size_t i = 0; i < expected.size(); ++i)
      CHECK(test::largest_error(found[i], expected[i]) < 1e-4);
  }
  CHECK(cached->step_flops({10}) < recomputed->step_flops({10}));
}

TEST_CASE("systems: texts of one token have their rows, whether a sample's or a token's",
          "[models]") {
  auto split = test::random_split(6);
  // The first text, and the third, keep their first token alone.
  std::vector<int32_t> tokens;
  std::vector<int64_t> offsets{0};
  for (size_t i = 0; i < 6; ++i) {
    const auto end = i % 2 == 0 ? split.offsets[i] + 1 : split.offsets[i + 1];
    tokens.insert(tokens.end(), split.tokens.all().begin() + split.offsets[i],
                  split.tokens.all().begin() + end);
    offsets.push_back(static_cast<int64_t>(tokens.size()));
  }
  split.tokens = tokens;
  split.offsets = offsets;
  for (auto& system : all_systems()) {
    CAPTURE(system.name);
    auto rows = precompute_rows(*system.model, split, system.options(), "test");
    if (!rows.rows.defined()) continue;
    auto batch = assemble(split, {0, 1, 2, 5});
    torch::NoGradGuard no_grad;
    auto input = input_of(system, batch);
    Context context{input.modalities, {}, nullptr};
    auto expected = system.model->forward(input, context);
    auto given = system.model->forward(input_of(system, batch, rows), context);
    CHECK(test::largest_error(given, expected) < 1e-5);
  }
}

TEST_CASE("systems: a cached prefix wants layers that are frozen", "[models]") {
  auto backbone = test::small_backbone();
  auto parts = test::parts_of(backbone);
  auto faults_of = [&](MmAdapterConfig config) {
    Faults faults;
    config.frozen_prefix = "cached";
    config.check({backbone->config(), parts.modalities}, faults);
    return faults.count();
  };
  MmAdapterConfig config;
  CHECK(faults_of(config) == 1);  // adapters from the first layer on
  config.layers = "2";
  CHECK(faults_of(config) == 0);
  config.train_layer_norms = true;
  CHECK(faults_of(config) == 1);
}
