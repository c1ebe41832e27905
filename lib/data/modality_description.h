#pragma once
#include <cstdint>
#include <string>

#include "base/config.h"
#include "data/pack.h"

namespace mma {

/// The splits that a data set may have; `new`: samples to predict.
const Names& known_splits();
bool is_split(const std::string& name);

/// Where a modality's features are. One of: a file a sample (`path` with {id}), a data set a sample
/// in one HDF5 file (`path` and `data_set` with {id}), or a matrix: whose rows are whose says an
/// index, a column of the table, or the order of the table.
struct ModalityDescription {
  std::string name;
  std::string path, matrix, index, index_data_set, row_field, rows = "index", data_set;
  OrderedMap split_names;  ///< what {split} stands for where files call a split otherwise
  int64_t dim = 0, segments = 1;
  int64_t clips = 0;  ///< with time_axis last: how many leading clips count, 0: all
  std::string pool = "mean", time_axis = "first";
  std::string store;  ///< float32 or float16; empty: the description's
  void fields(Fields& f);

  bool is_matrix() const { return !matrix.empty(); }
  /// Row i is that of row i of the split's table.
  bool in_table_order() const { return rows == "table"; }
  /// Where ids stand for rows: the pattern of the file, which may be the matrix's own.
  bool has_index() const { return row_field.empty() && !in_table_order(); }
  const std::string& index_file() const { return index.empty() ? matrix : index; }
  /// The pattern that `info` shows.
  std::string source() const;
  /// `pattern` with {id} and {split} replaced.
  std::string expand(const std::string& pattern, const std::string& split,
                     const std::string& id = "") const;
  ModalityInfo info() const { return {name, dim, segments, source(), store == "float16"}; }
};

}  // namespace mma
