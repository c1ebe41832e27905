#include "run/metrics_log.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json_file.h"

namespace mma {
namespace {

constexpr const char *kSpeed = "samples_per_second", *kMemory = "peak_memory_bytes";

// A file of another machine's may not exhaust this one.
constexpr uint64_t kMaxLogBytes = 1 << 30;
constexpr size_t kMaxReportBytes = 4 << 20;
constexpr size_t kMaxReports = 20'000'000;

}  // namespace

void MetricsLog::add(const StepReport& r) {
  nlohmann::ordered_json line = {{"step", r.step},
                                 {"epoch", r.epoch},
                                 {"loss", r.loss},
                                 {"lr", r.lr},
                                 {kSpeed, r.samples_per_second},
                                 {"tokens_per_second", r.tokens_per_second},
                                 {"matrix_peak_share", r.matrix_peak_share},
                                 {"data_wait_fraction", r.data_wait_fraction},
                                 {kMemory, static_cast<int64_t>(r.peak_memory_bytes)}};
  file_.add(line.dump() + "\n");
}

void MetricsLog::add(const EpochReport& r) {
  nlohmann::ordered_json line = {
      {"step", r.step}, {"epoch", r.epoch}, {"split", r.split}, {"loss", r.loss}};
  for (auto& [name, figure] : r.metrics)
    line[name] = std::isfinite(figure) ? nlohmann::ordered_json(figure) : nullptr;
  file_.add(line.dump() + "\n");
}

std::vector<StepReport> read_step_reports(const std::filesystem::path& file) {
  std::vector<StepReport> reports;
  auto bytes = read_file(file, kMaxLogBytes);
  std::string_view rest = bytes;
  for (size_t line = 1; !rest.empty(); ++line) {
    auto where = fmt::format("{}:{}", file.string(), line);
    auto size = std::min(rest.find('\n'), rest.size());
    check_input(size <= kMaxReportBytes, "{}: a line of more than {} bytes", where,
                kMaxReportBytes);
    check_input(line <= kMaxReports, "{}: more than {} lines", where, kMaxReports);
    auto json = parse_json_object<nlohmann::json>(rest.substr(0, size), where);
    rest.remove_prefix(std::min(size + 1, rest.size()));
    if (!json.contains(kSpeed)) continue;  // an evaluation
    auto number = [&](const char* key) {
      auto it = json.find(key);
      check_input(it != json.end() && it->is_number(), "{}: {}: expected a number", where, key);
      return it->get<double>();
    };
    StepReport report;
    report.samples_per_second = number(kSpeed);
    report.peak_memory_bytes = number(kMemory);
    check_input(report.samples_per_second > 0, "{}: {}: expected a number above 0", where, kSpeed);
    reports.push_back(report);
  }
  return reports;
}

}  // namespace mma
