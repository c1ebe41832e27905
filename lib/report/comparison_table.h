#pragma once
#include <string>
#include <vector>

#include "report/comparison.h"

namespace mma {

/// The comparison as "text" (aligned columns) or "markdown", each with a legend below, as "latex"
/// (a tabular that needs no package), or as "csv" (RFC 4180: plain numbers, every figure's mean and
/// half width, empty where unknown). UserError for another format. `columns`: that text is to fit,
/// as text_table() does; 0: any.
std::string comparison_table(const Comparison& comparison, const std::string& format,
                             size_t columns = 0);

/// The rows of the table that people read, the first one its head: plain text, escaped by nobody.
std::vector<std::vector<std::string>> comparison_rows(const Comparison& comparison,
                                                      const char* plus_minus = " ± ");

/// The figures that the table shows: a choice, and the metric that is compared.
Names shown_figures(LabelKind kind, const std::string& metric);

/// A paragraph that says what the columns mean, which systems are better or worse than the first,
/// which one dev prefers, and the notes.
std::string comparison_legend(const Comparison& comparison);

}  // namespace mma
