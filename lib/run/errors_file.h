#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/label_kind.h"
#include "tasks/metrics.h"

namespace mma {

/// How many errors the file has at most.
constexpr size_t kMostErrors = 10'000;

/// A sample's mean gates by input, of the inputs that it has.
using SampleGates = std::vector<std::pair<std::string, double>>;

/// What is told of a row of the split beside its decisions. Either may be null.
struct ErrorNotes {
  std::function<std::string(size_t)> text_of = {};   ///< "" where it is not known
  std::function<SampleGates(size_t)> gates_of = {};  ///< of a model with gates
};

/// eval/SPLIT/errors.jsonl: one JSON object a wrong decision (tasks/wrong_decisions.h), the most
/// confident first, with the sample's gates, {"text":0.4,"video":0.6}, of a model that has some,
/// and the beginning of its text where that is known:
///
/// several labels: {"id":"a","label":"war","truth":false,"predicted":true,"score":0.9,
/// "gates":{...},"text":"..."}
///
/// one class: {"id":"tt1","truth":"drama","predicted":"war","score":0.98,"text":"..."}
///
/// real targets: {"id":"u7","target":"mood","truth":-1.5,"predicted":1.2,"error":2.7,"text":"..."}
///
/// Gives how many are in the file.
size_t write_errors(const std::filesystem::path& file, const std::vector<std::string>& ids,
                    const std::vector<std::string>& labels, const Predictions& predictions,
                    LabelKind kind, const ErrorNotes& notes);
/// The gates in such a file, by sample; of a file of before, or of a model without gates, none.
/// UserError, with the line, where it is damaged.
std::map<std::string, SampleGates> read_error_gates(const std::filesystem::path& file);

}  // namespace mma
