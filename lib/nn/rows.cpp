#include "nn/rows.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace mma {

Rows Rows::of_lengths(const std::vector<int64_t>& lengths, const torch::TensorOptions& options) {
  check(!lengths.empty(), "rows: no samples");
  Rows rows;
  rows.offsets.assign(lengths.size() + 1, 0);
  std::partial_sum(lengths.begin(), lengths.end(), rows.offsets.begin() + 1);
  auto membership = torch::zeros({rows.total(), rows.samples()});
  for (int64_t b = 0; b < rows.samples(); ++b) {
    check(rows.length(b) > 0, "rows: sample {} has no tokens", b);
    membership.narrow(0, rows.offsets[static_cast<size_t>(b)], rows.length(b))
        .select(1, b)
        .fill_(1);
  }
  rows.membership = membership.to(options);
  return rows;
}

Rows Rows::one_each(int64_t samples, const torch::TensorOptions& options) {
  return of_lengths(std::vector<int64_t>(static_cast<size_t>(samples), 1), options);
}

int64_t Rows::longest() const {
  int64_t most = 0;
  for (int64_t b = 0; b < samples(); ++b) most = std::max(most, length(b));
  return most;
}

torch::Tensor Rows::first_rows() const {
  auto host =
      torch::tensor(std::vector<int64_t>(offsets.begin(), offsets.end() - 1), torch::kInt64);
  return host.to(membership.device());
}

torch::Tensor Rows::expand(const torch::Tensor& per_sample) const {
  if (total() == samples()) return per_sample;
  return torch::matmul(membership.to(per_sample.scalar_type()), per_sample);
}

torch::Tensor Rows::mean(const torch::Tensor& per_row) const {
  auto m = membership.to(per_row.scalar_type());
  return torch::matmul(m.t(), per_row) / m.sum(0).unsqueeze(1);
}

}  // namespace mma
