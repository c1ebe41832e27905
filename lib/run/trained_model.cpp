#include "run/trained_model.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/version.h"
#include "models/registry.h"
#include "nn/tensor_file.h"
#include "run/adapter_hub.h"

namespace mma {
namespace {

constexpr const char* kTensors = "adapter.safetensors";

std::vector<fs::path> files_of(const TrainedModel& model) {
  if (model.from_hub) return hub_files(model.folder);
  return {model.folder / "config.json", model.folder / kTensors};
}

// Refuses a card that claims more than its file holds, before anything of that size is built.
void check_size(const TrainedModel& stored, const std::map<std::string, torch::Tensor>& tensors,
                const EncoderConfig& backbone) {
  double numbers = 0;
  for (auto& [name, tensor] : tensors) numbers += static_cast<double>(tensor.numel());
  auto& card = stored.card;
  auto where = (stored.folder / "config.json").string();
  check_input(static_cast<double>(card.trained) <= numbers,
              "{}: trained: {} numbers, but {} holds {:.0f}", where, card.trained, kTensors,
              numbers);
  auto least = card.recipe.model.config->least_trained({backbone, stored.modalities},
                                                       static_cast<int64_t>(card.labels.size()));
  check_input(
      least <= numbers,
      "{}: describes a model of at least {:.0f} trainable parameters, but {} holds {:.0f}: the "
      "two are not of one model",
      where, least, kTensors, numbers);
}

// Faults of one part against the backbone and the modalities that are there.
void check_part(const std::string& name, const TrainedModel& part, const ModelSetting& setting,
                const std::string& backbone_hash, Faults& faults) {
  auto fault = [&](const std::string& text) {
    faults.add("part", fmt::format("model.from.{}: {}: {}", name, part.folder.string(), text));
  };
  if (auto reason = part.card.recipe.model.config->unfit_as_part(); !reason.empty()) fault(reason);
  if (!part.from_hub && part.card.backbone_hash != backbone_hash)
    fault(fmt::format("trained on another backbone (SHA-256 {:.12}) than this one ({:.12})",
                      part.card.backbone_hash, backbone_hash));
  for (auto& needed : part.modalities) {
    auto it = std::find_if(setting.modalities.begin(), setting.modalities.end(),
                           [&](auto& m) { return m.name == needed.name; });
    if (it == setting.modalities.end())
      fault(fmt::format("needs the modality {}; add it to modalities", needed.name));
    else if (it->width != needed.width)
      fault(fmt::format("was trained on {} numbers of {}, this pack has {}", needed.width,
                        needed.name, it->width));
  }
}

// Copies the parts' files to folder/parts/NAME.
void copy_parts(const TrainedParts& parts, const fs::path& folder) {
  for (auto& [name, part] : parts) {
    auto to = folder / "parts" / name;
    make_directories(to);
    for (auto& file : files_of(part)) write_atomically(to / file.filename(), read_file(file));
  }
}

}  // namespace

TrainedModel read_trained_model(const fs::path& path) {
  TrainedModel model;
  if (is_hub_folder(path)) {
    model.folder = path;
    model.from_hub = true;
    model.card = read_hub_card(path);
  } else {
    bool is_run = fs::exists(path / "run.json");
    model.folder = is_run ? path / "model" : path;
    check_input(fs::exists(model.folder / "config.json"), "{}: no trained model there{}",
                path.string(),
                is_run ? "; the run is not finished: give its mma-train command again"
                       : "; give a run directory, its model folder, or an adapter-hub folder");
    model.card = read_model_card(model.folder);
    if (auto& expected = model.card.adapter_hash; !expected.empty()) {
      auto found = sha256_file(model.folder / kTensors, stop_if_asked);
      check_input(found == expected,
                  "{}: not the file that its config.json was written with (SHA-256 {:.12}, "
                  "expected {:.12}): damaged or exchanged; copy the folder again",
                  (model.folder / kTensors).string(), found, expected);
    }
  }
  model.modalities = model.card.modalities();
  model.hash = sha256_files(files_of(model));
  return model;
}

std::map<std::string, torch::Tensor> read_stored_tensors(const TrainedModel& stored) {
  const auto file = stored.folder / kTensors;
  auto tensors = read_safetensors(file);
  Faults faults;
  for (auto& [name, tensor] : tensors)
    if (tensor.is_floating_point() && !torch::isfinite(tensor).all().item<bool>())
      faults.add("not finite",
                 fmt::format("{}: tensor {}: expected finite numbers, found NaN or infinity",
                             file.string(), printable(name)));
  faults.raise();
  return tensors;
}

std::string hash_of_weights(const TrainedModel& stored) {
  if (auto& known = stored.card.adapter_hash; !known.empty()) return known;  // was compared
  return sha256_file(stored.folder / kTensors, stop_if_asked);
}

std::shared_ptr<Model> load_trained_model(const TrainedModel& stored,
                                          std::shared_ptr<const Encoder> backbone,
                                          torch::Device device) {
  auto& config = *stored.card.recipe.model.config;
  ModelParts parts{backbone, stored.modalities,
                   std::max<int64_t>(1, static_cast<int64_t>(stored.card.labels.size())),
                   static_cast<uint64_t>(stored.card.recipe.seed)};
  parts.device = device;
  const auto encoder = backbone ? backbone->config() : no_encoder();
  std::map<std::string, torch::Tensor> tensors;
  if (stored.from_hub) {
    check_hub_adapters(stored.folder, stored.card, encoder);
  } else {
    tensors = read_stored_tensors(stored);
    check_size(stored, tensors, encoder);
  }
  for (auto& [name, path] : config.from())
    parts.trained.emplace_back(
        name, load_trained_model(read_trained_model(stored.folder / "parts" / name), backbone));
  auto model = build_model(stored.card.recipe.model, parts);
  if (stored.from_hub)
    load_hub_adapters(stored.folder, *model);
  else
    copy_tensors((stored.folder / kTensors).string(), std::move(tensors), stored_tensors(*model));
  return model;
}

TrainedParts read_parts(const ModelConfig& config, const ModelSetting& setting,
                        const std::string& backbone_hash, Faults& faults) {
  TrainedParts parts;
  std::vector<std::string> used;
  for (auto& [name, path] : config.from()) {
    stop_if_asked();
    try {
      check_input(name.find('/') == std::string::npos && name != "." && name != "..",
                  "a part's name is a folder's too: '{}' cannot be one", printable(name));
      auto part = read_trained_model(path);
      check_part(name, part, setting, backbone_hash, faults);
      if (part.from_hub) check_hub_adapters(part.folder, part.card, setting.backbone);
      for (auto& modality : part.modalities) used.push_back(modality.name);
      parts.emplace_back(name, std::move(part));
    } catch (const UserError& e) {
      faults.add("part", fmt::format("model.from.{}: {}", name, e.what()));
    }
  }
  if (parts.empty()) return parts;
  for (auto& modality : setting.modalities)
    if (std::find(used.begin(), used.end(), modality.name) == used.end())
      faults.add("part", fmt::format("modalities: {}: no part of model.from uses it; leave it out",
                                     modality.name));
  return parts;
}

void write_trained_model(const fs::path& folder, ModelCard card, const TrainedParts& parts,
                         const NamedTensors& tensors) {
  make_directories(folder);
  copy_parts(parts, folder);
  auto bytes = tensor_bytes(tensors, {{"format", "pt"}, {"mma_version", version()}});
  write_atomically(folder / kTensors, bytes);
  card.bytes = static_cast<int64_t>(bytes.size());
  card.adapter_hash = sha256(bytes);
  write_model_card(folder, card);
  log_info(
      "train", "model: {} tensors, {} trainable parameters ({:.2f} % of {}), {} bytes in {}",
      tensors.size(), card.trained,
      100.0 * static_cast<double>(card.trained) / static_cast<double>(card.trained + card.frozen),
      card.trained + card.frozen, card.bytes, folder.string());
}

NamedTensors stored_tensors(Model& model) {
  auto all = model.trained();
  for (auto& item : model.state()) all.push_back(item);
  return all;
}

}  // namespace mma
