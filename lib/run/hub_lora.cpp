#include <algorithm>
#include <cmath>

#include "recipe/lora_config.h"
#include "run/hub_architecture.h"

namespace mma {
namespace {

// The maps of a self-attention by that library's letters.
const Table<std::string> kAttentionMatrices = {{"q", "query"}, {"k", "key"}, {"v", "value"}};

const LoraConfig& lora_of(const ModelConfig& config) {
  return dynamic_cast<const LoraConfig&>(config);
}

bool learns(const LoraConfig& config, const std::string& map) {
  return std::find(config.targets.begin(), config.targets.end(), map) != config.targets.end();
}

std::vector<HubTensor> lora_tensors(const ModelConfig& model, const HubAdapter& adapter,
                                    int64_t layer) {
  auto& config = lora_of(model);
  const auto names = bert_layer_names(layer);
  std::vector<HubTensor> all;
  for (auto& [name, map] : linear_maps(adapter.hidden_size, adapter.intermediate_size)) {
    if (!learns(config, name)) continue;
    auto ours = fmt::format("lora.layer.{}.{}.", layer, name),
         hub = fmt::format("bert.{}.loras.{}.lora_", names.*map.names, adapter.name);
    all.push_back({ours + "A", hub + "A", {config.rank, map.in}});
    all.push_back({ours + "B", hub + "B", {map.out, config.rank}});
  }
  return all;
}

Names targets_of(HubConfig& reader) {
  Names targets;
  if (reader.flag("selfattn_lora", true)) {
    auto letters = reader.get("attn_matrices", HubJson::array({"q", "v"}));
    for (auto& letter : letters.is_array() ? letters : HubJson::array({letters})) {
      auto it = std::find_if(kAttentionMatrices.begin(), kAttentionMatrices.end(),
                             [&](auto& row) { return letter == row.first; });
      if (it == kAttentionMatrices.end())
        reader.fault("config.attn_matrices", "a list of q, k, v", letters);
      else if (std::find(targets.begin(), targets.end(), it->second) == targets.end())
        targets.push_back(it->second);
    }
  }
  if (reader.flag("intermediate_lora", false)) targets.push_back("intermediate");
  if (reader.flag("output_lora", false)) targets.push_back("output");
  if (targets.empty()) reader.fault("config.selfattn_lora", "some matrices that learn", false);
  return targets;
}

std::unique_ptr<ModelConfig> read_lora(HubConfig& reader, int64_t /*hidden_size*/) {
  reader.must_be("composition_mode", "add");
  reader.must_be("use_gating", false);
  reader.must_be("use_dora", false);
  for (auto* key : {"vera_d", "vera_b"})
    if (auto found = reader.get(key, nullptr); !found.is_null())
      reader.fault(std::string("config.") + key, "null", found);
  auto config = std::make_unique<LoraConfig>();
  const double rank = reader.number("r", 8, 1, 65536);
  if (rank != std::floor(rank)) reader.fault("config.r", "a whole number", rank);
  config->rank = static_cast<int64_t>(rank);
  config->alpha = reader.number("alpha", 8, 0, 1e6);
  config->lora_dropout = reader.number("dropout", 0, 0, 0.9);
  config->targets = targets_of(reader);
  return config;
}

HubJson write_lora(const ModelConfig& model, const HubAdapter& adapter) {
  auto& config = lora_of(model);
  HubJson letters = HubJson::array(), alpha = config.alpha;
  for (auto& [letter, map] : kAttentionMatrices)
    if (learns(config, map)) letters.push_back(letter);
  if (config.alpha == std::floor(config.alpha)) alpha = static_cast<int64_t>(config.alpha);
  return {{"alpha", alpha},
          {"architecture", "lora"},
          {"attn_matrices", letters},
          {"composition_mode", "add"},
          {"dropout", config.lora_dropout},
          {"dtype", nullptr},
          {"init_weights", "lora"},
          {"intermediate_lora", learns(config, "intermediate")},
          {"leave_out", hub_left_out(config.layers, adapter.layers)},
          {"output_lora", learns(config, "output")},
          {"r", config.rank},
          {"selfattn_lora", !letters.empty()},
          {"use_dora", false},
          {"use_gating", false}};
}

bool is_lora(const ModelConfig& config) {
  return dynamic_cast<const LoraConfig*>(&config) != nullptr;
}

std::string unfit_lora(const ModelConfig& config) {
  return learns(lora_of(config), "attention_out")
             ? "that library has no LoRA on the attention's output matrix; train without "
               "attention_out among model.targets"
             : "";
}

std::string& lora_layers(ModelConfig& config) { return dynamic_cast<LoraConfig&>(config).layers; }

}  // namespace

HubArchitecture hub_lora() {
  return {.theirs = "lora",
          .model = "lora",
          .is_one = is_lora,
          .read = read_lora,
          .write = write_lora,
          .unfit = unfit_lora,
          .layers = lora_layers,
          .tensors = lora_tensors};
}

}  // namespace mma
