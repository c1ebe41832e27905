#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace mma {

FlatParameters::FlatParameters(const NamedTensors& trained) {
  check(!trained.empty(), "optimizer: the model trains nothing");
  auto ordered = trained;
  std::stable_partition(ordered.begin(), ordered.end(),
                        [](auto& item) { return item.second.dim() >= 2; });
  int64_t total = 0;
  for (auto& [name, tensor] : ordered) {
    parts_.push_back({name, total, tensor.numel(), tensor.sizes().vec()});
    total += tensor.numel();
    if (tensor.dim() >= 2) decayed_ = total;
  }
  auto options = ordered.front().second.options().dtype(torch::kFloat32).requires_grad(false);
  values_ = torch::empty({total}, options);
  gradients_ = torch::zeros({total}, options);
  for (size_t i = 0; i < parts_.size(); ++i) {
    auto& part = parts_[i];
    auto tensor = ordered[i].second;
    auto view = values_.narrow(0, part.offset, part.size).view(part.shape);
    {
      torch::NoGradGuard no_grad;
      view.copy_(tensor);
    }
    tensor.set_data(view);
    tensor.set_requires_grad(true);
    tensor.mutable_grad() = gradients_.narrow(0, part.offset, part.size).view(part.shape);
  }
}

double FlatParameters::gradient_norm() const { return gradients_.norm().item<double>(); }

void FlatParameters::clip(double norm, double max_norm) {
  double factor = max_norm / (norm + 1e-6);
  if (factor < 1) gradients_.mul_(factor);
}

NamedTensors FlatParameters::named(const torch::Tensor& flat) const {
  NamedTensors all;
  for (auto& part : parts_)
    all.emplace_back(part.name, flat.narrow(0, part.offset, part.size).view(part.shape));
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.first < b.first; });
  return all;
}

AdamW::AdamW(FlatParameters& parameters, Options options)
    : parameters_(parameters),
      options_(options),
      mean_(torch::zeros_like(parameters.values())),
      square_(torch::zeros_like(parameters.values())) {}

void AdamW::step(double lr) {
  torch::NoGradGuard no_grad;
  const auto& o = options_;
  ++steps_;
  auto& p = parameters_.values();
  auto& g = parameters_.gradients();
  p.narrow(0, 0, parameters_.decayed()).mul_(1 - lr * o.weight_decay);
  mean_.lerp_(g, 1 - o.beta1);
  square_.mul_(o.beta2).addcmul_(g, g, 1 - o.beta2);
  const auto t = static_cast<double>(steps_);
  double correction1 = 1 - std::pow(o.beta1, t), correction2 = 1 - std::pow(o.beta2, t);
  auto denominator = (square_.sqrt() / std::sqrt(correction2)).add_(o.eps);
  p.addcdiv_(mean_, denominator, -lr / correction1);
}

}  // namespace mma
