#include "models/model.h"

namespace mma {

NamedTensors Model::trained() {
  NamedTensors all;
  for (auto& item : named_parameters()) all.emplace_back(item.key(), item.value());
  return all;
}

NamedTensors Model::state() {
  NamedTensors all;
  for (auto& item : named_buffers()) all.emplace_back(item.key(), item.value());
  return all;
}

BatchPlan plan_batch(const Model& model, Batch batch, const Compute& compute,
                     const PrecomputedRows& precomputed) {
  auto sequences = model.sequences(batch);
  return BatchPlan(std::move(batch), sequences, compute.device, precomputed);
}

}  // namespace mma
