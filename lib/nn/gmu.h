#pragma once
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

#include "nn/block_axis.h"
#include "nn/context.h"
#include "nn/named_modules.h"
#include "nn/rows.h"

namespace mma {

/// Gated Multimodal Unit (Arevalo et al. 2017, arXiv:1702.01992) over text and k-1 modalities, as
/// Multimodal Adapters use it. With c = [h_1; ...; h_k], no bias:
///   k = 1   h_1
///   k = 2   one tied gate: z = sigmoid(W c),  z * h_1 + (1 - z) * h_2
///   k >= 3  one gate each: sum_i sigmoid(W_i c) * h_i
/// A modality that a sample lacks has h = 0; with k = 2 the gate is then 1 for the text.
///
/// Factored: W_i c = sum_j W_i[:, j] h_j, and only text differs from token to token, so that the
/// modalities' terms are computed once a sample (nn/gated_sum.h). Exact.
/// Parameters: gate.{text,MODALITY}.weight [p, k p], the text's columns first; k = 2: gate.text.
struct GmuImpl : torch::nn::Module {
  /// `modalities`: the names of the inputs beside text, in their order in c; `size` is p.
  GmuImpl(const std::vector<std::string>& modalities, int64_t size);
  /// text [N, p] in `rows`; others[j] [B, p], 0 where absent; present[j] [B, 1]. Out [N, p].
  torch::Tensor forward(const torch::Tensor& text, const std::vector<torch::Tensor>& others,
                        const std::vector<torch::Tensor>& present, const Rows& rows,
                        GateRecord* record = nullptr);
  /// The gates by name, for the unit that stores them as its own "gate".
  const std::shared_ptr<NamedModules<torch::nn::Linear>>& gate() const { return gate_; }
  /// A gate has p columns an input.
  BlockAxes block_axes(const std::string& prefix) const;

 private:
  int64_t size_;
  std::vector<std::string> inputs_;
  std::shared_ptr<NamedModules<torch::nn::Linear>> gate_;
};
TORCH_MODULE(Gmu);

}  // namespace mma
