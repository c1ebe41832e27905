#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/config.h"
#include "data/modality_description.h"
#include "data/pack.h"

namespace mma {

/// Where the labels of a row are and what they are.
struct LabelDescription {
  std::string field, kind = "multilabel", form = "names", separator;
  Names columns;  ///< of real targets, one each, instead of `field`
  Names names;
  void fields(Fields& f);

 private:
  void check_targets(Fields& f);
};

/// A data set, as data_prep/*.yaml describes it: where its tables, labels and features are.
struct Description {
  std::string name, id, text, text_repair = "none", empty_text = "error", delimiter;
  OrderedMap splits;  ///< split -> table, train first where there is one
  LabelDescription labels;
  int64_t max_length = 512;
  std::vector<ModalityDescription> modalities;
  void fields(Fields& f);

  LabelKind label_kind() const;
  /// Not those of a data set that is there to be predicted.
  bool has_labels() const { return !labels.field.empty() || !labels.columns.empty(); }

 private:
  void check_labels(Fields& f) const;
};

/// Reads a description; throws UserError with every fault as "file:line: key: fault".
Description load_description(const std::filesystem::path& file);

}  // namespace mma
