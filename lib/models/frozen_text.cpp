#include "models/frozen_text.h"

#include <torch/utils.h>

#include "models/backbone.h"
namespace mma {
namespace {

torch::Tensor cls(const Bert& backbone, const ModelInput& input) {
  torch::NoGradGuard no_grad;
  Context plain;
  auto hidden = embed_text(backbone, input, plain);
  return backbone.encode(hidden, input.rows, {}, plain).to(torch::kFloat32);
}

torch::Tensor pooled(const Bert& backbone, const ModelInput& input) {
  torch::NoGradGuard no_grad;
  return backbone.pool(cls(backbone, input));
}

torch::Tensor mean(const Bert& backbone, const ModelInput& input) {
  torch::NoGradGuard no_grad;
  Context plain;
  std::vector<torch::Tensor> layers;
  backbone.encode(embed_text(backbone, input, plain), input.rows, {}, plain, &layers);
  return input.rows.mean(layers.back().to(torch::kFloat32));
}

}  // namespace

const Table<TextVector>& text_vectors() {
  static const Table<TextVector> table = {{"mean", mean}, {"cls", cls}, {"pooled", pooled}};
  return table;
}

}  // namespace mma
