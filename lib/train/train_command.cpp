#include "base/log.h"
#include "base/stop.h"
#include "train/commands.h"
#include "train/device.h"
#include "train/run_dir.h"
#include "train/trainer.h"

namespace mma {

void train(const TrainOptions& options) {
  keep_freed_memory();
  RunDirectory directory(options.run);
  auto session = open_session(options.recipe, options.overrides, options.data, options.backbone);
  if (directory.begun()) directory.check_same(session);
  if (options.check_only) {
    log_info("train", "recipe, data and backbone are good; nothing was written");
    return;
  }
  if (directory.finished()) {
    log_info("train", "{}: this run is finished; its model is in {}", options.run.string(),
             directory.model().string());
    return;
  }
  stop_if_asked();
  Trainer trainer(session, directory);
  if (!directory.begun()) directory.begin(session);
  log_to_file(directory.log());
  auto counts = count_parameters(session);
  log_info("train", "{} on {}: {} training samples, {} trained numbers, {} frozen",
           session.recipe.model.name, describe(session.options), session.train.size(),
           counts.trained, counts.frozen);
  trainer.run();
  log_info("train", "finished: evaluate it with mma-eval {} --data {}", options.run.string(),
           options.data.string());
}

}  // namespace mma
