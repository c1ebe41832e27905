#include "run/adapter_hub.h"

#include <torch/utils.h>

#include "base/files.h"
#include "base/json_file.h"
#include "base/version.h"
#include "nn/tensor_file.h"
#include "recipe/chosen_layers.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kWeights = "adapter.safetensors";
constexpr const char* kTorchWeights = "pytorch_adapter.bin";
constexpr int64_t kMostLayers = 256;

const std::vector<HubArchitecture>& hub_architectures() {
  static const std::vector<HubArchitecture> all = {hub_bottleneck(), hub_lora()};
  return all;
}

// That of a model; null where it has none.
const HubArchitecture* architecture_of(const ModelCard& card) {
  for (auto& one : hub_architectures())
    if (one.is_one(*card.recipe.model.config)) return &one;
  return nullptr;
}

// The tensors of all adapters of a model.
std::vector<HubTensor> tensors_of(const ModelCard& card, const HubAdapter& adapter) {
  auto* architecture = architecture_of(card);
  check(architecture, "adapter hub: no architecture of {}", card.recipe.model.name);
  auto& config = *card.recipe.model.config;
  auto chosen = parse_layers(architecture->layers(config), adapter.layers);
  std::vector<HubTensor> all;
  for (int64_t l = 0; l < adapter.layers; ++l)
    if (chosen[static_cast<size_t>(l)])
      for (auto& tensor : architecture->tensors(config, adapter, l)) all.push_back(tensor);
  return all;
}

fs::path hub_weights_file(const fs::path& folder) {
  for (auto* name : {kWeights, kTorchWeights})
    if (fs::exists(folder / name)) return folder / name;
  throw UserError(fmt::format("{}: expected {} or {} beside {}", folder.string(), kWeights,
                              kTorchWeights, kConfig));
}

std::map<std::string, torch::Tensor> read_weights(const fs::path& folder) {
  auto file = hub_weights_file(folder);
  auto stored = read_tensors(file);
  // That library writes them without the prefix where its model is a BertModel alone.
  std::map<std::string, torch::Tensor> weights;
  for (auto& [name, tensor] : stored)
    check_input(
        weights.emplace(name.starts_with("encoder.") ? "bert." + name : name, tensor).second,
        "{}: {} is there twice, under two names", file.string(), printable(name));
  return weights;
}

std::string adapter_name(const fs::path& folder) {
  auto json = read_json_object<Json>(folder / kConfig);
  auto it = json.find("name");
  check_input(it != json.end() && it->is_string(), "{}: no name of the adapter",
              (folder / kConfig).string());
  return it->get<std::string>();
}

// Those of a folder, whatever backbone it belongs to: names alone can be relied on.
std::vector<HubTensor> tensors_in(const fs::path& folder) {
  return tensors_of(read_hub_card(folder), {adapter_name(folder), "", kMostLayers});
}

// The layers, counted from 1, that the weights have adapters in.
std::string layers_of(const fs::path& folder, const HubArchitecture& architecture,
                      const ModelConfig& config) {
  const HubAdapter adapter{adapter_name(folder), "", kMostLayers};
  auto weights = read_weights(folder);
  auto last_of = [&](int64_t layer) { return architecture.tensors(config, adapter, layer).back(); };
  std::string layers;
  for (int64_t l = 0; l < kMostLayers; ++l)
    if (weights.count(last_of(l).hub))
      layers += fmt::format("{}{}", layers.empty() ? "" : ",", l + 1);
  check_input(!layers.empty(), "{}: no tensor {} for any layer N of a BERT",
              hub_weights_file(folder).string(), printable(last_of(0).hub));
  return layers;
}

const torch::Tensor& tensor_at(const std::map<std::string, torch::Tensor>& weights,
                               const fs::path& folder, const std::string& name) {
  auto it = weights.find(name);
  check_input(it != weights.end(), "{}: no tensor {}", hub_weights_file(folder).string(),
              printable(name));
  return it->second;
}

}  // namespace

bool is_hub_folder(const fs::path& folder) { return fs::exists(folder / kConfig); }

std::vector<fs::path> hub_files(const fs::path& folder) {
  return {folder / kConfig, hub_weights_file(folder)};
}

ModelCard read_hub_card(const fs::path& folder) {
  HubConfig reader(folder / kConfig);
  auto type = reader.all().value("model_type", Json("bert"));
  if (type != "bert") reader.fault("model_type", "\"bert\"", type);
  auto hidden = reader.all().value("hidden_size", Json());
  const bool has_width = hidden.is_number_integer() && hidden >= 1 && hidden <= 65536;
  if (!has_width) reader.fault("hidden_size", "the backbone's width", hidden);
  auto theirs = reader.get("architecture", "");
  auto* architecture = static_cast<const HubArchitecture*>(nullptr);
  for (auto& one : hub_architectures())
    if (theirs == one.theirs) architecture = &one;
  if (!architecture) {
    reader.fault("config.architecture", "null (a bottleneck adapter) or \"lora\"", theirs);
    reader.raise();
  }
  auto config = architecture->read(reader, has_width ? hidden.get<int64_t>() : 0);
  reader.raise();
  architecture->layers(*config) = layers_of(folder, *architecture, *config);
  ModelCard card;
  card.recipe.model.name = architecture->model;
  card.recipe.model.config = std::move(config);
  return card;
}

void check_hub_adapters(const fs::path& folder, const ModelCard& card,
                        const EncoderConfig& backbone) {
  auto weights = read_weights(folder);
  auto file = hub_weights_file(folder).string();
  Faults faults;
  for (auto& [ours, hub, shape] :
       tensors_of(card, {adapter_name(folder), "", backbone.num_hidden_layers, backbone.hidden_size,
                         backbone.intermediate_size})) {
    auto it = weights.find(hub);
    if (it == weights.end()) {
      faults.add("tensor", fmt::format("{}: no tensor {}", file, printable(hub)));
      continue;
    }
    if (it->second.sizes() != shape)
      faults.add("tensor", fmt::format("{}: {}: expected shape [{}] on this backbone, found [{}]",
                                       file, printable(hub), fmt::join(shape, ", "),
                                       fmt::join(it->second.sizes(), ", ")));
    weights.erase(it);
  }
  for (auto& [name, tensor] : weights)
    faults.add("tensor", fmt::format("{}: tensor {} is not one of such adapters on this backbone",
                                     file, printable(name)));
  faults.raise();
}

void load_hub_adapters(const fs::path& folder, Model& model) {
  auto weights = read_weights(folder);
  std::map<std::string, torch::Tensor> trained;
  for (auto& [key, tensor] : model.trained()) trained.emplace(key, tensor);
  torch::NoGradGuard no_grad;
  for (auto& [ours, hub, shape] : tensors_in(folder)) {
    auto& from = tensor_at(weights, folder, hub);
    auto& into = trained.at(ours);
    check_input(from.sizes() == into.sizes(), "{}: {}: expected shape [{}], found [{}]",
                hub_weights_file(folder).string(), printable(hub), fmt::join(into.sizes(), ", "),
                fmt::join(from.sizes(), ", "));
    into.copy_(from);
  }
}

std::map<std::string, torch::Tensor> read_hub_adapters(const fs::path& folder) {
  auto weights = read_weights(folder);
  std::map<std::string, torch::Tensor> tensors;
  for (auto& [ours, hub, shape] : tensors_in(folder))
    tensors[ours] = tensor_at(weights, folder, hub);
  return tensors;
}

std::string unfit_for_hub(const ModelCard& card, const EncoderConfig& backbone) {
  auto* architecture = architecture_of(card);
  if (!architecture || !card.modalities().empty())
    return fmt::format(
        "adapter-hub folders hold adapters on text alone (houlsby, lora); this model is {}{}",
        card.recipe.model.name, card.modalities().empty() ? "" : " with modalities");
  if (backbone.family != "bert")
    return fmt::format("adapter-hub folders are written for BERT alone; this backbone is {}",
                       backbone.family);
  return architecture->unfit(*card.recipe.model.config);
}

std::set<std::string> hub_tensors(const ModelCard& card, const HubAdapter& adapter) {
  std::set<std::string> names;
  for (auto& tensor : tensors_of(card, adapter)) names.insert(tensor.ours);
  return names;
}

void write_hub_adapters(const fs::path& folder, const ModelCard& card, const HubAdapter& adapter,
                        const std::map<std::string, torch::Tensor>& tensors) {
  NamedTensors adapters;
  for (auto& [ours, hub, shape] : tensors_of(card, adapter))
    adapters.emplace_back(hub, tensors.at(ours));
  auto about = hub_description(adapter);
  about["config"] = architecture_of(card)->write(*card.recipe.model.config, adapter);
  write_tensors(folder / kWeights, adapters, {{"format", "pt"}});
  write_atomically(folder / kConfig, about.dump(2) + "\n");
}

nlohmann::ordered_json hub_description(const HubAdapter& adapter) {
  return {{"hidden_size", adapter.hidden_size},
          {"model_class", "BertModel"},
          {"model_name", adapter.backbone},
          {"model_type", "bert"},
          {"name", adapter.name},
          {"version", fmt::format("mma.{}", version())}};
}

}  // namespace mma
