#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/shard.h"

namespace mma {

struct PrepOptions {
  std::filesystem::path description;  ///< data_prep/*.yaml
  std::filesystem::path root;         ///< the folder that its paths are under
  std::filesystem::path tokenizer;    ///< folder or file; build only; none for data without text
  std::filesystem::path out;          ///< the pack; build only
  std::optional<Shard> shard;         ///< write this part of the pack alone
  /// Keeps what was read of features beside the pack until it is written (data/prep_journal.h), and
  /// goes on from what an earlier build into the same file kept; build only.
  bool resume = false;
  bool missing_absent = false;  ///< a sample without a feature file is absent, not a fault
  size_t workers = 0;           ///< threads that read features; 0: two a core
  /// Memory for feature files that must be held as a whole, all threads together. Those that can be
  /// averaged as they are read take 1 MiB a worker and none of this.
  uint64_t max_memory = uint64_t{1} << 30;
};

/// Reads a raw data set and writes its pack. Each feature file is read once and averaged as it is
/// read. Throws UserError with every fault of tables and features (first 20 of each kind and a
/// count), and then leaves nothing but the journal. What only looks wrong is logged as a warning.
/// Returns a summary to print: counts of samples and of labels.
std::string build_pack(const PrepOptions& options);
/// With a shard what is written is that part of the pack (data/pack_merge.h joins them), and the
/// features of its samples alone are read, but all tables.
/// The same reading and checking, without writing.
std::string check_data_set(const PrepOptions& options);
/// A pack's contents, label counts, lengths and missing modalities, as tables to print. Of more
/// than `most_labels` labels those that most samples have.
std::string describe_pack(const std::filesystem::path& pack, size_t most_labels = 100);

}  // namespace mma
