#include "recipe/lora_config.h"

#include <algorithm>

#include "recipe/chosen_layers.h"

namespace mma {
namespace {

// The first thing that is wrong with the targets, or "".
std::string fault_of_targets(const Names& targets) {
  const auto known = names_of(linear_maps(1, 1));
  if (targets.empty()) return fmt::format("expected some of {}", fmt::join(known, ", "));
  for (auto it = targets.begin(); it != targets.end(); ++it) {
    if (std::find(known.begin(), known.end(), *it) == known.end())
      return unknown_name("linear map", *it, known);
    if (std::find(targets.begin(), it, *it) != it) return fmt::format("{} is given twice", *it);
  }
  return "";
}

}  // namespace

void LoraConfig::fields(Fields& f) {
  f.field("rank", rank, "r, of the matrices that are learned", {1, 65536});
  f.field("alpha", alpha, "what they compute counts alpha / r times", {0, 1e6});
  f.field("targets", targets,
          "the linear maps that learn: query, key, value, attention_out, intermediate, output");
  if (auto fault = fault_of_targets(targets); !fault.empty()) f.fault("targets", fault);
  f.field("layers", layers, "layers that learn, counted from 1: all, 7-12, 1,3");
  f.field("lora_dropout", lora_dropout, "on the input of the matrices", {0, 0.9});
  encoder_fields(f);
  f.field("init_std", init_std,
          "standard deviation of the initial A and of the classifier's matrices; B starts at 0",
          {0, 1});
}

std::string LoraConfig::unfit_as_part() const {
  return "LoRA changes linear maps, and adds nothing behind a sub-layer that could be weighed";
}

void LoraConfig::check(const ModelSetting& setting, Faults& faults) const {
  EncoderModelConfig::check(setting, faults);
  check_text_only("lora", setting, faults);
  check_layers(layers, setting, faults);
}

Table<LinearMap> LoraConfig::target_maps(const EncoderConfig& backbone) const {
  Table<LinearMap> chosen;
  for (auto& map : linear_maps(backbone.hidden_size, backbone.intermediate_size))
    if (std::find(targets.begin(), targets.end(), map.first) != targets.end())
      chosen.push_back(map);
  return chosen;
}

double LoraConfig::least_trained(const ModelSetting& setting, int64_t labels) const {
  double numbers = 0;
  for (auto& [name, map] : target_maps(setting.backbone))
    numbers += static_cast<double>(rank) * static_cast<double>(map.in + map.out);
  return numbers * static_cast<double>(count_layers(layers, setting.backbone)) +
         ModelConfig::least_trained(setting, labels);
}

}  // namespace mma
