#include "train/train_command.h"

#include <algorithm>
#include <memory>

#include "base/files.h"
#include "base/log.h"
#include "base/number_list.h"
#include "base/owner_lock.h"
#include "base/stop.h"
#include "models/parameter_counts.h"
#include "nn/memory.h"
#include "nn/thread_choice.h"
#include "run/run_dir.h"
#include "train/trainer.h"

namespace mma {
namespace {

// The run's folder as this process's own. Made where it is not there; gone again, with the lock in
// it, if nothing was begun.
class OwnedFolder {
 public:
  explicit OwnedFolder(const RunDirectory& directory)
      : directory_(directory), made_(!fs::exists(directory.root())) {
    make_directories(directory.root());
    lock_ = std::make_unique<OwnerLock>(directory.lock());
  }
  ~OwnedFolder() {
    if (!made_ || directory_.begun()) return;
    std::error_code ignored;
    fs::remove(directory_.lock(), ignored);
    fs::remove(directory_.root(), ignored);
  }
  OwnedFolder(const OwnedFolder&) = delete;
  OwnedFolder& operator=(const OwnedFolder&) = delete;

 private:
  const RunDirectory& directory_;
  bool made_;
  std::unique_ptr<OwnerLock> lock_;
};

ThreadProbe probe_of(const Session& s) {
  auto tokens = static_cast<int64_t>(s.train.tokens.size()) / s.train.size();
  return {std::max<int64_t>(1, tokens * s.recipe.optim.batch_size), s.backbone.config.hidden_size,
          s.backbone.config.intermediate_size};
}

void train_one(const TrainOptions& options) {
  RunDirectory directory(options.run);
  std::unique_ptr<OwnedFolder> owned;
  if (!options.check_only && fs::exists(directory.root()))  // before anything long
    owned = std::make_unique<OwnedFolder>(directory);
  auto session = open_session(options.recipe, options.overrides, options.data, options.backbone);
  // Nobody begins a run here between this look at the folder and our own beginning.
  if (!options.check_only && !owned) owned = std::make_unique<OwnedFolder>(directory);
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
  remove_temporary_files(directory.root());
  const int recorded = directory.begun() ? read_run_record(directory.record()).threads : 0;
  auto threads = set_up_threads({options.threads, recorded}, probe_of(session), session.compute);
  Trainer trainer(session, directory);
  check_space(directory.root(), trainer.checkpoint_bytes());
  if (!directory.begun()) directory.begin(run_record(session), session.recipe);
  log_to_file(directory.log());
  auto counts = count_parameters(*session.model, session.backbone.config);
  log_info("train", "{} on {}: {} training samples, {} trainable parameters, {} frozen",
           session.recipe.model.name, describe(session.compute), session.train.size(),
           counts.trained, counts.frozen);
  log_info("train", "{}", threads.why);
  if (!threads.warning.empty()) log_warning("train", "{}", threads.warning);
  trainer.run();
  log_info("train", "finished: evaluate it with mma-eval {} --data {}", options.run.string(),
           options.data.string());
}

// --seeds names the seed of each run: an override beside it would be lost.
void check_seeds(const TrainOptions& options) {
  for (auto& text : options.overrides)
    check_input(text.substr(0, text.find('=')) != "seed",
                "--set {}: --seeds {} names the seeds already; leave one of them out",
                printable(text), options.seeds);
}

}  // namespace

void train(const TrainOptions& options) {
  set_up_memory();
  auto train_this = [](const TrainOptions& one) { with_memory_errors([&] { train_one(one); }); };
  if (options.seeds.empty()) return train_this(options);
  check_seeds(options);
  for (int64_t seed : parse_number_list(options.seeds, 0, int64_t{1} << 52)) {
    auto one = options;
    one.run = options.run / fmt::format("seed-{}", seed);
    one.overrides.push_back(fmt::format("seed={}", seed));
    log_info("train", "seed {}: {}", seed, one.run.string());
    train_this(one);
    log_to_file({});  // what follows is the next run's
  }
}

}  // namespace mma
