#include "eval/eval_command.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "base/names.h"
#include "base/process.h"
#include "data/text_beginnings.h"
#include "eval/evaluation_report.h"
#include "eval/evaluator.h"
#include "eval/report_tables.h"
#include "eval/scoring.h"
#include "eval/subsets.h"
#include "nn/memory.h"
#include "tasks/task.h"

namespace mma {
namespace {

// A trained model in memory again, and the split to evaluate.
struct Loaded {
  LoadedModel trained;
  Split split;
  Detokenizer texts;
};

std::string other_labels(const ModelCard& card, const PackInfo& info, const fs::path& data) {
  if (info.labels.empty())
    return fmt::format("{}: no labels to compare with: mma-eval predict scores such a pack",
                       data.string());
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

// Adds faults where the pack's labels are not those that the model was trained on.
void check_same_labels(const ModelCard& card, const PackInfo& info, const fs::path& data,
                       Faults& faults) {
  if (info.labels != card.labels) faults.add("labels", other_labels(card, info, data));
  if (!info.labels.empty() && info.label_kind != card.kind())
    faults.add("labels", fmt::format("{}: its labels are of another kind than the model's ({})",
                                     data.string(), card.label_kind));
}

Loaded load(const EvalOptions& options) {
  auto stored = read_scoring_model(options.run, options.scoring);
  Pack pack(options.data);
  Faults faults;
  check_same_labels(stored.card, pack.info(), options.data, faults);
  check_same_inputs(stored.card, pack.info(), options.data, false, faults);
  for (auto& name : options.without)
    if (std::find(stored.card.modality_names.begin(), stored.card.modality_names.end(), name) ==
        stored.card.modality_names.end())
      faults.add("without", fmt::format("--without: {}", unknown_name("modality", name,
                                                                      stored.card.modality_names)));
  faults.raise();
  RowBudget budget(stored.card.recipe.data.memory, available_memory_bytes());
  auto split = pack.read(options.split, stored.card.recipe.modalities, budget);
  check_input(split.size() > 0, "{}: split {} is empty", options.data.string(), options.split);
  split = without_modalities(split, options.without);
  auto trained = load_for_scoring(stored, options.scoring, split);
  Detokenizer texts;
  if (!options.subsets) texts = detokenizer_of(pack.info(), trained.card.backbone_path);
  return {std::move(trained), std::move(split), std::move(texts)};
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
  auto& trained = loaded.trained;
  if (options.split == "dev" && trained.card.recipe.train.on_dev())
    log_warning("eval",
                "{}: trained with train.on: train+dev, so that it has learned these samples: their "
                "figures say nothing of new ones",
                options.run.string());
  auto run = [&](const Split& split) {
    return evaluate_split(*trained.model, split, trained.objective, trained.compute,
                          options.scoring.batch_size, true, "eval");
  };
  auto& task = task_of(trained.objective.kind);
  auto out = folder_of(options);
  if (options.subsets) {
    auto results = evaluate_subsets(loaded.split, trained.card.modality_names, task,
                                    trained.card.recipe.model.config->reads_text(), run);
    auto tables = write_subsets(out, results, task, trained.card.labels);
    log_info("eval", "{} subsets of the modalities; written to {}", results.size(), out.string());
    return {results.front().metrics, task.about().headline, tables};
  }
  auto result = run(loaded.split);
  // Thresholds were tuned on dev: they say nothing about it.
  auto thresholds = options.split == "dev" ? std::vector<double>{} : trained.card.thresholds;
  auto report = write_report(out,
                             {options.split, loaded.split, trained.objective.kind,
                              trained.card.labels, thresholds, loaded.texts},
                             result);
  log_info("eval", "{} samples of {}, {:.1f} samples/s; written to {}", loaded.split.size(),
           options.split, result.samples_per_second, out.string());
  return report;
}

// One run after the other; what was computed is on the disk before anything is shown.
std::string evaluate_runs(const std::vector<fs::path>& runs, const EvalOptions& options) {
  std::vector<std::pair<std::string, Metrics>> figures;
  std::vector<std::string> headline;
  std::string tables;
  for (auto& run : runs) {
    const auto name = run.lexically_relative(options.run);
    log_info("eval", "{} ({} of {})", run.string(), figures.size() + 1, runs.size());
    auto one = options;
    one.run = run;
    if (!options.out.empty()) one.out = options.out / name;
    auto report = evaluate_run(one);
    tables += printable(name.string()) + "\n" + report.tables + "\n";
    figures.emplace_back(name.string(), report.metrics);
    headline = report.headline;
  }
  return options.subsets ? tables : runs_table(figures, headline);
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
