#include "train/sweep.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/number_list.h"

namespace mma {
namespace {

constexpr size_t kMostRuns = 10'000;

struct Grid {
  std::string key, name;  // dotted, and as folders have it
  std::vector<std::string> values;
};

std::string key_of(const std::string& setting) { return setting.substr(0, setting.find('=')); }

// At commas outside brackets.
std::vector<std::string> split_values(const std::string& text) {
  std::vector<std::string> values{""};
  int depth = 0;
  for (char ch : text) {
    if (ch == '[' || ch == '{') ++depth;
    if (ch == ']' || ch == '}') --depth;
    if (ch == ',' && depth == 0)
      values.emplace_back();
    else
      values.back() += ch;
  }
  return values;
}

Grid parse_grid(const std::string& text) {
  const auto equals = text.find('=');
  check_input(equals != std::string::npos && equals > 0 && equals + 1 < text.size(),
              "--grid {}: expected key=value,value,...", printable(text));
  Grid grid{text.substr(0, equals), "", split_values(text.substr(equals + 1))};
  grid.name = grid.key.substr(grid.key.rfind('.') + 1);
  std::set<std::string> distinct;
  for (auto& value : grid.values) {
    check_input(
        !value.empty() && value.find('/') == std::string::npos && printable(value) == value,
        "--grid {}: '{}': a run's folder is named after it: expected a short value without /",
        printable(text), printable(value));
    check_input(distinct.insert(value).second, "--grid {}: {} is given twice", printable(text),
                value);
  }
  return grid;
}

std::vector<Grid> parse_grids(const std::vector<std::string>& texts,
                              const std::vector<std::string>& overrides, const std::string& seeds) {
  std::vector<Grid> grids;
  std::set<std::string> keys;
  for (auto& setting : overrides) keys.insert(key_of(setting));
  for (auto& text : texts) {
    grids.push_back(parse_grid(text));
    auto& key = grids.back().key;
    check_input(keys.insert(key).second, "--grid {}: {} is given twice, with --set or --grid",
                printable(text), printable(key));
  }
  if (!seeds.empty())
    check_input(!keys.count("seed"),
                "--seeds {} names the seeds already; leave --set or --grid of seed out", seeds);
  // Where two keys end alike, folders have them whole.
  for (auto& grid : grids)
    if (std::count_if(grids.begin(), grids.end(),
                      [&](auto& g) { return g.key.substr(g.key.rfind('.') + 1) == grid.name; }) > 1)
      grid.name = grid.key;
  return grids;
}

}  // namespace

std::vector<PlannedRun> plan_runs(const std::filesystem::path& out,
                                  const std::vector<std::string>& overrides,
                                  const std::vector<std::string>& grids, const std::string& seeds) {
  struct Setting {
    std::string name;
    std::vector<std::string> overrides;
  };
  std::vector<Setting> settings{{"", overrides}};
  for (auto& grid : parse_grids(grids, overrides, seeds)) {
    check_input(settings.size() * grid.values.size() <= kMostRuns,
                "--grid: more than {} combinations", kMostRuns);
    std::vector<Setting> more;
    for (auto& before : settings)
      for (auto& value : grid.values) {
        auto& setting = more.emplace_back(before);
        setting.name += (setting.name.empty() ? "" : ",") + grid.name + "=" + value;
        setting.overrides.push_back(grid.key + "=" + value);
      }
    settings = std::move(more);
  }
  std::vector<int64_t> numbers;
  if (!seeds.empty()) numbers = parse_number_list(seeds, 0, int64_t{1} << 52);
  check_input(settings.size() * std::max<size_t>(1, numbers.size()) <= kMostRuns,
              "--grid and --seeds: more than {} runs", kMostRuns);
  std::vector<PlannedRun> runs;
  for (auto& setting : settings) {
    PlannedRun run{setting.name.empty() ? out : out / setting.name, setting.overrides};
    if (numbers.empty()) runs.push_back(run);
    for (int64_t seed : numbers) {
      runs.push_back({run.out / fmt::format("seed-{}", seed), run.overrides});
      runs.back().overrides.push_back(fmt::format("seed={}", seed));
    }
  }
  return runs;
}

void FailedRuns::add(const std::filesystem::path& run, int code, const std::string& message) {
  std::string line = message.empty() ? "see its train.log" : message;
  for (size_t at; (at = line.find('\n')) != std::string::npos;) line.replace(at, 1, "; ");
  lines_.push_back(fmt::format("{}: exit code {}: {}", run.string(), code, line));
  codes_.push_back(code);
  if (tells_) log_line(Level::kError, "train", lines_.back());
}

void FailedRuns::raise(size_t runs) const {
  if (lines_.empty()) return;
  constexpr int kGravest[] = {kInternalError, kMachineFailed, kUserInput, kDiverged};
  const auto code =
      *std::find_first_of(std::begin(kGravest), std::end(kGravest), codes_.begin(), codes_.end());
  throw AgreedError(static_cast<ExitCode>(code),
                    tells_ ? fmt::format("{} of {} runs failed:\n{}", lines_.size(), runs,
                                         fmt::join(lines_, "\n"))
                           : "");
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (char ch : text) word += ch == '\'' ? std::string("'\\''") : std::string(1, ch);
  return word + "'";
}

}  // namespace mma
