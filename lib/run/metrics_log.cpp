#include "run/metrics_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/json_file.h"
#include "base/log.h"

namespace mma {
namespace {

constexpr const char *kSpeed = "samples_per_second", *kMemory = "peak_memory_bytes";

// A file of another machine's may not exhaust this one.
constexpr uint64_t kMaxLogBytes = 1 << 30;
constexpr size_t kMaxReportBytes = 4 << 20;
constexpr size_t kMaxReports = 20'000'000;

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& file, int64_t bytes)
    : file_(file), out_(open_to_write(file, O_WRONLY)) {
  auto length = ::lseek(out_.get(), 0, SEEK_END);
  bytes_ = std::min<int64_t>(bytes, length);
  if (length < 0 || ::ftruncate(out_.get(), bytes_) != 0)
    throw MachineError(fmt::format("{}: cannot write: {}", file.string(), std::strerror(errno)));
}

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
  add_line(line.dump());
}

void MetricsLog::add(const EpochReport& r) {
  nlohmann::ordered_json line = {
      {"step", r.step}, {"epoch", r.epoch}, {"split", r.split}, {"loss", r.loss}};
  for (auto& [name, figure] : r.metrics)
    line[name] = std::isfinite(figure) ? nlohmann::ordered_json(figure) : nullptr;
  add_line(line.dump());
}

void MetricsLog::add_line(const std::string& line) {
  waiting_ += line + "\n";
  if (!write() && !warned_) {
    log_warning("train", "{}: cannot write: {}; its lines wait in memory", file_.string(),
                std::strerror(errno));
    warned_ = true;
  }
}

void MetricsLog::flush() {
  if (!write() || ::fsync(out_.get()) != 0)
    throw MachineError(fmt::format("{}: cannot write: {}", file_.string(), std::strerror(errno)));
  warned_ = false;
}

bool MetricsLog::write() {
  while (!waiting_.empty()) {
    ssize_t n = ::pwrite(out_.get(), waiting_.data(), waiting_.size(), bytes_);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes_ += n;
    waiting_.erase(0, static_cast<size_t>(n));
  }
  return true;
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
