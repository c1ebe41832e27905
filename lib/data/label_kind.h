#pragma once
#include <string>

#include "base/names.h"

namespace mma {

/// What a sample's labels are: any number of classes, or one.
enum class LabelKind { kMultilabel, kMulticlass };

/// What reading, storing and checking labels depends on.
struct LabelKindTraits {
  LabelKind kind;
  bool one_a_sample;  ///< exactly one of the labels
};

/// Every kind by the name that descriptions, packs and model cards have for it. What is learned of
/// each, and how it is judged, is in tasks/task.h.
const Table<LabelKindTraits>& label_kinds();
const LabelKindTraits& traits_of(LabelKind kind);
const std::string& name_of(LabelKind kind);

}  // namespace mma
