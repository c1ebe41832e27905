#include "tasks/confusion.h"

#include <algorithm>

namespace mma {

std::vector<Confusion> confusion_matrix(const Predictions& p) {
  const auto width = static_cast<size_t>(p.labels);
  std::vector<size_t> pairs;  // truth * C + given
  for (size_t row = 0; row + width <= p.truth.size(); row += width) {
    auto* truth = p.truth.data() + row;
    auto* scores = p.scores.data() + row;
    const auto is = static_cast<size_t>(std::find(truth, truth + width, 1) - truth),
               given = static_cast<size_t>(std::max_element(scores, scores + width) - scores);
    pairs.push_back(is * width + given);
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<Confusion> matrix;
  for (size_t pair : pairs) {
    const size_t truth = pair / width, given = pair % width;
    if (matrix.empty() || matrix.back().truth != truth || matrix.back().given != given)
      matrix.push_back({truth, given, 0});
    ++matrix.back().count;
  }
  return matrix;
}

std::vector<Confusion> most_frequent_confusions(const std::vector<Confusion>& matrix) {
  std::vector<Confusion> wrong;
  for (auto& entry : matrix)
    if (entry.truth != entry.given) wrong.push_back(entry);
  std::stable_sort(wrong.begin(), wrong.end(), [](auto& a, auto& b) { return a.count > b.count; });
  return wrong;
}

}  // namespace mma
