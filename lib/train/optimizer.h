#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/named_tensors.h"

namespace mma {

/// All trained tensors as views of one flat buffer, and their gradients of another, so that
/// clipping, the optimizer and the sum over processes are single passes. Matrices come first:
/// weight decay is for them alone.
class FlatParameters {
 public:
  /// `notes`: so many numbers travel with the gradients.
  explicit FlatParameters(const NamedTensors& trained, int64_t notes = 0);
  torch::Tensor& values() { return values_; }
  torch::Tensor& gradients() { return gradients_; }
  /// [notes] fp32: what processes tell each other of a step, beside its gradients.
  torch::Tensor& notes() { return notes_; }
  /// Gradients and notes, one after the other: what is summed over processes.
  torch::Tensor& exchanged() { return exchanged_; }
  int64_t count() const { return values_.numel(); }
  void zero_gradients() { exchanged_.zero_(); }
  /// These tensors get no gradient and stay as they are until the next call; all others learn.
  void freeze(const NamedTensors& frozen);
  /// Norm of all gradients together.
  double gradient_norm() const;
  /// Scales the gradients so that their norm is at most `max_norm` (PyTorch's clip_grad_norm_).
  void clip(double norm, double max_norm);
  /// A flat buffer of this layout (a moment, say) by the tensors' names.
  NamedTensors named(const torch::Tensor& flat) const;
  NamedTensors named_values() const { return named(values_); }

  /// Where one tensor lies in the buffers.
  struct Part {
    std::string name;
    torch::Tensor leaf;
    int64_t offset, size;
    std::vector<int64_t> shape;
    bool decayed, frozen = false;
  };
  const std::vector<Part>& parts() const { return parts_; }

 private:
  torch::Tensor values_, exchanged_, gradients_, notes_;
  std::vector<Part> parts_;
};

/// AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as PyTorch computes it: with gradient g,
///   p -= lr wd p (matrices);  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
///   p -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// t counts a tensor's own steps: those in which it rested do not count.
class AdamW {
 public:
  struct Options {
    double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01;
  };
  AdamW(FlatParameters& parameters, Options options);
  void step(double lr);
  /// State, for checkpoints.
  torch::Tensor& mean() { return mean_; }
  torch::Tensor& square() { return square_; }
  torch::Tensor& steps() { return steps_; }  ///< [parts] int64, of each tensor

 private:
  void update(int64_t offset, int64_t size, bool decayed, int64_t t, double lr);
  FlatParameters& parameters_;
  Options options_;
  torch::Tensor mean_, square_, steps_;
};

}  // namespace mma
