#include "train/session.h"

#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "base/names.h"
#include "base/stop.h"
#include "base/version.h"
#include "data/joined_split.h"
#include "data/pack_identity.h"
#include "models/backbone.h"
#include "models/parameter_counts.h"
#include "models/registry.h"
#include "nn/memory.h"
#include "recipe/chosen_modalities.h"
#include "tasks/metric_choice.h"
#include "text/tokenizer.h"
#include "train/initial_model.h"

namespace mma {
namespace {

// Runs a step of the checks; a UserError becomes one of the faults.
template <class Work>
void collect(Faults& faults, Work work) {
  try {
    work();
  } catch (const UserError& e) {
    faults.add("fault", e.what());
  }
}

// Resolves train.select_by: auto, and checks what the kind of labels and the splits ask for.
void check_selection(Recipe& recipe, const Task& task, bool has_dev, const fs::path& data,
                     Faults& faults) {
  auto& about = task.about();
  auto& select_by = recipe.train.select_by;
  if (select_by == "auto") select_by = about.default_metric;
  const auto known = task.metric_names();
  if (std::find(known.begin(), known.end(), select_by) == known.end())
    faults.add("fault", fmt::format("train.select_by: {} (labels are {})",
                                    unknown_name("metric", select_by, known), about.labels_are));
  if (!about.weighs_positives && recipe.loss.positive_weights != "none")
    faults.add("fault", fmt::format("loss.positive_weights: these are of multilabel data; this "
                                    "pack has {}: use none",
                                    about.labels_are));
  if (about.kind != LabelKind::kRegression && recipe.loss.regression != LossSection().regression)
    faults.add("fault", fmt::format("loss.regression: this is of real targets; this pack's labels "
                                    "are {}: leave it out",
                                    about.labels_are));
  const bool on_dev = recipe.train.on_dev();
  if (on_dev && !has_dev)
    faults.add("fault", fmt::format("train.on: train+dev, but {} has no dev split: give train",
                                    data.string()));
  if (has_dev && !on_dev) return;
  if (recipe.optim.schedule == "reduce_on_plateau")
    faults.add("fault", fmt::format("optim.schedule: reduce_on_plateau needs evaluations, but {}; "
                                    "use linear, cosine or constant",
                                    on_dev ? "train.on: train+dev leaves no dev split for them"
                                           : "the pack has no dev split"));
  if (on_dev) return;
  log_warning("data",
              "the pack has no dev split: the last weights count as the best, train.select_by and "
              "train.patience have no effect");
}

// The dev split must be able to tell models apart by the metric that selects.
void check_dev_metric(const Session& s) {
  if (s.dev.size() == 0) return;
  auto& task = task_of(s.info.label_kind);
  const auto truth = truth_of(s.dev);
  auto undefined = undefined_metrics(task, truth);
  auto& by = s.recipe.train.select_by;
  if (std::find(undefined.begin(), undefined.end(), by) == undefined.end()) return;
  auto telling = telling_metrics(task, truth);
  throw UserError(fmt::format(
      "train.select_by: {} has no value on this pack's dev split of {} samples, whatever the model "
      "says ({}); {}",
      by, s.dev.size(), task.about().undefined_where,
      telling.empty()
          ? std::string("no metric has: prepare the pack with another dev split, or without one")
          : fmt::format("these have: {}", fmt::join(telling, ", "))));
}

// Adds faults where backbone and pack do not belong together: another tokenizer, ids beyond the
// vocabulary, texts longer than the positions.
void check_fit(const PackInfo& pack, const fs::path& pack_file, const EncoderConfig& config,
               const fs::path& backbone, Faults& faults) {
  if (pack.vocabulary_size > config.vocab_size)
    faults.add(
        "fit",
        fmt::format(
            "{}: token ids up to {}, but {} has a vocabulary of {}; run mma-prep build with the "
            "backbone's tokenizer",
            pack_file.string(), pack.vocabulary_size - 1, backbone.string(), config.vocab_size));
  if (pack.max_length > config.max_length())
    faults.add("fit",
               fmt::format(
                   "{}: texts of up to {} tokens, but {} has {} positions; run mma-prep build with "
                   "max_length: {}",
                   pack_file.string(), pack.max_length, backbone.string(), config.max_length(),
                   config.max_length()));
  std::string hash;
  try {
    hash = tokenizer_hash(backbone);
  } catch (const UserError&) {
    return;  // a backbone without a tokenizer: nothing to compare
  }
  if (hash != pack.tokenizer_hash)
    faults.add("fit", fmt::format("{}: prepared with another tokenizer ({}, {:.12}) than the "
                                  "backbone's ({:.12}); run mma-prep "
                                  "build with --tokenizer {}",
                                  pack_file.string(), pack.tokenizer_kind, pack.tokenizer_hash,
                                  hash, backbone.string()));
}

// The backbone that the recipe's model reads texts through: none where it reads none.
Backbone backbone_for(const Session& s, const fs::path& data, const fs::path& folder) {
  if (!s.recipe.model.config->reads_text()) {
    if (!folder.empty()) log_info("train", "this model reads no text: --backbone is not used");
    return no_backbone();
  }
  check_input(!s.pack || s.info.has_text(),
              "{}: no texts, which {} reads; models of modalities alone are gmu, concat and linear "
              "with model.text=none",
              data.string(), s.recipe.model.name);
  check_input(!folder.empty(), "--backbone is required: {} reads text through one",
              s.recipe.model.name);
  return open_backbone(folder);
}

bool has_split(const Pack& pack, const std::string& name) {
  auto splits = pack.splits();
  return std::find(splits.begin(), splits.end(), name) != splits.end();
}

}  // namespace

Session open_session(const fs::path& recipe_file, const std::vector<std::string>& overrides,
                     const fs::path& data, const fs::path& backbone, const ProcessGroup& group,
                     bool begins) {
  Session s;
  s.group = group;
  Faults faults;
  s.recipe = load_recipe(recipe_file, overrides, faults);
  collect(faults, [&] {
    s.pack = std::make_unique<Pack>(data);
    s.info = s.pack->info();
    s.modalities = chosen_modalities(s.recipe, s.info, data, faults);
    if (s.info.labels.empty())
      faults.add("fault", fmt::format("{}: no labels to train on: such a pack is for mma-eval "
                                      "predict",
                                      data.string()));
    if (!has_split(*s.pack, "train"))
      faults.add("fault", fmt::format("{}: no train split; it has: {}", data.string(),
                                      fmt::join(s.pack->splits(), ", ")));
    check_selection(s.recipe, task_of(s.info.label_kind), has_split(*s.pack, "dev"), data, faults);
  });
  collect(faults, [&] {
    s.backbone = backbone_for(s, data, backbone);
    ModelSetting setting{s.backbone.config, s.modalities};
    s.recipe.model.config->check(setting, faults);
    if (begins && group.leads() && !s.recipe.init_from.empty())
      s.initial = read_initial_model(s.recipe, s.backbone.hash, faults);
    if (!s.pack) return;
    s.parts = read_parts(*s.recipe.model.config, setting, s.backbone.hash, faults);
    if (s.recipe.model.config->reads_text())
      check_fit(s.info, data, s.backbone.config, backbone, faults);
  });
  collect(faults, [&] {
    s.compute = choose_compute(s.recipe.device, s.recipe.precision, group.local_rank());
  });
  faults.raise();
  s.data_hash = pack_identity(data);
  return s;
}

void check_same_everywhere(Session& s) {
  std::vector<std::pair<std::string, std::string>> facts{
      {"version of mma", version()},
      {"data", fmt::format("{} {:.12}", s.info.name, s.data_hash)},
      {"backbone", fmt::format("{:.12}", s.backbone.hash)},
      {"precision", precision_name(s.compute)}};
  for (auto& [key, value] : list_fields([&](Fields& f) { s.recipe.fields(f); }))
    facts.emplace_back(key, value);
  for (auto& [name, part] : s.parts)
    facts.emplace_back("model.from." + name, fmt::format("{:.12}", part.hash));
  s.group.check_same(facts);
}

void load_session(Session& s) {
  RowBudget budget(s.recipe.data.memory, available_memory_bytes() / s.group.size());
  s.train = s.pack->read("train", s.recipe.modalities, budget);
  check_input(s.train.size() > 0, "the train split is empty");
  if (has_split(*s.pack, "dev")) {
    auto dev = s.pack->read("dev", s.recipe.modalities, budget);
    if (s.recipe.train.on_dev())
      s.train = joined(s.train, dev);
    else
      s.dev = std::move(dev);
  }
  s.objective = {s.info.label_kind, s.recipe.loss.regression, target_scale(s.train)};
  check_dev_metric(s);
  s.encoder = load_backbone(s.backbone, *s.recipe.model.config, s.compute);
  ModelParts parts{s.encoder, s.modalities, static_cast<int64_t>(s.info.labels.size()),
                   static_cast<uint64_t>(s.recipe.seed)};
  parts.device = s.compute.device;
  for (auto& [name, part] : s.parts)
    parts.trained.emplace_back(name, load_trained_model(part, s.encoder));
  s.model = build_model(s.recipe.model, parts);
  if (!s.initial) return;
  s.told_of_initial =
      begin_with(*s.initial, *s.model, s.recipe.model,
                 block_names(s.info.labels, *s.recipe.model.config, s.modalities, s.objective));
}

RunRecord run_record(const Session& s) {
  RunRecord run;
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  if (s.model) {
    auto counts = count_parameters(*s.model, s.backbone.config);
    run.trained = counts.trained;
    run.frozen = counts.frozen;
  }
  run.version = version();
  run.device = describe(s.compute);
  run.precision = precision_name(s.compute);
  run.threads = at::get_num_threads();
  run.processes = s.group.size();
  run.host = host;
  run.seed = s.recipe.seed;
  run.data = {s.info.name, "", s.data_hash};
  run.backbone = {"", s.backbone.folder.string(), s.backbone.hash};
  run.tokenizer = {s.info.tokenizer_kind, "", s.info.tokenizer_hash};
  for (auto& [name, part] : s.parts) run.parts.push_back({name, part.folder.string(), part.hash});
  if (s.initial) run.init_from = {"", s.recipe.init_from, hash_of_weights(*s.initial)};
  return run;
}

ModelCard model_card(const Session& s) {
  ModelCard card;
  auto counts = count_parameters(*s.model, s.backbone.config);
  card.made_by = version();
  card.precision = precision_name(s.compute);
  card.label_kind = name_of(s.info.label_kind);
  card.labels = s.info.labels;
  card.target_scale = s.objective.scale;
  for (auto& m : s.modalities) {
    card.modality_names.push_back(m.name);
    card.modality_widths.push_back(m.width);
    card.modality_segments.push_back(m.segments);
  }
  card.tokenizer_kind = s.info.tokenizer_kind;
  card.tokenizer_hash = s.info.tokenizer_hash;
  card.max_length = s.info.max_length;
  card.backbone_hash = s.backbone.hash;
  card.backbone_path = s.backbone.folder.string();
  card.trained = counts.trained;
  card.frozen = counts.frozen;
  card.recipe = s.recipe;
  card.recipe.cache.clear();  // a folder of the machine that trained
  return card;
}

int64_t Session::steps_per_epoch() const {
  auto divide_up = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  return divide_up(divide_up(train.size(), recipe.optim.batch_size), recipe.optim.accumulate);
}

int64_t Session::total_steps() const {
  const int64_t all = steps_per_epoch() * recipe.train.epochs;
  return recipe.train.max_steps > 0 ? std::min(all, recipe.train.max_steps) : all;
}

}  // namespace mma
