#include "backbones/encoder_weights.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/safetensors.h"
#include "base/utf8.h"
#include "nn/tensor_file.h"

namespace mma {
namespace {

fs::path weights_file(const fs::path& folder) {
  for (auto* name : {"model.safetensors", "pytorch_model.bin"})
    if (fs::exists(folder / name)) return folder / name;
  throw UserError(fmt::format("{}: expected model.safetensors or pytorch_model.bin in this folder",
                              folder.string()));
}

// Today's name of an encoder's tensor: without the prefix, LayerNorm.{weight,bias}.
std::string modern_name(std::string name, const std::string& prefix) {
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  if (name.ends_with("LayerNorm.gamma")) name.replace(name.size() - 5, 5, "weight");
  if (name.ends_with("LayerNorm.beta")) name.replace(name.size() - 4, 4, "bias");
  return name;
}

// The first part of a dotted name.
std::string root_of(const std::string& name) { return name.substr(0, name.find('.')); }

// Constants that old versions stored.
bool is_buffer(const std::string& name) {
  return name == "embeddings.position_ids" || name == "embeddings.token_type_ids";
}

}  // namespace

std::map<std::string, torch::Tensor> read_encoder_weights(const fs::path& folder,
                                                          const EncoderConfig& config) {
  auto path = weights_file(folder);
  auto file = path.string();
  std::set<std::string> roots;
  for (auto& [name, shape, role] : encoder_tensors(config)) roots.insert(root_of(name));
  std::map<std::string, torch::Tensor> found;
  std::set<std::string> heads;
  Faults faults;
  for (auto& [name, tensor] : read_tensors(path)) {
    auto modern = modern_name(name, prefixed_name(config, ""));
    if (is_buffer(modern)) continue;
    if (roots.count(root_of(modern)) == 0) {
      heads.insert(root_of(modern));
    } else if (!found.emplace(modern, tensor).second) {
      faults.add("twice", fmt::format("{}: {} is there twice, under two names", file, modern));
    }
  }
  std::map<std::string, torch::Tensor> weights;
  for (auto& [name, shape, role] : encoder_tensors(config)) {
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
               fmt::format("{}: weight {} has no place in an encoder of this config.json", file,
                           printable(name)));
  faults.raise();
  if (!heads.empty())
    log_info("model", "{}: heads beside the encoder are not used: {}", file,
             escape_controls(fmt::format("{}", fmt::join(heads, ", "))));
  return weights;
}

bool has_pooler(const fs::path& folder, const EncoderConfig& config) {
  if (!config.pooler) return false;
  auto root = root_of(encoder_names(config).pooler);
  auto is_one = [&](const std::string& name) {
    return root_of(modern_name(name, prefixed_name(config, ""))) == root;
  };
  auto path = weights_file(folder);
  std::vector<std::string> names;
  if (path.extension() == ".safetensors")
    names = safetensors_names(path);  // the numbers are read later, once
  else
    for (auto& [name, tensor] : read_torch_checkpoint(path)) names.push_back(name);
  return std::any_of(names.begin(), names.end(), is_one);
}

std::vector<fs::path> backbone_files(const fs::path& folder) {
  return {folder / "config.json", weights_file(folder)};
}

}  // namespace mma
