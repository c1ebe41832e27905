#pragma once
#include <string>
#include <vector>

namespace mma {

/// Rows of cells as aligned columns: the first left, the others right; the first row is the head.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace mma
