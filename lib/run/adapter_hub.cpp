#include "run/adapter_hub.h"

#include <torch/utils.h>

#include <cmath>
#include <set>

#include "base/files.h"
#include "base/json_file.h"
#include "base/log.h"
#include "base/version.h"
#include "nn/tensor_file.h"
#include "recipe/chosen_layers.h"
#include "recipe/houlsby_config.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kWeights = "adapter.safetensors";
constexpr const char* kTorchWeights = "pytorch_adapter.bin";
constexpr int64_t kMostLayers = 256;

// Our names of activations by that library's; the first of ours is the one that is written.
const Table<std::string> kActivations = {{"relu", "relu"},          {"gelu", "gelu"},
                                         {"gelu_new", "gelu_tanh"}, {"swish", "silu"},
                                         {"silu", "silu"},          {"tanh", "tanh"}};

// One tensor by both names, and its shape.
struct Pairing {
  std::string ours, hub;
  std::vector<int64_t> shape;
};

std::string hub_place(int64_t layer, const std::string& place, const std::string& name) {
  return fmt::format("bert.encoder.layer.{}.{}.adapters.{}.", layer,
                     place == "attention" ? "attention.output" : "output", name);
}

std::vector<std::string> places_of(const MmAdapterConfig& config) {
  if (config.placement == "houlsby") return {"attention", "output"};
  return {"output"};
}

// The tensors of all adapters of `config` in a BERT of so many layers of width h.
std::vector<Pairing> pairings(const MmAdapterConfig& config, int64_t layers, int64_t h,
                              const std::string& name) {
  std::vector<Pairing> all;
  const int64_t p = config.bottleneck;
  auto chosen = parse_layers(config.layers, layers);
  for (int64_t l = 0; l < layers; ++l) {
    if (!chosen[static_cast<size_t>(l)]) continue;
    for (auto& place : places_of(config)) {
      auto ours = fmt::format("adapters.layer.{}.{}.", l, place);
      auto hub = hub_place(l, place, name);
      auto add = [&](const std::string& our_part, const std::string& hub_part,
                     const std::vector<int64_t>& weight) {
        all.push_back({ours + our_part + ".weight", hub + hub_part + ".weight", weight});
        all.push_back({ours + our_part + ".bias", hub + hub_part + ".bias", {weight[0]}});
      };
      if (config.layer_norm) {
        add("norm.text", "adapter_norm_before", {h});
        add("norm.text", "adapter_down.0", {h});
      }
      add("down.text", config.layer_norm ? "adapter_down.1" : "adapter_down.0", {p, h});
      add("up", "adapter_up", {h, p});
    }
  }
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
  return file.extension() == ".safetensors" ? read_safetensors(file) : read_torch_checkpoint(file);
}

std::string adapter_name(const fs::path& folder) {
  auto json = read_json_object<Json>(folder / kConfig);
  auto it = json.find("name");
  check_input(it != json.end() && it->is_string(), "{}: no name of the adapter",
              (folder / kConfig).string());
  return it->get<std::string>();
}

int64_t hidden_size(const fs::path& folder) {
  return read_json_object<Json>(folder / kConfig).value("hidden_size", int64_t{0});
}

// Reads the architecture; each key that asks for what we do not have is a fault.
class ConfigReader {
 public:
  explicit ConfigReader(const fs::path& file) : file_(file), json_(read_json_object<Json>(file)) {
    check_input(json_.contains("config") && json_["config"].is_object(),
                "{}: no config of the adapter's architecture", file.string());
    config_ = json_["config"];
  }
  const Json& all() const { return json_; }
  Json get(const char* key, const Json& otherwise) const {
    return config_.contains(key) && !config_[key].is_null() ? config_[key] : otherwise;
  }
  void fault(const char* key, const std::string& expected, const Json& found) {
    faults_.add("key", fmt::format("{}: {}: expected {}, found {}", file_.string(), key, expected,
                                   printable(found.dump())));
  }
  void must_be(const char* key, const Json& value) {
    auto found = get(key, value);
    if (found != value) fault(key, value.dump(), found);
  }
  bool flag(const char* key, bool otherwise) {
    auto found = get(key, otherwise);
    if (!found.is_boolean()) fault(key, "true or false", found);
    return found.is_boolean() ? found.get<bool>() : otherwise;
  }
  void raise() const { faults_.raise(); }

 private:
  fs::path file_;
  Json json_, config_;
  Faults faults_;
};

int64_t bottleneck_of(ConfigReader& reader, int64_t hidden) {
  auto factor = reader.get("reduction_factor", 16);
  if (factor.is_object() && factor.size() == 1 && factor.contains("default"))
    factor = factor["default"];
  double divisor = factor.is_number() ? factor.get<double>() : 0;
  double width = static_cast<double>(hidden) / divisor;
  if (!(divisor > 0 && std::abs(width) <= kWidestBottleneck)) {
    reader.fault(
        "config.reduction_factor",
        fmt::format("one number above 0 for all layers, for adapters of at most {} numbers",
                    kWidestBottleneck),
        factor);
    return 1;
  }
  return std::max<int64_t>(1, static_cast<int64_t>(width));
}

// The layers, counted from 1, that the weights have adapters in.
std::string layers_of(const fs::path& folder, const std::string& name) {
  auto weights = read_weights(folder);
  std::string layers;
  for (int64_t l = 0; l < kMostLayers; ++l)
    if (weights.count(hub_place(l, "output", name) + "adapter_up.weight"))
      layers += fmt::format("{}{}", layers.empty() ? "" : ",", l + 1);
  check_input(!layers.empty(), "{}: no tensor {}adapter_up.weight for any layer N of a BERT",
              hub_weights_file(folder).string(), hub_place(0, "output", name));
  return layers;
}

Json hub_config(const MmAdapterConfig& config, int64_t hidden, int64_t layers) {
  Json leave_out = Json::array();
  auto chosen = parse_layers(config.layers, layers);
  for (int64_t l = 0; l < layers; ++l)
    if (!chosen[static_cast<size_t>(l)]) leave_out.push_back(l);
  std::string activation;
  for (auto& [hub, ours] : kActivations)
    if (ours == config.activation && activation.empty()) activation = hub;
  Json factor = hidden / config.bottleneck;
  if (hidden % config.bottleneck != 0)  // that library rounds hidden / factor down
    factor = static_cast<double>(hidden) / (static_cast<double>(config.bottleneck) + 0.5);
  return {{"adapter_residual_before_ln", false},
          {"cross_adapter", false},
          {"dropout", 0.0},
          {"init_weights", "bert"},
          {"inv_adapter", nullptr},
          {"inv_adapter_reduction_factor", nullptr},
          {"is_parallel", false},
          {"leave_out", leave_out},
          {"ln_after", false},
          {"ln_before", config.layer_norm},
          {"mh_adapter", config.placement == "houlsby"},
          {"non_linearity", activation},
          {"original_ln_after", true},
          {"original_ln_before", config.after_norm},
          {"output_adapter", true},
          {"phm_layer", false},
          {"reduction_factor", factor},
          {"residual_before_ln", true},
          {"scaling", 1.0},
          {"use_gating", false}};
}

}  // namespace

bool is_hub_folder(const fs::path& folder) { return fs::exists(folder / kConfig); }

std::vector<fs::path> hub_files(const fs::path& folder) {
  return {folder / kConfig, hub_weights_file(folder)};
}

ModelCard read_hub_card(const fs::path& folder) {
  ConfigReader reader(folder / kConfig);
  auto type = reader.all().value("model_type", Json("bert"));
  if (type != "bert") reader.fault("model_type", "\"bert\"", type);
  auto hidden = reader.all().value("hidden_size", Json());
  if (!hidden.is_number_integer() || hidden < 1 || hidden > 65536)
    reader.fault("hidden_size", "the backbone's width", hidden);
  auto architecture = reader.get("architecture", nullptr);
  if (!architecture.is_null())
    reader.fault("config.architecture", "none (a bottleneck adapter)", architecture);
  reader.must_be("output_adapter", true);
  reader.must_be("original_ln_after", true);
  reader.must_be("ln_after", false);
  reader.must_be("is_parallel", false);
  reader.must_be("use_gating", false);
  reader.must_be("phm_layer", false);
  reader.must_be("scaling", 1.0);
  reader.must_be("residual_before_ln", true);
  if (auto inverse = reader.get("inv_adapter", nullptr); !inverse.is_null())
    reader.fault("config.inv_adapter", "null", inverse);
  auto activation = reader.get("non_linearity", "relu");
  auto* ours = static_cast<const std::string*>(nullptr);
  for (auto& [hub, name] : kActivations)
    if (activation == hub) ours = &name;
  if (!ours)
    reader.fault("config.non_linearity",
                 fmt::format("one of {}", fmt::join(names_of(kActivations), ", ")), activation);
  auto config = std::make_unique<HoulsbyConfig>();
  config->train_layer_norms = false;
  config->placement = reader.flag("mh_adapter", false) ? "houlsby" : "pfeiffer";
  config->layer_norm = reader.flag("ln_before", false);
  config->after_norm = reader.flag("original_ln_before", false);
  if (hidden.is_number_integer()) config->bottleneck = bottleneck_of(reader, hidden.get<int64_t>());
  reader.raise();
  config->activation = *ours;
  config->layers = layers_of(folder, adapter_name(folder));
  ModelCard card;
  card.recipe.model.name = "houlsby";
  card.recipe.model.config = std::move(config);
  return card;
}

void check_hub_adapters(const fs::path& folder, const ModelCard& card,
                        const EncoderConfig& backbone) {
  auto& config = dynamic_cast<const MmAdapterConfig&>(*card.recipe.model.config);
  auto weights = read_weights(folder);
  auto file = hub_weights_file(folder).string();
  Faults faults;
  for (auto& [ours, hub, shape] :
       pairings(config, backbone.num_hidden_layers, backbone.hidden_size, adapter_name(folder))) {
    auto it = weights.find(hub);
    if (it == weights.end()) {
      faults.add("tensor", fmt::format("{}: no tensor {}", file, hub));
      continue;
    }
    if (it->second.sizes() != shape)
      faults.add("tensor",
                 fmt::format("{}: {}: expected shape [{}] on this backbone, found [{}]", file, hub,
                             fmt::join(shape, ", "), fmt::join(it->second.sizes(), ", ")));
    weights.erase(it);
  }
  for (auto& [name, tensor] : weights)
    faults.add("tensor", fmt::format("{}: tensor {} is not one of such adapters on this backbone",
                                     file, printable(name)));
  faults.raise();
}

void load_hub_adapters(const fs::path& folder, Model& model) {
  auto weights = read_weights(folder);
  const auto name = adapter_name(folder);
  auto card = read_hub_card(folder);
  auto& config = dynamic_cast<const MmAdapterConfig&>(*card.recipe.model.config);
  std::map<std::string, torch::Tensor> trained;
  for (auto& [key, tensor] : model.trained()) trained.emplace(key, tensor);
  torch::NoGradGuard no_grad;
  for (auto& [ours, hub, shape] :
       pairings(config, static_cast<int64_t>(model.adapters().size()), hidden_size(folder), name)) {
    check_input(weights.count(hub), "{}: no tensor {}", hub_weights_file(folder).string(), hub);
    auto& from = weights.at(hub);
    check_input(from.sizes() == shape, "{}: {}: expected shape [{}], found [{}]",
                hub_weights_file(folder).string(), hub, fmt::join(shape, ", "),
                fmt::join(from.sizes(), ", "));
    trained.at(ours).copy_(from);
  }
}

std::map<std::string, torch::Tensor> read_hub_adapters(const fs::path& folder) {
  auto card = read_hub_card(folder);
  auto& config = dynamic_cast<const MmAdapterConfig&>(*card.recipe.model.config);
  auto weights = read_weights(folder);
  std::map<std::string, torch::Tensor> tensors;
  for (auto& [ours, hub, shape] :
       pairings(config, kMostLayers, hidden_size(folder), adapter_name(folder))) {
    check_input(weights.count(hub), "{}: no tensor {}", hub_weights_file(folder).string(), hub);
    tensors[ours] = weights.at(hub);
  }
  return tensors;
}

std::set<std::string> hub_tensors(const MmAdapterConfig& config, const HubAdapter& adapter) {
  std::set<std::string> names;
  for (auto& pairing : pairings(config, adapter.layers, adapter.hidden_size, adapter.name))
    names.insert(pairing.ours);
  return names;
}

void write_hub_adapters(const fs::path& folder, const MmAdapterConfig& config,
                        const HubAdapter& adapter,
                        const std::map<std::string, torch::Tensor>& tensors) {
  NamedTensors adapters;
  for (auto& [ours, hub, shape] :
       pairings(config, adapter.layers, adapter.hidden_size, adapter.name))
    adapters.emplace_back(hub, tensors.at(ours));
  auto about = hub_description(adapter);
  about["config"] = hub_config(config, adapter.hidden_size, adapter.layers);
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
