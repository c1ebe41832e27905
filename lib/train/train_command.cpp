#include "train/train_command.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "base/files.h"
#include "base/log.h"
#include "base/number_list.h"
#include "base/owner_lock.h"
#include "base/stop.h"
#include "models/parameter_counts.h"
#include "nn/memory.h"
#include "nn/thread_choice.h"
#include "parallel/local_processes.h"
#include "parallel/process_group.h"
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

// What rank 0 finds of a run before it begins: whether there is anything to do.
bool is_finished(const RunDirectory& directory, Session& session, bool check_only) {
  if (!directory.begun()) return false;
  directory.check_same(run_record(session), session.recipe);
  return !check_only && directory.finished();
}

void train_one(const TrainOptions& options, const ProcessGroup& group) {
  RunDirectory directory(options.run);
  std::unique_ptr<OwnedFolder> owned;
  Session session;
  bool finished = false;
  const bool owns = group.leads() && !options.check_only;
  group.together([&] {
    if (owns && fs::exists(directory.root()))  // before anything long
      owned = std::make_unique<OwnedFolder>(directory);
    session =
        open_session(options.recipe, options.overrides, options.data, options.backbone, group);
    // Nobody begins a run here between this look at the folder and our own beginning.
    if (owns && !owned) owned = std::make_unique<OwnedFolder>(directory);
    if (group.leads()) finished = is_finished(directory, session, options.check_only);
  });
  check_same_everywhere(session);
  if (group.from_leader(finished)) {
    log_info("train", "{}: this run is finished; its model is in {}", options.run.string(),
             directory.model().string());
    return;
  }
  group.together([&] {
    stop_if_asked();
    load_session(session);
  });
  if (options.check_only) {
    log_info("train", "recipe, data and backbone are good; nothing was written");
    return;
  }
  RunRecord before;
  group.together([&] {
    stop_if_asked();
    if (!group.leads()) return;
    remove_temporary_files(directory.root());
    fs::remove(directory.stopped());
    if (directory.begun()) before = read_run_record(directory.record());
  });
  // Rank 0 chooses how many threads compute, for all.
  const int sharing = group.sharing_cores();
  ThreadChoice threads;
  auto choose = [&](int recorded) {
    threads =
        set_up_threads({options.threads, recorded, sharing}, probe_of(session), session.compute);
  };
  group.together([&] {
    if (group.leads()) choose(before.threads);
  });
  const int chosen = group.from_leader(threads.threads);
  std::unique_ptr<Trainer> trainer;
  group.together([&] {
    if (!group.leads()) choose(chosen);
    trainer = std::make_unique<Trainer>(session, directory);
    if (!group.leads()) return;
    check_space(directory.root(), trainer->checkpoint_bytes());
    if (!directory.begun()) directory.begin(run_record(session), session.recipe);
    log_to_file(directory.log());
  });
  auto counts = count_parameters(*session.model, session.backbone.config);
  log_info("train", "{} on {}: {} training samples, {} trainable parameters, {} frozen",
           session.recipe.model.name, describe(session.compute), session.train.size(),
           counts.trained, counts.frozen);
  if (group.size() > 1)
    log_info("train", "{} processes ({}) train together", group.size(), group.launcher());
  log_info("train", "{}", threads.why);
  if (!threads.warning.empty()) log_warning("train", "{}", threads.warning);
  if (before.processes > 0 && before.processes != group.size())
    log_warning("train",
                "this run was begun with {} processes, now {}: what follows differs in the last "
                "digits from a run that was never interrupted",
                before.processes, group.size());
  try {
    trainer->run();
  } catch (const Stopped& e) {
    if (group.leads() && trainer->saved()) directory.mark_stopped(e.what());
    throw;
  }
  log_info("train", "finished: evaluate it with mma-eval {} --data {}", options.run.string(),
           options.data.string());
}

// How long a process waits for the others, before they have agreed on anything: as the recipe says,
// where it can be read.
std::chrono::milliseconds timeout_of(const TrainOptions& options) {
  Faults told_later;
  Recipe recipe;
  try {
    recipe = load_recipe(options.recipe, options.overrides, told_later);
  } catch (const Error&) {
  }
  return std::chrono::milliseconds(static_cast<int64_t>(recipe.distributed.timeout * 60'000));
}

// The processes that train with this one. Rank 0 alone speaks.
ProcessGroup meet_others(const TrainOptions& options, const RankInfo& info) {
  if (info.rank > 0) log_errors_only();
  return ProcessGroup::meet(info, timeout_of(options));
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
  const auto info = find_rank([](const char* name) { return std::getenv(name); });
  if (options.processes > 1 && info.launcher != kOwnLauncher) {
    check_input(info.size == 1, "--processes: this is one of {} processes that {} started already",
                info.size, info.launcher);
    return run_local_processes(options.processes);
  }
  const auto group = meet_others(options, info);
  set_up_memory();
  auto train_this = [&](const TrainOptions& one) {
    with_memory_errors([&] { train_one(one, group); });
  };
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
