#include "eval/evaluator.h"

#include <torch/utils.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/clock.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/threads.h"
#include "nn/memory.h"
#include "tasks/loss.h"
#include "tasks/task.h"

namespace mma {
namespace {

// All samples in batches of neighbours in length: attention pads least where it pads at all.
std::vector<std::vector<int64_t>> length_buckets(const Split& split, int64_t batch_size) {
  std::vector<int64_t> order(static_cast<size_t>(split.size()));
  std::iota(order.begin(), order.end(), int64_t{0});
  auto length = [&](int64_t i) {
    return split.offsets[static_cast<size_t>(i) + 1] - split.offsets[static_cast<size_t>(i)];
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return length(a) > length(b); });
  std::vector<std::vector<int64_t>> batches;
  for (size_t begin = 0; begin < order.size(); begin += static_cast<size_t>(batch_size)) {
    auto end = std::min(order.size(), begin + static_cast<size_t>(batch_size));
    batches.emplace_back(order.begin() + static_cast<int64_t>(begin),
                         order.begin() + static_cast<int64_t>(end));
  }
  return batches;
}

// Writes the rows of a batch to their samples' places.
void scatter(const torch::Tensor& rows, const std::vector<int64_t>& samples,
             std::vector<double>& into) {
  auto host = rows.to(torch::kCPU, torch::kFloat64).contiguous();
  const auto width = static_cast<size_t>(host.size(1));
  for (size_t i = 0; i < samples.size(); ++i)
    std::copy_n(host.data_ptr<double>() + i * width, width,
                into.data() + static_cast<size_t>(samples[i]) * width);
}

// Gives every batch of a split, with its number, to `work` at one of the processes: the batches go
// round, a round of near equal batches at a time, after each of which all may stop together.
void each_batch(const Model& model, const Split& split, const Compute& compute, int64_t batch_size,
                const std::string& stage, const PrecomputedRows& precomputed,
                const ProcessGroup& group,
                const std::function<void(size_t, const BatchPlan&)>& work) {
  auto batches = length_buckets(split, batch_size);
  const auto rank = static_cast<size_t>(group.rank()), size = static_cast<size_t>(group.size());
  const size_t mine = (batches.size() + size - 1 - rank) / size;
  OrderedProducer<BatchPlan> producer(mine, 1, 4, [&](size_t i) {
    return plan_batch(model, assemble(split, batches[i * size + rank]), compute, precomputed);
  });
  Progress progress(stage, "samples", split.size());
  for (size_t begin = 0; begin < batches.size(); begin += size) {
    group.together([&] {
      stop_if_asked();
      if (!producer.done()) work(begin + rank, producer.next());
    });
    for (size_t i = begin; i < std::min(batches.size(), begin + size); ++i)
      progress.advance(std::ssize(batches[i]));
  }
}

// Rows of the model's type, of 0; MachineError where memory does not suffice.
torch::Tensor room_for(int64_t count, int64_t width, const Compute& compute, torch::ScalarType type,
                       const std::string& stage) {
  const int64_t bytes = count * width * static_cast<int64_t>(c10::elementSize(type));
  const int64_t free = available_memory_bytes();
  if (compute.device.is_cpu() && bytes > free)
    throw MachineError(fmt::format(
        "the {} split's precomputed rows take {:.1f} GB, but {:.1f} GB are free; take model."
        "frozen_prefix: recomputed, or precision: bf16",
        stage, static_cast<double>(bytes) / 1e9, static_cast<double>(free) / 1e9));
  return torch::zeros({count, width}, torch::dtype(type).device(compute.device));
}

}  // namespace

PrecomputedRows precompute_rows(Model& model, const Split& split, const Compute& compute,
                                const std::string& stage, const ProcessGroup& group) {
  torch::NoGradGuard no_grad;
  PrecomputedRows all;
  const auto per = model.precomputed_per();
  if (split.size() == 0 || per == PrecomputedPer::kNothing) return all;
  all.offsets = split.offsets;
  if (per == PrecomputedPer::kSample) std::iota(all.offsets.begin(), all.offsets.end(), int64_t{0});
  auto make_room = [&](int64_t width, torch::ScalarType type) {
    all.rows = room_for(all.offsets.back(), width, compute, type, stage);
  };
  each_batch(model, split, compute, kEvaluationBatch, stage, {}, group,
             [&](size_t, const BatchPlan& plan) {
               auto& batch = plan.batch();
               auto rows = model.precompute(plan.input());
               if (!rows.defined()) return;
               if (!all.rows.defined()) make_room(rows.size(1), rows.scalar_type());
               int64_t row = 0;
               for (int64_t sample : batch.samples) {
                 auto begin = all.offsets[static_cast<size_t>(sample)],
                      count = all.offsets[static_cast<size_t>(sample) + 1] - begin;
                 all.rows.narrow(0, begin, count).copy_(rows.narrow(0, row, count));
                 row += count;
               }
               check(row == rows.size(0), "precomputed rows: expected {} for {} samples, found {}",
                     row, batch.size(), rows.size(0));
             });
  // A process without a batch learns what the rows are from rank 0, which has the first.
  struct Kind {
    int64_t width;
    torch::ScalarType type;
  };
  const auto kind =
      group.from_leader(all.rows.defined() ? Kind{all.rows.size(1), all.rows.scalar_type()}
                                           : Kind{0, torch::kFloat32});
  group.together([&] {
    if (!all.rows.defined() && kind.width > 0) make_room(kind.width, kind.type);
  });
  if (all.rows.defined()) group.merge(all.rows);
  return all;
}

std::vector<double> score_split(Model& model, const Split& split, int64_t labels,
                                const Objective& objective, const Compute& compute,
                                int64_t batch_size, const std::string& stage) {
  torch::NoGradGuard no_grad;
  std::vector<double> scores(static_cast<size_t>(split.size() * labels));
  each_batch(model, split, compute, batch_size, stage, {}, {}, [&](size_t, const BatchPlan& plan) {
    auto input = plan.input();
    Context context{input.modalities, {}, nullptr};
    auto rows = scores_of(model.forward(input, context), objective);
    check(rows.size(1) == labels, "scores: expected {} labels, found {}", labels, rows.size(1));
    scatter(rows, plan.batch().samples, scores);
  });
  return scores;
}

Evaluation evaluate_split(Model& model, const Split& split, const Objective& objective,
                          const Compute& compute, int64_t batch_size, bool with_gates,
                          const std::string& stage, const PrecomputedRows& precomputed,
                          const ProcessGroup& group) {
  torch::NoGradGuard no_grad;
  Evaluation result;
  const auto n = static_cast<size_t>(split.size());
  check_input(n > 0, "the split is empty: nothing to evaluate");
  result.predictions = truth_of(split);
  result.predictions.scores.resize(n * static_cast<size_t>(result.predictions.labels));
  std::vector<double> losses((n + static_cast<size_t>(batch_size) - 1) /
                             static_cast<size_t>(batch_size));
  const Loss loss(objective);
  auto start = Clock::now();
  each_batch(model, split, compute, batch_size, stage, precomputed, group,
             [&](size_t number, const BatchPlan& plan) {
               auto& batch = plan.batch();
               auto input = plan.input();
               GateRecord gates;
               Context context{input.modalities, {}, with_gates ? &gates : nullptr};
               auto logits = model.forward(input, context);
               scatter(scores_of(logits, objective), batch.samples, result.predictions.scores);
               losses[number] = loss(logits, input.labels, split.size()).item<double>();
               if (!gates.inputs.empty()) {
                 result.gate_inputs = gates.inputs;
                 result.gates.resize(n * gates.inputs.size());
                 scatter(gates.means(), batch.samples, result.gates);
               }
             });
  group.merge(result.predictions.scores);
  group.merge(losses);
  result.loss = std::accumulate(losses.begin(), losses.end(), 0.0);
  // Names of gates stay at the processes that had a batch; rank 0 had.
  result.gates.resize(n * group.from_leader(result.gate_inputs.size()));
  group.merge(result.gates);
  double seconds = seconds_since(start);
  result.samples_per_second = static_cast<double>(n) / seconds;
  result.tokens_per_second = static_cast<double>(split.tokens.size()) / seconds;
  return result;
}

}  // namespace mma
