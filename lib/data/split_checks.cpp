#include "data/split_checks.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace mma {

void check_zero_one(const h5::Reader& file, const std::string& name,
                    const std::vector<uint8_t>& values) {
  auto bad = std::find_if(values.begin(), values.end(), [](uint8_t v) { return v > 1; });
  if (bad != values.end())
    file.fail(name, fmt::format("expected 0 or 1, found {} at {}", *bad, bad - values.begin()));
}

void check_labels(const h5::Reader& file, const std::string& name, const Split& split,
                  const PackInfo& info) {
  auto bad = std::find_if(split.targets.begin(), split.targets.end(),
                          [](float v) { return !std::isfinite(v); });
  if (bad != split.targets.end())
    file.fail(name, fmt::format("row {}: expected finite numbers, found {}",
                                (bad - split.targets.begin()) / std::ssize(info.labels), *bad));
  check_zero_one(file, name, split.labels);
  if (!traits_of(info.label_kind).one_a_sample) return;
  auto width = static_cast<int64_t>(info.labels.size());
  for (int64_t i = 0; i < split.size(); ++i) {
    auto row = split.labels.begin() + i * width;
    if (auto ones = std::count(row, row + width, 1); ones != 1)
      file.fail(name, fmt::format("row {}: expected one label, found {}", i, ones));
  }
}

void check_offsets(const h5::Reader& file, const std::string& name, const Split& split,
                   int64_t tokens, int64_t max_length) {
  if (split.offsets.front() != 0 || split.offsets.back() != tokens)
    file.fail(name, fmt::format("expected 0 to {}, found {} to {}", tokens, split.offsets.front(),
                                split.offsets.back()));
  for (size_t i = 0; i + 1 < split.offsets.size(); ++i) {
    // The difference of hostile numbers may overflow; the order is checked first.
    bool rises = split.offsets[i] >= 0 && split.offsets[i + 1] > split.offsets[i] &&
                 split.offsets[i + 1] <= tokens;
    if (!rises || split.offsets[i + 1] - split.offsets[i] > max_length)
      file.fail(name, fmt::format("row {}: expected 1 to {} tokens, found {} to {}", i, max_length,
                                  split.offsets[i], split.offsets[i + 1]));
  }
}

void check_held(const Split& split) {
  for (int64_t i = 0; split.tokens.held() && !split.tokens.empty() && i < split.size(); ++i)
    check_tokens(split, i,
                 &split.tokens[static_cast<size_t>(split.offsets[static_cast<size_t>(i)])]);
  for (auto& [name, rows] : split.modalities)
    for (int64_t i = 0; rows.values.held() && i < split.size(); ++i)
      check_vector(split, name, i, &rows.values[static_cast<size_t>(i * rows.width)]);
}

}  // namespace mma
