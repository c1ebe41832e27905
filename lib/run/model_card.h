#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/label_kind.h"
#include "recipe/recipe.h"
#include "tasks/objective.h"

namespace mma {

constexpr uint64_t kMaxCardBytes = 16 << 20;  ///< of a card: 100,000 labels with thresholds

/// model/config.json: what a trained model is, for whoever receives the folder. The folder holds it
/// and adapter.safetensors, which has every trained tensor, the running figures of batch norms and
/// nothing else; and parts/NAME/, the models that it is made of, if any.
struct ModelCard {
  int64_t version = 1;
  std::string format = "mma-model", made_by, precision, label_kind, tokenizer_kind, tokenizer_hash,
              backbone_hash, backbone_path, adapter_hash;
  std::vector<std::string> labels;
  std::vector<double> thresholds;  ///< of each label, tuned for F1 on dev; empty: not tuned
  TargetScale target_scale;        ///< of real targets: what the outputs stand for
  std::vector<std::string> modality_names;
  std::vector<int64_t> modality_widths, modality_segments;
  int64_t trained = 0, frozen = 0, bytes = 0;
  int64_t max_length = 0;  ///< tokens that texts were cut to; 0: an older card
  Recipe recipe;
  void fields(Fields& f);
  std::vector<ModalitySize> modalities() const;
  LabelKind kind() const;
  Objective objective() const { return {kind(), recipe.loss.regression, target_scale}; }

 private:
  void target_fields(Fields& f);
};

/// Writes config.json of a model folder, wholly or not at all.
void write_model_card(const std::filesystem::path& folder, ModelCard& card);
/// Checks a card. UserError with every fault as "where: key: fault".
ModelCard parse_model_card(std::string_view text, const std::string& where);
/// The same of a model's folder.
ModelCard read_model_card(const std::filesystem::path& folder);

}  // namespace mma
