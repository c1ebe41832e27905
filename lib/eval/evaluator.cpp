#include "eval/evaluator.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/clock.h"
#include "base/error.h"
#include "eval/batch_rounds.h"
#include "tasks/loss.h"
#include "tasks/task.h"

namespace mma {
namespace {

// Writes the rows of a batch to their samples' places, of which the first is sample `first`.
void scatter(const torch::Tensor& rows, const std::vector<int64_t>& samples,
             std::vector<float>& into, int64_t first = 0) {
  auto host = rows.to(torch::kCPU, torch::kFloat32).contiguous();
  const auto width = static_cast<size_t>(host.size(1));
  for (size_t i = 0; i < samples.size(); ++i)
    std::copy_n(host.data_ptr<float>() + i * width, width,
                into.data() + static_cast<size_t>(samples[i] - first) * width);
}

// Sums of the gates of each site and input over a split's samples, with their numbers, batch by
// batch, so that they do not depend on how many processes share the batches.
class SiteSums {
 public:
  explicit SiteSums(size_t batches) : batches_(batches) {}

  void add(size_t batch, const GateRecord& gates, const Context& context) {
    if (gates.by_site.empty()) return;
    std::vector<torch::Tensor> columns;  // [k] of sums, [k] of numbers
    for (auto& site : gates.by_site) {
      auto values = site.gates.to(torch::kFloat64);
      std::vector<torch::Tensor> present;
      for (auto& input : site.inputs) {
        auto modality = context.modalities.find(input);
        present.push_back(modality == context.modalities.end()
                              ? torch::ones({values.size(0), 1}, values.options())
                              : modality->second.present.to(torch::kFloat64));
      }
      auto counted = torch::cat(present, 1);
      columns.push_back((values * counted).sum(0));
      columns.push_back(counted.sum(0));
    }
    auto all = torch::cat(columns).to(torch::kCPU).contiguous();
    if (sites_.empty()) {
      for (auto& site : gates.by_site) sites_.push_back({site.name, site.inputs});
      width_ = static_cast<size_t>(all.numel());
    }
    make_room();
    std::copy_n(all.data_ptr<double>(), width_, sums_.data() + batch * width_);
  }

  // Of all processes, at all of them; names at those that had a batch, among them rank 0.
  std::vector<SiteGates> means(const ProcessGroup& group, const std::vector<std::string>& inputs) {
    width_ = group.from_leader(width_);
    make_room();
    group.merge(sums_);
    std::vector<double> total(width_, 0.0);
    for (size_t i = 0; i < sums_.size(); ++i) total[i % width_] += sums_[i];
    std::vector<SiteGates> all;
    size_t at = 0;
    for (auto& [name, of_site] : sites_) {
      all.push_back({name, std::vector<double>(inputs.size(), NAN)});
      for (size_t i = 0; i < of_site.size(); ++i) {
        auto column = std::find(inputs.begin(), inputs.end(), of_site[i]) - inputs.begin();
        const double count = total[at + of_site.size() + i];
        if (count > 0) all.back().means[static_cast<size_t>(column)] = total[at + i] / count;
      }
      at += 2 * of_site.size();
    }
    return all;
  }

 private:
  void make_room() { sums_.resize(batches_ * width_); }
  size_t batches_, width_ = 0;
  std::vector<std::pair<std::string, std::vector<std::string>>> sites_;
  std::vector<double> sums_;  // [batches, width]
};

}  // namespace

std::vector<float> score_rows(Model& model, const Split& split, RowRange rows, int64_t labels,
                              const Objective& objective, const Compute& compute,
                              int64_t batch_size, Progress& progress) {
  torch::NoGradGuard no_grad;
  std::vector<float> scores(static_cast<size_t>((rows.end - rows.begin) * labels));
  RoundWork work;
  work.batch = [&](size_t, const BatchPlan& plan) {
    auto input = plan.input();
    Context context{input.modalities, {}, nullptr};
    auto found = scores_of(model.forward(input, context), objective);
    check(found.size(1) == labels, "scores: expected {} labels, found {}", labels, found.size(1));
    scatter(found, plan.batch().samples, scores, rows.begin);
  };
  each_round(model, split, length_batches(split, rows, batch_size), compute, {}, {}, progress,
             work);
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
  SiteSums sites(losses.size());
  const Loss loss(objective);
  auto start = Clock::now();
  Progress progress(stage, "samples", split.size());
  RoundWork work;
  work.batch = [&](size_t number, const BatchPlan& plan) {
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
      sites.add(number, gates, context);
    }
  };
  each_round(model, split, length_batches(split, {0, split.size()}, batch_size), compute,
             precomputed, group, progress, work);
  group.merge(result.predictions.scores);
  group.merge(losses);
  result.loss = std::accumulate(losses.begin(), losses.end(), 0.0);
  // Names of gates stay at the processes that had a batch; rank 0 had.
  result.gates.resize(n * group.from_leader(result.gate_inputs.size()));
  group.merge(result.gates);
  result.sites = sites.means(group, result.gate_inputs);
  double seconds = seconds_since(start);
  result.samples_per_second = static_cast<double>(n) / seconds;
  result.tokens_per_second = static_cast<double>(split.token_count()) / seconds;
  return result;
}

}  // namespace mma
