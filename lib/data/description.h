#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/config.h"
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

/// Where a modality's features are. One of: a file a sample (`path` with {id}), a data set a sample
/// in one HDF5 file (`path` and `data_set` with {id}), or a matrix whose rows an index names.
struct ModalityDescription {
  std::string name;
  std::string path, matrix, index, row_field, data_set;
  OrderedMap split_names;  ///< what {split} stands for where files call a split otherwise
  int64_t dim = 0, segments = 1;
  int64_t clips = 0;  ///< with time_axis last: how many leading clips count, 0: all
  std::string pool = "mean", time_axis = "first";
  void fields(Fields& f);

  bool is_matrix() const { return !matrix.empty(); }
  /// The pattern that `info` shows.
  std::string source() const;
  /// `pattern` with {id} and {split} replaced.
  std::string expand(const std::string& pattern, const std::string& split,
                     const std::string& id = "") const;
  ModalityInfo info() const { return {name, dim, segments, source()}; }
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
