#include "report/report_command.h"

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "report/html.h"
#include "report/report_page.h"

namespace mma {
namespace {

constexpr size_t kMostChapters = 8;

// The runs that have been evaluated, and those that have not.
struct ReadRuns {
  std::vector<RunResults> evaluated, others;
};

ReadRuns read_runs(const ReportOptions& options, Faults& faults) {
  ReadRuns runs;
  for (auto& folder : find_runs(options.runs, faults)) {
    try {
      if (missing_evaluation(folder, options.split).empty())
        runs.evaluated.push_back(read_run(folder, options.split));
      else
        runs.others.push_back(read_finished_run(folder));
    } catch (const UserError& e) {
      faults.add("run", e.what());
    }
  }
  return runs;
}

// Where the first run's backbone was, whose folder has the tokenizer's files, too.
std::filesystem::path backbone_of(const ReadRuns& runs) {
  if (runs.evaluated.empty()) return {};
  return read_run_record(runs.evaluated.front().folder / "run.json").backbone.path;
}

std::optional<ReportedPack> read_pack(const ReportOptions& options, const ReadRuns& runs,
                                      Faults& faults) {
  if (options.data.empty()) return std::nullopt;
  try {
    auto pack = read_reported_pack(options.data, options.split, backbone_of(runs));
    auto trained = [&](const RunResults& run) { return run.data_hash == pack.hash; };
    auto any_trained = [&] {
      return std::any_of(runs.evaluated.begin(), runs.evaluated.end(), trained) ||
             std::any_of(runs.others.begin(), runs.others.end(), trained);
    };
    bool any = any_trained();
    if (!any) {  // runs of before know their pack by the hash of the whole file
      auto identity = std::exchange(pack.hash, sha256_file(options.data));
      any = any_trained();
      if (!any) pack.hash = identity;
    }
    if (!any && runs.evaluated.size() + runs.others.size() > 0)
      faults.add("data", fmt::format("{}: none of the runs was trained on this pack (SHA-256 "
                                     "{:.12})",
                                     options.data.string(), pack.hash));
    return pack;
  } catch (const UserError& e) {
    faults.add("data", e.what());
    return std::nullopt;
  }
}

// The groups in their order, or of more than have chapters those first that dev prefers.
std::vector<size_t> order_of_chapters(size_t groups, const Comparison* comparison) {
  std::vector<size_t> order;
  if (groups > kMostChapters && comparison) order = by_dev(*comparison);
  for (size_t g = 0; order.size() < groups; ++g) order.push_back(g);
  return order;
}

// A chapter for the first run of each group; `comparison`: of these runs, if there is one.
void add_chapters(const std::vector<RunResults>& runs, const ReportOptions& options,
                  const std::string& metric, const ReportedPack* pack, const Comparison* comparison,
                  std::vector<ReportedRun>& chapters, size_t& left_out) {
  auto groups = group_runs(runs);
  auto names = system_names(runs, groups);
  for (size_t g : order_of_chapters(groups.size(), comparison)) {
    if (chapters.size() == kMostChapters) {
      ++left_out;
      continue;
    }
    auto chapter = describe_run(runs[groups[g].front()], options.split, metric, pack);
    chapter.id = fmt::format("run-{}", chapters.size() + 1);
    chapter.seeds = groups[g].size();
    chapter.title = shown_name(names[g]);
    chapters.push_back(std::move(chapter));
  }
}

}  // namespace

void report(const ReportOptions& options) {
  Faults faults;
  auto runs = read_runs(options, faults);
  auto pack = read_pack(options, runs, faults);
  std::optional<Comparison> comparison;
  // The same checks as of a comparison, also for a single run.
  if (!runs.evaluated.empty())
    comparison = compare_runs(runs.evaluated, options.split, options.metric, faults);
  faults.raise();
  check_input(!runs.evaluated.empty() || !runs.others.empty(), "report: no run was given");
  std::vector<ReportedRun> chapters;
  size_t left_out = 0;
  auto metric = comparison ? comparison->metric : options.metric;
  auto* of_pack = pack ? &*pack : nullptr;
  add_chapters(runs.evaluated, options, metric, of_pack, comparison ? &*comparison : nullptr,
               chapters, left_out);
  add_chapters(runs.others, options, metric, of_pack, nullptr, chapters, left_out);
  write_atomically(options.out, report_page(chapters, comparison, left_out));
  log_info("report", "{} runs, {} chapters; written to {}",
           runs.evaluated.size() + runs.others.size(), chapters.size(), options.out.string());
}

}  // namespace mma
