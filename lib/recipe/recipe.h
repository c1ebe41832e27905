#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/config.h"
#include "recipe/model_section.h"

namespace mma {

struct LossSection {
  std::string positive_weights = "none", regression = "mse";
  void fields(Fields& f);
};

struct OptimSection {
  double lr = 1e-3;
  std::string schedule = "linear";
  double warmup = 0.1, weight_decay = 0.01, clip = 1.0;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  int64_t batch_size = 16, accumulate = 1;
  double plateau_factor = 0.5;
  int64_t plateau_patience = 2;
  void fields(Fields& f);
};

struct TrainSection {
  std::string on = "train";
  int64_t epochs = 10, max_steps = 0;
  std::string select_by = "auto";
  int64_t patience = 5;
  int64_t report_every = 50;
  double modality_dropout = 0;
  std::string on_nonfinite = "stop";
  void fields(Fields& f);
  /// Whether dev's samples are learned from too, so that nothing is left to evaluate on.
  bool on_dev() const { return on == "train+dev"; }
};

struct CheckpointSection {
  double every_minutes = 10;
  int64_t every_steps = 0;
  void fields(Fields& f);
};

struct DataSection {
  std::string memory = "auto";
  void fields(Fields& f);
};

struct LogSection {
  bool tensorboard = false;
  void fields(Fields& f);
};

struct DistributedSection {
  double timeout = 10;
  void fields(Fields& f);
};

/// What to train: one YAML file, every section of it.
struct Recipe {
  int64_t seed = 1;
  std::string device = "auto", precision = "auto";
  std::vector<std::string> modalities;
  std::string init_from, cache;
  ModelSection model;
  LossSection loss;
  OptimSection optim;
  TrainSection train;
  CheckpointSection checkpoint;
  DataSection data;
  LogSection log;
  DistributedSection distributed;
  void fields(Fields& f);
};

/// Whether a key of the recipe bears on what is computed, not just on how it is shown or how long
/// processes wait for each other.
bool bears_on_results(const std::string& key);

/// Reads a recipe; every fault goes to `faults` as file:line: key: fault.
Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                   Faults& faults);
/// The recipe with every default written.
std::string dump_recipe(Recipe& recipe);
/// The help page: every key with its default, for each model.
std::string recipe_help();

}  // namespace mma
