#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/label_kind.h"
#include "tasks/metrics.h"

namespace mma {

/// How many errors the file has at most.
constexpr size_t kMostErrors = 10'000;

/// eval/SPLIT/errors.jsonl: one JSON object a wrong decision (tasks/wrong_decisions.h), the most
/// confident first, with the beginning of the sample's text where that is known:
///
/// several labels: {"id":"a","label":"war","truth":false,"predicted":true,"score":0.9,"text":"..."}
///
/// one class: {"id":"tt1","truth":"drama","predicted":"war","score":0.98,"text":"..."}
///
/// real targets: {"id":"u7","target":"mood","truth":-1.5,"predicted":1.2,"error":2.7,"text":"..."}
///
/// `text_of`: of a row of the split, "" where it is not known; may be null. Gives how many are in
/// the file.
size_t write_errors(const std::filesystem::path& file, const std::vector<std::string>& ids,
                    const std::vector<std::string>& labels, const Predictions& predictions,
                    LabelKind kind, const std::function<std::string(size_t)>& text_of);

}  // namespace mma
