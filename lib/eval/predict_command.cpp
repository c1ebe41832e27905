#include "eval/predict_command.h"

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "base/process.h"
#include "base/streamed_file.h"
#include "data/pack.h"
#include "eval/evaluator.h"
#include "eval/raw_data.h"
#include "eval/scoring.h"
#include "nn/memory.h"
#include "tasks/task.h"

namespace mma {
namespace {

std::vector<TrainedModel> read_models(const PredictOptions& options) {
  std::vector<TrainedModel> models;
  for (auto& run : options.runs) {
    auto members = runs_in(run);
    if (members.empty()) members.push_back(run);
    for (auto& member : members) models.push_back(read_scoring_model(member, options.scoring));
  }
  Faults faults;
  for (auto& model : models)
    if (model.card.labels != models[0].card.labels ||
        model.card.label_kind != models[0].card.label_kind)
      faults.add("labels",
                 fmt::format("{}: other labels than those of {}: their scores have no mean",
                             model.folder.string(), models[0].folder.string()));
  faults.raise();
  return models;
}

std::string chosen_split(const PredictOptions& options, const Pack& pack) {
  auto splits = pack.splits();
  if (!options.split.empty()) return options.split;
  if (splits.size() == 1) return splits[0];
  check_input(std::find(splits.begin(), splits.end(), "new") != splits.end(),
              "{}: which split? it has: {}; give --split", options.data.string(),
              fmt::join(splits, ", "));
  return "new";
}

// Of a model whose data.memory is auto: each row is read once, in order, so that holding more gains
// nothing, and memory does not grow with the number of samples.
constexpr int64_t kMostHeldBytes = 16 << 20;

// The split with the modalities that a model wants; those that the pack lacks are absent.
Split read_for(const ModelCard& card, const Pack& pack, const std::string& name) {
  const auto known = pack.info().modality_names();
  std::vector<std::string> there;
  for (auto& wanted : card.modality_names)
    if (std::find(known.begin(), known.end(), wanted) != known.end()) there.push_back(wanted);
  RowBudget budget(card.recipe.data.memory,
                   std::min<int64_t>(available_memory_bytes(), 4 * kMostHeldBytes));
  auto split = pack.read(name, there, budget);
  for (auto& wanted : card.modalities()) {
    auto& rows = split.modalities[wanted.name];
    if (rows.width > 0) continue;
    rows.width = wanted.width;
    rows.present.assign(static_cast<size_t>(split.size()), 0);
  }
  return split;
}

// The folder of the tokenizer that raw texts are read with; none where no model reads text.
fs::path tokenizer_of(const std::vector<TrainedModel>& models) {
  for (auto& model : models)
    if (model.card.recipe.model.config->reads_text()) return model.card.backbone_path;
  return {};
}

// Above which a label is given; none for one class a sample and for real targets.
std::vector<double> thresholds_of(const std::vector<TrainedModel>& models,
                                  const PredictOptions& options) {
  const auto labels = models[0].card.labels.size();
  const auto decision = task_of(models[0].card.kind()).about().decision;
  check_input(decision != Decision::kHighest || !options.threshold,
              "--threshold: these models give each sample the class with the highest score");
  check_input(decision != Decision::kNone || (!options.threshold && options.format.top == 0),
              "--threshold and --top: these models predict numbers, by which nothing is decided");
  if (decision != Decision::kAboveThresholds) return {};
  if (options.threshold) return std::vector<double>(labels, *options.threshold);
  std::vector<double> mean(labels, 0.0);
  for (auto& model : models)
    for (size_t c = 0; c < labels; ++c)
      mean[c] += (model.card.thresholds.empty() ? 0.5 : model.card.thresholds[c]) /
                 static_cast<double>(models.size());
  return mean;
}

// Where rows go as they come.
class RowOutput {
 public:
  explicit RowOutput(const fs::path& out) {
    if (out != "-") file_.emplace(out);
  }
  void add(std::string_view text) {
    if (file_) return file_->add(text);
    waiting_ += text;
    if (waiting_.size() >= kMostWaiting) flush();
  }
  // At the end of what was scored together, so that a pipe's reader has it.
  void flush() {
    if (waiting_.empty()) return;
    print_result(waiting_);
    waiting_.clear();
  }
  void finish() {
    flush();
    if (file_) file_->commit();
  }

 private:
  static constexpr size_t kMostWaiting = 1 << 20;
  std::optional<StreamedFile> file_;
  std::string waiting_;
};

// A model and what it reads of the samples.
struct Scorer {
  LoadedModel model;
  std::shared_ptr<const Split> samples;
};

// All in memory together. Models that read the same share it.
std::vector<Scorer> load_scorers(const std::vector<TrainedModel>& models,
                                 const PredictOptions& options, const Pack& pack,
                                 const std::string& split) {
  auto inputs = [](const ModelCard& card) {
    std::vector<std::pair<std::string, int64_t>> all;
    for (auto& modality : card.modalities()) all.emplace_back(modality.name, modality.width);
    return all;
  };
  std::vector<Scorer> scorers;
  for (auto& stored : models) {
    std::shared_ptr<const Split> samples;
    for (auto& other : scorers)
      if (inputs(other.model.card) == inputs(stored.card)) samples = other.samples;
    if (!samples) samples = std::make_shared<Split>(read_for(stored.card, pack, split));
    auto loaded = load_for_scoring(stored, options.scoring, *samples);
    scorers.push_back({std::move(loaded), std::move(samples)});
  }
  return scorers;
}

// The scores' mean over the models of some samples, [rows, C].
std::vector<double> mean_scores(std::vector<Scorer>& scorers, RowRange rows, int64_t batch_size,
                                Progress& progress) {
  std::vector<double> sum;
  for (auto& [model, samples] : scorers) {
    auto scores = score_rows(*model.model, *samples, rows, std::ssize(model.card.labels),
                             model.objective, model.compute, batch_size, progress);
    sum.resize(scores.size());
    for (size_t i = 0; i < scores.size(); ++i) sum[i] += scores[i];
  }
  if (scorers.size() > 1)
    for (auto& score : sum) score /= static_cast<double>(scorers.size());
  return sum;
}

void predict_pack(const PredictOptions& options, const std::vector<TrainedModel>& models) {
  Pack pack(options.data);
  Faults faults;
  for (auto& model : models)
    check_same_inputs(model.card, pack.info(), options.data, options.missing_absent, faults);
  faults.raise();
  const auto thresholds = thresholds_of(models, options);
  for (auto& model : models)
    if (model.card.recipe.model.config->reads_text() && model.card.max_length > 0 &&
        model.card.max_length != pack.info().max_length)
      log_warning("predict",
                  "texts are cut at {} tokens, those that {} was trained on at {}: write "
                  "max_length: {} into the description",
                  pack.info().max_length, model.folder.string(), model.card.max_length,
                  model.card.max_length);
  auto scorers = load_scorers(models, options, pack, chosen_split(options, pack));
  auto format = options.format;
  format.real = task_of(models[0].card.kind()).about().decision == Decision::kNone;
  const PredictionRows rows(format, models[0].card.labels, thresholds);
  const auto& ids = scorers[0].samples->ids;
  const auto batch = options.scoring.batch_size, step = kBatchesAtOnce * batch,
             count = std::ssize(ids), width = std::ssize(models[0].card.labels);
  RowOutput out(options.out);
  out.add(rows.head());
  {
    Progress progress(
        "predict",
        models.size() == 1 ? "samples" : fmt::format("samples of {} models", models.size()),
        count * std::ssize(models));
    for (int64_t begin = 0; begin < count; begin += step) {
      const RowRange range{begin, std::min(count, begin + step)};
      const auto scores = mean_scores(scorers, range, batch, progress);
      for (int64_t i = range.begin; i < range.end; ++i)
        out.add(rows.row(ids[static_cast<size_t>(i)], scores.data() + (i - begin) * width));
      out.flush();
    }
  }
  out.finish();
  log_info("predict", "{} samples, {} {}{}", count, models.size(),
           models.size() == 1 ? "model" : "models, mean scores",
           options.out == "-" ? "" : "; written to " + options.out.string());
}

}  // namespace

void predict(const PredictOptions& options) {
  set_up_memory();
  with_memory_errors([&] {
    const auto models = read_models(options);
    if (options.description.empty()) return predict_pack(options, models);
    const PreparedRawData prepared(options.description, options.root, tokenizer_of(models),
                                   options.missing_absent);
    auto with_pack = options;
    with_pack.data = prepared.pack();
    predict_pack(with_pack, models);
  });
}

}  // namespace mma
