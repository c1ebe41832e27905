#pragma once
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <string>
#include <vector>

#include "data/modality_size.h"
#include "nn/activation.h"
#include "nn/context.h"
#include "nn/named_modules.h"

namespace mma {

/// The ways into an adapter's bottleneck, one for each input i (text, video, ...) of width d_i:
///   h_i = f(W_i LN_i(x) + b_i)
/// LN has eps 1e-5 and can be left out. Parameters: {norm,down}.NAME.{weight,bias}:
/// 2 d_i + p d_i + p numbers an input.
struct DownProjectionsImpl : torch::nn::Module {
  DownProjectionsImpl(const std::vector<ModalitySize>& inputs, int64_t bottleneck,
                      Activation activation, bool layer_norm);
  /// x [*, d_i] -> [*, p]
  torch::Tensor forward(const std::string& input, const torch::Tensor& x);
  /// One modality of a batch: [B, p], 0 where a sample lacks it.
  torch::Tensor forward(const std::string& modality, const ModalityValues& given) {
    return forward(modality, given.values) * given.present;
  }
  /// Matrices normal with `std`, a function of (seed, prefix + name); biases 0, norms 1.
  void initialise(double std, uint64_t seed, const std::string& prefix);
  /// The parts by name, for the unit that stores them as its own "norm" and "down".
  const std::shared_ptr<NamedModules<torch::nn::LayerNorm>>& norm() const { return norm_; }
  const std::shared_ptr<NamedModules<torch::nn::Linear>>& down() const { return down_; }

 private:
  Activation activation_;
  std::shared_ptr<NamedModules<torch::nn::LayerNorm>> norm_;  // empty without LayerNorms
  std::shared_ptr<NamedModules<torch::nn::Linear>> down_;
};
TORCH_MODULE(DownProjections);

}  // namespace mma
