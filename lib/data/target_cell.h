#pragma once
#include <string>

#include "data/table.h"

namespace mma {

/// A real target, or what is wrong with the cell that holds it.
struct TargetNumber {
  float value = 0;
  std::string fault;  ///< empty, or "expected ..., found ..."
};

/// The number that a text stands for, in decimal or with an exponent, space around it aside.
/// Anything else is a fault: truth, a value within a value, NaN, infinity, what is beyond float32.
TargetNumber target_number(const std::string& text, ValueKind kind);

}  // namespace mma
