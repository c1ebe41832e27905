#include "train/optimizer.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/cpu_numbers.h"

namespace mma {
namespace {

// The numbers of AdamW's formula that are the same for a whole pass.
struct Factors {
  float keep, first, beta2, second, root, eps, rate;
};

// One pass over memory instead of one for each operation.
struct AdamWPass {
  template <class Set>
  static MMA_INLINE void run(const Factors& factors, float* p, const float* g, float* mean,
                             float* square, int64_t n) {
    const Factors f = factors;
    for (int64_t i = 0; i < n; ++i) {
      float m = mean[i] + f.first * (g[i] - mean[i]);
      float v = f.beta2 * square[i] + f.second * g[i] * g[i];
      mean[i] = m;
      square[i] = v;
      p[i] = f.keep * p[i] + f.rate * m / (std::sqrt(v) * f.root + f.eps);
    }
  }
};

}  // namespace

FlatParameters::FlatParameters(const NamedTensors& trained, int64_t notes) {
  check(!trained.empty(), "optimizer: the model trains nothing");
  auto ordered = trained;
  std::stable_partition(ordered.begin(), ordered.end(),
                        [](auto& item) { return item.second.dim() >= 2; });
  int64_t total = 0;
  for (auto& [name, tensor] : ordered) {
    parts_.push_back(
        {name, tensor, total, tensor.numel(), tensor.sizes().vec(), tensor.dim() >= 2});
    total += tensor.numel();
  }
  auto options = ordered.front().second.options().dtype(torch::kFloat32).requires_grad(false);
  values_ = torch::empty({total}, options);
  exchanged_ = torch::zeros({total + notes}, options);
  gradients_ = exchanged_.narrow(0, 0, total);
  notes_ = exchanged_.narrow(0, total, notes);
  for (auto& part : parts_) {
    auto tensor = part.leaf;
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

void FlatParameters::freeze(const NamedTensors& frozen) {
  for (auto& part : parts_) {
    part.frozen = std::any_of(frozen.begin(), frozen.end(),
                              [&](auto& item) { return item.first == part.name; });
    part.leaf.set_requires_grad(!part.frozen);
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
      square_(torch::zeros_like(parameters.values())),
      steps_(torch::zeros({static_cast<int64_t>(parameters.parts().size())}, torch::kInt64)) {}

// Neighbouring tensors that are at the same step and decay alike are updated in one pass.
void AdamW::step(double lr) {
  torch::NoGradGuard no_grad;
  auto& parts = parameters_.parts();
  auto* steps = steps_.data_ptr<int64_t>();
  for (size_t i = 0; i < parts.size();) {
    size_t end = i + 1;
    int64_t size = parts[i].size;
    while (end < parts.size() && parts[end].frozen == parts[i].frozen &&
           parts[end].decayed == parts[i].decayed && steps[end] == steps[i])
      size += parts[end++].size;
    if (!parts[i].frozen) {
      update(parts[i].offset, size, parts[i].decayed, steps[i] + 1, lr);
      for (size_t j = i; j < end; ++j) ++steps[j];
    }
    i = end;
  }
}

void AdamW::update(int64_t offset, int64_t size, bool decayed, int64_t t, double lr) {
  const auto& o = options_;
  const auto steps = static_cast<double>(t);
  const double correction1 = 1 - std::pow(o.beta1, steps),
               correction2 = 1 - std::pow(o.beta2, steps);
  auto part = [&](torch::Tensor& flat) { return flat.narrow(0, offset, size); };
  auto p = part(parameters_.values()), g = part(parameters_.gradients()), mean = part(mean_),
       square = part(square_);
  if (has_cpu_kernels(p)) {
    for (auto* x : {&p, &g, &mean, &square})
      check_operand("adamw", "values, gradients or moments", *x, {size}, torch::kFloat32);
    const Factors f{static_cast<float>(decayed ? 1 - lr * o.weight_decay : 1),
                    static_cast<float>(1 - o.beta1),
                    static_cast<float>(o.beta2),
                    static_cast<float>(1 - o.beta2),
                    static_cast<float>(1 / std::sqrt(correction2)),
                    static_cast<float>(o.eps),
                    static_cast<float>(-lr / correction1)};
    at::parallel_for(0, size, 16384, [&](int64_t begin, int64_t end) {
      vectorized<AdamWPass>(f, data_of<float>(p) + begin, data_of<float>(g) + begin,
                            data_of<float>(mean) + begin, data_of<float>(square) + begin,
                            end - begin);
    });
    return;
  }
  if (decayed) p.mul_(1 - lr * o.weight_decay);
  mean.lerp_(g, 1 - o.beta1);
  square.mul_(o.beta2).addcmul_(g, g, 1 - o.beta2);
  auto denominator = (square.sqrt() / std::sqrt(correction2)).add_(o.eps);
  p.addcdiv_(mean, denominator, -lr / correction1);
}

}  // namespace mma
