#include "eval/scoring.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "models/backbone.h"
#include "nn/thread_choice.h"
#include "run/adapter_hub.h"
#include "run/run_results.h"

namespace mma {

TrainedModel read_scoring_model(const fs::path& run, const ScoringOptions& options) {
  auto stored = read_trained_model(run);
  check_input(!stored.from_hub,
              "{}: adapters alone, without labels: import them with mma-eval import, or fuse them "
              "with model.name adapter_fusion",
              run.string());
  check_input(stored.card.recipe.modalities == stored.card.modality_names,
              "{}: its modalities are not those of its recipe", stored.folder.string());
  if (!stored.card.recipe.model.config->reads_text()) return stored;
  auto& folder = stored.card.backbone_path;
  if (!options.backbone.empty()) folder = options.backbone.string();
  check_input(fs::exists(fs::path(folder) / "config.json"),
              "{}: no backbone there; give --backbone DIR (SHA-256 {:.12})", folder,
              stored.card.backbone_hash);
  return stored;
}

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

void check_same_inputs(const ModelCard& card, const PackInfo& info, const fs::path& data,
                       bool absent_allowed, Faults& faults) {
  const bool reads_text = card.recipe.model.config->reads_text();
  if (reads_text && !info.has_text())
    faults.add("text", fmt::format("{}: no texts, which the model reads", data.string()));
  else if (reads_text && info.tokenizer_hash != card.tokenizer_hash)
    faults.add(
        "tokenizer",
        fmt::format(
            "{}: prepared with another tokenizer ({:.12}) than the model's ({:.12}); run mma-prep "
            "build with the model's",
            data.string(), info.tokenizer_hash, card.tokenizer_hash));
  const auto known = info.modality_names();
  for (auto& wanted : card.modalities()) {
    auto found = std::find_if(info.modalities.begin(), info.modalities.end(),
                              [&](auto& m) { return m.name == wanted.name; });
    if (found == info.modalities.end()) {
      if (!absent_allowed)
        faults.add(
            "modality",
            fmt::format("{}: no modality {}, which the model was trained with; the pack has: "
                        "{} (mma-eval predict --missing absent does without)",
                        data.string(), wanted.name,
                        known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    } else if (found->width() != wanted.width) {
      faults.add("width", fmt::format("{}: {}: {} numbers a sample, the model was trained on {}",
                                      data.string(), wanted.name, found->width(), wanted.width));
    }
  }
}

Backbone open_its_backbone(const ModelCard& card) {
  if (!card.recipe.model.config->reads_text()) return no_backbone();
  auto backbone = open_backbone(card.backbone_path);
  check_input(
      backbone.hash == card.backbone_hash,
      "{}: not the backbone that the model was trained on (SHA-256 {:.12}, expected {:.12})",
      card.backbone_path, backbone.hash, card.backbone_hash);
  return backbone;
}

LoadedModel load_for_scoring(const TrainedModel& stored, const ScoringOptions& options,
                             const Split& samples) {
  LoadedModel loaded;
  loaded.card = stored.card;
  loaded.objective = stored.card.objective();
  loaded.compute = choose_compute(options.device, stored.card.precision);
  auto backbone = open_its_backbone(stored.card);
  const auto tokens = std::max<int64_t>(1, samples.token_count() / samples.size());
  auto threads = set_up_threads(
      {options.threads},
      {tokens * options.batch_size, backbone.config.hidden_size, backbone.config.intermediate_size},
      loaded.compute);
  log_info("eval", "{}", threads.why);
  loaded.model = load_trained_model(
      stored, load_backbone(backbone, *stored.card.recipe.model.config, loaded.compute),
      loaded.compute.device);
  return loaded;
}

}  // namespace mma
