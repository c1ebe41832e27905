#include "nn/rows.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace mma {

Rows Rows::of_lengths(const std::vector<int64_t>& lengths, const torch::Device& device) {
  check(!lengths.empty(), "rows: no samples");
  Rows rows;
  rows.offsets.assign(lengths.size() + 1, 0);
  std::partial_sum(lengths.begin(), lengths.end(), rows.offsets.begin() + 1);
  rows.sample = torch::empty({rows.total()}, torch::kInt64);
  auto* sample = rows.sample.data_ptr<int64_t>();
  for (int64_t b = 0; b < rows.samples(); ++b) {
    check(rows.length(b) > 0, "rows: sample {} has no tokens", b);
    sample = std::fill_n(sample, rows.length(b), b);
  }
  rows.sample = rows.sample.to(device);
  rows.starts = torch::tensor(rows.offsets).to(device);
  return rows;
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

}  // namespace mma
