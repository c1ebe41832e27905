#include "nn/down_projections.h"

#include "nn/init.h"
#include "nn/linear.h"

namespace mma {

DownProjectionsImpl::DownProjectionsImpl(const std::vector<ModalitySize>& inputs,
                                         int64_t bottleneck, Activation activation, bool layer_norm)
    : activation_(activation) {
  norm_ = register_module("norm", std::make_shared<NamedModules<torch::nn::LayerNorm>>());
  down_ = register_module("down", std::make_shared<NamedModules<torch::nn::Linear>>());
  for (auto& input : inputs) {
    auto norm = torch::nn::LayerNormOptions({input.width}).eps(1e-5);
    if (layer_norm) norm_->add(input.name, torch::nn::LayerNorm(norm));
    down_->add(input.name, torch::nn::Linear(input.width, bottleneck));
  }
}

torch::Tensor DownProjectionsImpl::forward(const std::string& input, const torch::Tensor& x) {
  auto normed = norm_->items.empty() ? x : layer_norm(x, *norm_->at(input));
  return activation_(linear(normed, *down_->at(input)));
}

void DownProjectionsImpl::initialise(double std, uint64_t seed, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  for (auto& [name, layer] : down_->items) {
    init_normal(layer->weight, std, seed, prefix + "down." + name + ".weight");
    layer->bias.zero_();
  }
}

}  // namespace mma
