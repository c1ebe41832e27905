#pragma once
// What the writer and the reader of packs must agree on.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace mma::layout {

constexpr const char* kFormat = "mma-data";
/// Of packs of classes and of packs to predict, as ever; and of those of real targets, whose table
/// of labels is no longer one of 0 and 1.
constexpr int64_t kVersion = 1, kVersionOfTargets = 2;
/// Of a part of a pack, which has the attributes part, parts and part_of beside a pack's.
constexpr const char* kPartFormat = "mma-data-part";
/// Each data set carries the SHA-256 of its bytes, so that a flipped bit is found.
constexpr const char* kHash = "sha256";
/// The label_kind of a pack without labels, which has neither their names nor a table of them.
constexpr const char* kNoLabels = "none";
/// The tokenizer_kind of a pack without texts, which has no group `text` in its splits.
constexpr const char* kNoText = "none";
/// Of an id, a label and the data set's name; longer ones are neither written nor read.
constexpr size_t kMaxNameBytes = 1024;

/// Lists of names without spaces (splits, modalities) are attributes with the names joined by one.
inline std::string join_names(const std::vector<std::string>& names) {
  std::string text;
  for (auto& name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
}
inline std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (size_t start = 0; start < text.size();) {
    auto end = std::min(text.find(' ', start), text.size());
    if (end > start) names.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

}  // namespace mma::layout
