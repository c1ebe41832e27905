#include "nn/adapter.h"

#include "nn/init.h"
#include "nn/linear.h"

namespace mma {
namespace {

std::vector<std::string> names_of(const std::vector<ModalitySize>& modalities) {
  std::vector<std::string> names;
  for (auto& m : modalities) names.push_back(m.name);
  return names;
}

}  // namespace

MultimodalAdapterImpl::MultimodalAdapterImpl(AdapterOptions options)
    : options_(std::move(options)) {
  std::vector<ModalitySize> inputs{{"text", options_.hidden}};
  if (options_.shared.is_empty())
    inputs.insert(inputs.end(), options_.modalities.begin(), options_.modalities.end());
  down_ = DownProjections(inputs, options_.bottleneck, options_.activation, options_.layer_norm);
  gmu_ = Gmu(names_of(options_.modalities), options_.bottleneck);
  register_module("norm", down_->norm());  // named as the adapter's own
  register_module("down", down_->down());
  register_module("gate", gmu_->gate());
  up_ = register_module("up", torch::nn::Linear(options_.bottleneck, options_.hidden));
}

torch::Tensor MultimodalAdapterImpl::delta(const SublayerOutput& output, const Rows& rows,
                                           Context& context) {
  RECORD_USER_SCOPE("adapters");
  auto& modality_down = options_.shared.is_empty() ? down_ : options_.shared;
  std::vector<torch::Tensor> others, present;
  for (auto& modality : options_.modalities) {
    auto& given = context.modalities.at(modality.name);
    others.push_back(modality_down->forward(modality.name, given));
    present.push_back(given.present);
  }
  auto x = options_.parallel     ? output.residual
           : options_.after_norm ? output.norm({output.hidden, output.residual})
                                 : output.hidden;
  auto fused = gmu_->forward(down_->forward("text", x), others, present, rows, context.gates);
  if (options_.scaling == 1) return linear(fused, *up_);
  auto type = fused.scalar_type();  // s (W h + b) without a pass over all of it
  return torch::linear(fused * options_.scaling, up_->weight.to(type),
                       (up_->bias * options_.scaling).to(type));
}

void MultimodalAdapterImpl::initialise(double std, double up_std, uint64_t seed,
                                       const std::string& prefix) {
  torch::NoGradGuard no_grad;
  down_->initialise(std, seed, prefix);
  for (auto& [name, gate] : gmu_->gate()->items)
    init_normal(gate->weight, std, seed, prefix + "gate." + name + ".weight");
  init_normal(up_->weight, up_std, seed, prefix + "up.weight");
  up_->bias.zero_();
}

}  // namespace mma
