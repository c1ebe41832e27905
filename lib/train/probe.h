#pragma once
#include <string>
#include <vector>

#include "data/pack.h"

namespace mma {

/// What a linear map of one modality alone makes of the labels.
struct ProbeFigure {
  std::string modality;
  double train = 0, dev = 0;  ///< of the metric; NaN where it is undefined
  double guess = 0;           ///< dev's, of who knows the frequencies of train alone
  /// dev's share of the way from the guess to what perfect scores reach.
  double share = 0;
};

/// Of that share on a linear map of one modality is told to be too good: features of labels are
/// seldom so plain unless a network made them that was trained on these very labels, dev's too.
constexpr double kSuspiciousShare = 2.0 / 3;

/// Probes each of the modalities by ridge regression of the labels (0 and 1) or targets on its
/// numbers, standardised over train, 0 where a sample lacks it: W = (X'X + l N I)^-1 X'Y, with the
/// best of four penalties l on dev. Of more than 20,000 training samples the first so many serve.
std::vector<ProbeFigure> probe_modalities(const std::vector<std::string>& modalities,
                                          const Split& train, const Split& dev, LabelKind kind,
                                          const std::string& metric);

/// Those figures as a table.
std::string probe_table(const std::vector<ProbeFigure>& figures, const std::string& metric);
/// A sentence on those that are too good; "" where none is.
std::string probe_warning(const std::vector<ProbeFigure>& figures);

}  // namespace mma
