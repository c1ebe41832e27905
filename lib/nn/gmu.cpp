#include "nn/gmu.h"

#include "base/error.h"
#include "nn/gated_sum.h"

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
  check(others.size() == 1 || gate_->items.size() == others.size() + 1,
        "gmu: expected {} inputs beside text, got {}", gate_->items.size() - 1, others.size());
  auto type = text.scalar_type();
  std::vector<torch::Tensor> gates;
  for (auto& [name, gate] : gate_->items) gates.push_back(gate->weight.to(type));
  auto w = gates.size() == 1 ? gates[0] : torch::cat(gates);  // [g p, k p]
  GatedInputs inputs;
  inputs.text = text;
  inputs.others = torch::cat(others, 1).to(type);  // [B, (k-1) p]
  inputs.products = torch::linear(text, w.narrow(1, 0, size_));
  inputs.terms = torch::linear(inputs.others, w.narrow(1, size_, inputs.others.size(1)));
  // Where the one modality is absent the tied gate is driven to exactly 1: the text passes.
  if (others.size() == 1) inputs.terms = inputs.terms + (1 - present[0].to(type)) * 1e4;
  torch::Tensor means;
  auto fused = gated_sum(inputs, rows, record ? &means : nullptr);
  if (record) record->add(inputs_, means);
  return fused;
}

BlockAxes GmuImpl::block_axes(const std::string& prefix) const {
  BlockAxes axes;
  for (auto& [name, gate] : gate_->items)
    axes[prefix + "gate." + name + ".weight"] = {BlockAxis::Of::kInputs, 1};
  return axes;
}

}  // namespace mma
