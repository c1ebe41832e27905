#pragma once
#include <cstddef>

#include "base/pickle.h"

namespace mma {

/// What makes a tree of `count` values unfit to be walked, or null: circles, nesting beyond the
/// limit, and sharing that would make a walk much longer than the file ("billion laughs").
const char* fault_of_tree(const PickleValue& root, size_t count, size_t max_depth);

}  // namespace mma
