#include "data/batch.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace mma {

Batch assemble(const Split& split, const std::vector<int64_t>& samples) {
  Batch batch;
  batch.samples = samples;
  batch.places.resize(samples.size());
  std::iota(batch.places.begin(), batch.places.end(), int64_t{0});
  batch.tokens = read_tokens(split, samples);
  batch.lengths = split.lengths(samples);
  const auto labels = static_cast<size_t>(split.label_count());
  auto add_truth = [&](auto* truth) {
    for (int64_t sample : samples) {
      auto* row = truth + static_cast<size_t>(sample) * labels;
      batch.labels.insert(batch.labels.end(), row, row + labels);
    }
  };
  if (split.targets.empty())
    add_truth(split.labels.data());
  else
    add_truth(split.targets.data());
  for (auto& [name, rows] : split.modalities) {
    auto& out = batch.modalities[name];
    out.width = rows.width;
    out.values = read_vectors(split, name, samples);
    for (int64_t sample : samples) out.present.push_back(rows.present[static_cast<size_t>(sample)]);
  }
  return batch;
}

Sequences text_sequences(const Batch& batch) {
  Sequences all;
  all.lengths = batch.lengths;
  for (int64_t length : batch.lengths)
    for (int64_t t = 0; t < length; ++t) all.positions.push_back(t);
  all.segments.assign(batch.tokens.size(), 0);
  return all;
}

void drop_modalities(Batch& batch, double p, uint64_t key) {
  if (p <= 0) return;
  for (auto& [name, table] : batch.modalities) {
    for (size_t i = 0; i < table.present.size(); ++i) {
      RandomStream random(derive_key(key, name, static_cast<uint64_t>(batch.samples[i])));
      if (random.uniform() >= p) continue;
      table.present[i] = 0;
      std::fill_n(table.values.begin() + static_cast<int64_t>(i) * table.width, table.width, 0.0f);
    }
  }
}

std::vector<std::vector<int64_t>> epoch_batches(int64_t samples, int64_t batch_size, bool shuffle,
                                                uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(samples));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (shuffle)
    order = permutation(samples, derive_key(seed, "order", static_cast<uint64_t>(epoch)));
  std::vector<std::vector<int64_t>> batches;
  for (int64_t begin = 0; begin < samples; begin += batch_size) {
    int64_t end = std::min(samples, begin + batch_size);
    batches.emplace_back(order.begin() + begin, order.begin() + end);
  }
  return batches;
}

}  // namespace mma
