#include "tasks/task.h"

#include "tasks/multiclass.h"
#include "tasks/multilabel.h"
#include "tasks/regression.h"

namespace mma {

std::vector<std::string> Task::metric_names() const { return names_of(metrics({1, {}, {}})); }

const Table<const Task*>& tasks() {
  static const Table<const Task*> table = {{name_of(LabelKind::kMultilabel), &multilabel_task()},
                                           {name_of(LabelKind::kMulticlass), &multiclass_task()},
                                           {name_of(LabelKind::kRegression), &regression_task()}};
  return table;
}

const Task& task_of(LabelKind kind) { return *pick(tasks(), "task", name_of(kind)); }

Predictions truth_of(const Split& split) {
  return {split.label_count(), split.labels, {}, split.targets};
}

}  // namespace mma
