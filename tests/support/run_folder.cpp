#include "support/run_folder.h"

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "tasks/multilabel.h"

namespace mma::test {

using Json = nlohmann::json;

void RunFolder::write(const fs::path& folder) const {
  make_directories(folder / "model");
  make_directories(folder / "eval" / "test");
  auto write_json = [&](const char* file, const Json& json) {
    write_atomically(folder / file, json.dump(2) + "\n");
  };
  write_json("run.json", {{"format", "mma-run"},
                          {"best_step", std::isnan(best_of_dev) ? -1 : 1},
                          {"best_metric", best_of_dev},
                          {"status", status},
                          {"seed", seed},
                          {"data", {{"sha256", data_hash}}},
                          {"backbone", {{"sha256", backbone_hash}}},
                          {"parameters", {{"trained", 1234}, {"frozen", 5678}}}});
  Json card = {{"label_kind", name_of(label_kind)},
               {"labels", labels},
               {"recipe",
                {{"seed", seed},
                 {"modalities", modalities},
                 {"model", {{"name", model}}},
                 {"optim", {{"lr", lr}, {"batch_size", 4}, {"accumulate", 2}}},
                 {"train", {{"select_by", task_of(label_kind).about().default_metric}}}}}};
  for (size_t c = 0; c < thresholds.size(); ++c) card["thresholds"][labels[c]] = thresholds[c];
  write_json("model/config.json", card);
  write_atomically(folder / "model/adapter.safetensors", std::string(1000, 'x'));
  std::string reports =
      Json{{"step", 1}, {"split", "dev"}, {"loss", 0.5}, {"ap_micro", 0.5}}.dump();
  reports += "\n";
  int64_t step = 0;
  for (double rate : samples_per_second)
    reports += Json{{"step", ++step},
                    {"loss", 1.0 / static_cast<double>(step)},
                    {"lr", lr},
                    {"samples_per_second", rate},
                    {"peak_memory_bytes", 1e6 * rate}}
                   .dump() +
               "\n";
  write_atomically(folder / "metrics.jsonl", reports);

  auto figures = task_of(label_kind).metrics(predictions);
  Json metrics = {{"split", "test"}, {"samples", predictions.size()}, {"loss", 0.25}};
  for (auto& [name, value] : figures) metrics[name] = std::isnan(value) ? Json() : Json(value);
  if (!thresholds.empty())
    for (auto& [name, value] : multilabel_metrics(predictions, thresholds))
      metrics["tuned_thresholds"][name] = std::isnan(value) ? Json() : Json(value);
  write_json("eval/test/metrics.json", metrics);
  std::string lines;
  for (size_t i = 0; i < static_cast<size_t>(predictions.size()); ++i) {
    const bool real = traits_of(label_kind).real;
    Json line = {{"id", fmt::format("s{}", i)}, {"labels", real ? Json::object() : Json::array()}};
    for (size_t c = 0; c < labels.size(); ++c) {
      // With the digits of a float, as write_predictions() has them.
      line["scores"][labels[c]] =
          std::stod(fmt::format("{}", predictions.scores[i * labels.size() + c]));
      if (real)
        line["labels"][labels[c]] = predictions.targets[i * labels.size() + c];
      else if (predictions.truth[i * labels.size() + c])
        line["labels"].push_back(labels[c]);
    }
    lines += line.dump() + "\n";
  }
  write_atomically(folder / "eval/test/predictions.jsonl", lines);
}

Predictions noisy_predictions(int64_t samples, int64_t labels, double noise, uint64_t seed) {
  RandomStream truth(derive_key(1, "truth")), error(derive_key(seed, "noise"));
  Predictions p{labels, {}, {}};
  for (int64_t i = 0; i < samples * labels; ++i) {
    p.truth.push_back(truth.uniform() < 0.3);
    p.scores.push_back(1 / (1 + std::exp(1 - 2.0 * p.truth.back() - noise * error.normal())));
  }
  return p;
}

}  // namespace mma::test
