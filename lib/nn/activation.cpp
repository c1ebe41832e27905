#include "nn/activation.h"

namespace mma {
namespace {

torch::Tensor gelu(const torch::Tensor& x) { return torch::gelu(x); }
torch::Tensor gelu_tanh(const torch::Tensor& x) { return torch::gelu(x, "tanh"); }
torch::Tensor relu(const torch::Tensor& x) { return torch::relu(x); }
torch::Tensor silu(const torch::Tensor& x) { return torch::silu(x); }
torch::Tensor tanh(const torch::Tensor& x) { return torch::tanh(x); }

}  // namespace

const Table<Activation>& activations() {
  static const Table<Activation> table = {
      {"gelu_tanh", gelu_tanh}, {"gelu", gelu}, {"relu", relu}, {"silu", silu}, {"tanh", tanh}};
  return table;
}

}  // namespace mma
