#include "nn/linear_plugin.h"

#include <torch/autograd.h>

#include "nn/autograd.h"

namespace mma {
namespace {

struct AddToColumns : torch::autograd::Function<AddToColumns> {
  struct Columns {
    int64_t first = 0, count = 0;
  };
  static Variable forward(AutogradContext* context, Variable y, const Variable& delta,
                          Columns columns) {
    y.narrow(1, columns.first, columns.count).add_(delta);
    context->mark_dirty({y});
    keep(context, columns);
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto& columns = kept<Columns>(context);
    return {gradients[0], gradients[0].narrow(1, columns.first, columns.count), Variable()};
  }
};

}  // namespace

const Table<LinearPlugin * LinearPlugins::*>& linear_plug_points() {
  static const Table<LinearPlugin* LinearPlugins::*> table = {
      {"query", &LinearPlugins::query},
      {"key", &LinearPlugins::key},
      {"value", &LinearPlugins::value},
      {"attention_out", &LinearPlugins::attention_out},
      {"intermediate", &LinearPlugins::intermediate},
      {"output", &LinearPlugins::output}};
  return table;
}

torch::Tensor plug(torch::Tensor y, int64_t first, LinearPlugin* plugin, const torch::Tensor& x,
                   const Rows& rows, Context& context) {
  if (!plugin) return y;
  auto delta = plugin->delta(x, rows, context);
  AddToColumns::Columns columns{first, delta.size(1)};
  return AddToColumns::apply(y, delta, columns);
}

}  // namespace mma
