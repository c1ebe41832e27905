#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/label_kind.h"
#include "data/row_budget.h"
#include "data/shard.h"
#include "data/split.h"

namespace mma {

/// One modality as the pack holds it: a vector of `segments * dim` numbers a sample.
struct ModalityInfo {
  std::string name;
  int64_t dim = 0;       ///< width of one vector
  int64_t segments = 1;  ///< K vectors in order (pool: segments K), 1 for the mean over time
  std::string source;    ///< the description's path pattern, for `info`
  bool half = false;     ///< stored as float16
  int64_t width() const { return dim * segments; }
};

/// What a pack says of itself; the same for all splits.
struct PackInfo {
  std::string name;
  LabelKind label_kind = LabelKind::kMultilabel;
  std::vector<std::string> labels;  ///< [C]; none: samples to predict
  std::vector<ModalityInfo> modalities;
  /// Of the texts; "" where samples have none, their modalities alone.
  std::string tokenizer_kind, tokenizer_hash;
  int64_t vocabulary_size = 0;
  int64_t max_length = 0;
  bool has_text() const { return !tokenizer_kind.empty(); }
  std::vector<std::string> modality_names() const {
    std::vector<std::string> names;
    for (auto& modality : modalities) names.push_back(modality.name);
    return names;
  }
};

/// One sample on its way into a pack; features[i] belongs to modalities[i], empty if absent.
struct Sample {
  std::string id;
  std::vector<uint8_t> labels;  ///< [C], 0 or 1
  std::vector<float> targets;   ///< [C], of real targets, instead
  std::vector<int32_t> tokens;  ///< special tokens included
  std::vector<std::vector<float>> features;
  bool truncated = false;
};

/// What a part of a pack says of itself beside what a pack does.
struct PackPart {
  Shard shard;
  std::string whole;  ///< SHA-256 of what all parts of one pack are made from
};

/// Writes a pack: to a temporary name, flushed and renamed by finish(); gone without it.
class PackWriter {
 public:
  /// `part`: what is written is one, and no pack until all are joined (data/pack_merge.h).
  PackWriter(const std::filesystem::path& file, const PackInfo& info,
             const std::optional<PackPart>& part = {});
  ~PackWriter();
  /// Splits are written one after the other; `count` samples must follow. `dropped`: rows of the
  /// table that were left out, for the record.
  void begin_split(const std::string& split, int64_t count, int64_t dropped = 0);
  void add(const Sample& sample);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether a file is a pack or a part of one, of whatever version and however damaged behind its
/// head.
bool is_pack(const std::filesystem::path& file);

/// A pack opened for reading. Every shape, type and length is checked before it is used; throws
/// UserError with file, what was expected and what was found.
class Pack {
 public:
  enum class Kind { kWhole, kPart };
  /// UserError where the file is of the other kind.
  explicit Pack(const std::filesystem::path& file, Kind kind = Kind::kWhole);
  ~Pack();
  const PackInfo& info() const;
  std::vector<std::string> splits() const;
  /// Reads a split with the named modalities only. Token ids and vectors are held in memory as far
  /// as `budget` goes, the smallest data sets first, and are checked then, their SHA-256 too; the
  /// rest is read and checked row by row where it is asked for, also when this pack is gone, and
  /// its SHA-256 is left to verify_pack. UserError if the pack lacks the split or one.
  Split read(const std::string& split, const std::vector<std::string>& modalities) const {
    RowBudget unlimited;
    return read(split, modalities, unlimited);
  }
  Split read(const std::string& split, const std::vector<std::string>& modalities,
             RowBudget& budget) const;
  /// Which samples of a split have a modality, without reading its vectors.
  std::vector<uint8_t> present(const std::string& split, const std::string& modality) const;
  const ModalityInfo& modality(const std::string& name) const;
  /// Of a part; a split may have no sample in it.
  PackPart part() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mma
