#include "nn/gmu.h"

#include "base/error.h"

namespace mma {
namespace {

// "text" and the modalities.
std::vector<std::string> with_text(const std::vector<std::string>& modalities) {
  std::vector<std::string> inputs{"text"};
  inputs.insert(inputs.end(), modalities.begin(), modalities.end());
  return inputs;
}

}  // namespace

GmuImpl::GmuImpl(const std::vector<std::string>& modalities, int64_t size)
    : size_(size), inputs_(with_text(modalities)) {
  gate_ = register_module("gate", std::make_shared<NamedModules<torch::nn::Linear>>());
  if (modalities.empty()) return;
  auto k = static_cast<int64_t>(modalities.size()) + 1;
  auto gate = [&] {
    return torch::nn::Linear(torch::nn::LinearOptions(k * size, size).bias(false));
  };
  gate_->add("text", gate());
  if (k > 2)
    for (auto& name : modalities) gate_->add(name, gate());
}

torch::Tensor GmuImpl::forward(const torch::Tensor& text, const std::vector<torch::Tensor>& others,
                               const std::vector<torch::Tensor>& present, const Rows& rows,
                               GateRecord* record) {
  if (others.empty()) return text;
  if (others.size() == 1) return tied(text, others[0], present[0], rows, record);
  check(gate_->items.size() == others.size() + 1, "gmu: expected {} inputs beside text, got {}",
        gate_->items.size() - 1, others.size());
  return independent(text, others, rows, record);
}

torch::Tensor GmuImpl::tied(const torch::Tensor& text, const torch::Tensor& other,
                            const torch::Tensor& present, const Rows& rows, GateRecord* record) {
  auto type = text.scalar_type();
  auto w = gate_->at("text")->weight.to(type);
  auto h = other.to(type);
  // Where the modality is absent the sigmoid is driven to exactly 1: the text passes.
  auto saturate = (1 - present.to(type)) * 1e4;
  auto term = torch::linear(h, w.narrow(1, size_, size_)) + saturate;  // [B, p]
  auto expanded = rows.expand(torch::cat({term, h}, 1)).chunk(2, 1);   // 2 x [N, p]
  auto z = torch::sigmoid(torch::linear(text, w.narrow(1, 0, size_)) + expanded[0]);
  if (record) {
    auto mean = z.mean(1, true);
    record->add(inputs_, rows.mean(torch::cat({mean, 1 - mean}, 1).to(torch::kFloat32)));
  }
  return expanded[1] + z * (text - expanded[1]);
}

torch::Tensor GmuImpl::independent(const torch::Tensor& text,
                                   const std::vector<torch::Tensor>& others, const Rows& rows,
                                   GateRecord* record) {
  auto type = text.scalar_type();
  const auto k = static_cast<int64_t>(others.size()) + 1;
  std::vector<torch::Tensor> weights;
  for (auto& [name, gate] : gate_->items) weights.push_back(gate->weight.to(type));
  auto w = torch::cat(weights);                                       // [k p, k p]
  auto h = torch::cat(others, 1).to(type);                            // [B, (k-1) p]
  auto term = torch::linear(h, w.narrow(1, size_, (k - 1) * size_));  // [B, k p]
  auto expanded = rows.expand(torch::cat({term, h}, 1));              // [N, (2k-1) p]
  auto gates =
      torch::sigmoid(torch::linear(text, w.narrow(1, 0, size_)) + expanded.narrow(1, 0, k * size_));
  if (record) {
    auto means = gates.view({gates.size(0), k, size_}).mean(2);
    record->add(inputs_, rows.mean(means.to(torch::kFloat32)));
  }
  auto inputs = torch::cat({text, expanded.narrow(1, k * size_, (k - 1) * size_)}, 1);
  return (gates * inputs).view({text.size(0), k, size_}).sum(1);
}

}  // namespace mma
