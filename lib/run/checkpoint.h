#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "nn/named_tensors.h"

namespace mma {

/// Where training stands: with the tensors, all that a resumed run needs to go on as if it had
/// never stopped. Order and dropout are functions of (seed, step), so that no generator has a
/// state.
struct TrainState {
  int64_t step = 0;        ///< optimizer steps done
  int64_t epoch = 0;       ///< of the next step
  int64_t batch = 0;       ///< next batch within the epoch
  bool evaluated = false;  ///< the epoch before was evaluated already
  int64_t best_step = -1;  ///< -1: no evaluation yet
  double best_metric = 0;
  int64_t without_gain = 0;  ///< evaluations since the best
  double schedule_scale = 1;
  int64_t schedule_without_gain = 0;
  double loss_sum = 0;  ///< since the last report
  int64_t loss_steps = 0;
  int64_t skipped = 0;        ///< steps whose loss or gradient was not finite
  int64_t metrics_bytes = 0;  ///< length of metrics.jsonl
  int64_t events_bytes = 0;   ///< and of TensorBoard's events
};

/// Checkpoints of a run: `last` and the one before (`previous`), and `best`. Each is a folder of
/// safetensors and state.json, with the SHA-256 of each file in manifest.json, written to a
/// temporary folder, synced and renamed. A damaged one is noticed and the one before is used.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void save_last(const NamedTensors& trained, const NamedTensors& optimizer,
                 const TrainState& state) const;
  void save_best(const NamedTensors& trained, const TrainState& state) const;
  /// Takes last and previous away: what a run left that was killed before it was begun.
  void forget() const;
  /// Fills the tensors from the newest good checkpoint; nothing if there is none yet. UserError if
  /// there are some but all are damaged.
  std::optional<TrainState> load_last(const NamedTensors& trained,
                                      const NamedTensors& optimizer) const;
  /// The same from the best; false, with a warning, where it is damaged: the tensors may then hold
  /// anything.
  bool load_best(const NamedTensors& trained) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace mma
