#include "train/step.h"

#include <algorithm>

#include "base/random.h"
#include "base/stop.h"
#include "nn/memory.h"

namespace mma {
namespace {

AdamW::Options adamw_options(const OptimSection& o) {
  return {o.beta1, o.beta2, o.eps, o.weight_decay};
}

torch::Tensor positive_weights(const Session& s) {
  if (s.recipe.loss.positive_weights == "none") return {};
  return inverse_frequency(s.train).to(s.compute.device);
}

}  // namespace

TrainingStep::TrainingStep(Session& session)
    : s_(session),
      parameters_(session.model->trained()),
      optimizer_(parameters_, adamw_options(session.recipe.optim)),
      loss_(session.info.label_kind, positive_weights(session)) {}

std::optional<double> TrainingStep::gradients(const std::vector<BatchPlan>& group, int64_t step) {
  int64_t samples = 0, first_sample = 0;
  for (auto& plan : group) samples += plan.batch().size();
  const auto key =
      derive_key(static_cast<uint64_t>(s_.recipe.seed), "dropout", static_cast<uint64_t>(step));
  parameters_.zero_gradients();
  double sum = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    if (i > 0 && stop_signal()) return std::nullopt;
    auto& batch = group[i].batch();
    try {
      auto input = group[i].input();
      Context context{
          input.modalities, {true, key, 0, static_cast<uint32_t>(first_sample)}, nullptr};
      first_sample += batch.size();
      auto loss = loss_(s_.model->forward(input, context), input.labels, samples);
      loss.backward();
      sum += loss.item<double>();
    } catch (const std::exception& e) {
      if (!is_out_of_memory(e)) throw;
      auto asked = memory_asked(e);
      throw MachineError(fmt::format(
          "out of memory at step {}: {} samples, {} tokens, the longest {}; {}{}{:.0f} MB were in "
          "use; "
          "take a smaller optim.batch_size (with optim.accumulate for the same step), or prepare "
          "the pack with a smaller max_length",
          step + 1, batch.size(), batch.tokens.size(),
          *std::max_element(batch.lengths.begin(), batch.lengths.end()), asked,
          asked.empty() ? "" : " ", static_cast<double>(peak_memory_bytes(s_.compute)) / 1e6));
    }
  }
  if (auto penalty = s_.model->penalty(); penalty.defined()) {
    penalty.backward();
    sum += penalty.item<double>();
  }
  return sum;
}

void TrainingStep::take(double norm, double lr) {
  RECORD_USER_SCOPE("optimizer");
  if (s_.recipe.optim.clip > 0) parameters_.clip(norm, s_.recipe.optim.clip);
  optimizer_.step(lr);
  s_.model->post_step();
}

}  // namespace mma
