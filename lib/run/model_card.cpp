#include "run/model_card.h"

#include <algorithm>

#include "base/files.h"

namespace mma {

void ModelCard::fields(Fields& f) {
  f.field("format", format, "what this file is", {"mma-model"});
  f.field("version", version, "of the format", {1, 1});
  f.field("made_by", made_by, "the program's version");
  f.field("precision", precision, "compute type of the training", {"fp32", "bf16"});
  f.field("label_kind", label_kind, "several labels a sample, or one class",
          {"multilabel", "multiclass"});
  f.field("labels", labels, "in the order of the outputs");
  bool tuned = !thresholds.empty();
  f.field("thresholds_tuned", tuned, "whether each label has a threshold of its own");
  thresholds.resize(tuned ? labels.size() : 0, 0.5);
  if (tuned)
    f.section(
        "thresholds",
        [this](Fields& g) {
          for (size_t i = 0; i < labels.size(); ++i)
            g.field(labels[i].c_str(), thresholds[i], "score above which the label is given",
                    {-1, 1});
        },
        "tuned for F1 on dev");
  f.sections(
      "modalities", modality_names,
      [this](const std::string& name, Fields& g) {
        auto i = static_cast<size_t>(std::find(modality_names.begin(), modality_names.end(), name) -
                                     modality_names.begin());
        if (modality_widths.size() <= i) modality_widths.resize(i + 1);
        if (modality_segments.size() <= i) modality_segments.resize(i + 1, 1);
        g.field("width", modality_widths[i], "of its vector, or its vectors together", {1, 1e9});
        g.field("segments", modality_segments[i], "vectors a sample", {1, 1e9});
      },
      "inputs beside text, in the model's order");
  f.field("tokenizer_kind", tokenizer_kind, "");
  f.field("tokenizer_sha256", tokenizer_hash, "");
  f.field("backbone_sha256", backbone_hash, "of config.json and weights");
  f.field("backbone_path", backbone_path, "where it was");
  f.field("trained", trained, "numbers in adapter.safetensors", {0, 1e15});
  f.field("frozen", frozen, "numbers of the backbone that were not trained", {0, 1e15});
  f.field("bytes", bytes, "of adapter.safetensors", {0, 1e15});
  f.section(
      "recipe", [this](Fields& g) { recipe.fields(g); }, "");
}

std::vector<ModalitySize> ModelCard::modalities() const {
  std::vector<ModalitySize> all;
  for (size_t i = 0; i < modality_names.size(); ++i)
    all.push_back({modality_names[i], modality_widths[i], modality_segments[i]});
  return all;
}

void write_model_card(const fs::path& folder, ModelCard& card) {
  write_atomically(folder / "config.json", dump_json([&](Fields& f) { card.fields(f); }));
}

ModelCard read_model_card(const fs::path& folder) {
  ModelCard card;
  Faults faults;
  read_yaml(folder / "config.json", [&](Fields& f) { card.fields(f); }, faults, {},  // JSON is YAML
            {"format", "version", "precision", "label_kind", "labels", "tokenizer_sha256",
             "backbone_sha256", "recipe"});
  faults.raise();
  for (size_t i = 0; i < card.modality_widths.size(); ++i)
    check_input(card.modality_widths[i] % card.modality_segments[i] == 0,
                "{}: modalities.{}: {} numbers cannot be {} vectors",
                (folder / "config.json").string(), card.modality_names[i], card.modality_widths[i],
                card.modality_segments[i]);
  return card;
}

}  // namespace mma
