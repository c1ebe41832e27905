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
  std::string name, id, text_repair = "none", empty_text = "error", delimiter;
  Names texts;                        ///< columns of a sample's text, joined in this order
  std::string text_separator = "\n";  ///< between them
  std::string store = "float32";      ///< of modalities that do not say it themselves
  OrderedMap splits;                  ///< split -> table, train first where there is one
  std::string split_field;            ///< of tables of several splits: whose a row is
  OrderedMap split_names;             ///< what that column calls a split, where otherwise
  LabelDescription labels;
  int64_t max_length = 512;
  std::vector<ModalityDescription> modalities;
  void fields(Fields& f);

  LabelKind label_kind() const;
  /// Samples may be their modalities alone.
  bool has_text() const { return !texts.empty(); }
  /// What `split_field` calls a split.
  std::string name_in_table(const std::string& split) const;
  /// Not those of a data set that is there to be predicted.
  bool has_labels() const { return !labels.field.empty() || !labels.columns.empty(); }

 private:
  void check_labels(Fields& f) const;
  void check_split_field(Fields& f) const;
  void check_texts(Fields& f) const;
};

/// Reads a description; throws UserError with every fault as "file:line: key: fault".
Description load_description(const std::filesystem::path& file);

}  // namespace mma
