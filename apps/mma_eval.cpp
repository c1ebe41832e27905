#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/stop.h"
#include "train/commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "Evaluates a trained model: metrics, predictions, and what each modality contributed."};
  mma::EvalOptions options;
  app.add_option("run", options.run, "run directory of mma-train, or a model folder from one")
      ->required();
  app.add_option("--data", options.data, "pack made by mma-prep build")->required();
  app.add_option("--split", options.split, "split of the pack")->capture_default_str();
  app.add_option("--backbone", options.backbone,
                 "the model's backbone, where it is not where it was");
  app.add_option("--device", options.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  app.add_option("--batch-size", options.batch_size, "samples computed at once")
      ->check(CLI::Range(1, 65536));
  app.add_option("--without", options.without,
                 "take every sample to lack this modality; may be given again")
      ->allow_extra_args(false);
  app.add_flag("--subsets", options.subsets, "every subset of the modalities, as a table");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? mma::kDone : mma::kUserInput;
  }
  mma::watch_stop_signals();
  return mma::guarded([&] { mma::evaluate(options); });
}
