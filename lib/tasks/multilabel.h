#pragma once
#include <cstdint>
#include <vector>

#include "tasks/metrics.h"
#include "tasks/task.h"

namespace mma {

/// Any number of labels a sample.
const Task& multilabel_task();

/// [N, C] of 0 and 1: score > threshold of its label (`thresholds` empty: 0.5; the reference
/// figures count a score of 0.5 as no).
std::vector<uint8_t> labels_above(const Predictions& p, const std::vector<double>& thresholds = {});

/// The figures of N samples with any number of labels each, as scikit-learn computes them
/// (zero_division=0). With tp, fp, fn counted over whatever the average says:
///   precision = tp / (tp + fp), recall = tp / (tp + fn), f1 = 2 tp / (2 tp + fp + fn);
///   _micro over all pairs of sample and label, _macro the mean over labels, _weighted the same
///   weighted by each label's positives, _samples the mean over samples (an empty row counts 0).
///   ap = sum over distinct scores, highest first, of (R_n - R_{n-1}) P_n, where P_n and R_n are
///   precision and recall of all that scores at least that much. A label without positives has no
///   ap and is left out of the mean over labels (scikit-learn counts it as 0); a sample without
///   positives counts as 0 in ap_samples.
///   auroc = the share of pairs of a positive and a negative that are in order, ties half; labels
///   of one class only are left out of the means.
///   subset_accuracy = the share of samples with every label right;
///   accuracy = the share of pairs of sample and label that are right.
/// `thresholds`: one a label, empty for 0.5.
Metrics multilabel_metrics(const Predictions& p, const std::vector<double>& thresholds = {});

}  // namespace mma
