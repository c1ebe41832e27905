#include "data/label_kind.h"

#include <algorithm>

namespace mma {
namespace {

const std::pair<std::string, LabelKindTraits>& row_of(LabelKind kind) {
  auto& table = label_kinds();
  auto row = std::find_if(table.begin(), table.end(),
                          [&](auto& named) { return named.second.kind == kind; });
  check(row != table.end(), "labels: a kind without a row in label_kinds()");
  return *row;
}

}  // namespace

const Table<LabelKindTraits>& label_kinds() {
  static const Table<LabelKindTraits> table = {
      {"multilabel", {LabelKind::kMultilabel, false, false}},
      {"multiclass", {LabelKind::kMulticlass, true, false}},
      {"regression", {LabelKind::kRegression, false, true}}};
  return table;
}

const LabelKindTraits& traits_of(LabelKind kind) { return row_of(kind).second; }

const std::string& name_of(LabelKind kind) { return row_of(kind).first; }

}  // namespace mma
