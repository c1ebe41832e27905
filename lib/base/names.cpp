#include "base/names.h"

#include <algorithm>
#include <numeric>

namespace mma {
namespace {

constexpr size_t kLongest = 100;    // names beyond are not compared: that takes their product
constexpr size_t kFew = 24;         // are listed even beside the nearest one
constexpr size_t kMostListed = 40;  // of the known names; a data set may have thousands of labels

// Levenshtein distance by rows.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  if (name.size() > kLongest) return "";
  std::string best;
  size_t best_distance = std::max<size_t>(2, name.size() / 2) + 1;
  for (auto& candidate : known) {
    if (candidate.size() > kLongest) continue;
    std::string_view last = candidate;
    last.remove_prefix(candidate.rfind('.') + 1);
    auto distance = std::min(edit_distance(name, candidate), edit_distance(name, last));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string unknown_name(std::string_view what, std::string_view name,
                         const std::vector<std::string>& known) {
  auto nearest = nearest_name(name, known);
  if (!nearest.empty() && known.size() > kFew)  // a long list would hide it
    return fmt::format("unknown {} '{}', did you mean '{}'?", what, printable(name),
                       printable(nearest));
  return fmt::format("unknown {} '{}'{}; known: {}", what, printable(name),
                     nearest.empty() ? "" : fmt::format(", did you mean '{}'?", printable(nearest)),
                     some_of(known, kMostListed));
}

std::string some_of(const std::vector<std::string>& names, size_t most) {
  std::vector<std::string> told;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) told.push_back(printable(names[i]));
  const auto rest = names.size() - told.size();
  return fmt::format("{}{}", fmt::join(told, ", "), rest ? fmt::format(" and {} more", rest) : "");
}

}  // namespace mma
