#pragma once
#include <string_view>

#include "base/names.h"

namespace mma::fuzz {

/// Gives hostile bytes to one reader. What the reader refuses (UserError) is fine; anything else
/// that is thrown, a crash, a hang or a sanitizer's report is a bug.
using Target = void (*)(std::string_view bytes);

/// One row a reader. tests/fuzz/corpus/NAME holds its first inputs.
const Table<Target>& targets();

}  // namespace mma::fuzz
