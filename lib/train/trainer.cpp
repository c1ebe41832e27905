#include "train/trainer.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "base/stop.h"
#include "base/threads.h"
#include "eval/evaluation_report.h"
#include "nn/matrix_peak.h"
#include "nn/memory.h"
#include "tasks/metric_direction.h"
#include "tasks/task.h"
#include "train/divergence.h"

namespace mma {

Trainer::Trainer(Session& session, const RunDirectory& directory)
    : s_(session),
      directory_(directory),
      step_(session),
      schedule_(session.recipe.optim, session.total_steps()),
      checkpoints_(directory.checkpoints()),
      steps_per_epoch_(session.steps_per_epoch()),
      total_steps_(session.total_steps()) {}

NamedTensors Trainer::model_tensors() {
  auto all = step_.parameters().named_values();
  for (auto& item : s_.model->state()) all.push_back(item);
  return all;
}

NamedTensors Trainer::optimizer_tensors() {
  NamedTensors all;
  for (auto& [name, tensor] : step_.parameters().named(step_.optimizer().mean()))
    all.emplace_back("mean." + name, tensor);
  for (auto& [name, tensor] : step_.parameters().named(step_.optimizer().square()))
    all.emplace_back("square." + name, tensor);
  all.emplace_back("steps", step_.optimizer().steps());
  return all;
}

void Trainer::share(const NamedTensors& tensors) const {
  for (auto& [name, tensor] : tensors) s_.group.broadcast(tensor);
}

void Trainer::begin() {
  auto& group = s_.group;
  group.together([&] {
    if (!group.leads()) return;
    make_directories(directory_.root());
    if (auto state = checkpoints_.load_last(model_tensors(), optimizer_tensors())) {
      state_ = *state;
      if (state_.step > 0)
        log_info("train", "going on from step {} of {}", state_.step, total_steps_);
    }
    log_ =
        std::make_unique<RunLog>(directory_, LogLengths{state_.metrics_bytes, state_.events_bytes},
                                 s_.recipe.log.tensorboard, dump_recipe(s_.recipe));
  });
  state_ = group.from_leader(state_);
  share(model_tensors());
  share(optimizer_tensors());
  schedule_.scale = state_.schedule_scale;
  schedule_.without_gain = state_.schedule_without_gain;
}

void Trainer::prepare() {
  checkpoints_.forget();
  if (s_.initial) checkpoints_.save_last(model_tensors(), optimizer_tensors(), {});
}

void Trainer::run() {
  begin();
  matrix_peak_ = measure_matrix_peak(s_.compute);
  log_info("train", "matrix products run at {:.0f} GFLOP/s here", matrix_peak_ / 1e9);
  precomputed_ = precompute_splits(s_, directory_);
  last_checkpoint_ = Clock::now();
  speed_.restart();
  display_ = std::make_unique<TrainingDisplay>(total_steps_, state_.step);
  if (state_.best_step >= 0 && s_.dev.size() > 0)
    display_->best_before(s_.recipe.train.select_by, state_.best_metric);
  try {
    while (!finished()) {
      train_epoch();
      if (!state_.evaluated) evaluate();
    }
  } catch (const Stopped&) {
    checkpoint();        // an evaluation that was not done is done again
    s_.group.agree({});  // rank 0 has saved
    log_info("train", "stopped at step {} of {}; the same command goes on from there", state_.step,
             total_steps_);
    throw;
  }
  display_.reset();
  finish();
}

// The best weights become the model; dev is evaluated with them and gives the labels' thresholds.
void Trainer::finish() {
  auto& group = s_.group;
  bool best_lost = false;
  group.together([&] {
    if (!group.leads()) return;
    if (!unsaved_best_.empty()) save();
    tell_end();
    best_lost = state_.best_step >= 0 && !checkpoints_.load_best(model_tensors());
    if (best_lost) take_last();
  });
  share(model_tensors());
  Evaluation result;
  if (s_.dev.size() > 0)
    result = evaluate_split(*s_.model, s_.dev, s_.objective, s_.compute, kEvaluationBatch, true,
                            "dev", precomputed_.dev, group);
  group.together([&] {
    if (group.leads()) write_model(result, best_lost);
  });
}

void Trainer::write_model(const Evaluation& dev, bool best_lost) {
  directory_.forget_evaluations();
  auto card = model_card(s_);
  if (s_.dev.size() > 0) {
    auto& task = task_of(s_.info.label_kind);
    card.thresholds = task.tuned_thresholds(dev.predictions);
    if (best_lost)
      state_.best_metric = metric(task.metrics(dev.predictions), s_.recipe.train.select_by);
    write_report(directory_.evaluation("dev"),
                 {"dev", s_.dev, s_.info.label_kind, s_.info.labels, {}}, dev);
  }
  write_trained_model(directory_.model(), card, s_.parts, model_tensors());
  directory_.forget_cache();
  directory_.finish(state_.best_step, s_.dev.size() > 0 ? state_.best_metric : NAN);
}

// Why training ends, and which weights are kept.
void Trainer::tell_end() const {
  if (s_.dev.size() == 0) return;
  auto& by = s_.recipe.train.select_by;
  if (state_.step < total_steps_)
    log_info("train", "stopped early: {} epochs without a better dev {} (train.patience)",
             state_.without_gain, by);
  log_info("train", "kept: step {} (epoch {}), dev {} {:.4f}", state_.best_step,
           (state_.best_step + steps_per_epoch_ - 1) / steps_per_epoch_, by, state_.best_metric);
}

// The best checkpoint is damaged: the last one's weights become the model, so that the run ends.
void Trainer::take_last() {
  checkpoints_.load_last(model_tensors(), optimizer_tensors());
  log_warning("train",
              "the best checkpoint (step {}) is damaged: the model gets the last weights instead, "
              "those of step {}",
              state_.best_step, state_.step);
  state_.best_step = state_.step;
}

bool Trainer::finished() const {
  if (!state_.evaluated && state_.step > 0) return false;  // the last epoch is not evaluated yet
  bool patience_ended = s_.dev.size() > 0 && s_.recipe.train.patience > 0 &&
                        state_.without_gain >= s_.recipe.train.patience;
  return state_.step >= total_steps_ || patience_ended;
}

void Trainer::train_epoch() {
  const auto& optim = s_.recipe.optim;
  const auto seed = static_cast<uint64_t>(s_.recipe.seed);
  const auto steps = step_plans(
      epoch_batches(s_.train.size(), optim.batch_size, true, seed, state_.epoch),
      static_cast<size_t>(state_.batch), optim.accumulate, s_.train.offsets, step_.sharing());
  std::vector<const StepPart*> parts;
  for (auto& plan : steps)
    for (auto& part : plan.parts) parts.push_back(&part);
  auto losses = derive_key(seed, "modality dropout", static_cast<uint64_t>(state_.epoch));
  auto make = [&](size_t i) {
    auto batch = assemble(s_.train, parts[i]->samples);
    batch.places = parts[i]->places;
    drop_modalities(batch, s_.recipe.train.modality_dropout, losses);
    return plan_batch(*s_.model, std::move(batch), s_.compute, precomputed_.train);
  };
  step_.parameters().freeze(s_.model->frozen_parameters(state_.epoch));
  const auto making = batch_making(s_.train, precomputed_.train.in_file());
  OrderedProducer<BatchPlan> producer(parts.size(), making.threads,
                                      making.ahead + static_cast<size_t>(optim.accumulate), make);
  for (auto& plan : steps) {
    if (state_.step >= total_steps_) break;
    std::vector<BatchPlan> laid_out;
    std::exception_ptr fault;  // of a pack that cannot be read: the step tells the other processes
    auto wait = Clock::now();
    try {
      while (laid_out.size() < plan.parts.size()) laid_out.push_back(producer.next());
    } catch (...) {
      fault = std::current_exception();
    }
    speed_.waited(seconds_since(wait));
    const int64_t before = state_.step;
    const int signal = step(plan, laid_out, fault);
    if (state_.step > before) {
      display_->advance();
      if (state_.step % s_.recipe.train.report_every == 0) report();
    }
    if (signal) throw Stopped(signal);
    auto& when = s_.recipe.checkpoint;
    if ((when.every_minutes > 0 && seconds_since(last_checkpoint_) > 60 * when.every_minutes) ||
        (when.every_steps > 0 && state_.step % when.every_steps == 0))
      checkpoint();
  }
}

int Trainer::step(const StepPlan& plan, const std::vector<BatchPlan>& parts,
                  const std::exception_ptr& fault) {
  NamedTensors before;  // of a step that is not taken nothing may stay
  for (auto& [name, tensor] : s_.model->state()) before.emplace_back(name, tensor.clone());
  auto take_back = [&] {
    auto state = s_.model->state();
    for (size_t i = 0; i < state.size(); ++i) state[i].second.copy_(before[i].second);
  };
  const auto result = step_.gradients(plan, parts, state_.step, fault);
  if (result.interrupted) {
    take_back();
    return result.signal;
  }
  double norm = step_.parameters().gradient_norm();
  lr_ = schedule_.lr(state_.step);
  if (std::isfinite(result.loss) && std::isfinite(norm)) {
    step_.take(norm, lr_);
    state_.loss_sum += result.loss;
    ++state_.loss_steps;
  } else {
    take_back();
    not_finite(plan, result.loss, norm);
  }
  ++state_.step;
  state_.evaluated = false;
  state_.batch += plan.batches;
  const auto lengths = s_.train.lengths(plan.samples);
  speed_.add(lengths, s_.model->step_flops(lengths));
  return result.signal;
}

void Trainer::not_finite(const StepPlan& plan, double loss, double norm) {
  constexpr int64_t kMostSkipped = 10;
  const auto what = describe_divergence(s_.train, plan.samples, state_.step + 1, loss, norm);
  if (s_.recipe.train.on_nonfinite == "skip" && state_.skipped < kMostSkipped) {
    ++state_.skipped;
    log_warning("train", "{}; skipped, {} of at most {}", what.step, state_.skipped, kMostSkipped);
    return;
  }
  s_.group.together([&] { throw DivergedError(what.step + what.advice); });
}

void Trainer::report() {
  StepReport line{state_.step, state_.epoch + 1};
  line.loss = state_.loss_sum / static_cast<double>(std::max<int64_t>(state_.loss_steps, 1));
  line.lr = lr_;
  speed_.tell(line, matrix_peak_ * s_.group.size());
  line.peak_memory_bytes = static_cast<double>(peak_memory_bytes(s_.compute));
  if (log_) log_->add(line);
  display_->report(line);
  state_.loss_sum = 0;
  state_.loss_steps = 0;
  speed_.restart();
}

void Trainer::evaluate() {
  if (state_.loss_steps > 0) report();
  bool better = true;
  if (s_.dev.size() > 0) {
    auto result = evaluate_split(*s_.model, s_.dev, s_.objective, s_.compute, kEvaluationBatch,
                                 s_.recipe.log.tensorboard, "dev", precomputed_.dev, s_.group);
    auto metrics = task_of(s_.info.label_kind).metrics(result.predictions);
    auto& by = s_.recipe.train.select_by;
    double value = metric(metrics, by);
    better = state_.best_step < 0 || is_better(by, value, state_.best_metric);
    if (better) state_.best_metric = value;
    if (log_)
      log_->add({state_.step, state_.epoch + 1, "dev", result.loss, metrics}, gates_of(result));
    display_->evaluated(state_.epoch + 1, by, value, better);
  }
  schedule_.evaluated(better);
  state_.without_gain = better ? 0 : state_.without_gain + 1;
  if (better) {
    state_.best_step = state_.step;
    save_best();
  }
  state_.evaluated = true;
  ++state_.epoch;
  state_.batch = 0;
  checkpoint();
  speed_.restart();  // an evaluation's time is not a step's
}

void Trainer::save_best() {
  if (!s_.group.leads()) return;
  unsaved_best_.clear();
  try {
    checkpoints_.save_best(model_tensors(), state_);
  } catch (const MachineError& e) {
    log_warning("train", "the best is not saved: {}; it waits in memory", e.what());
    for (auto& [name, tensor] : model_tensors()) unsaved_best_.emplace_back(name, tensor.clone());
    unsaved_best_state_ = state_;
  }
}

int64_t Trainer::checkpoint_bytes() {
  int64_t model = 0, optimizer = 0;
  for (auto& [name, tensor] : model_tensors()) model += static_cast<int64_t>(tensor.nbytes());
  for (auto& [name, tensor] : optimizer_tensors())
    optimizer += static_cast<int64_t>(tensor.nbytes());
  constexpr int64_t kRest = 16 << 20;  // metrics, logs, predictions
  // last, the one before and one in the making; best, one in the making, and the model.
  return 3 * (model + optimizer) + 3 * model + kRest;
}

void Trainer::checkpoint() {
  try {
    if (s_.group.leads()) save();
    saved_ = true;
  } catch (const MachineError& e) {
    saved_ = false;
    log_warning("train", "not saved: {}; the checkpoint before stays, the next save tries again",
                e.what());
  }
  last_checkpoint_ = Clock::now();
}

// The best comes first: the state that is saved last refers to it.
void Trainer::save() {
  if (!unsaved_best_.empty()) {
    checkpoints_.save_best(unsaved_best_, unsaved_best_state_);
    unsaved_best_.clear();
  }
  log_->flush();
  state_.metrics_bytes = log_->lengths().metrics;
  state_.events_bytes = log_->lengths().events;
  state_.schedule_scale = schedule_.scale;
  state_.schedule_without_gain = schedule_.without_gain;
  checkpoints_.save_last(model_tensors(), optimizer_tensors(), state_);
}

}  // namespace mma
