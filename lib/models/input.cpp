#include "models/model.h"

namespace mma {
namespace {

template <class Number>
torch::Tensor copy_of(const std::vector<Number>& values, at::IntArrayRef shape,
                      torch::ScalarType type) {
  auto* data = const_cast<Number*>(values.data());  // from_blob takes no const; it is only read
  return torch::from_blob(data, shape, type).clone();
}

}  // namespace

torch::Tensor FrozenRows::of(const std::vector<int64_t>& samples) const {
  std::vector<int64_t> places;
  for (int64_t sample : samples)
    for (auto row = offsets.at(static_cast<size_t>(sample));
         row < offsets.at(static_cast<size_t>(sample) + 1); ++row)
      places.push_back(row);
  return rows.index_select(0, torch::tensor(places).to(rows.device()));
}

ModelInput to_input(const Batch& batch, const Compute& compute, const FrozenRows& frozen) {
  ModelInput input;
  const auto tokens = static_cast<int64_t>(batch.tokens.size());
  const int64_t samples = batch.size();
  auto move = [&](const torch::Tensor& host) {
    return host.to(compute.device, /*non_blocking=*/true);
  };
  input.rows = Rows::of_lengths(batch.lengths, compute.device);
  input.ids = move(copy_of(batch.tokens, {tokens}, torch::kInt32).to(torch::kInt64));
  auto positions = torch::empty({tokens}, torch::kInt64);
  auto* position = positions.data_ptr<int64_t>();
  for (int64_t length : batch.lengths)
    for (int64_t t = 0; t < length; ++t) *position++ = t;
  input.positions = move(positions);
  input.segments = torch::zeros_like(input.ids);
  for (auto& [name, table] : batch.modalities) {
    input.modalities[name] = {
        move(copy_of(table.values, {samples, table.width}, torch::kFloat32)),
        move(copy_of(table.present, {samples, 1}, torch::kUInt8).to(torch::kFloat32))};
  }
  const auto labels = static_cast<int64_t>(batch.labels.size()) / samples;
  input.labels = move(copy_of(batch.labels, {samples, labels}, torch::kFloat32));
  if (frozen.rows.defined()) input.frozen = frozen.of(batch.samples);
  return input;
}

}  // namespace mma
