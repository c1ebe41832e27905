#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "recipe/recipe.h"
#include "run/run_record.h"

namespace mma {

/// The folder of one run and the names in it.
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path recipe() const { return root_ / "recipe.yaml"; }
  std::filesystem::path record() const { return root_ / "run.json"; }
  std::filesystem::path log() const { return root_ / "train.log"; }
  /// There while a run stands stopped by a signal with all saved, for scripts of batch systems: the
  /// same command goes on. Gone once it does.
  std::filesystem::path stopped() const { return root_ / "stopped"; }
  std::filesystem::path lock() const { return root_ / "lock"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  /// What TensorBoard reads; by its name it knows it.
  std::filesystem::path events() const { return root_ / "events.out.tfevents.mma"; }
  /// Rows computed once that memory does not hold; gone once the run is finished.
  std::filesystem::path cache() const { return root_ / "cache"; }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path model() const { return root_ / "model"; }
  std::filesystem::path evaluation(const std::string& split) const {
    return root_ / "eval" / split;
  }

  /// Whether a run was begun, and whether it is finished.
  bool begun() const;
  bool finished() const;
  /// Writes recipe.yaml and run.json of a new run.
  void begin(const RunRecord& record, Recipe& recipe) const;
  /// UserError that names the key if the run was begun with another recipe, data, backbone, part
  /// or precision than these. With `extend`, the recipe may ask for more: train.epochs,
  /// train.max_steps and train.patience may be higher, and what is higher is returned.
  std::vector<Extension> check_same(const RunRecord& now, Recipe& recipe, bool extend) const;
  /// The run goes on to what the recipe asks for now, finished or not: so say run.json and
  /// recipe.yaml, in this order, so that a kill between them leaves a run to extend.
  void extend(const std::vector<Extension>& by, Recipe& recipe) const;
  /// Takes away what cache() holds, where that can be done: nothing needs it any more.
  void forget_cache() const;
  /// Takes away the evaluations of a model that is about to be replaced.
  void forget_evaluations() const;
  /// Writes stopped(), where the disk takes it.
  void mark_stopped(const std::string& why) const;
  /// Notes in run.json that the run is finished, and its best step.
  void finish(int64_t best_step, double best_metric) const;

 private:
  std::filesystem::path root_;
};

}  // namespace mma
