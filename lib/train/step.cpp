#include "train/step.h"

#include <algorithm>

#include "base/random.h"
#include "base/stop.h"
#include "nn/memory.h"

namespace mma {
namespace {

// How the parts of a step ended at one process.
enum End { kComputed, kInterrupted, kFailed };

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
      places_(most_parts(session.recipe.optim.accumulate, sharing())),
      // Behind the losses: each process's signal, and how its parts ended.
      parameters_(session.model->trained(), places_ + 2 * session.group.size()),
      optimizer_(parameters_, adamw_options(session.recipe.optim)),
      loss_(session.objective, positive_weights(session)) {}

StepSharing TrainingStep::sharing() const {
  return {s_.group.rank(), s_.group.size(), s_.model->needs_whole_batches()};
}

StepResult TrainingStep::gradients(const StepPlan& plan, const std::vector<BatchPlan>& parts,
                                   int64_t step, std::exception_ptr fault) {
  parameters_.zero_gradients();
  End end = fault ? kFailed : kComputed;
  try {
    for (size_t i = 0; i < parts.size() && end == kComputed; ++i) {
      if (i > 0 && stop_signal())
        end = kInterrupted;
      else
        compute_part(plan, plan.parts[i], parts[i], step);
    }
  } catch (...) {
    end = kFailed;
    fault = std::current_exception();
  }
  const int64_t rank = s_.group.rank(), size = s_.group.size();
  auto notes = parameters_.notes();
  notes[places_ + rank] = stop_signal();
  notes[places_ + size + rank] = end;
  if (sharing().whole) {
    // All processes have the gradients already, and the losses.
    if (rank > 0) notes.narrow(0, 0, places_).zero_();
    s_.group.sum(notes);
  } else {
    s_.group.sum(parameters_.exchanged());
  }

  auto told = notes.to(torch::kCPU);
  auto* number = told.data_ptr<float>();
  StepResult result;
  bool failed = false;
  for (int64_t r = 0; r < size; ++r) {
    const auto signal = static_cast<int>(number[places_ + r]);
    if (result.signal == 0) result.signal = signal;
    const auto how = static_cast<End>(number[places_ + size + r]);
    result.interrupted |= how == kInterrupted;
    failed |= how == kFailed;
  }
  if (failed) s_.group.agree(fault);
  for (int64_t i = 0; i < places_; ++i) result.loss += number[i];
  if (result.interrupted) return result;
  if (auto penalty = s_.model->penalty(); penalty.defined()) {
    penalty.backward();
    result.loss += penalty.item<double>();
  }
  return result;
}

void TrainingStep::compute_part(const StepPlan& plan, const StepPart& part,
                                const BatchPlan& laid_out, int64_t step) {
  auto& batch = laid_out.batch();
  const auto key =
      derive_key(static_cast<uint64_t>(s_.recipe.seed), "dropout", static_cast<uint64_t>(step));
  try {
    auto input = laid_out.input();
    Context context{input.modalities, {true, key, 0, input.places}, nullptr};
    auto loss = loss_(s_.model->forward(input, context), input.labels, std::ssize(plan.samples));
    loss.backward();
    parameters_.notes()[part.number].copy_(loss.detach());
  } catch (const std::exception& e) {
    if (!is_out_of_memory(e)) throw;
    auto asked = memory_asked(e);
    throw MachineError(fmt::format(
        "out of memory at step {}: {} samples, {} tokens, the longest {}; {}{}{:.0f} MB were in "
        "use; take a smaller optim.batch_size (with optim.accumulate for the same step), or "
        "prepare the pack with a smaller max_length",
        step + 1, batch.size(), batch.tokens.size(),
        *std::max_element(batch.lengths.begin(), batch.lengths.end()), asked,
        asked.empty() ? "" : " ", static_cast<double>(peak_memory_bytes(s_.compute)) / 1e6));
  }
}

void TrainingStep::take(double norm, double lr) {
  RECORD_USER_SCOPE("optimizer");
  if (s_.recipe.optim.clip > 0) parameters_.clip(norm, s_.recipe.optim.clip);
  optimizer_.step(lr);
  s_.model->post_step();
}

}  // namespace mma
