#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "train/session.h"

namespace mma {

/// The folder of one run and the names in it.
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path recipe() const { return root_ / "recipe.yaml"; }
  std::filesystem::path about() const { return root_ / "run.json"; }
  std::filesystem::path log() const { return root_ / "train.log"; }
  std::filesystem::path lock() const { return root_ / "lock"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path model() const { return root_ / "model"; }
  std::filesystem::path evaluation(const std::string& split) const {
    return root_ / "eval" / split;
  }

  /// Whether a run was begun, and whether it is finished.
  bool begun() const;
  bool finished() const;
  /// Writes recipe.yaml and run.json of a new run.
  void begin(Session& session) const;
  /// UserError that names the key if the run was begun with another recipe, data or backbone.
  void check_same(Session& session) const;
  /// Notes in run.json that the run is finished, and its best step.
  void finish(int64_t best_step, double best_metric) const;

 private:
  std::filesystem::path root_;
};

/// Numbers of parameters of a session's model.
struct ParameterCounts {
  int64_t trained = 0, frozen = 0;
};
ParameterCounts count_parameters(Session& session);

}  // namespace mma
