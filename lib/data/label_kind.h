#pragma once
#include <string>

#include "base/names.h"

namespace mma {

/// What a sample's labels are: any number of classes, one, or a real number for each target.
enum class LabelKind { kMultilabel, kMulticlass, kRegression };

/// What reading, storing and checking labels depends on.
struct LabelKindTraits {
  LabelKind kind;
  bool one_a_sample;  ///< exactly one of the labels
  bool real;          ///< numbers (targets), not classes that a sample has or has not
};

/// Every kind by the name that descriptions, packs and model cards have for it. What is learned of
/// each, and how it is judged, is in tasks/task.h.
const Table<LabelKindTraits>& label_kinds();
const LabelKindTraits& traits_of(LabelKind kind);
const std::string& name_of(LabelKind kind);

}  // namespace mma
