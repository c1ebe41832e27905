#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/log.h"
#include "base/text_table.h"
#include "nn/tensor_file.h"
#include "train/commands.h"
#include "train/device.h"
#include "train/evaluator.h"
#include "train/model_card.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

// A trained model in memory again, and the split to evaluate.
struct Loaded {
  ModelCard card;
  BertOptions options;
  LabelKind kind;
  std::shared_ptr<Model> model;
  Split split;
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
std::string cell(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "-"; }

// Adds faults where the pack's labels or vectors are not those that the model was trained on.
void check_same_data(const ModelCard& card, const PackInfo& info, const fs::path& data, Faults& faults) {
  if (info.labels != card.labels)
    faults.add("labels", fmt::format("{}: labels are [{}], the model's are [{}]", data.string(),
                                     fmt::join(info.labels, ", "), fmt::join(card.labels, ", ")));
  if ((info.label_kind == LabelKind::kMulticlass) != (card.label_kind == "multiclass"))
    faults.add("labels", fmt::format("{}: its labels are of another kind than the model's ({})", data.string(), card.label_kind));
  if (info.tokenizer_hash != card.tokenizer_hash)
    faults.add("tokenizer", fmt::format("{}: prepared with another tokenizer ({:.12}) than the model's ({:.12}); run mma-prep "
                                        "build with the model's", data.string(), info.tokenizer_hash, card.tokenizer_hash));
  for (auto& modality : chosen_modalities(card.recipe, info, data, faults)) {
    auto i = std::find(card.modality_names.begin(), card.modality_names.end(), modality.name) - card.modality_names.begin();
    auto width = i < std::ssize(card.modality_names) ? card.modality_widths[static_cast<size_t>(i)] : -1;
    if (width != modality.width)
      faults.add("width", fmt::format("{}: {}: {} numbers a sample, the model was trained on {}", data.string(), modality.name,
                                      modality.width, width));
  }
}

Loaded load(const EvalOptions& options, const fs::path& folder) {
  Loaded loaded;
  auto& card = loaded.card = read_model_card(folder);
  Pack pack(options.data);
  fs::path backbone_folder = options.backbone.empty() ? fs::path(card.backbone_path) : options.backbone;
  check_input(fs::exists(backbone_folder / "config.json"), "{}: no backbone there; give --backbone DIR (SHA-256 {:.12})",
              backbone_folder.string(), card.backbone_hash);
  Faults faults;
  check_same_data(card, pack.info(), options.data, faults);
  faults.raise();
  loaded.split = pack.read(options.split, card.recipe.modalities);
  check_input(loaded.split.size() > 0, "{}: split {} is empty", options.data.string(), options.split);
  loaded.options = choose_device(options.device, card.precision);
  loaded.kind = pack.info().label_kind;
  auto backbone = load_backbone(backbone_folder, *card.recipe.model.config, loaded.options);
  check_input(backbone.hash == card.backbone_hash, "{}: not the backbone that the model was trained on (SHA-256 {:.12}, expected {:.12})",
              backbone_folder.string(), backbone.hash, card.backbone_hash);
  std::vector<ModalitySize> modalities;
  for (size_t i = 0; i < card.modality_names.size(); ++i) modalities.push_back({card.modality_names[i], card.modality_widths[i]});
  loaded.model = card.recipe.model.config->build(
      {backbone.bert, modalities, static_cast<int64_t>(card.labels.size()), static_cast<uint64_t>(card.recipe.seed)});
  load_tensors(folder / "adapter.safetensors", loaded.model->trained());
  return loaded;
}

// Mean gates of the samples that `chosen` picks, over those that have the modality.
std::vector<double> mean_gates(const Loaded& l, const Evaluation& e, const std::function<bool(size_t)>& chosen) {
  const auto k = static_cast<size_t>(e.inputs);
  std::vector<double> sum(k, 0.0);
  std::vector<int64_t> count(k, 0);
  for (size_t i = 0; i < static_cast<size_t>(l.split.size()); ++i) {
    if (!chosen(i)) continue;
    for (size_t j = 0; j < k; ++j) {
      if (j > 0 && !l.split.modalities.at(l.card.modality_names[j - 1]).present[i]) continue;
      sum[j] += e.gates[i * k + j];
      ++count[j];
    }
  }
  for (size_t j = 0; j < k; ++j) sum[j] = count[j] ? sum[j] / static_cast<double>(count[j]) : NAN;
  return sum;
}

struct Gates {
  std::vector<std::string> names;
  std::vector<double> overall;
  std::vector<std::vector<double>> labels;
};

Gates summarise_gates(const Loaded& l, const Evaluation& e) {
  Gates gates;
  if (e.inputs == 0) return gates;
  gates.names = {"text"};
  gates.names.insert(gates.names.end(), l.card.modality_names.begin(), l.card.modality_names.end());
  gates.overall = mean_gates(l, e, [](size_t) { return true; });
  const size_t c = l.card.labels.size();
  for (size_t label = 0; label < c; ++label)
    gates.labels.push_back(mean_gates(l, e, [&](size_t i) { return l.split.labels[i * c + label] == 1; }));
  return gates;
}

Json gates_json(const Loaded& l, const Gates& gates) {
  auto row = [&](const std::vector<double>& values) {
    Json json = Json::object();
    for (size_t j = 0; j < values.size(); ++j) json[gates.names[j]] = number(values[j]);
    return json;
  };
  Json json = {{"overall", row(gates.overall)}, {"labels", Json::object()}};
  for (size_t i = 0; i < gates.labels.size(); ++i) json["labels"][l.card.labels[i]] = row(gates.labels[i]);
  return json;
}

Json metrics_json(const std::string& split, const Loaded& l, const Evaluation& e, const Metrics& metrics,
                  const std::vector<LabelMetrics>& labels) {
  Json json = {{"split", split}, {"samples", l.split.size()}, {"loss", number(e.loss)}};
  for (auto& [name, value] : metrics) json[name] = number(value);
  for (size_t i = 0; i < labels.size(); ++i)
    json["labels"][l.card.labels[i]] = {{"count", labels[i].count},
                                        {"f1", number(labels[i].f1)},
                                        {"precision", number(labels[i].precision)},
                                        {"recall", number(labels[i].recall)},
                                        {"average_precision", number(labels[i].average_precision)},
                                        {"auroc", number(labels[i].auroc)}};
  return json;
}

std::string predictions_jsonl(const Loaded& l, const Evaluation& e) {
  std::string text;
  const size_t c = l.card.labels.size();
  for (size_t i = 0; i < l.split.ids.size(); ++i) {
    Json scores = Json::object();
    for (size_t label = 0; label < c; ++label)
      scores[l.card.labels[label]] = e.predictions.scores[i * c + label];
    text += Json{{"id", l.split.ids[i]}, {"scores", scores}}.dump() + "\n";
  }
  return text;
}

std::string tables(const Metrics& metrics, const std::vector<LabelMetrics>& labels, const Loaded& l, const Gates& gates) {
  std::vector<std::vector<std::string>> summary{{"metric", "value"}};
  for (auto& [name, value] : metrics) summary.push_back({name, cell(value)});
  std::vector<std::string> head{"label", "count", "F1", "AP", "AUROC"};
  for (auto& name : gates.names) head.push_back("gate " + name);
  std::vector<std::vector<std::string>> rows{head};
  auto with_gates = [](std::vector<std::string> row, const std::vector<double>& values) {
    for (double value : values) row.push_back(cell(value));
    return row;
  };
  for (size_t i = 0; i < labels.size(); ++i)
    rows.push_back(with_gates({l.card.labels[i], std::to_string(labels[i].count), cell(labels[i].f1),
                               cell(labels[i].average_precision), cell(labels[i].auroc)},
                              gates.labels.empty() ? std::vector<double>{} : gates.labels[i]));
  if (!gates.names.empty()) rows.push_back(with_gates({"all", std::to_string(l.split.size()), "", "", ""}, gates.overall));
  return text_table(summary) + "\n" + text_table(rows);
}

}  // namespace

void evaluate(const EvalOptions& options) {
  bool is_run = fs::exists(options.run / "run.json");
  auto folder = is_run ? options.run / "model" : options.run;
  check_input(fs::exists(folder / "config.json"), "{}: no trained model there{}", options.run.string(),
              is_run ? "; the run is not finished: give its mma-train command again" : "; give a run directory or its model folder");
  auto loaded = load(options, folder);
  auto result = evaluate_split(*loaded.model, loaded.split, loaded.kind, loaded.options, options.batch_size, true, "eval");
  auto metrics = metrics_of(result.predictions, loaded.kind);
  auto labels = per_label_metrics(result.predictions, loaded.kind == LabelKind::kMulticlass);
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i].count == 0)
      log_warning("eval", "label {} has no positives in {}: it has no average precision and is left out of its mean",
                  loaded.card.labels[i], options.split);
  auto gates = summarise_gates(loaded, result);
  auto out = options.run / "eval" / options.split;
  make_directories(out);
  write_atomically(out / "predictions.jsonl", predictions_jsonl(loaded, result));
  if (!gates.names.empty()) write_atomically(out / "gates.json", gates_json(loaded, gates).dump(2) + "\n");
  write_atomically(out / "metrics.json", metrics_json(options.split, loaded, result, metrics, labels).dump(2) + "\n");
  std::cout << tables(metrics, labels, loaded, gates);
  log_info("eval", "{} samples of {}, {:.0f} samples/s; written to {}", loaded.split.size(), options.split,
           result.samples_per_second, out.string());
}

}  // namespace mma
