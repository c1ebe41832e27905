#pragma once
#include <string>

#include "report/comparison.h"
#include "report/reported_run.h"

namespace mma {

/// The sections of a report, each a file of its own: HTML that begins with a heading of level 3
/// (the comparison: 2). What is not on the disk is told with the command that makes it.

/// What was trained on what: model, data, hashes, sizes; with the pack its splits and labels.
std::string setting_section(const ReportedRun& run);
/// Loss, learning rate and dev's metric over the steps.
std::string curve_section(const ReportedRun& run);
/// Each label's average precision with its count and interval.
std::string label_section(const ReportedRun& run);
std::string precision_recall_section(const ReportedRun& run);
/// Reliability diagram and expected calibration error.
std::string calibration_section(const ReportedRun& run);
/// Multilabel: what thresholds of 0.5 and tuned ones decide.
std::string decision_section(const ReportedRun& run);
/// Multiclass: which classes are taken for which.
std::string confusion_section(const ReportedRun& run);
/// Mean gates of each label's samples.
std::string gate_section(const ReportedRun& run);
/// What each subset of the modalities reaches, and what each modality adds to each label.
std::string subset_section(const ReportedRun& run);
/// The most confident wrong decisions.
std::string error_section(const ReportedRun& run);
/// Several systems, as mma-eval compare has them.
std::string comparison_section(const Comparison& comparison);

}  // namespace mma
