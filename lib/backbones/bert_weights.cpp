#include "backbones/bert_weights.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "nn/tensor_file.h"

namespace mma {
namespace {

fs::path weights_file(const fs::path& folder) {
  for (auto* name : {"model.safetensors", "pytorch_model.bin"})
    if (fs::exists(folder / name)) return folder / name;
  throw UserError(fmt::format("{}: expected model.safetensors or pytorch_model.bin in this folder",
                              folder.string()));
}

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.rfind(prefix, 0) == 0;
}

bool ends_with(const std::string& text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

// Today's name of an encoder's tensor: without "bert.", LayerNorm.{weight,bias}.
std::string modern_name(std::string name) {
  if (starts_with(name, "bert.")) name.erase(0, 5);
  if (ends_with(name, "LayerNorm.gamma")) name.replace(name.size() - 5, 5, "weight");
  if (ends_with(name, "LayerNorm.beta")) name.replace(name.size() - 4, 4, "bias");
  return name;
}

bool is_encoder(const std::string& name) {
  return starts_with(name, "embeddings.") || starts_with(name, "encoder.") ||
         starts_with(name, "pooler.");
}

}  // namespace

std::vector<BertTensor> bert_tensors(const BertConfig& c) {
  return bert_layout({c.vocab_size, c.hidden_size, c.num_hidden_layers, c.intermediate_size,
                      c.max_position_embeddings, c.type_vocab_size});
}

std::map<std::string, torch::Tensor> read_bert_weights(const fs::path& folder,
                                                       const BertConfig& config) {
  auto path = weights_file(folder);
  auto file = path.string();
  auto stored =
      path.extension() == ".safetensors" ? read_safetensors(path) : read_torch_checkpoint(path);
  std::map<std::string, torch::Tensor> found;
  Faults faults;
  int64_t heads = 0;
  for (auto& [name, tensor] : stored) {
    auto modern = modern_name(name);
    if (modern == "embeddings.position_ids") continue;  // a constant that old versions stored
    if (!is_encoder(modern)) {
      ++heads;
    } else if (!found.emplace(modern, tensor).second) {
      faults.add("twice", fmt::format("{}: {} is there twice, under two names", file, modern));
    }
  }
  std::map<std::string, torch::Tensor> weights;
  for (auto& [name, shape, role] : bert_tensors(config)) {
    auto it = found.find(name);
    if (it == found.end()) {
      faults.add("missing weight", fmt::format("{}: no weight {}", file, name));
      continue;
    }
    if (it->second.sizes() != shape) {
      faults.add("shape",
                 fmt::format("{}: {}: expected shape [{}] by config.json, found [{}]", file, name,
                             fmt::join(shape, ", "), fmt::join(it->second.sizes(), ", ")));
    } else if (!torch::isfinite(it->second).all().item<bool>()) {
      faults.add("not finite", fmt::format("{}: {}: holds NaN or infinity", file, name));
    }
    weights.insert(found.extract(it));
  }
  for (auto& [name, tensor] : found)
    faults.add("extra weight",
               fmt::format("{}: weight {} has no place in a BERT of this config.json", file,
                           printable(name)));
  faults.raise();
  if (heads > 0)
    log_info("model", "{}: {} tensors of heads beside the encoder are not used", file, heads);
  return weights;
}

std::vector<fs::path> backbone_files(const fs::path& folder) {
  return {folder / "config.json", weights_file(folder)};
}

}  // namespace mma
