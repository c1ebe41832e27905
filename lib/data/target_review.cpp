#include "data/target_review.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text_table.h"

namespace mma {
namespace {

constexpr double kFar = 10;  // deviations from the mean

// What looks wrong with one target, or nothing.
std::string doubt_of(const TargetSpread& spread, const SplitRows& train, size_t target,
                     size_t width) {
  if (spread.distinct == 1)
    return fmt::format("every sample of train has {:g}: nothing can be learned of it", spread.min);
  if (spread.distinct == 2)
    return fmt::format("only two values in train, {:g} and {:g}: is this `kind: multiclass`?",
                       spread.min, spread.max);
  size_t furthest = 0;
  double distance = 0;
  for (size_t i = 0; i < train.size(); ++i) {
    auto away = std::abs(static_cast<double>(train.targets[i * width + target]) - spread.mean);
    if (away > distance) distance = away, furthest = i;
  }
  if (distance <= kFar * spread.deviation) return "";
  return fmt::format(
      "{} has {:g}, {:.1f} deviations from the mean of train: a mark for a missing "
      "value?",
      printable(train.ids[furthest]), train.targets[furthest * width + target],
      distance / spread.deviation);
}

}  // namespace

std::vector<TargetSpread> spread_of(const std::vector<float>& targets, size_t width) {
  if (targets.empty()) return {};
  std::vector<TargetSpread> all;
  std::vector<float> values(targets.size() / width);
  for (size_t c = 0; c < width; ++c) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = targets[i * width + c];
    std::sort(values.begin(), values.end());
    TargetSpread spread{values.front(), values.back(), 0, 0, 1};
    const auto n = static_cast<double>(values.size());
    for (auto v : values) spread.mean += v;
    spread.mean /= n;
    for (auto v : values) spread.deviation += (v - spread.mean) * (v - spread.mean) / n;
    spread.deviation = std::sqrt(spread.deviation);
    for (size_t i = 1; i < values.size(); ++i) spread.distinct += values[i] != values[i - 1];
    all.push_back(spread);
  }
  return all;
}

std::string target_table(
    const std::vector<std::string>& names,
    const std::vector<std::pair<std::string, std::vector<TargetSpread>>>& splits, size_t most) {
  std::vector<std::vector<std::string>> rows{
      {"target", "split", "mean", "deviation", "lowest", "highest", "different values"}};
  auto cell = [](double value) { return fmt::format("{:.4g}", value); };
  for (size_t c = 0; c < std::min(names.size(), most); ++c)
    for (auto& [split, spreads] : splits) {
      if (c >= spreads.size()) continue;
      auto& s = spreads[c];
      rows.push_back({printable(names[c]), split, cell(s.mean), cell(s.deviation), cell(s.min),
                      cell(s.max), fmt::format("{}", s.distinct)});
    }
  auto text = text_table(rows);
  if (names.size() > most)
    text += fmt::format("... and {} more targets, of {}\n", names.size() - most, names.size());
  return text;
}

std::vector<std::string> review_targets(const Samples& samples) {
  if (samples.splits.empty()) return {};
  auto& train = samples.splits.front();
  // With rows whose targets are a fault already, what the rest looks like says nothing.
  if (train.split != "train" || train.size() == 0 || train.bad_labels > 0) return {};
  const size_t width = samples.labels.size();
  auto spreads = spread_of(train.targets, width);
  std::vector<std::string> warnings;
  for (size_t c = 0; c < spreads.size(); ++c)
    if (auto doubt = doubt_of(spreads[c], train, c, width); !doubt.empty())
      warnings.push_back(fmt::format("{}: {}", printable(samples.labels[c]), doubt));
  return warnings;
}

}  // namespace mma
