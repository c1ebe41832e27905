#include "train/session.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "metrics/metrics.h"
#include "nn/bert_weights.h"
#include "text/tokenizer.h"
#include "train/device.h"

namespace mma {
namespace {

// Runs a step of the checks; a UserError becomes one of the faults.
template <class Work>
void collect(Faults& faults, Work work) {
  try {
    work();
  } catch (const UserError& e) {
    faults.add("fault", e.what());
  }
}

// The metric that selects must be one that an evaluation of this kind gives.
void check_selection(const Recipe& recipe, LabelKind kind, bool has_dev, Faults& faults) {
  Predictions empty{2, {1, 0}, {0.5, 0.5}};
  collect(faults, [&] {
    metric(kind == LabelKind::kMulticlass ? multiclass_metrics(empty) : multilabel_metrics(empty),
           recipe.train.select_by);
  });
  if (kind == LabelKind::kMulticlass && recipe.loss.positive_weights != "none")
    faults.add("fault",
               "loss.positive_weights: these are of multilabel data; this pack has one class a "
               "sample: use none");
  if (!has_dev)
    log_warning("data", "the pack has no dev split: the last weights count as the best");
}

}  // namespace

Backbone load_backbone(const fs::path& folder, const ModelConfig& model, BertOptions options) {
  Backbone backbone;
  options.trained = model.trains_backbone();
  backbone.folder = fs::absolute(folder).lexically_normal();
  backbone.config = read_bert_config(folder / "config.json");
  model.adjust(backbone.config);
  backbone.hash = sha256_files(backbone_files(folder));
  backbone.bert =
      std::make_shared<Bert>(backbone.config, read_bert_weights(folder, backbone.config), options);
  return backbone;
}

void check_fit(const PackInfo& pack, const fs::path& pack_file, const BertConfig& config,
               const fs::path& backbone, Faults& faults) {
  if (pack.vocabulary_size > config.vocab_size)
    faults.add(
        "fit",
        fmt::format(
            "{}: token ids up to {}, but {} has a vocabulary of {}; run mma-prep build with the "
            "backbone's tokenizer",
            pack_file.string(), pack.vocabulary_size - 1, backbone.string(), config.vocab_size));
  if (pack.max_length > config.max_position_embeddings)
    faults.add("fit",
               fmt::format(
                   "{}: texts of up to {} tokens, but {} has {} positions; run mma-prep build with "
                   "max_length: {}",
                   pack_file.string(), pack.max_length, backbone.string(),
                   config.max_position_embeddings, config.max_position_embeddings));
  std::string hash;
  try {
    hash = tokenizer_hash(backbone);
  } catch (const UserError&) {
    return;  // a backbone without a tokenizer: nothing to compare
  }
  if (hash != pack.tokenizer_hash)
    faults.add("fit", fmt::format("{}: prepared with another tokenizer ({}, {:.12}) than the "
                                  "backbone's ({:.12}); run mma-prep "
                                  "build with --tokenizer {}",
                                  pack_file.string(), pack.tokenizer_kind, pack.tokenizer_hash,
                                  hash, backbone.string()));
}

std::vector<ModalitySize> chosen_modalities(const Recipe& recipe, const PackInfo& info,
                                            const fs::path& pack_file, Faults& faults) {
  std::vector<std::string> known;
  for (auto& m : info.modalities) known.push_back(m.name);
  std::vector<ModalitySize> chosen;
  for (auto& name : recipe.modalities) {
    auto it = std::find(known.begin(), known.end(), name);
    if (it == known.end()) {
      faults.add("modality", fmt::format("modalities: {}: {}", pack_file.string(),
                                         unknown_name("modality", name, known)));
    } else {
      auto& modality = info.modalities[static_cast<size_t>(it - known.begin())];
      chosen.push_back({name, modality.width(), modality.segments});
    }
  }
  return chosen;
}

Session open_session(const fs::path& recipe_file, const std::vector<std::string>& overrides,
                     const fs::path& data, const fs::path& backbone) {
  Session s;
  Faults faults;
  s.recipe = load_recipe(recipe_file, overrides, faults);
  std::unique_ptr<Pack> pack;
  BertConfig config;
  bool has_config = false;
  collect(faults, [&] {
    pack = std::make_unique<Pack>(data);
    s.info = pack->info();
    s.modalities = chosen_modalities(s.recipe, s.info, data, faults);
    auto splits = pack->splits();
    bool has_dev = std::find(splits.begin(), splits.end(), "dev") != splits.end();
    if (std::find(splits.begin(), splits.end(), "train") == splits.end())
      faults.add("fault", fmt::format("{}: no train split; it has: {}", data.string(),
                                      fmt::join(splits, ", ")));
    check_selection(s.recipe, s.info.label_kind, has_dev, faults);
  });
  collect(faults, [&] {
    config = read_bert_config(backbone / "config.json");
    backbone_files(backbone);
    has_config = true;
    ModelSetting setting{config, s.modalities};
    s.recipe.model.config->check(setting, faults);
    if (!s.recipe.model.config->from().empty())
      s.parts = read_parts(*s.recipe.model.config, setting, sha256_files(backbone_files(backbone)),
                           faults);
  });
  if (pack && has_config) check_fit(s.info, data, config, backbone, faults);
  collect(faults, [&] { s.options = choose_device(s.recipe.device, s.recipe.precision); });
  faults.raise();  // what follows is long work

  auto names = s.recipe.modalities;
  s.train = pack->read("train", names);
  check_input(s.train.size() > 0, "{}: the train split is empty", data.string());
  auto splits = pack->splits();
  if (std::find(splits.begin(), splits.end(), "dev") != splits.end())
    s.dev = pack->read("dev", names);
  s.data_hash = sha256_file(data);
  s.backbone = load_backbone(backbone, *s.recipe.model.config, s.options);
  ModelParts parts{s.backbone.bert, s.modalities, static_cast<int64_t>(s.info.labels.size()),
                   static_cast<uint64_t>(s.recipe.seed)};
  for (auto& [name, part] : s.parts)
    parts.trained.emplace_back(name, load_trained_model(part, s.backbone.bert));
  s.model = s.recipe.model.config->build(parts);
  return s;
}

}  // namespace mma
