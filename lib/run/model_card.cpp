#include "run/model_card.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/files.h"

namespace mma {

void ModelCard::fields(Fields& f) {
  f.field("format", format, "what this file is", {"mma-model"});
  f.field("version", version, "of the format", {1, 1});
  f.field("made_by", made_by, "the program's version");
  f.field("precision", precision, "compute type of the training", {"fp32", "tf32", "bf16"});
  f.field("label_kind", label_kind, "several labels a sample, one class, or real targets",
          names_of(label_kinds()));
  f.field("labels", labels, "in the order of the outputs");
  std::set<std::string_view> distinct;
  for (auto& label : labels)
    if (!distinct.insert(label).second)
      f.fault("labels", fmt::format("'{}' is given twice", printable(label)));
  bool tuned = !thresholds.empty();
  f.field("thresholds_tuned", tuned, "whether each label has a threshold of its own");
  constexpr double kNotGiven = std::numeric_limits<double>::quiet_NaN();
  thresholds.resize(tuned ? labels.size() : 0, kNotGiven);
  if (tuned)
    f.section(
        "thresholds",
        [this](Fields& g) {
          for (size_t i = 0; i < labels.size(); ++i)
            g.field(labels[i].c_str(), thresholds[i], "score above which the label is given",
                    {-1, 1});
        },
        "tuned for F1 on dev");
  for (size_t i = 0; i < thresholds.size(); ++i)
    if (std::isnan(thresholds[i]))
      f.fault("thresholds", fmt::format("none for the label '{}'", printable(labels[i])));
  if (pick(label_kinds(), "label_kind", label_kind.empty() ? "multilabel" : label_kind).real)
    target_fields(f);
  f.sections(
      "modalities", modality_names,
      [this](const std::string& name, Fields& g) {
        auto i = static_cast<size_t>(std::find(modality_names.begin(), modality_names.end(), name) -
                                     modality_names.begin());
        if (modality_widths.size() <= i) modality_widths.resize(i + 1);
        if (modality_segments.size() <= i) modality_segments.resize(i + 1, 1);
        g.field("width", modality_widths[i], "of its vector, or its vectors together", {1, 1e9});
        g.field("segments", modality_segments[i], "vectors a sample", {1, 1e9});
        if (modality_widths[i] == 0) g.fault("width", "missing, and it has no default");
      },
      "inputs beside text, in the model's order");
  f.field("tokenizer_kind", tokenizer_kind, "");
  f.field("tokenizer_sha256", tokenizer_hash, "");
  f.field("max_length", max_length, "tokens that texts were cut to; older cards have 0",
          {0, 65536});
  f.field("backbone_sha256", backbone_hash, "of config.json and weights");
  f.field("backbone_path", backbone_path, "where it was");
  f.field("trained", trained, "numbers in adapter.safetensors", {0, 1e15});
  f.field("frozen", frozen, "numbers of the backbone that were not trained", {0, 1e15});
  f.field("bytes", bytes, "of adapter.safetensors", {0, 1e15});
  f.field("adapter_sha256", adapter_hash, "of adapter.safetensors; older cards have none");
  f.section(
      "recipe", [this](Fields& g) { recipe.fields(g); }, "");
}

// Only cards of real targets have them.
void ModelCard::target_fields(Fields& f) {
  constexpr double kNotGiven = std::numeric_limits<double>::quiet_NaN();
  auto& [mean, deviation] = target_scale;
  mean.resize(labels.size(), kNotGiven);
  deviation.resize(labels.size(), kNotGiven);
  f.section(
      "targets",
      [&](Fields& g) {
        for (size_t i = 0; i < labels.size(); ++i)
          g.section(
              labels[i].c_str(),
              [&](Fields& h) {
                h.field("mean", mean[i], "of train", {-1e39, 1e39});
                h.field("deviation", deviation[i], "of train", {1e-50, 1e39});
              },
              "an output z stands for mean + deviation z");
      },
      "how the outputs are scaled");
  for (size_t i = 0; i < labels.size(); ++i)
    if (std::isnan(mean[i]) || std::isnan(deviation[i]))
      f.fault("targets", fmt::format("no mean and deviation for '{}'", printable(labels[i])));
}

LabelKind ModelCard::kind() const { return pick(label_kinds(), "label_kind", label_kind).kind; }

std::vector<ModalitySize> ModelCard::modalities() const {
  std::vector<ModalitySize> all;
  for (size_t i = 0; i < modality_names.size(); ++i)
    all.push_back({modality_names[i], modality_widths[i], modality_segments[i]});
  return all;
}

void write_model_card(const fs::path& folder, ModelCard& card) {
  write_atomically(folder / "config.json", dump_json([&](Fields& f) { card.fields(f); }));
}

ModelCard parse_model_card(std::string_view text, const std::string& where) {
  ModelCard card;
  Faults faults;
  read_json_fields(text, where, [&](Fields& f) { card.fields(f); }, faults,
                   {"format", "version", "precision", "label_kind", "labels", "tokenizer_sha256",
                    "backbone_sha256", "recipe"});
  faults.raise();
  for (size_t i = 0; i < card.modality_widths.size(); ++i)
    check_input(card.modality_widths[i] % card.modality_segments[i] == 0,
                "{}: modalities.{}: {} numbers cannot be {} vectors", where,
                printable(card.modality_names[i]), card.modality_widths[i],
                card.modality_segments[i]);
  return card;
}

ModelCard read_model_card(const fs::path& folder) {
  auto file = folder / "config.json";
  return parse_model_card(read_file(file, kMaxCardBytes), file.string());
}

}  // namespace mma
