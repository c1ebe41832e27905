#pragma once
#include <torch/types.h>

#include <string>

#include "base/names.h"

namespace mma {

/// An element-wise non-linearity.
using Activation = torch::Tensor (*)(const torch::Tensor&);

/// gelu (exact, Hendrycks and Gimpel 2016), gelu_tanh (its tanh form, "gelu_new" in Hugging Face
/// configurations), relu, silu, tanh.
const Table<Activation>& activations();

}  // namespace mma
