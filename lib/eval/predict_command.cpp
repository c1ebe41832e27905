#include "eval/predict_command.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/log.h"
#include "base/process.h"
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

// The split with the modalities that a model wants; those that the pack lacks are absent.
Split read_for(const ModelCard& card, const Pack& pack, const std::string& name) {
  const auto known = pack.info().modality_names();
  std::vector<std::string> there;
  for (auto& wanted : card.modality_names)
    if (std::find(known.begin(), known.end(), wanted) != known.end()) there.push_back(wanted);
  auto split = pack.read(name, there);
  for (auto& wanted : card.modalities()) {
    auto& table = split.modalities[wanted.name];
    if (table.width > 0) continue;
    table.width = wanted.width;
    table.values.assign(static_cast<size_t>(split.size() * wanted.width), 0.0f);
    table.present.assign(static_cast<size_t>(split.size()), 0);
  }
  return split;
}

// The scores' mean over the models, [N, C].
std::vector<double> mean_scores(const std::vector<TrainedModel>& models,
                                const PredictOptions& options, const Pack& pack,
                                const std::string& split) {
  std::vector<double> sum;
  for (auto& stored : models) {
    const auto samples = read_for(stored.card, pack, split);
    auto loaded = load_for_scoring(stored, options.scoring, samples);
    auto scores =
        score_split(*loaded.model, samples, std::ssize(stored.card.labels), loaded.objective,
                    loaded.compute, options.scoring.batch_size, "predict");
    if (sum.empty()) sum.resize(scores.size());
    for (size_t i = 0; i < scores.size(); ++i) sum[i] += scores[i];
  }
  if (models.size() > 1)
    for (auto& score : sum) score /= static_cast<double>(models.size());
  return sum;
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

void write_rows(const fs::path& out, const PredictionRows& rows,
                const std::vector<std::string>& ids, const std::vector<double>& scores) {
  const size_t width = scores.size() / ids.size();
  constexpr size_t kPiece = 1 << 20;
  std::string piece = rows.head();
  auto each = [&](auto write) {
    for (size_t i = 0; i < ids.size(); ++i) {
      piece += rows.row(ids[i], scores.data() + i * width);
      if (piece.size() < kPiece && i + 1 < ids.size()) continue;
      write(piece);
      piece.clear();
    }
  };
  if (out == "-") return each([](const std::string& text) { print_result(text); });
  TemporaryFile file(out);
  auto descriptor = open_to_write(file.path(), O_WRONLY | O_CREAT | O_TRUNC);
  each([&](const std::string& text) {
    if (!write_all(descriptor.get(), text))
      throw MachineError(fmt::format("{}: cannot be written: {}", out.string(), strerror(errno)));
  });
  file.commit(std::move(descriptor));
}

void predict_pack(const PredictOptions& options, const std::vector<TrainedModel>& models) {
  Pack pack(options.data);
  Faults faults;
  for (auto& model : models)
    check_same_inputs(model.card, pack.info(), options.data, options.missing_absent, faults);
  faults.raise();
  const auto thresholds = thresholds_of(models, options);
  for (auto& model : models)
    if (model.card.max_length > 0 && model.card.max_length != pack.info().max_length)
      log_warning("predict",
                  "texts are cut at {} tokens, those that {} was trained on at {}: write "
                  "max_length: {} into the description",
                  pack.info().max_length, model.folder.string(), model.card.max_length,
                  model.card.max_length);
  const auto split = chosen_split(options, pack);
  const auto ids = pack.read(split, {}).ids;
  const auto scores = mean_scores(models, options, pack, split);
  auto format = options.format;
  format.real = task_of(models[0].card.kind()).about().decision == Decision::kNone;
  write_rows(options.out, PredictionRows(format, models[0].card.labels, thresholds), ids, scores);
  log_info("predict", "{} samples, {} {}{}", ids.size(), models.size(),
           models.size() == 1 ? "model" : "models, mean scores",
           options.out == "-" ? "" : "; written to " + options.out.string());
}

}  // namespace

void predict(const PredictOptions& options) {
  set_up_memory();
  with_memory_errors([&] {
    const auto models = read_models(options);
    if (options.description.empty()) return predict_pack(options, models);
    const PreparedRawData prepared(options.description, options.root, models[0].card.backbone_path,
                                   options.missing_absent);
    auto with_pack = options;
    with_pack.data = prepared.pack();
    predict_pack(with_pack, models);
  });
}

}  // namespace mma
