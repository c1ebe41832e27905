#include "eval/merge_command.h"

#include "backbones/encoder_weights.h"
#include "base/files.h"
#include "base/json_file.h"
#include "base/log.h"
#include "eval/scoring.h"
#include "models/backbone.h"
#include "models/lora.h"
#include "nn/tensor_file.h"

namespace mma {
namespace {

constexpr const char* kTokenizerFiles[] = {"vocab.txt",
                                           "vocab.json",
                                           "merges.txt",
                                           "tokenizer.json",
                                           "spiece.model",
                                           "tokenizer.model",
                                           "sentencepiece.bpe.model",
                                           "tokenizer_config.json",
                                           "added_tokens.json",
                                           "special_tokens_map.json"};
constexpr uint64_t kMostTokenizerBytes = 256 << 20;

// config.json, whose numbers are all fp32 now.
std::string fp32_config(const fs::path& file) {
  auto config = read_json_object<nlohmann::ordered_json>(file);
  for (auto* key : {"dtype", "torch_dtype"})
    if (config.contains(key)) config[key] = "float32";
  return config.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

NamedTensors merged_weights(const Backbone& backbone,
                            const std::map<std::string, torch::Tensor>& changes) {
  NamedTensors merged;
  for (auto& [name, weight] : read_encoder_weights(backbone.folder, backbone.config)) {
    auto it = changes.find(name);
    merged.emplace_back(name,
                        (it == changes.end() ? weight : weight + it->second).to(torch::kFloat32));
  }
  return merged;
}

}  // namespace

void export_merged(const MergeOptions& options) {
  ScoringOptions scoring;
  scoring.backbone = options.backbone;
  auto stored = read_scoring_model(options.run, scoring);
  check_input(dynamic_cast<const LoraConfig*>(stored.card.recipe.model.config.get()),
              "{}: only LoRA can be merged into the backbone's weights (model.name: lora); this "
              "model is {}",
              options.run.string(), stored.card.recipe.model.name);
  check_input(!fs::exists(options.folder / "config.json"), "{}: there is a model already",
              options.folder.string());
  auto backbone = open_its_backbone(stored.card);
  auto model = load_trained_model(
      stored, load_backbone(backbone, *stored.card.recipe.model.config, Compute{}));
  auto& lora = dynamic_cast<LoraModel&>(*model);
  const auto changes = lora.weight_changes();
  const auto merged = merged_weights(backbone, changes);
  make_directories(options.folder);  // not before everything was read and checked
  write_tensors(options.folder / "model.safetensors", merged, {{"format", "pt"}});
  write_tensors(options.folder / "model_head.safetensors", lora.head(), {{"format", "pt"}});
  for (auto* name : kTokenizerFiles)
    if (fs::exists(backbone.folder / name))
      write_atomically(options.folder / name,
                       read_file(backbone.folder / name, kMostTokenizerBytes));
  // Last: it makes the folder a model.
  write_atomically(options.folder / "config.json", fp32_config(backbone.folder / "config.json"));
  log_info("eval",
           "{}: a backbone with LoRA merged into {} of its {} tensors; the classifier is in "
           "model_head.safetensors",
           options.folder.string(), changes.size(), merged.size());
}

}  // namespace mma
