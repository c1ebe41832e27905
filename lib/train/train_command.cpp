#include "train/train_command.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/log.h"
#include "base/owner_lock.h"
#include "base/process.h"
#include "base/stop.h"
#include "data/pack_identity.h"
#include "models/parameter_counts.h"
#include "nn/memory.h"
#include "nn/thread_choice.h"
#include "parallel/local_processes.h"
#include "parallel/process_group.h"
#include "run/run_dir.h"
#include "train/jobs.h"
#include "train/probe.h"
#include "train/sweep.h"
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
  auto tokens = std::max<int64_t>(1, s.train.token_count() / s.train.size());
  return {tokens * s.recipe.optim.batch_size, s.backbone.config.hidden_size,
          s.backbone.config.intermediate_size};
}

// Sets the number of threads that compute: rank 0 chooses, for all.
ThreadChoice agree_on_threads(int asked, int recorded, const Session& s) {
  const int jobs = find_jobs([](const char* name) { return std::getenv(name); });
  const int sharing = s.group.sharing_cores() * jobs;
  ThreadChoice choice;
  auto choose = [&](int known) {
    choice = set_up_threads({asked, known, sharing}, probe_of(s), s.compute);
  };
  s.group.together([&] {
    if (s.group.leads()) choose(recorded);
  });
  const int chosen = s.group.from_leader(choice.threads);
  s.group.together([&] {
    if (!s.group.leads()) choose(chosen);
  });
  return choice;
}

// What rank 0 finds of a run before it begins.
struct Found {
  bool finished = false;  // nothing to do
  std::vector<Extension> extensions;
};
Found look_at(const RunDirectory& directory, Session& session, const TrainOptions& options) {
  Found found;
  if (!directory.begun()) return found;
  auto now = run_record(session);
  // A run of before knows its pack by the hash of the whole file.
  auto before = read_run_record(directory.record()).data.hash;
  if (is_hash_of_pack(before, options.data, now.data.hash)) now.data.hash = before;
  found.extensions = directory.check_same(now, session.recipe, options.extend);
  found.finished =
      !options.check_only && !options.probe && found.extensions.empty() && directory.finished();
  return found;
}

// Prints what each modality alone makes of the labels.
void probe(const Session& s) {
  check_input(s.dev.size() > 0, "--probe: {}",
              s.recipe.train.on_dev() ? "train.on: train+dev leaves no dev split to look at"
                                      : "this pack has no dev split to look at");
  check_input(!s.modalities.empty(), "--probe: the recipe names no modalities");
  std::vector<std::string> names;
  for (auto& modality : s.modalities) names.push_back(modality.name);
  auto& by = s.recipe.train.select_by;
  auto figures = probe_modalities(names, s.train, s.dev, s.info.label_kind, by);
  print_result(probe_table(figures, by));
  if (auto warning = probe_warning(figures); !warning.empty()) log_warning("train", "{}", warning);
}

void train_one(const TrainOptions& options, const ProcessGroup& group) {
  RunDirectory directory(options.run);
  std::unique_ptr<OwnedFolder> owned;
  Session session;
  Found found;
  const bool owns = group.leads() && !options.check_only && !options.probe;
  group.together([&] {
    if (owns && fs::exists(directory.root()))  // before anything long
      owned = std::make_unique<OwnedFolder>(directory);
    session = open_session(options.recipe, options.overrides, options.data, options.backbone, group,
                           !directory.begun());
    // Nobody begins a run here between this look at the folder and our own beginning.
    if (owns && !owned) owned = std::make_unique<OwnedFolder>(directory);
    if (group.leads()) found = look_at(directory, session, options);
  });
  check_same_everywhere(session);
  if (group.from_leader(found.finished)) {
    log_info("train", "{}: this run is finished; its model is in {}", options.run.string(),
             directory.model().string());
    return;
  }
  group.together([&] {
    stop_if_asked();
    load_session(session);
  });
  if (options.probe) {
    if (group.leads()) probe(session);
    return;
  }
  if (options.check_only) {
    for (auto& line : session.told_of_initial) log_info("train", "init_from: {}", line);
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
  const auto threads = agree_on_threads(options.threads, before.threads, session);
  std::unique_ptr<Trainer> trainer;
  group.together([&] {
    trainer = std::make_unique<Trainer>(session, directory);
    if (!group.leads()) return;
    check_space(directory.root(), trainer->checkpoint_bytes());
    if (!directory.begun()) {
      trainer->prepare();
      directory.begin(run_record(session), session.recipe);
    }
    if (!found.extensions.empty()) directory.extend(found.extensions, session.recipe);
    log_to_file(directory.log());
    for (auto& line : session.told_of_initial) log_info("train", "init_from: {}", line);
    for (auto& [key, then, now] : found.extensions)
      log_info("train", "extended: {} from {} to {}", key, then, now);
  });
  auto counts = count_parameters(*session.model, session.backbone.config);
  log_info("train", "{} on {}: {} training samples, {} trainable parameters, {} frozen",
           session.recipe.model.name, describe(session.compute), session.train.size(),
           counts.trained, counts.frozen);
  if (session.recipe.train.on_dev())
    log_info(
        "train",
        "train.on: train+dev: nothing is evaluated and no threshold is tuned; the weights of the "
        "last step are kept");
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

// A run's own command.
std::vector<std::string> command_of(const PlannedRun& run, const TrainOptions& options) {
  std::vector<std::string> words{"mma-train", options.recipe.string()};
  auto add = [&](const std::string& flag, const std::string& value) {
    words.push_back(flag);
    words.push_back(value);
  };
  add("--data", options.data.string());
  if (!options.backbone.empty()) add("--backbone", options.backbone.string());
  add("--out", run.out.string());
  for (auto& setting : run.overrides) add("--set", setting);
  if (options.threads > 0) add("--threads", std::to_string(options.threads));
  if (options.processes > 1) add("--processes", std::to_string(options.processes));
  if (options.extend) words.push_back("--extend");
  if (options.check_only) words.push_back("--check");
  return words;
}

// Each run's own command, a line each.
std::string commands_of(const std::vector<PlannedRun>& runs, const TrainOptions& options) {
  std::string text;
  for (auto& run : runs) {
    std::vector<std::string> words;
    for (auto& word : command_of(run, options)) words.push_back(shell_word(word));
    text += fmt::format("{}\n", fmt::join(words, " "));
  }
  return text;
}

// Faults of all runs' recipes at once, before the first of them begins. Returns their devices.
std::set<std::string> check_recipes(const std::vector<PlannedRun>& runs,
                                    const TrainOptions& options) {
  std::set<std::string> devices, told;
  Faults all;
  for (auto& run : runs) {
    Faults faults;
    devices.insert(load_recipe(options.recipe, run.overrides, faults).device);
    std::istringstream lines(faults.message());
    for (std::string line; std::getline(lines, line);)
      if (told.insert(line).second) all.add("fault", line);
  }
  all.raise();
  return devices;
}

// One run after the other.
void train_in_turn(const std::vector<PlannedRun>& runs, const TrainOptions& options,
                   const ProcessGroup& group) {
  FailedRuns failed(group.leads());
  // Of several processes, one that the machine failed may not answer the others any more.
  auto goes_on_after = [&](ExitCode code) {
    return runs.size() > 1 && (code == kDiverged || code == kUserInput ||
                               (code == kMachineFailed && group.size() == 1));
  };
  for (size_t i = 0; i < runs.size(); ++i) {
    auto one = options;
    one.run = runs[i].out;
    one.overrides = runs[i].overrides;
    if (runs.size() > 1) log_info("train", "{} ({} of {})", one.run.string(), i + 1, runs.size());
    try {
      with_memory_errors([&] { train_one(one, group); });
    } catch (const Error& e) {
      if (!goes_on_after(e.exit_code())) throw;
      failed.add(one.run, e.exit_code(), e.what());
    }
    log_to_file({});  // what follows is the next run's
  }
  failed.raise(runs.size());
}

// Several runs at a time.
void train_beside(const std::vector<PlannedRun>& runs, const TrainOptions& options,
                  const std::set<std::string>& devices) {
  check_input(!options.probe, "--jobs: --probe prints a table a run: leave --jobs out");
  std::vector<std::vector<std::string>> commands;
  for (auto& run : runs) commands.push_back(command_of(run, options));
  const auto jobs = std::min(options.jobs, static_cast<int>(runs.size()));
  const auto seen =
      devices == std::set<std::string>{"cpu"} ? std::vector<std::string>{} : seen_gpus();
  run_jobs(runs, commands, jobs, seen.empty() ? seen : share_gpus(seen, jobs, options.processes));
}

}  // namespace

void train(const TrainOptions& options) {
  const auto runs = plan_runs(options.run, options.overrides, options.grids, options.seeds);
  if (options.list_only) return print_result(commands_of(runs, options));
  const auto info = find_rank([](const char* name) { return std::getenv(name); });
  std::set<std::string> devices;
  if (runs.size() > 1) devices = check_recipes(runs, options);
  if (options.jobs > 1 && runs.size() > 1) {
    check_input(info.size == 1, "--jobs: this is one of {} processes that {} started already",
                info.size, info.launcher);
    return train_beside(runs, options, devices);
  }
  if (options.processes > 1 && info.launcher != kOwnLauncher) {
    check_input(info.size == 1, "--processes: this is one of {} processes that {} started already",
                info.size, info.launcher);
    return run_local_processes(options.processes);
  }
  set_up_memory();
  train_in_turn(runs, options, meet_others(options, info));
}

}  // namespace mma
