#pragma once
#include <torch/nn/modules/linear.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/sublayer_plugin.h"

namespace mma {

/// AdapterFusion at one place of one layer (Pfeiffer et al. 2021, arXiv:2005.00247, section 3.2):
/// an attention over what the adapters that stand there would add to the sub-layer's output x,
/// d_1 .. d_n, without scaling of the scores:
///   y = x + sum_i a_i V d_i,   a = softmax_i((Q x + b_Q) . (K d_i + b_K))   for each token
/// Factored: (Q x + b_Q) . K d_i = K^T (Q x + b_Q) . d_i, and sum_i a_i V d_i = V sum_i a_i d_i:
/// three products a token however many adapters. Exact; b_K adds the same to every score, so that
/// it does nothing, has no gradient and stays 0 (it is there because the published format has it).
/// Parameters: {query,key}.{weight,bias}, value.weight: 3 H^2 + 2 H numbers.
struct AdapterFusionImpl : SublayerPlugin {
  /// `adapters`: the plugins of this place by the names of their models; not owned.
  AdapterFusionImpl(int64_t hidden, std::vector<std::pair<std::string, SublayerPlugin*>> adapters);
  torch::Tensor delta(const SublayerOutput& output, const Rows& rows, Context& context) override;
  /// Query and key normal with `std`, value the identity, biases 0.
  void initialise(double std, uint64_t seed, const std::string& prefix);
  /// |V - I|^2
  torch::Tensor distance_from_identity() const;

 private:
  std::vector<std::string> names_;
  std::vector<SublayerPlugin*> adapters_;
  torch::nn::Linear query_{nullptr}, key_{nullptr}, value_{nullptr};
};
TORCH_MODULE(AdapterFusion);

}  // namespace mma
