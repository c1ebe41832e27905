#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config.h"
#include "tasks/metrics.h"

namespace mma {

/// eval/SPLIT/gates.json: the mean gate of each input, of all samples and of those of each label;
/// NaN where no sample is left.
struct GateMeans {
  Names inputs;                             ///< [k] "text", modalities, or parts that are fused
  std::vector<double> overall;              ///< [k]
  std::vector<std::vector<double>> labels;  ///< [C][k], as the model's labels
  /// Of each place in an encoder ("1 attention"), [k], in their order; none in files of versions
  /// that did not keep them apart, and of gates outside of an encoder.
  std::vector<std::pair<std::string, std::vector<double>>> sites;
};
/// Nothing where there is no such file: a model without gates. UserError where it is damaged, or
/// not of these labels.
std::optional<GateMeans> read_gates(const std::filesystem::path& file, const Names& labels);

/// One entry of eval/SPLIT/subsets.json: the figures with these modalities alone, beside text.
struct SubsetFigures {
  Names modalities;
  Metrics metrics;
  std::vector<double> average_precision;  ///< [C], as the model's labels; NaN where undefined
};
/// In the order of the file, the full subset first. Empty where there is no such file. UserError
/// where it is damaged, or not of these labels.
std::vector<SubsetFigures> read_subsets(const std::filesystem::path& file, const Names& labels);

}  // namespace mma
