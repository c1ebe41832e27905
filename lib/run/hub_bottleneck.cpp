#include <cmath>

#include "base/names.h"
#include "recipe/houlsby_config.h"
#include "run/hub_architecture.h"

namespace mma {
namespace {

// Our names of activations by that library's; the first of ours is the one that is written.
const Table<std::string> kActivations = {{"relu", "relu"},          {"gelu", "gelu"},
                                         {"gelu_new", "gelu_tanh"}, {"swish", "silu"},
                                         {"silu", "silu"},          {"tanh", "tanh"}};

const MmAdapterConfig& adapters_of(const ModelConfig& config) {
  return dynamic_cast<const MmAdapterConfig&>(config);
}

std::vector<std::string> places_of(const MmAdapterConfig& config) {
  if (config.placement == "houlsby") return {"attention", "output"};
  return {"output"};
}

std::vector<HubTensor> bottleneck_tensors(const ModelConfig& model, const HubAdapter& adapter,
                                          int64_t layer) {
  auto& config = adapters_of(model);
  std::vector<HubTensor> all;
  const int64_t p = config.bottleneck, h = adapter.hidden_size;
  for (auto& place : places_of(config)) {
    auto ours = fmt::format("adapters.layer.{}.{}.", layer, place);
    auto hub = fmt::format("bert.encoder.layer.{}.{}.adapters.{}.", layer,
                           place == "attention" ? "attention.output" : "output", adapter.name);
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
  return all;
}

int64_t bottleneck_of(HubConfig& reader, int64_t hidden) {
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

std::string activation_of(HubConfig& reader) {
  auto activation = reader.get("non_linearity", "relu");
  for (auto& [hub, ours] : kActivations)
    if (activation == hub) return ours;
  reader.fault("config.non_linearity",
               fmt::format("one of {}", fmt::join(names_of(kActivations), ", ")), activation);
  return "relu";
}

std::unique_ptr<ModelConfig> read_bottleneck(HubConfig& reader, int64_t hidden) {
  reader.must_be("output_adapter", true);
  reader.must_be("original_ln_after", true);
  reader.must_be("ln_after", false);
  reader.must_be("use_gating", false);
  reader.must_be("phm_layer", false);
  if (auto inverse = reader.get("inv_adapter", nullptr); !inverse.is_null())
    reader.fault("config.inv_adapter", "null", inverse);
  auto config = std::make_unique<HoulsbyConfig>();
  config->train_layer_norms = false;
  config->scaling = reader.number("scaling", 1, 0, 1e3);
  config->layer_norm = reader.flag("ln_before", false);
  config->activation = activation_of(reader);
  if (reader.flag("is_parallel", false)) {
    config->placement = "parallel";  // of such, that library looks at no key of its input
    reader.must_be("mh_adapter", false);
  } else {
    config->placement = reader.flag("mh_adapter", false) ? "houlsby" : "pfeiffer";
    config->after_norm = reader.flag("original_ln_before", false);
    reader.must_be("residual_before_ln", true);
  }
  if (hidden > 0) config->bottleneck = bottleneck_of(reader, hidden);
  return config;
}

HubJson write_bottleneck(const ModelConfig& model, const HubAdapter& adapter) {
  auto& config = adapters_of(model);
  std::string activation;
  for (auto& [hub, ours] : kActivations)
    if (ours == config.activation && activation.empty()) activation = hub;
  const int64_t hidden = adapter.hidden_size;
  HubJson factor = hidden / config.bottleneck;
  if (hidden % config.bottleneck != 0)  // that library rounds hidden / factor down
    factor = static_cast<double>(hidden) / (static_cast<double>(config.bottleneck) + 0.5);
  return {{"adapter_residual_before_ln", false},
          {"cross_adapter", false},
          {"dropout", 0.0},
          {"init_weights", "bert"},
          {"inv_adapter", nullptr},
          {"inv_adapter_reduction_factor", nullptr},
          {"is_parallel", config.placement == "parallel"},
          {"leave_out", hub_left_out(config.layers, adapter.layers)},
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
          {"scaling", config.scaling},
          {"use_gating", false}};
}

bool is_bottleneck(const ModelConfig& config) {
  return dynamic_cast<const MmAdapterConfig*>(&config) != nullptr;
}

std::string unfit_bottleneck(const ModelConfig& config) { return config.unfit_as_part(); }

std::string& bottleneck_layers(ModelConfig& config) {
  return dynamic_cast<MmAdapterConfig&>(config).layers;
}

}  // namespace

HubArchitecture hub_bottleneck() {
  return {.theirs = "",
          .model = "houlsby",
          .is_one = is_bottleneck,
          .read = read_bottleneck,
          .write = write_bottleneck,
          .unfit = unfit_bottleneck,
          .layers = bottleneck_layers,
          .tensors = bottleneck_tensors};
}

}  // namespace mma
