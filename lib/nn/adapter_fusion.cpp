#include "nn/adapter_fusion.h"

#include "nn/init.h"
#include "nn/linear.h"

namespace mma {

AdapterFusionImpl::AdapterFusionImpl(
    int64_t hidden, std::vector<std::pair<std::string, SublayerPlugin*>> adapters) {
  for (auto& [name, adapter] : adapters) {
    names_.push_back(name);
    adapters_.push_back(adapter);
  }
  query_ = register_module("query", torch::nn::Linear(hidden, hidden));
  key_ = register_module("key", torch::nn::Linear(hidden, hidden));
  value_ = register_module("value",
                           torch::nn::Linear(torch::nn::LinearOptions(hidden, hidden).bias(false)));
}

torch::Tensor AdapterFusionImpl::delta(const SublayerOutput& output, const Rows& rows,
                                       Context& context) {
  Context apart{context.modalities, {}, nullptr};  // the parts' own gates are not this model's
  std::vector<torch::Tensor> deltas, scores;
  auto type = output.hidden.scalar_type();
  auto query = torch::matmul(linear(output.hidden, *query_), key_->weight.to(type));
  for (auto* adapter : adapters_) {
    deltas.push_back(adapter->delta(output, rows, apart));
    scores.push_back((query * deltas.back()).sum(1, true));
  }
  auto attention = torch::softmax(torch::cat(scores, 1), 1);  // [N, n]
  auto mixed = attention.narrow(1, 0, 1) * deltas[0];
  for (size_t i = 1; i < deltas.size(); ++i)
    mixed = mixed + attention.narrow(1, static_cast<int64_t>(i), 1) * deltas[i];
  if (context.gates) context.gates->add(names_, rows.mean(attention.to(torch::kFloat32)));
  return linear(mixed, *value_);
}

void AdapterFusionImpl::initialise(double std, uint64_t seed, const std::string& prefix) {
  torch::NoGradGuard no_grad;
  init_normal(query_->weight, std, seed, prefix + "query.weight");
  init_normal(key_->weight, std, seed, prefix + "key.weight");
  query_->bias.zero_();
  key_->bias.zero_();
  value_->weight.copy_(torch::eye(value_->weight.size(0)));
}

torch::Tensor AdapterFusionImpl::distance_from_identity() const {
  return (value_->weight - torch::eye(value_->weight.size(0), value_->weight.options()))
      .square()
      .sum();
}

}  // namespace mma
