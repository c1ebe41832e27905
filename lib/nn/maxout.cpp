#include "nn/maxout.h"

#include <cmath>

#include "nn/init.h"

namespace mma {
namespace {

// [B, 2 h] -> [B, h]: the larger of neighbours.
torch::Tensor maxout(const torch::Tensor& x) {
  return std::get<0>(x.view({x.size(0), -1, 2}).max(2));
}

}  // namespace

MaxoutClassifierImpl::MaxoutClassifierImpl(int64_t input, int64_t hidden, int64_t labels,
                                           double dropout)
    : dropout_(dropout) {
  bn1_ = register_module("bn1", BatchNorm(input));
  bn2_ = register_module("bn2", BatchNorm(hidden));
  bn3_ = register_module("bn3", BatchNorm(hidden));
  lin1_ = register_module("lin1", torch::nn::Linear(input, 2 * hidden));
  lin2_ = register_module("lin2", torch::nn::Linear(hidden, 2 * hidden));
  lin3_ = register_module("lin3", torch::nn::Linear(hidden, labels));
}

torch::Tensor MaxoutClassifierImpl::forward(const torch::Tensor& x, DropoutState& state) {
  auto in = [&](BatchNorm& norm, const torch::Tensor& value) {
    return dropout(norm->forward(value, state.training), dropout_, Rows::one_each(x.size(0)),
                   state);
  };
  auto x1 = maxout(lin1_->forward(in(bn1_, x)));
  auto x2 = maxout(lin2_->forward(in(bn2_, x1)));
  return lin3_->forward(in(bn3_, x2));
}

void MaxoutClassifierImpl::initialise(uint64_t seed, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  int number = 0;
  for (auto& layer : {lin1_, lin2_, lin3_}) {
    auto inputs = static_cast<double>(layer->weight.size(1));
    init_normal(layer->weight, std::sqrt(2 / inputs), seed,
                prefix + "lin" + std::to_string(++number) + ".weight");
    layer->bias.zero_();
  }
}

void MaxoutClassifierImpl::bound_norms(double bound) {
  torch::NoGradGuard no_grad;
  for (auto& layer : {lin1_, lin2_, lin3_}) {
    auto norms = layer->weight.norm(2, {1}, /*keepdim=*/true);
    layer->weight.mul_((bound / norms.clamp_min(1e-12)).clamp_max(1));
  }
}

BlockAxes MaxoutClassifierImpl::block_axes(const std::string& prefix) const {
  return {{prefix + "lin3.weight", {BlockAxis::Of::kLabels, 0}},
          {prefix + "lin3.bias", {BlockAxis::Of::kLabels, 0}}};
}

}  // namespace mma
