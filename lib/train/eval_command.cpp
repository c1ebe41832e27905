#include <algorithm>
#include <iostream>

#include "base/files.h"
#include "base/log.h"
#include "nn/tensor_file.h"
#include "train/commands.h"
#include "train/device.h"
#include "train/evaluator.h"
#include "train/model_card.h"
#include "train/report.h"

namespace mma {
namespace {

// A trained model in memory again, and the split to evaluate.
struct Loaded {
  ModelCard card;
  BertOptions options;
  LabelKind kind;
  std::shared_ptr<Model> model;
  Split split;
};

// Adds faults where the pack's labels or vectors are not those that the model was trained on.
void check_same_data(const ModelCard& card, const PackInfo& info, const fs::path& data,
                     Faults& faults) {
  if (info.labels != card.labels)
    faults.add("labels", fmt::format("{}: labels are [{}], the model's are [{}]", data.string(),
                                     fmt::join(info.labels, ", "), fmt::join(card.labels, ", ")));
  if ((info.label_kind == LabelKind::kMulticlass) != (card.label_kind == "multiclass"))
    faults.add("labels", fmt::format("{}: its labels are of another kind than the model's ({})",
                                     data.string(), card.label_kind));
  if (info.tokenizer_hash != card.tokenizer_hash)
    faults.add(
        "tokenizer",
        fmt::format(
            "{}: prepared with another tokenizer ({:.12}) than the model's ({:.12}); run mma-prep "
            "build with the model's",
            data.string(), info.tokenizer_hash, card.tokenizer_hash));
  for (auto& modality : chosen_modalities(card.recipe, info, data, faults)) {
    auto i = std::find(card.modality_names.begin(), card.modality_names.end(), modality.name) -
             card.modality_names.begin();
    auto width =
        i < std::ssize(card.modality_names) ? card.modality_widths[static_cast<size_t>(i)] : -1;
    if (width != modality.width)
      faults.add("width", fmt::format("{}: {}: {} numbers a sample, the model was trained on {}",
                                      data.string(), modality.name, modality.width, width));
  }
}

Loaded load(const EvalOptions& options, const fs::path& folder) {
  Loaded loaded;
  auto& card = loaded.card = read_model_card(folder);
  Pack pack(options.data);
  fs::path backbone_folder =
      options.backbone.empty() ? fs::path(card.backbone_path) : options.backbone;
  check_input(fs::exists(backbone_folder / "config.json"),
              "{}: no backbone there; give --backbone DIR (SHA-256 {:.12})",
              backbone_folder.string(), card.backbone_hash);
  Faults faults;
  check_same_data(card, pack.info(), options.data, faults);
  faults.raise();
  loaded.split = pack.read(options.split, card.recipe.modalities);
  check_input(loaded.split.size() > 0, "{}: split {} is empty", options.data.string(),
              options.split);
  loaded.options = choose_device(options.device, card.precision);
  loaded.kind = pack.info().label_kind;
  auto backbone = load_backbone(backbone_folder, *card.recipe.model.config, loaded.options);
  check_input(
      backbone.hash == card.backbone_hash,
      "{}: not the backbone that the model was trained on (SHA-256 {:.12}, expected {:.12})",
      backbone_folder.string(), backbone.hash, card.backbone_hash);
  std::vector<ModalitySize> modalities;
  for (size_t i = 0; i < card.modality_names.size(); ++i)
    modalities.push_back({card.modality_names[i], card.modality_widths[i]});
  loaded.model = card.recipe.model.config->build({backbone.bert, modalities,
                                                  static_cast<int64_t>(card.labels.size()),
                                                  static_cast<uint64_t>(card.recipe.seed)});
  load_tensors(folder / "adapter.safetensors", loaded.model->trained());
  return loaded;
}

}  // namespace

void evaluate(const EvalOptions& options) {
  keep_freed_memory();
  bool is_run = fs::exists(options.run / "run.json");
  auto folder = is_run ? options.run / "model" : options.run;
  check_input(fs::exists(folder / "config.json"), "{}: no trained model there{}",
              options.run.string(),
              is_run ? "; the run is not finished: give its mma-train command again"
                     : "; give a run directory or its model folder");
  auto loaded = load(options, folder);
  auto result = evaluate_split(*loaded.model, loaded.split, loaded.kind, loaded.options,
                               options.batch_size, true, "eval");
  auto out = options.run / "eval" / options.split;
  // Thresholds were tuned on dev: they say nothing about it.
  auto thresholds = options.split == "dev" ? std::vector<double>{} : loaded.card.thresholds;
  std::cout << write_report(out,
                            {options.split, loaded.split, loaded.kind, loaded.card.labels,
                             loaded.card.modality_names, thresholds},
                            result);
  log_info("eval", "{} samples of {}, {:.0f} samples/s; written to {}", loaded.split.size(),
           options.split, result.samples_per_second, out.string());
}

}  // namespace mma
