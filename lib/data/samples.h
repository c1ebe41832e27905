#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/description.h"
#include "data/text_store.h"

namespace mma {

/// The rows of a split's table, checked, without their texts.
struct SplitRows {
  std::string split;
  std::vector<std::string> ids;
  std::vector<int32_t> label_ids;  ///< of all rows, one after the other
  std::vector<size_t> label_ends;  ///< [N] into label_ids
  std::vector<float> targets;      ///< [N, C] of real targets, instead of both
  std::vector<std::vector<int64_t>>
      matrix_rows;         ///< a modality: [N] where the table says its rows, else empty
  size_t first_text = 0;   ///< number of the first row's text in the store
  int64_t table_rows = 0;  ///< of the whole table, other splits' among them
  int64_t dropped = 0;
  int64_t bad_labels = 0;  ///< rows whose labels could not be told; a fault each
  size_t size() const { return ids.size(); }
  /// Row i's labels, as the pack has them.
  void put_labels(size_t i, size_t label_count, Sample& sample) const;
};

struct Samples {
  std::vector<SplitRows> splits;
  std::vector<std::string> labels;
  bool labels_of_text = false;   ///< some cell held its names as one text
  bool repeated_labels = false;  ///< some cell held a name twice
};

/// Reads all tables of a data set; what is wrong with them goes to `faults`, and rows whose id is
/// good are kept all the same, so that their features can be checked too. `texts` may be null.
Samples read_samples(const Description& description, const std::filesystem::path& root,
                     TextStore* texts, Faults& faults);

}  // namespace mma
