#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// mma-eval report RUN... --out FILE [--split test] [--metric NAME] [--data PACK]
struct ReportOptions {
  std::vector<std::filesystem::path> runs;  ///< runs, or folders of runs
  std::string split = "test";
  std::string metric;          ///< of the summary and the comparison; as compare's
  std::filesystem::path data;  ///< the pack that the runs were trained on, for its counts; or none
  std::filesystem::path out;   ///< the HTML file
};
/// Writes one HTML page on the runs. Each system (runs that differ in their seed alone) has a
/// chapter on its first run, up to eight of them (those that dev prefers); runs that are not
/// evaluated on the split have one that says how to. Throws UserError with every fault of the runs
/// before anything is written.
void report(const ReportOptions& options);

}  // namespace mma
