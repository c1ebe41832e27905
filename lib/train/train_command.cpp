#include "train/train_command.h"

#include <memory>

#include "base/files.h"
#include "base/log.h"
#include "base/number_list.h"
#include "base/owner_lock.h"
#include "base/stop.h"
#include "models/parameter_counts.h"
#include "nn/memory.h"
#include "run/run_dir.h"
#include "train/trainer.h"

namespace mma {
namespace {

// The run's folder as this process's own, if it is there.
std::unique_ptr<OwnerLock> own(const RunDirectory& directory) {
  if (!fs::exists(directory.root())) return nullptr;
  return std::make_unique<OwnerLock>(directory.lock());
}

void train_one(const TrainOptions& options) {
  RunDirectory directory(options.run);
  std::unique_ptr<OwnerLock> lock;
  if (!options.check_only) lock = own(directory);  // before anything long
  auto session = open_session(options.recipe, options.overrides, options.data, options.backbone);
  if (directory.begun()) directory.check_same(run_record(session), session.recipe);
  if (!options.check_only && directory.finished()) {
    log_info("train", "{}: this run is finished; its model is in {}", options.run.string(),
             directory.model().string());
    return;
  }
  stop_if_asked();
  load_session(session);
  if (options.check_only) {
    log_info("train", "recipe, data and backbone are good; nothing was written");
    return;
  }
  stop_if_asked();
  make_directories(directory.root());
  if (!lock) lock = own(directory);
  remove_temporary_files(directory.root());
  Trainer trainer(session, directory);
  check_space(directory.root(), trainer.checkpoint_bytes());
  if (!directory.begun()) directory.begin(run_record(session), session.recipe);
  log_to_file(directory.log());
  auto counts = count_parameters(*session.model, session.backbone.config);
  log_info("train", "{} on {}: {} training samples, {} trained numbers, {} frozen",
           session.recipe.model.name, describe(session.compute), session.train.size(),
           counts.trained, counts.frozen);
  trainer.run();
  log_info("train", "finished: evaluate it with mma-eval {} --data {}", options.run.string(),
           options.data.string());
}

}  // namespace

void train(const TrainOptions& options) {
  set_up_memory();
  auto train_this = [](const TrainOptions& one) { with_memory_errors([&] { train_one(one); }); };
  if (options.seeds.empty()) return train_this(options);
  for (int64_t seed : parse_number_list(options.seeds, 0, int64_t{1} << 52)) {
    auto one = options;
    one.run = options.run / fmt::format("seed-{}", seed);
    one.overrides.push_back(fmt::format("seed={}", seed));
    log_info("train", "seed {}: {}", seed, one.run.string());
    train_this(one);
  }
}

}  // namespace mma
