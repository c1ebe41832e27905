#include "report/compare_command.h"

#include "base/files.h"
#include "base/log.h"
#include "base/process.h"
#include "report/comparison_table.h"

namespace mma {

void compare(const CompareOptions& options) {
  Faults faults;
  std::vector<RunResults> runs;
  for (auto& folder : find_runs(options.runs, faults)) {
    try {
      runs.push_back(read_run(folder, options.split));
    } catch (const UserError& e) {
      faults.add("run", e.what());
    }
  }
  auto comparison = compare_runs(runs, options.split, options.metric, faults);
  log_info("compare", "{} runs of {} systems, {} resamples", runs.size(), comparison.systems.size(),
           comparison.resamples);
  if (!options.out.empty())
    write_atomically(options.out, comparison_table(comparison, options.format));
  print_result(comparison_table(comparison, options.format, result_columns()));
}

}  // namespace mma
