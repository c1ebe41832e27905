#pragma once
#include <string>

#include "report/comparison.h"

namespace mma {

/// The comparison as "text" (aligned columns) or "markdown", each with a legend below, as "latex"
/// (a tabular that needs no package), or as "csv" (RFC 4180: plain numbers, every figure's mean and
/// half width, empty where unknown). UserError for another format.
std::string comparison_table(const Comparison& comparison, const std::string& format);

/// A paragraph that says what the columns mean, which systems are better or worse than the first,
/// and the notes.
std::string comparison_legend(const Comparison& comparison);

}  // namespace mma
