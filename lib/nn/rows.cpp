#include "nn/rows.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace mma {

RowIndices row_indices(const std::vector<int64_t>& lengths) {
  check(!lengths.empty(), "rows: no samples");
  RowIndices rows;
  rows.offsets.assign(lengths.size() + 1, 0);
  std::partial_sum(lengths.begin(), lengths.end(), rows.offsets.begin() + 1);
  rows.sample.reserve(static_cast<size_t>(rows.offsets.back()));
  rows.padded.reserve(rows.sample.capacity());
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  for (int64_t b = 0; b < std::ssize(lengths); ++b) {
    const int64_t length = lengths[static_cast<size_t>(b)];
    check(length > 0 || longest == 0, "rows: sample {} has no tokens", b);
    for (int64_t t = 0; t < length; ++t) {
      rows.sample.push_back(b);
      rows.padded.push_back(b * longest + t);
    }
  }
  return rows;
}

Rows Rows::of_lengths(const std::vector<int64_t>& lengths) {
  auto indices = row_indices(lengths);
  auto tensor = [](const std::vector<int64_t>& values) { return torch::tensor(values); };
  return {indices.offsets, tensor(indices.offsets), tensor(indices.sample), tensor(indices.padded)};
}

Rows Rows::one_each(int64_t samples) {
  check(samples > 0, "rows: no samples");
  Rows rows;
  rows.offsets.resize(static_cast<size_t>(samples) + 1);
  std::iota(rows.offsets.begin(), rows.offsets.end(), int64_t{0});
  return rows;
}

int64_t Rows::longest() const {
  int64_t most = 0;
  for (int64_t b = 0; b < samples(); ++b) most = std::max(most, length(b));
  return most;
}

torch::Tensor Rows::first_of(const torch::Tensor& per_row) const {
  return total() == samples() ? per_row : per_row.index_select(0, starts.narrow(0, 0, samples()));
}

torch::Tensor Rows::membership(torch::ScalarType type) const {
  return (sample.unsqueeze(1) == torch::arange(samples(), sample.options())).to(type);
}

torch::Tensor Rows::expand(const torch::Tensor& per_sample) const {
  if (total() == samples()) return per_sample;
  return torch::matmul(membership(per_sample.scalar_type()), per_sample);
}

torch::Tensor Rows::mean(const torch::Tensor& per_row) const {
  if (total() == samples()) return per_row;
  auto m = membership(per_row.scalar_type());
  return torch::matmul(m.t(), per_row) / m.sum(0).unsqueeze(1);
}

torch::Tensor Rows::pad(const torch::Tensor& per_row) const {
  const int64_t width = per_row.size(1);
  if (total() == samples()) return per_row.reshape({samples(), 1, width});
  return per_row.new_zeros({samples() * longest(), width})
      .index_copy(0, padded, per_row)
      .view({samples(), longest(), width});
}

torch::Tensor Rows::unpad(const torch::Tensor& padded_rows) const {
  auto rows = padded_rows.reshape({samples() * longest(), padded_rows.size(2)});
  return total() == samples() ? rows : rows.index_select(0, padded);
}

}  // namespace mma
