#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "data/description.h"
#include "data/table.h"

namespace mma {

/// The names of the labels that a cell holds, or what is wrong with it.
struct LabelNames {
  std::vector<std::string> names;
  std::string fault;  ///< empty, or "expected ..., found ..."
};

/// A text is one name, or several with the description's separator between them, of which empty
/// ones do not count; a list holds one name an item. Whole numbers are names too, as class ids are:
/// 7 and 7.0 are "7". Anything else (null, true, 1.5, a list within a list) is a fault, and so is a
/// list that was written as text, "['drama', 'war']" or "[28, 35]", unless `labels.names` has it.
LabelNames label_names(const Cell& cell, const LabelDescription& labels);

/// `text` without space around it.
std::string_view trimmed(std::string_view text);

}  // namespace mma
