#include "recipe/recipe.h"

#include <algorithm>

#include "base/device_name.h"
#include "data/row_budget.h"

namespace mma {

void LossSection::fields(Fields& f) {
  f.field("positive_weights", positive_weights,
          "weight of a label's positives in binary cross entropy; inverse_frequency: N / positives",
          {"none", "inverse_frequency"});
  f.field("regression", regression,
          "of real targets, standardised by train's mean and deviation: mean squared or mean "
          "absolute error",
          {"mse", "mae"});
}

void OptimSection::fields(Fields& f) {
  f.field("lr", lr, "peak learning rate of AdamW", {0, 10});
  f.field("schedule", schedule, "of the learning rate after warm-up",
          {"linear", "cosine", "constant", "reduce_on_plateau"});
  f.field("warmup", warmup, "share of all steps in which the rate rises from 0", {0, 1});
  f.field("weight_decay", weight_decay, "decoupled, on matrices only", {0, 10});
  f.field("clip", clip, "largest norm of the gradient; 0: no clipping", {0, 1e6});
  f.field("beta1", beta1, "decay of the gradient's mean", {0, 0.999999});
  f.field("beta2", beta2, "decay of the gradient's square", {0, 0.999999999});
  f.field("eps", eps, "added to the root of the square", {0, 1});
  f.field("batch_size", batch_size, "samples computed at once", {1, 65536});
  f.field("accumulate", accumulate, "batches a step; the loss is the mean over all their samples",
          {1, 65536});
  f.field("plateau_factor", plateau_factor, "reduce_on_plateau: the rate is multiplied by this",
          {0.01, 1});
  f.field("plateau_patience", plateau_patience,
          "reduce_on_plateau: evaluations without gain before it", {0, 1000});
}

void TrainSection::fields(Fields& f) {
  f.field("on", on,
          "splits to learn from; train+dev: a last training of fixed length, where nothing is "
          "evaluated and the last weights are kept",
          {"train", "train+dev"});
  f.field("epochs", epochs, "passes over the training split", {1, 100000});
  f.field("max_steps", max_steps, "end after so many steps; 0: as epochs say", {0, 1e12});
  f.field("select_by", select_by,
          "dev metric that chooses the best checkpoint; auto: ap_micro, accuracy of one class a "
          "sample, or mae of real targets");
  f.field("patience", patience, "end after so many epochs without a better one; 0: never",
          {0, 100000});
  if (on_dev() && patience > 0)
    f.fault(
        "patience",
        fmt::format("{}, but with train.on: train+dev nothing is evaluated to wait for: give 0, "
                    "and as train.epochs those that a run on train alone found best",
                    patience));
  f.field("report_every", report_every, "steps between reports in metrics.jsonl", {1, 1e9});
  f.field("modality_dropout", modality_dropout,
          "probability that a training sample loses a modality, for models that serve any subset",
          {0, 0.95});
  f.field("on_nonfinite", on_nonfinite,
          "a step whose loss or gradient is not finite: stop, or skip it (10 in a run at most)",
          {"stop", "skip"});
}

void CheckpointSection::fields(Fields& f) {
  f.field("every_minutes", every_minutes,
          "minutes between checkpoints; one is written after each epoch too; 0: never", {0, 1e6});
  f.field("every_steps", every_steps, "the same in steps; 0: never", {0, 1e12});
}

void DataSection::fields(Fields& f) {
  f.field(
      "memory", memory,
      "bytes of token ids and vectors that are held, as 512M or 2G, the rest being read as it is "
      "needed; auto: a quarter of what is free");
  if (auto fault = memory_fault(memory); !fault.empty()) {
    f.fault("memory", fault);
    memory = DataSection().memory;
  }
}

void LogSection::fields(Fields& f) {
  f.field("tensorboard", tensorboard, "TensorBoard's events too, in the run directory");
}

void DistributedSection::fields(Fields& f) {
  f.field("timeout", timeout,
          "minutes that a process waits for the others before it takes them for lost", {0.01, 1e5});
}

void Recipe::fields(Fields& f) {
  f.field("seed", seed, "of weights, order and dropout", {0, 9e15});
  f.field("device", device, "where to compute: auto, cpu, cuda, or one of several GPUs: cuda:1");
  if (auto fault = device_name_fault(device); !fault.empty()) {
    f.fault("device", fault);
    device = Recipe().device;  // as every refused value leaves its default
  }
  f.field("precision", precision, "compute type; auto: bf16 where the hardware has it",
          {"auto", "fp32", "tf32", "bf16"});
  f.field("modalities", modalities, "the pack's modalities to use; [] is text alone");
  auto sorted = modalities;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    f.fault("modalities", "one is named twice");
  if (std::find(sorted.begin(), sorted.end(), "text") != sorted.end())
    f.fault("modalities", "text is always used; name the others only");
  f.field("init_from", init_from,
          "a run or model folder of the same system and backbone, whose tensors a new run begins "
          "with: what fits by label, modality and shape; else the seed decides");
  f.field("cache", cache,
          "a folder where what a frozen encoder makes of the texts is kept for other runs; without "
          "it in memory, or where it does not fit in the run directory while it trains");
  f.section(
      "model", [this](Fields& g) { model.fields(g); }, "the system to train");
  f.section(
      "loss", [this](Fields& g) { loss.fields(g); },
      "binary cross entropy, cross entropy of one class a sample, or an error of real targets");
  f.section(
      "optim", [this](Fields& g) { optim.fields(g); }, "AdamW");
  f.section(
      "train", [this](Fields& g) { train.fields(g); }, "how long, and what is best");
  f.section(
      "checkpoint", [this](Fields& g) { checkpoint.fields(g); },
      "for going on after an interruption");
  f.section(
      "data", [this](Fields& g) { data.fields(g); }, "the pack; how it is read changes no result");
  f.section(
      "log", [this](Fields& g) { log.fields(g); }, "beside metrics.jsonl and train.log");
  f.section(
      "distributed", [this](Fields& g) { distributed.fields(g); },
      "several processes on one recipe; their number changes the time, not the result");
}

bool bears_on_results(const std::string& key) {
  return key != "cache" && !key.starts_with("data.") && !key.starts_with("log.") &&
         !key.starts_with("distributed.");
}

Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                   Faults& faults) {
  Recipe recipe;
  read_yaml(
      file, [&](Fields& f) { recipe.fields(f); }, faults, overrides);
  return recipe;
}

std::string dump_recipe(Recipe& recipe) {
  return dump_yaml([&](Fields& f) { recipe.fields(f); });
}

std::string recipe_help() {
  std::string text = "key                          default      meaning\n";
  Recipe recipe;
  text += fields_help([&](Fields& f) { recipe.fields(f); });
  for (auto& name : names_of(model_kinds())) {
    if (name == recipe.model.name) continue;
    ModelSection section(name);
    text += fmt::format("\n# model: {{name: {}}}\n", name);
    text += fields_help([&](Fields& f) {
      f.section(
          "model", [&](Fields& g) { section.fields(g); }, "");
    });
  }
  return text;
}

}  // namespace mma
