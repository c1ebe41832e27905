#pragma once
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace mma {

/// Where the rows of samples of these lengths stand, as plain numbers.
struct RowIndices {
  std::vector<int64_t> offsets;  ///< [B + 1] each sample's first row
  std::vector<int64_t> sample;   ///< [N] the sample of each row
  std::vector<int64_t> padded;   ///< [N] each row's place in [B * L], L the longest sample
};
RowIndices row_indices(const std::vector<int64_t>& lengths);

/// Packed rows: the tokens of all samples of a batch one after the other, without padding. Layers
/// that look at one token at a time work on [N, *]; attention looks at each sample's rows alone.
/// Made once a batch (models/batch_plan.h). The tensors are on the batch's device, and undefined
/// where each sample has one row.
struct Rows {
  std::vector<int64_t> offsets;  ///< [B + 1], on the host
  torch::Tensor starts;          ///< [B + 1] int64, the same
  torch::Tensor sample;          ///< [N] int64, the sample of each row
  torch::Tensor padded;          ///< [N] int64, each row's place in [B * longest()]

  /// Rows of samples of these lengths, on the CPU.
  static Rows of_lengths(const std::vector<int64_t>& lengths);
  /// One row a sample: what is left where only [CLS] is computed.
  static Rows one_each(int64_t samples);

  int64_t samples() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t total() const { return offsets.back(); }
  int64_t length(int64_t sample) const {
    auto b = static_cast<size_t>(sample);
    return offsets[b + 1] - offsets[b];
  }
  int64_t longest() const;
  /// [N, *] -> [B, *]: each sample's first row.
  torch::Tensor first_of(const torch::Tensor& per_row) const;
  /// [B, *] -> [N, *]: each sample's row repeated for its tokens. A product with a 0/1 matrix, so
  /// that its gradient is a product too, the same on every device and for any number of threads.
  torch::Tensor expand(const torch::Tensor& per_sample) const;
  /// [N, *] -> [B, *]: the mean over each sample's rows.
  torch::Tensor mean(const torch::Tensor& per_row) const;
  /// [N, W] -> [B, longest(), W]: each sample's rows, and zeros behind them.
  torch::Tensor pad(const torch::Tensor& per_row) const;
  /// The way back: [B, longest(), W] -> [N, W].
  torch::Tensor unpad(const torch::Tensor& padded_rows) const;

 private:
  // [N, B], 1 where row n belongs to sample b.
  torch::Tensor membership(torch::ScalarType type) const;
};

}  // namespace mma
