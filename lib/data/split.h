#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/stored_numbers.h"

namespace mma {

/// A modality's vectors of a split.
struct ModalityRows {
  int64_t width = 0;
  StoredNumbers<float> values;   ///< [N, width], 0 where absent; empty: no sample has it
  std::vector<uint8_t> present;  ///< [N]
};

/// One split of a pack. Ids, labels, lengths and presence are in memory; token ids and vectors are
/// where they fit, there or in the pack's file.
struct Split {
  std::vector<std::string> ids;   ///< [N]
  std::vector<uint8_t> labels;    ///< [N, C]; none of samples to predict
  std::vector<float> targets;     ///< [N, C] of real targets, instead
  StoredNumbers<int32_t> tokens;  ///< of all samples, one after the other
  std::vector<int64_t> offsets;   ///< [N + 1] into tokens; all 0 where there are no texts
  std::map<std::string, ModalityRows> modalities;
  int64_t truncated = 0;        ///< samples whose text was cut to the pack's max_length
  int64_t dropped = 0;          ///< rows of the table that were left out
  std::string where;            ///< "movies.h5: /train", for messages
  int64_t vocabulary_size = 0;  ///< token ids are below it

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
  /// C, of samples that have labels or targets; else 0.
  int64_t label_count() const {
    return ids.empty() ? 0 : static_cast<int64_t>(labels.size() + targets.size()) / size();
  }
  /// Tokens of one sample, and of each of several.
  int64_t length(int64_t sample) const {
    auto i = static_cast<size_t>(sample);
    return offsets[i + 1] - offsets[i];
  }
  std::vector<int64_t> lengths(const std::vector<int64_t>& samples) const {
    std::vector<int64_t> all;
    for (int64_t sample : samples) all.push_back(length(sample));
    return all;
  }
  /// Tokens of all samples.
  int64_t token_count() const { return offsets.back(); }
};

/// The token ids of these samples one after the other, and their vectors of a modality, [B, width].
/// What comes from the file now is checked now, as all is that is held: UserError with file, row
/// and id where a number is none that a pack has, MachineError where the file cannot be read or is
/// no longer as it was opened.
std::vector<int32_t> read_tokens(const Split& split, const std::vector<int64_t>& samples);
std::vector<float> read_vectors(const Split& split, const std::string& modality,
                                const std::vector<int64_t>& samples);

/// Those checks of one sample's numbers: ids within the vocabulary; finite numbers, 0 where the
/// sample lacks the modality. UserError.
void check_tokens(const Split& split, int64_t sample, const int32_t* tokens);
void check_vector(const Split& split, const std::string& modality, int64_t sample,
                  const float* row);

/// How many threads should make batches of a split: one, or several that wait for the disk where
/// it is not all held in memory, or `more_is_read` beside it. And how many batches they should be
/// ahead.
struct BatchMaking {
  size_t threads = 1, ahead = 4;
};
BatchMaking batch_making(const Split& split, bool more_is_read = false);

}  // namespace mma
