#include "train/jobs.h"

#include <sys/wait.h>
#include <torch/cuda.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/private_folder.h"
#include "base/progress.h"
#include "base/stop.h"
#include "parallel/child_processes.h"

namespace mma {
namespace {

// What a process told as its error: from the first line that begins so, to the end.
std::string told_error(const fs::path& errors) {
  constexpr uint64_t kMost = 64 << 20;
  constexpr size_t kShown = 4000;
  std::string text;
  try {
    text = read_file(errors, kMost);
  } catch (const Error&) {  // says nothing then
  }
  const std::string mark = "error: ";
  // Several lines of one fault have the mark each.
  const auto begin = text.starts_with(mark) ? 0 : text.find("\n" + mark);
  if (begin == std::string::npos) return "";
  text = text.substr(begin, kShown);
  std::string message;
  for (size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (line.starts_with(mark)) line = line.substr(mark.size());
    if (!line.empty()) message += (message.empty() ? "" : "; ") + line;
    at = end + 1;
  }
  return message;
}

class Jobs {
 public:
  Jobs(const std::vector<PlannedRun>& runs, const std::vector<std::vector<std::string>>& commands,
       int jobs, const std::vector<std::string>& gpus)
      : runs_(runs),
        commands_(commands),
        gpus_(gpus),
        slots_(static_cast<size_t>(jobs)),
        progress_("train", "runs", std::ssize(runs)) {}

  void run() {
    bool passed_on = false;
    for (;;) {
      const int signal = stop_signal();
      if (!signal) start_in_free_slots();
      if (signal && !passed_on) {
        passed_on = true;
        processes_.kill(signal);
      }
      const bool running = processes_.look();
      for (auto& slot : slots_)
        if (slot && processes_.status(*slot)) {
          note_end(*slot, *processes_.status(*slot), signal != 0);
          slot.reset();
        }
      if (!running && (signal || next_ == runs_.size())) break;
      if (running) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (int signal = stop_signal(); signal && done_ < runs_.size()) {
      log_info("train", "{} of {} runs are finished; the same command goes on with the rest", done_,
               runs_.size());
      throw Stopped(signal);
    }
    failed_.raise(runs_.size());
  }

 private:
  // Processes are started in the order of the runs, so that they have the same numbers.
  void start_in_free_slots() {
    for (size_t i = 0; i < slots_.size() && next_ < runs_.size(); ++i) {
      if (slots_[i]) continue;
      ChildCommand command{commands_[next_], {}, errors_of(next_)};
      command.variables.push_back(fmt::format("MMA_JOBS={}", slots_.size()));
      if (!gpus_.empty()) command.variables.push_back("CUDA_VISIBLE_DEVICES=" + gpus_[i]);
      processes_.start(command, fmt::format("run {} of {}", next_ + 1, runs_.size()));
      log_info("train", "{}: begins ({} of {})", runs_[next_].out.string(), next_ + 1,
               runs_.size());
      slots_[i] = next_++;
    }
  }

  void note_end(size_t number, int status, bool stopping) {
    const auto& run = runs_[number].out;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kDone) {
      ++done_;
      log_info("train", "{}: finished ({} of {})", run.string(), done_, runs_.size());
    } else if (stopping) {
      log_info("train", "{}: stopped", run.string());
    } else if (WIFSIGNALED(status)) {
      failed_.add(
          run, kMachineFailed,
          fmt::format("ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status))));
    } else {
      failed_.add(run, WEXITSTATUS(status), told_error(errors_of(number)));
    }
    progress_.advance();
    std::error_code ignored;
    fs::remove(errors_of(number), ignored);
  }

  fs::path errors_of(size_t number) const { return folder_.path() / std::to_string(number); }

  const std::vector<PlannedRun>& runs_;
  const std::vector<std::vector<std::string>>& commands_;
  const std::vector<std::string>& gpus_;
  PrivateFolder folder_;
  std::vector<std::optional<size_t>> slots_;  // numbers of runs
  ChildProcesses processes_;
  size_t next_ = 0, done_ = 0;
  FailedRuns failed_;
  Progress progress_;
};

}  // namespace

void run_jobs(const std::vector<PlannedRun>& runs,
              const std::vector<std::vector<std::string>>& commands, int jobs,
              const std::vector<std::string>& gpus) {
  Jobs(runs, commands, jobs, gpus).run();
}

std::vector<std::string> share_gpus(const std::vector<std::string>& seen, int jobs, int processes) {
  const auto each = static_cast<size_t>(std::max(1, processes));
  check_input(static_cast<size_t>(jobs) * each <= seen.size(),
              "--jobs {}: each takes {} GPU{}, but {} are seen here: give at most --jobs {}, or "
              "--set device=cpu",
              jobs, each, each > 1 ? "s" : "", seen.size(),
              std::max<size_t>(1, seen.size() / each));
  std::vector<std::string> all;
  for (size_t job = 0; job < static_cast<size_t>(jobs); ++job)
    all.push_back(
        fmt::format("{}", fmt::join(seen.begin() + static_cast<int64_t>(job * each),
                                    seen.begin() + static_cast<int64_t>((job + 1) * each), ",")));
  return all;
}

std::vector<std::string> seen_gpus() {
  const auto count = static_cast<size_t>(torch::cuda::device_count());
  std::vector<std::string> names;
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  std::string rest = visible ? visible : "";
  while (names.size() < count && !rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    names.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
  while (names.size() < count) names.push_back(std::to_string(names.size()));
  return names;
}

}  // namespace mma
