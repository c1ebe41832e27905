#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/label_kind.h"
#include "tasks/metrics.h"

namespace mma {

/// eval/SPLIT/predictions.jsonl: one JSON object a sample, with its id, its true labels and the
/// score of every label, as in {"id":"tt01","labels":["war"],"scores":{"drama":0.25,"war":0.75}};
/// of real targets with numbers for both, as in
/// {"id":"u7","labels":{"mood":-1.5},"scores":{"mood":-1.25}}.

/// Writes it row by row, rows as `ids`, columns as `labels`. A score that came of fp32 has the
/// digits that tell it from its neighbours there, at most 9: with thousands of labels they are most
/// of the file.
void write_predictions(const std::filesystem::path& file, const std::vector<std::string>& ids,
                       const std::vector<std::string>& labels, const Predictions& predictions);

/// A score as these files have it, behind `text`.
void add_score(std::string& text, double score);

struct StoredPredictions {
  std::vector<std::string> ids;
  Predictions predictions;  ///< rows as `ids`, columns as the labels that were asked for
};
/// Reads it, one line at a time. UserError with the line where it is damaged, where it is not of
/// these labels, or a multiclass sample has not one class; `again`: what makes a better one.
StoredPredictions read_predictions(const std::filesystem::path& file,
                                   const std::vector<std::string>& labels, LabelKind kind,
                                   const std::string& again);

}  // namespace mma
