#include "eval/eval_command.h"

#include <algorithm>

#include "backbones/backbone_folder.h"
#include "base/files.h"
#include "base/log.h"
#include "base/names.h"
#include "base/process.h"
#include "eval/evaluation_report.h"
#include "eval/evaluator.h"
#include "eval/report_tables.h"
#include "eval/subsets.h"
#include "models/backbone.h"
#include "nn/memory.h"
#include "nn/thread_choice.h"
#include "recipe/chosen_modalities.h"
#include "run/adapter_hub.h"
#include "run/model_card.h"
#include "run/run_results.h"
#include "run/trained_model.h"

namespace mma {
namespace {

// A trained model in memory again, and the split to evaluate.
struct Loaded {
  ModelCard card;
  Compute compute;
  LabelKind kind;
  std::shared_ptr<Model> model;
  Split split;
};

std::string other_labels(const ModelCard& card, const PackInfo& info, const fs::path& data) {
  auto both = std::min(info.labels.size(), card.labels.size());
  auto [here, there] =
      std::mismatch(info.labels.begin(), info.labels.begin() + static_cast<std::ptrdiff_t>(both),
                    card.labels.begin());
  auto name = [](auto at, const std::vector<std::string>& labels) {
    return at == labels.end() ? "missing" : fmt::format("'{}'", printable(*at));
  };
  return fmt::format("{}: {} labels that are not the model's {}: label {} is {}, the model's is {}",
                     data.string(), info.labels.size(), card.labels.size(),
                     here - info.labels.begin() + 1, name(here, info.labels),
                     name(there, card.labels));
}

// Adds faults where the pack's labels or vectors are not those that the model was trained on.
void check_same_data(const ModelCard& card, const PackInfo& info, const fs::path& data,
                     Faults& faults) {
  if (info.labels != card.labels) faults.add("labels", other_labels(card, info, data));
  if ((info.label_kind == LabelKind::kMulticlass) != (card.label_kind == "multiclass"))
    faults.add("labels", fmt::format("{}: its labels are of another kind than the model's ({})",
                                     data.string(), card.label_kind));
  if (info.tokenizer_hash != card.tokenizer_hash)
    faults.add(
        "tokenizer",
        fmt::format(
            "{}: prepared with another tokenizer ({:.12}) than the model's ({:.12}); run mma-prep "
            "build with the model's",
            data.string(), info.tokenizer_hash, card.tokenizer_hash));
  for (auto& modality : chosen_modalities(card.recipe, info, data, faults)) {
    auto i = std::find(card.modality_names.begin(), card.modality_names.end(), modality.name) -
             card.modality_names.begin();
    auto width =
        i < std::ssize(card.modality_names) ? card.modality_widths[static_cast<size_t>(i)] : -1;
    if (width != modality.width)
      faults.add("width", fmt::format("{}: {}: {} numbers a sample, the model was trained on {}",
                                      data.string(), modality.name, modality.width, width));
  }
}

Loaded load(const EvalOptions& options) {
  auto stored = read_trained_model(options.run);
  check_input(!stored.from_hub,
              "{}: adapters alone, without labels: import them with mma-eval import, or fuse them "
              "with model.name adapter_fusion",
              options.run.string());
  Loaded loaded;
  Pack pack(options.data);
  fs::path backbone_folder =
      options.backbone.empty() ? fs::path(stored.card.backbone_path) : options.backbone;
  check_input(fs::exists(backbone_folder / "config.json"),
              "{}: no backbone there; give --backbone DIR (SHA-256 {:.12})",
              backbone_folder.string(), stored.card.backbone_hash);
  Faults faults;
  check_same_data(stored.card, pack.info(), options.data, faults);
  for (auto& name : options.without)
    if (std::find(stored.card.modality_names.begin(), stored.card.modality_names.end(), name) ==
        stored.card.modality_names.end())
      faults.add("without", fmt::format("--without: {}", unknown_name("modality", name,
                                                                      stored.card.modality_names)));
  faults.raise();
  loaded.split = pack.read(options.split, stored.card.recipe.modalities);
  check_input(loaded.split.size() > 0, "{}: split {} is empty", options.data.string(),
              options.split);
  loaded.split = without_modalities(loaded.split, options.without);
  loaded.compute = choose_compute(options.device, stored.card.precision);
  loaded.kind = pack.info().label_kind;
  auto backbone = open_backbone(backbone_folder);
  auto tokens = static_cast<int64_t>(loaded.split.tokens.size()) / loaded.split.size();
  auto threads = set_up_threads(
      {options.threads},
      {tokens * options.batch_size, backbone.config.hidden_size, backbone.config.intermediate_size},
      loaded.compute);
  log_info("eval", "{}", threads.why);
  check_input(
      backbone.hash == stored.card.backbone_hash,
      "{}: not the backbone that the model was trained on (SHA-256 {:.12}, expected {:.12})",
      backbone_folder.string(), backbone.hash, stored.card.backbone_hash);
  loaded.model = load_trained_model(
      stored, load_backbone(backbone, *stored.card.recipe.model.config, loaded.compute));
  loaded.card = std::move(stored.card);
  return loaded;
}

fs::path folder_of(const EvalOptions& options) {
  if (!options.out.empty()) return options.out;
  auto name = options.split;
  if (!options.without.empty() && !options.subsets)
    name += fmt::format("-without-{}", fmt::join(options.without, "+"));
  return options.run / "eval" / name;
}

Report evaluate_run(const EvalOptions& options) {
  auto loaded = load(options);
  auto run = [&](const Split& split) {
    return evaluate_split(*loaded.model, split, loaded.kind, loaded.compute, options.batch_size,
                          true, "eval");
  };
  auto out = folder_of(options);
  if (options.subsets) {
    auto results = evaluate_subsets(loaded.split, loaded.card.modality_names,
                                    loaded.kind == LabelKind::kMulticlass, run);
    auto tables = write_subsets(out, results, loaded.card.labels);
    log_info("eval", "{} subsets of the modalities; written to {}", results.size(), out.string());
    return {results.front().metrics, tables};
  }
  auto result = run(loaded.split);
  // Thresholds were tuned on dev: they say nothing about it.
  auto thresholds = options.split == "dev" ? std::vector<double>{} : loaded.card.thresholds;
  auto report = write_report(
      out, {options.split, loaded.split, loaded.kind, loaded.card.labels, thresholds}, result);
  log_info("eval", "{} samples of {}, {:.1f} samples/s; written to {}", loaded.split.size(),
           options.split, result.samples_per_second, out.string());
  return report;
}

// The runs in a folder of several; none where the folder is a run or a model itself.
std::vector<fs::path> runs_in(const fs::path& folder) {
  if (fs::exists(folder / "run.json") || fs::exists(folder / "config.json") ||
      is_hub_folder(folder))
    return {};
  Faults none;
  auto runs = find_runs({folder}, none);
  Faults faults;
  for (auto& run : runs)
    if (!fs::exists(run / "model" / "config.json"))
      faults.add("run", fmt::format("{}: the run is not finished: give its mma-train command again",
                                    run.string()));
  faults.raise();
  return runs;
}

// One run after the other; what was computed is on the disk before anything is shown.
std::string evaluate_runs(const std::vector<fs::path>& runs, const EvalOptions& options) {
  std::vector<std::pair<std::string, Metrics>> figures;
  std::string tables;
  for (auto& run : runs) {
    log_info("eval", "{} ({} of {})", run.string(), figures.size() + 1, runs.size());
    auto one = options;
    one.run = run;
    if (!options.out.empty()) one.out = options.out / run.filename();
    auto report = evaluate_run(one);
    tables += printable(run.filename().string()) + "\n" + report.tables + "\n";
    figures.emplace_back(run.filename().string(), report.metrics);
  }
  return options.subsets ? tables : runs_table(figures);
}

}  // namespace

void evaluate(const EvalOptions& options) {
  set_up_memory();
  with_memory_errors([&] {
    auto runs = runs_in(options.run);
    print_result(runs.empty() ? evaluate_run(options).tables : evaluate_runs(runs, options));
  });
}

}  // namespace mma
