#include "nn/adapter.h"

#include "base/error.h"
#include "nn/init.h"
#include "nn/linear.h"

namespace mma {
namespace {

constexpr double kLayerNormEps = 1e-5;

std::vector<std::string> names_of(const std::vector<ModalitySize>& modalities) {
  std::vector<std::string> names;
  for (auto& m : modalities) names.push_back(m.name);
  return names;
}

}  // namespace

MultimodalAdapterImpl::MultimodalAdapterImpl(AdapterOptions options)
    : options_(std::move(options)) {
  norm_ = register_module("norm", std::make_shared<NamedModules<torch::nn::LayerNorm>>());
  down_ = register_module("down", std::make_shared<NamedModules<torch::nn::Linear>>());
  std::vector<ModalitySize> inputs{{"text", options_.hidden}};
  inputs.insert(inputs.end(), options_.modalities.begin(), options_.modalities.end());
  for (auto& input : inputs) {
    auto norm = torch::nn::LayerNormOptions({input.width}).eps(kLayerNormEps);
    norm_->add(input.name, torch::nn::LayerNorm(norm));
    down_->add(input.name, torch::nn::Linear(input.width, options_.bottleneck));
  }
  gmu_ = Gmu(names_of(options_.modalities), options_.bottleneck);
  register_module("gate", gmu_->gate());  // named as the adapter's own
  up_ = register_module("up", torch::nn::Linear(options_.bottleneck, options_.hidden));
}

torch::Tensor MultimodalAdapterImpl::down(const std::string& input, const torch::Tensor& x) {
  auto normed = layer_norm(x, *norm_->at(input));
  return options_.activation(linear(normed, *down_->at(input)));
}

torch::Tensor MultimodalAdapterImpl::forward(const torch::Tensor& hidden, const Rows& rows,
                                             Context& context) {
  std::vector<torch::Tensor> others, present;
  for (auto& modality : options_.modalities) {
    auto& given = context.modalities.at(modality.name);
    others.push_back(down(modality.name, given.values) * given.present);
    present.push_back(given.present);
  }
  auto fused = gmu_->forward(down("text", hidden), others, present, rows, context.gates);
  return hidden + linear(fused, *up_);
}

void MultimodalAdapterImpl::initialise(double std, double up_std, uint64_t seed,
                                       const std::string& prefix) {
  torch::NoGradGuard no_grad;
  for (auto& item : named_parameters()) {
    auto& parameter = item.value();
    if (parameter.dim() == 2) {
      bool is_up = parameter.is_same(up_->weight);
      init_normal(parameter, is_up ? up_std : std, seed, prefix + item.key());
    }
  }
  for (auto& [name, layer] : down_->items) layer->bias.zero_();
  up_->bias.zero_();
}

}  // namespace mma
