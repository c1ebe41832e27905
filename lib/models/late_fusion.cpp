#include "models/late_fusion.h"

#include <cmath>

#include "nn/init.h"

namespace mma {
namespace {

torch::nn::Linear without_bias(int64_t in, int64_t out) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

}  // namespace

LateFusion::LateFusion(const LateFusionConfig& config, const ModelParts& parts)
    : inputs_(parts, config.reads_text()), gated_(config.gated()), max_norm_(config.max_norm) {
  torch::NoGradGuard no_grad;
  const auto k = static_cast<int64_t>(inputs_.all().size());
  norm_ = register_module("norm", std::make_shared<NamedModules<BatchNorm>>());
  proj_ = register_module("proj", std::make_shared<NamedModules<torch::nn::Linear>>());
  gates_ = register_module("gates", std::make_shared<NamedModules<torch::nn::Linear>>());
  // Variance is kept from input to output, as tanh and sigmoid like it (LeCun et al. 1998).
  auto add = [&](NamedModules<torch::nn::Linear>& to, const std::string& prefix,
                 const std::string& name, int64_t in) {
    to.add(name, without_bias(in, config.hidden));
    init_normal(to.at(name)->weight, 1 / std::sqrt(static_cast<double>(in)), parts.seed,
                prefix + name + ".weight");
  };
  for (auto& input : inputs_.all()) {
    norm_->add(input.name, BatchNorm(input.width));
    add(*proj_, "proj.", input.name, input.width);
    if (gated_ && (k > 2 || (k == 2 && gates_->items.empty())))
      add(*gates_, "gates.", input.name, k * config.hidden);
  }
  classifier_ = MaxoutClassifier(gated_ ? config.hidden : k * config.hidden, config.hidden,
                                 parts.labels, config.dropout);
  for (auto& part : classifier_->named_children()) register_module(part.key(), part.value());
  classifier_->initialise(parts.seed, "");
  to(inputs_.device());
}

torch::Tensor LateFusion::forward(const ModelInput& input, Context& context) {
  std::vector<torch::Tensor> projected, present;
  for (auto& [name, width, segments] : inputs_.all()) {
    auto [x, there] = inputs_.get(name, input, context);
    auto normed = norm_->at(name)->forward(x, context.dropout.training, there);
    projected.push_back(proj_->at(name)->forward(normed) * there);
    present.push_back(there);
  }
  auto fused = gated_ ? gate(projected, present, context) : torch::tanh(torch::cat(projected, 1));
  return classifier_->forward(fused, context.dropout);
}

torch::Tensor LateFusion::gate(const std::vector<torch::Tensor>& projected,
                               const std::vector<torch::Tensor>& present, Context& context) {
  const size_t k = projected.size();
  if (k == 1) return torch::tanh(projected[0]);
  auto c = torch::cat(projected, 1);
  std::vector<torch::Tensor> z;
  for (auto& [name, gate] : gates_->items) z.push_back(torch::sigmoid(gate->forward(c)));
  if (k == 2) {  // one tied gate, exactly 1 or 0 where one of the two is absent
    z[0] = torch::where(present[0] == 0, torch::zeros_like(z[0]), z[0]);
    z[0] = torch::where(present[1] == 0, torch::ones_like(z[0]), z[0]);
    z.push_back(1 - z[0]);
  }
  auto sum = z[0] * torch::tanh(projected[0]);
  for (size_t i = 1; i < k; ++i) sum = sum + z[i] * torch::tanh(projected[i]);
  if (context.gates) {
    std::vector<torch::Tensor> means;
    for (auto& gate : z) means.push_back(gate.mean(1, true));
    std::vector<std::string> names;
    for (auto& each : inputs_.all()) names.push_back(each.name);
    context.gates->add(names, torch::cat(means, 1));
  }
  return sum;
}

BlockAxes LateFusion::block_axes() const {
  auto all = classifier_->block_axes("");
  for (auto& [name, gate] : gates_->items)
    all["gates." + name + ".weight"] = {BlockAxis::Of::kInputs, 1};
  if (gated_) return all;
  for (auto* part : {"weight", "bias", "running_mean", "running_var"})
    all[std::string("bn1.") + part] = {BlockAxis::Of::kInputs, 0};
  all["lin1.weight"] = {BlockAxis::Of::kInputs, 1};
  return all;
}

void LateFusion::post_step() {
  if (max_norm_ > 0) classifier_->bound_norms(max_norm_);
}

double LateFusion::step_flops(const std::vector<int64_t>& lengths) const {
  double weights = 0;  // the text's vectors are computed once
  for (auto& parameter : parameters())
    if (parameter.dim() == 2) weights += static_cast<double>(parameter.numel());
  return 3 * 2 * weights * static_cast<double>(lengths.size());
}

}  // namespace mma
