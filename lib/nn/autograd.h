#pragma once
#include <torch/autograd.h>
#include <torch/types.h>

#include <utility>

namespace mma {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

template <class State>
struct KeptState : torch::CustomClassHolder {
  explicit KeptState(State state) : state(std::move(state)) {}
  State state;
};

/// Leaves for backward what forward knows beside the tensors of save_for_backward: one value for a
/// function. It must not hold the function's own inputs or outputs, which would never be freed.
template <class State>
void keep(AutogradContext* context, State state) {
  context->saved_data["kept"] =
      c10::IValue::make_capsule(c10::make_intrusive<KeptState<State>>(std::move(state)));
}

/// What forward left, of the type that it had there.
template <class State>
const State& kept(AutogradContext* context) {
  auto capsule = context->saved_data["kept"].toCapsule();
  return c10::static_intrusive_pointer_cast<KeptState<State>>(capsule)->state;
}

}  // namespace mma
