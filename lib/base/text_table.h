#pragma once
#include <string>
#include <vector>

namespace mma {

/// Rows of cells as aligned columns: the first left, the others right; the first row is the head.
/// Names from outside may stand in them: what a terminal would obey is shown escaped.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace mma
