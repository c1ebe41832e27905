#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/process.h"

namespace mma {

/// Rows of cells as aligned columns: the first left, the others right; the first row is the head.
/// Names from outside may stand in them: what a terminal would obey is shown escaped.
///
/// A table of more than `columns` (0: of any width) is told in blocks, one below the other, each
/// with the first column and as many of the others as fit; a cell that is too long goes on in the
/// lines below it. Nothing is left out. Fewer than 20 columns are taken as 20.
std::string text_table(const std::vector<std::vector<std::string>>& rows,
                       size_t columns = result_columns());

}  // namespace mma
