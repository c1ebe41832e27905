#include "nn/classifier.h"

#include "nn/init.h"

namespace mma {

ClassifierImpl::ClassifierImpl(int64_t hidden, int64_t labels, double dropout) : dropout_(dropout) {
  dense_ = register_module("dense", torch::nn::Linear(hidden, hidden));
  norm_ = register_module("norm",
                          torch::nn::LayerNorm(torch::nn::LayerNormOptions({hidden}).eps(1e-12)));
  out_ = register_module("out", torch::nn::Linear(hidden, labels));
}

torch::Tensor ClassifierImpl::forward(const torch::Tensor& x, DropoutState& state) {
  RECORD_USER_SCOPE("classifier");
  auto hidden = dropout(dense_->forward(x), dropout_, Rows::one_each(x.size(0)), state);
  return out_->forward(norm_->forward(torch::gelu(hidden, "tanh")));
}

void ClassifierImpl::initialise(double std, uint64_t seed, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  for (auto layer : {std::make_pair("dense", dense_), std::make_pair("out", out_)}) {
    init_normal(layer.second->weight, std, seed, prefix + layer.first + ".weight");
    layer.second->bias.zero_();
  }
}

BlockAxes ClassifierImpl::block_axes(const std::string& prefix) const {
  return {{prefix + "out.weight", {BlockAxis::Of::kLabels, 0}},
          {prefix + "out.bias", {BlockAxis::Of::kLabels, 0}}};
}

}  // namespace mma
