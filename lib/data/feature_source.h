#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/description.h"
#include "data/memory_budget.h"
#include "data/output_file.h"
#include "data/samples.h"

namespace mma {

/// What a source has of a sample: its vectors, or why not.
struct FeatureResult {
  std::vector<float> values;
  bool missing = false;     ///< nothing there; `fault` says what was looked for
  std::string kind, fault;  ///< of what is there and wrong
};

/// Where a split's vectors of one modality come from.
class FeatureSource {
 public:
  virtual ~FeatureSource() = default;
  /// Row i of the split's table; from any thread.
  virtual FeatureResult get(size_t i) const = 0;
};

struct SourceOptions {
  MemoryBudget& memory;  ///< for what cannot be read piece by piece
  std::filesystem::path root;
  const OutputFile* output = nullptr;  ///< must be none of the files that are read
  bool missing_absent = false;         ///< a split without its matrix lacks the modality
};

/// The source of modality number `m` of a split. Null, with faults, where none can be opened.
std::unique_ptr<FeatureSource> open_source(const Description& description, size_t m,
                                           const SourceOptions& options, const SplitRows& rows,
                                           Faults& faults);

}  // namespace mma
