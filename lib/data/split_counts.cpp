#include "data/split_counts.h"

#include <fmt/format.h>

#include "base/text_table.h"

namespace mma {

std::string counts_table(const std::vector<std::string>& modalities,
                         const std::vector<SplitCounts>& counts) {
  std::vector<std::vector<std::string>> table{{"split", "samples", "truncated", "dropped"}};
  for (auto& name : modalities) table[0].push_back("no " + name);
  for (auto& split : counts) {
    std::vector<std::string> row{split.split};
    for (auto count : {split.samples, split.truncated, split.dropped})
      row.push_back(fmt::format("{}", count));
    for (auto count : split.missing) row.push_back(fmt::format("{}", count));
    table.push_back(row);
  }
  return text_table(table);
}

}  // namespace mma
