#include "nn/lora.h"

#include <torch/utils.h>

#include "nn/init.h"

namespace mma {

LoraImpl::LoraImpl(int64_t in, int64_t out, int64_t rank, double alpha, double dropout)
    : scaling_(alpha / static_cast<double>(rank)),
      dropout_(dropout),
      a_(register_parameter("A", torch::zeros({rank, in}))),
      b_(register_parameter("B", torch::zeros({out, rank}))) {}

torch::Tensor LoraImpl::delta(const torch::Tensor& x, const Rows& rows, Context& context) {
  RECORD_USER_SCOPE("adapters");
  auto type = x.scalar_type();
  auto low = torch::linear(dropout(x, dropout_, rows, context.dropout), a_.to(type));
  return torch::linear(low * scaling_, b_.to(type));
}

void LoraImpl::initialise(double std, uint64_t seed, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  init_normal(a_, std, seed, prefix + "A");
  b_.zero_();
}

torch::Tensor LoraImpl::weight_change() const {
  torch::NoGradGuard no_grad;
  return scaling_ * torch::matmul(b_.to(torch::kFloat64), a_.to(torch::kFloat64));
}

}  // namespace mma
