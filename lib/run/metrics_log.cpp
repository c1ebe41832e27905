#include "run/metrics_log.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/json_file.h"

namespace mma {
namespace {

constexpr const char *kSpeed = "samples_per_second", *kMemory = "peak_memory_bytes";

// A file of another machine's may not exhaust this one.
constexpr uint64_t kMaxLogBytes = 1 << 30;
constexpr size_t kMaxReportBytes = 4 << 20;
constexpr size_t kMaxReports = 20'000'000;

// Calls `each` with every line as an object, and where it stands.
void for_each_line(const std::filesystem::path& file,
                   const std::function<void(const nlohmann::json&, const std::string&)>& each) {
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
    each(json, where);
  }
}

double number_in(const nlohmann::json& json, const std::string& where, const char* key) {
  auto it = json.find(key);
  check_input(it != json.end() && it->is_number(), "{}: {}: expected a number", where, key);
  return it->get<double>();
}

// The same, or NaN for null, which stands for what is not finite.
double figure_in(const nlohmann::json& json, const std::string& where, const char* key) {
  auto it = json.find(key);
  return it != json.end() && it->is_null() ? NAN : number_in(json, where, key);
}

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

TrainingLog read_training_log(const std::filesystem::path& file) {
  TrainingLog log;
  for_each_line(file, [&](const nlohmann::json& json, const std::string& where) {
    double number = number_in(json, where, "step");
    check_input(number >= 0 && number < 1e15, "{}: step: expected a whole number", where);
    auto step = static_cast<int64_t>(number);
    if (!json.contains("split")) {
      StepReport report;
      report.step = step;
      report.loss = figure_in(json, where, "loss");
      report.lr = figure_in(json, where, "lr");
      log.steps.push_back(report);
      return;
    }
    EpochReport report;
    report.step = step;
    auto& split = json.at("split");
    check_input(split.is_string(), "{}: split: expected a text", where);
    report.split = split.get<std::string>();
    report.loss = figure_in(json, where, "loss");
    for (auto& [name, value] : json.items())
      if (name != "step" && name != "epoch" && name != "split" && name != "loss")
        report.metrics.emplace_back(name, figure_in(json, where, name.c_str()));
    log.evaluations.push_back(std::move(report));
  });
  return log;
}

std::vector<StepReport> read_step_reports(const std::filesystem::path& file) {
  std::vector<StepReport> reports;
  for_each_line(file, [&](const nlohmann::json& json, const std::string& where) {
    if (!json.contains(kSpeed)) return;  // an evaluation
    StepReport report;
    report.samples_per_second = number_in(json, where, kSpeed);
    report.peak_memory_bytes = number_in(json, where, kMemory);
    check_input(report.samples_per_second > 0, "{}: {}: expected a number above 0", where, kSpeed);
    reports.push_back(report);
  });
  return reports;
}

}  // namespace mma
